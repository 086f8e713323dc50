//! Help for tests: files in memory.
//!
//! In: nothing. Out: [`MemoryLoader`]. Absent from every build without feature `testing`.

pub use edgewright_parser::loader::memory::MemoryLoader;
