//! What the benches and the instruction gate share.
//!
//! In: a size. Out: sets of rules with requests for them ([`set`]), compiled sites ([`site`]), and
//! the operations that are timed or counted ([`operation`]). Absent: rivals, which are heavy to
//! build and live in `benches/rivals`.

pub mod operation;
pub mod set;
pub mod site;
