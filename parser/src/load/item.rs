//! What was read, as a tree.
//!
//! In: nothing. Out: [`Item`]. Absent: the conditional sections, which are settled, and lines as they are written; see
//! [`crate::tree`].

use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::source::Origin;
use crate::syntax::Directive;

/// One thing that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A directive.
    Directive(Box<Directive>),
    /// A section that is no conditional one, with what is in it.
    Section(Box<Section>),
    /// A line Apache refuses when it comes to it.
    Refused(Box<Refused>),
    /// A directive that Apache does not look at.
    Skipped(Box<Skipped>),
}

/// A section.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The line that opens it.
    pub open: Directive,
    /// What is in it.
    pub items: Vec<Item>,
}

/// A line Apache refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The directive's name.
    pub name: Vec<u8>,
    /// Where it stands.
    pub origin: Origin,
    /// Why.
    pub error: Diagnostic,
    /// What is in it, if it opens a section.
    pub items: Vec<Item>,
}

/// A directive that Apache does not look at: it stands in a conditional section that is false, or in a macro that is
/// never used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// The directive's name.
    pub name: Vec<u8>,
    /// Where it stands.
    pub origin: Origin,
    /// Why.
    pub reason: Arc<str>,
}
