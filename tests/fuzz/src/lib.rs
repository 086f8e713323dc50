//! What is fuzzed, as ordinary functions.
//!
//! In: bytes that a fuzzer made, or kept ones. Out: nothing, or a panic where a promise does not hold
//! or more memory was used than allowed. Absent: making bytes; `fuzz/` has the fuzzer,
//! `tests/kept.rs` the inputs that once failed.

#![expect(
    clippy::unwrap_used,
    reason = "a target reports a broken promise by panicking"
)]

mod artefact;
pub mod builds;
mod configuration;
mod damage;
mod event;
mod launcher;
mod log_line;
mod request;
pub mod safety;
pub mod sinks;
/// What of the command line is fuzzed: a program has no other way to lend a module.
#[path = "../../../src"]
pub mod command_line {
    pub mod access_log;
}

/// Something to fuzz.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The name, which is that of the fuzzer's program and of the folder of kept inputs.
    pub name: &'static str,
    /// What is tried with the bytes.
    run: fn(&[u8]),
    /// Bytes that are looked at: longer inputs are cut.
    pub longest_input: usize,
    /// Bytes on the heap at one time, at most.
    most_memory: u64,
}

/// A configuration: the compiled form answers as the reference does.
pub const CONFIGURATION: Target = Target {
    name: "configuration",
    run: configuration::run,
    longest_input: 4096,
    most_memory: 128 << 20,
};

/// A damaged `rules.bin` or `table.bin` with a checksum that holds: refused, or it decides.
pub const ARTEFACT: Target = Target {
    name: "artefact",
    run: artefact::run,
    longest_input: 512,
    most_memory: 64 << 20,
};

/// A request to a build: reference, compiled form and function agree, and the reply is safe.
pub const REQUEST: Target = Target {
    name: "request",
    run: request::run,
    longest_input: 8192,
    most_memory: 16 << 20,
};

/// The bytes of an event: a request in them gets a valid reply.
pub const EVENT: Target = Target {
    name: "event",
    run: event::run,
    longest_input: 4096,
    most_memory: 4 << 20,
};

/// Lines of an access log, of any format: what was read of one is read again from lines made of it.
pub const LOG_LINE: Target = Target {
    name: "log_line",
    run: log_line::run,
    longest_input: 2048,
    most_memory: 1 << 20,
};

/// The files beside the function: whatever is in them, the function starts and replies.
pub const LAUNCHER: Target = Target {
    name: "launcher",
    run: launcher::run,
    longest_input: 2048,
    most_memory: 64 << 20,
};

/// Every target.
pub const TARGETS: [Target; 6] = [CONFIGURATION, ARTEFACT, REQUEST, EVENT, LOG_LINE, LAUNCHER];

impl Target {
    /// Tries the target with `data`.
    ///
    /// # Panics
    /// A promise does not hold, or too much memory was used.
    pub fn run(&self, data: &[u8]) {
        let data = &data[..data.len().min(self.longest_input)];
        builds::prepare();
        let used = allocation_counter::measure(|| (self.run)(data)).bytes_max;
        assert!(
            used <= self.most_memory,
            "{}: {used} bytes on the heap, {} are allowed",
            self.name,
            self.most_memory
        );
    }
}
