//! Turns an Apache configuration into an edge program and a redirect table.
//!
//! In: paths, read through a [`Loader`]. Out: a [`Reading`]: the configuration as a
//! [`Site`](edgewright_engine::model::site::Site), everything there is to say about it, and what became
//! of every line that counts. Absent: I/O of any kind.
//!
//! ```
//! use edgewright_compiler::{Entry, EntryKind, Input, LoadError, Loader, ReadOptions, compile, read};
//!
//! /// One file, in memory. A real loader asks the disk.
//! struct OneFile;
//!
//! impl Loader for OneFile {
//!     fn read(&self, path: &[u8], _most: u64) -> Result<Vec<u8>, LoadError> {
//!         let text = b"RewriteEngine On\nRewriteRule ^/old$ /new [R=301,L]\n";
//!         if path == b"/site.conf" { Ok(text.to_vec()) } else { Err(LoadError::NotFound) }
//!     }
//!     fn list(&self, _path: &[u8], _most: u64) -> Result<Vec<Entry>, LoadError> {
//!         Err(LoadError::NotFound)
//!     }
//!     fn kind(&self, path: &[u8]) -> Option<EntryKind> {
//!         (path == b"/site.conf").then_some(EntryKind::File)
//!     }
//! }
//!
//! let input = Input::MainConfig(vec![b"/site.conf".to_vec()]);
//! let reading = read(&input, &OneFile, &ReadOptions::default());
//! assert_eq!(reading.counts.rules, 1);
//! let compilation = compile(&reading).expect("small enough");
//! assert_eq!(compilation.entries.len(), 2); // the rule, and what becomes of its path
//! ```

pub mod account;
mod analysis;
mod anchors;
mod chain;
pub mod class;
mod clock;
pub mod compile;
mod compiled_site;
pub mod dependencies;
mod encode;
pub mod export;
mod facts;
pub mod figures;
pub mod hits;
mod host_names;
pub mod input;
pub mod inputs;
mod language;
pub mod limits;
pub mod lower;
mod memory_table;
mod methods;
mod notices;
mod parallel;
pub mod precompute;
pub mod reading;
pub mod redundant;
mod replay;
mod request_line;
mod reserve;
mod resolve;
mod shape;
pub mod spans;
mod structure;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod unsupported;
pub mod witness;

use edgewright_parser::load;
use edgewright_parser::load::Recording;
use edgewright_parser::registry;
pub use edgewright_parser::{loader, sources, transcript};

pub use account::{Account, Class, Totals, Verdict};
pub use compile::{Compilation, CompileError, compile, compile_with};
pub use encode::{Encoded, PartSizes};
pub use export::{Build, BuildFolder, EmitError, Folder, FolderError, Written, emit};
pub use input::{DocrootMapping, Input, ReadOptions, UnknownDirectives, guess};
pub use limits::{Limit, Limits};
pub use loader::{Entry, EntryKind, LoadError, Loader};
pub use lower::Hops;
pub use reading::{Counts, Position, Reading, Unit, UnitKind, UnitStatus};
pub use resolve::{asks_for_a_name, is_unanswerable, names_a_client};
pub use sources::{Source, Sources};
pub use transcript::Transcript;
pub use witness::{Witness, unreachable, witnesses};

/// Reads a configuration: every file Apache would read, in Apache's order, and what it knows then.
///
/// Never fails: whatever is wrong is an error among the diagnostics, and the rest is read.
pub fn read(input: &Input, loader: &dyn Loader, options: &ReadOptions) -> Reading {
    let read = load::load(input.paths(), loader, &options.to_load(Recording::Off));
    resolve::resolve(read, input, options).0
}

/// Reads a configuration like [`read`], and keeps the lines that Apache carries out.
pub fn read_with_transcript(
    input: &Input,
    loader: &dyn Loader,
    options: &ReadOptions,
) -> (Reading, Transcript) {
    let read = load::load(input.paths(), loader, &options.to_load(Recording::On));
    let (reading, transcript) = resolve::resolve(read, input, options);
    (reading, transcript.unwrap_or_default())
}
