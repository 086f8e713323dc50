//! The edge against the reference: the compiled form has to answer as the configuration does.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has to fail"
)]

mod bounds;
mod collapsing;
mod decisions;
mod direct_redirect;
mod equality;
mod fetching;
mod host_summary;
mod long_lists;
mod misleading;
mod origin_headers;
mod redundancy;
mod rounds;
mod samples;
mod site;
