//! Everything a server reads before it looks at what it read.
//!
//! In: files, through the [`Loader`]. Out: [`Loaded`]: directives in order, as a tree of [`Item`]s. Absent: what
//! they mean for a request.
//!
//! Apache settles some directives the moment it reads them (`EXEC_ON_READ`): `Define`, `Include`,
//! the conditional sections, macros, `LoadModule`, `ServerRoot`. So they are settled here, line by
//! line in Apache's order; a value defined on one line is there for the next.

mod complaint;
mod conditional;
mod defines;
mod envvars;
pub mod files;
pub mod glob;
mod immediate;
mod item;
pub mod metered;
mod nest;
mod options;
pub mod paths;
mod reader;
mod skip;
mod step;
mod text;
mod version;

pub use complaint::not_allowed;
pub use conditional::is_conditional;
pub use item::{Item, Refused, Section, Skipped};
pub use options::{
    Advice, Bound, Bounds, Folder, LIMIT_REACHED, LoadOptions, Recording, RegexTest,
};
pub use reader::{Conditionals, Reader};

pub use crate::loader::{Entry, EntryKind, LoadError, Loader};
pub use crate::registry::modules::UnknownDirectives;

use crate::registry::modules::ModuleSource;

/// A configuration, read.
#[non_exhaustive]
pub struct Loaded<'a> {
    /// The directives in Apache's order; empty where reading stopped at a bound, because a part of a
    /// configuration means nothing.
    pub items: Vec<Item>,
    /// Everything else: the files, what there is to say, the modules. It reads `.htaccess` files too.
    pub reader: Reader<'a>,
}

/// Reads `paths` as if they were included one after another.
///
/// Never fails: whatever is wrong is among the reader's diagnostics, and the rest is read.
pub fn load<'a>(paths: &[Vec<u8>], loader: &'a dyn Loader, options: &LoadOptions) -> Loaded<'a> {
    let assumed = attempt(paths, loader, options, ModuleSource::Assumed);
    if assumed.reader.loads_its_modules() {
        return attempt(paths, loader, options, ModuleSource::Configured);
    }
    assumed
}

fn attempt<'a>(
    paths: &[Vec<u8>],
    loader: &'a dyn Loader,
    options: &LoadOptions,
    source: ModuleSource,
) -> Loaded<'a> {
    let mut reader = Reader::new(paths, loader, options, source);
    reader.read_environment(paths);
    let mut items: Vec<Item> = Vec::new();
    for path in paths {
        items.extend(reader.file(path));
    }
    items.extend(reader.unused_macros());
    if reader.is_stopped() {
        items.clear();
    }
    Loaded { items, reader }
}
