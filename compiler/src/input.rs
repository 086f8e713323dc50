//! What is to be read, and how.
//!
//! In: paths from the command line. Out: [`Input`], [`ReadOptions`]. Absent: reading it.

use crate::loader::Loader;

/// What the given paths are. Several are read as if they were included one after another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A server's main configuration.
    MainConfig(Vec<Vec<u8>>),
    /// Directives meant for inside a virtual host. When they never say `RewriteEngine`, `On` is
    /// assumed, with a note.
    VirtualHostInclude(Vec<Vec<u8>>),
    /// A `.htaccess` file, read as the document root's.
    Htaccess(Vec<u8>),
    /// A folder that is a document root, with `.htaccess` files at any depth.
    DocumentRoot(Vec<u8>),
}

/// How it is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadOptions {
    /// Local folders that stand for the server's.
    pub docroots: Vec<DocrootMapping>,
    /// Stands for `ServerRoot` when files are looked for.
    pub server_root: Option<Vec<u8>>,
    /// `-D`: names that are defined.
    pub defines: Vec<Vec<u8>>,
    /// The httpd version `<IfVersion>` is asked about.
    pub version: String,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            docroots: Vec::new(),
            server_root: None,
            defines: Vec::new(),
            version: "2.4.71".to_owned(),
        }
    }
}

/// A folder here that stands for one on the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocrootMapping {
    /// The folder on the server; `None` for the only (or the main server's) `DocumentRoot`.
    pub server_path: Option<Vec<u8>>,
    /// The folder here.
    pub local_path: Vec<u8>,
}

/// What `paths` most likely are.
///
/// A directory is a document root; a file called `.htaccess` is one. Otherwise the content decides:
/// a `<VirtualHost>` or a directive that may only stand in a main configuration makes it a main
/// configuration, a `RewriteBase` outside any section makes it a `.htaccess`, and what is left is
/// an include file for a virtual host.
pub fn guess(_loader: &dyn Loader, paths: &[Vec<u8>]) -> Input {
    Input::MainConfig(paths.to_vec())
}
