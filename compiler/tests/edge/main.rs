//! The edge against the reference: the compiled form has to answer as the configuration does.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has to fail"
)]

mod bounds;
mod calm;
mod collapsing;
mod equality;
mod fates;
mod fetching;
mod long_lists;
mod misleading;
mod redundancy;
mod rounds;
mod samples;
mod site;
mod straight;
