//! Sections: `<Directory>`, `<Location>`, `<Files>`, `<If>` and `.htaccess` files.
//!
//! In: nothing. Out: [`Section`]. Absent: which apply to a request; see `evaluate::walk`.

use serde::{Deserialize, Serialize};

use super::Settings;
use crate::model::expression::Expression;
use crate::model::rules::Place;
use crate::pattern::Pattern;

/// Names a [`Section`] of a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SectionId(pub u32);

/// A section with what it sets. Sections inside it are named by its settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// Where it begins.
    pub place: Place,
    /// What it applies to.
    pub kind: SectionKind,
    /// What it sets.
    pub settings: Settings,
}

/// What a section applies to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum SectionKind {
    /// `<Directory>`, `<DirectoryMatch>`: a directory by its absolute path.
    Directory(PathMatcher),
    /// `<Location>`, `<LocationMatch>`: a URL-path.
    Location(PathMatcher),
    /// `<Files>`, `<FilesMatch>`: the last part of a file name.
    Files(PathMatcher),
    /// `<If>`.
    If(Expression),
    /// `<ElseIf>`: only when every section of its chain before it was false.
    ElseIf(Expression),
    /// `<Else>`.
    Else,
    /// A `.htaccess` file; found by its directory, see [`super::FileTree::overrides`].
    Htaccess,
}

/// How a section's argument is compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PathMatcher {
    /// A plain path.
    Plain(Vec<u8>),
    /// A path with `*`, `?` or `[`.
    Wildcard(Vec<u8>),
    /// A regular expression.
    Regex(Pattern),
}
