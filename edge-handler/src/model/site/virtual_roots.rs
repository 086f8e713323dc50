//! Document roots that depend on what the host is called (`mod_vhost_alias`).
//!
//! In: nothing. Out: [`VirtualRoots`]. Absent: reading the directives, and filling a pattern in; see
//! `evaluate::virtual_roots`.

use serde::{Deserialize, Serialize};

/// `VirtualDocumentRoot` and `VirtualScriptAlias` on one host (`mva_sconf_t`).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct VirtualRoots {
    /// Where files are; `None` where the host has one document root.
    pub documents: Option<RootPattern>,
    /// Where what is below `/cgi-bin/` is; `None` where nothing says so.
    pub scripts: Option<RootPattern>,
}

impl VirtualRoots {
    /// Is there neither?
    pub fn is_empty(&self) -> bool {
        self.documents.is_none() && self.scripts.is_none()
    }

    /// Both that there are.
    pub fn iter(&self) -> impl Iterator<Item = &RootPattern> {
        self.documents.iter().chain(&self.scripts)
    }
}

/// A path with parts of the host's name in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RootPattern(pub Vec<RootPart>);

/// A part of a [`RootPattern`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RootPart {
    /// A text as it is.
    Text(Vec<u8>),
    /// `%p`: the port.
    Port,
    /// `%N.M`: of the name the parts between dots, and of these the letters, in lower case.
    Name {
        /// `N`
        parts: Selection,
        /// `M`
        letters: Selection,
    },
}

/// Which parts or letters of a name are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Selection {
    /// The number of the first, or of the last where it is counted from the end; 0 for all.
    pub number: u8,
    /// `-`: it is counted from the end.
    pub from_end: bool,
    /// `+`: with all that follow, or, counted from the end, with all before.
    pub open: bool,
}
