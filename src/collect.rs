//! Packing what Apache reads on its server, for another machine.
//!
//! In: a configuration, read here. Out: an archive, and what is in it. Absent: printing; see `command::collect`.

pub mod ask;
pub mod pack;
pub mod recorder;
pub mod secrets;
