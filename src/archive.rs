//! What `collect` packs: a configuration with everything that reading it asks for, in one file.
//!
//! In: nothing. Out: the layout: a [`Manifest`], a listing, and copies of files below `root/`. Absent: gathering
//! what goes in (`collect`), and reading it back ([`Packed`](packed::Packed)).

pub mod listing;
pub mod packed;

use edgewright_engine::model::site::TimeZone;
use serde::{Deserialize, Serialize};

/// The name of the manifest, which is the first entry.
pub const MANIFEST: &str = "manifest.json";

/// The name of the listing.
pub const LISTING: &str = "listing.txt";

/// The folder that holds the copies of files, by their paths on the server.
pub const ROOT: &str = "root";

/// What the manifest of every archive says.
pub const FORMAT: &str = "edgewright-collect";

/// The version of the layout; a newer one is refused.
pub const VERSION: u32 = 1;

/// What an archive says about itself and its server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// [`VERSION`].
    pub version: u32,
    /// What the configuration is.
    pub kind: Kind,
    /// Its files on the server.
    pub paths: Vec<String>,
    /// Names that were given with `-D`.
    pub defines: Vec<String>,
    /// What the server says about itself; nothing where it could not be asked.
    pub server: Option<Server>,
    /// The server's time zone, if it says.
    pub time_zone: Option<TimeZone>,
    /// The name of the listing.
    pub listing: String,
}

/// What a configuration is: the kinds of [`Input`](edgewright_compiler::Input).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A whole server.
    Main,
    /// Lines meant for inside a virtual host.
    Vhost,
    /// One `.htaccess` file.
    Htaccess,
    /// A document root.
    Docroot,
}

/// What a server says about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// The program that was asked.
    pub program: String,
    /// The version: `2.4.62`.
    pub version: Option<String>,
    /// The modules, in the order the server lists them.
    pub modules: Vec<Module>,
}

/// A module of a server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Module {
    /// The name, as `LoadModule` has it.
    pub name: String,
    /// Whether the server was built with it, or loads it.
    pub linkage: Linkage,
}

/// How a module comes to its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Linkage {
    /// The server was built with it.
    Static,
    /// A line of the configuration loads it.
    Shared,
}
