//! The rule model: what a `RewriteRule` or `Redirect` means, as plain data.
//!
//! In: texts of directives. Out: rules that the evaluator runs and the artefact stores.
//! Absent: running them (`evaluate`), finding them (`source`), configuration syntax (the parser).

pub mod condition;
pub mod flags;
pub mod prefilter;
pub mod redirect;
pub mod rule;
pub mod template;
mod text_test;

pub use condition::{Condition, FileTest, Order, Test};
pub use flags::RuleFlags;
pub use prefilter::{Marks, Screen, Screens};
pub use redirect::{Redirect, RedirectMatcher};
pub use rule::{Extras, Rule, RuleSet};
pub use template::{Piece, Template, TemplateText};
pub use text_test::text_holds;

use serde::{Deserialize, Serialize};

/// Where a directive stands: a file of [`crate::model::site::Site::files`] and a line in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// Index into [`crate::model::site::Site::files`].
    pub file: u32,
    /// Line number, from 1; for a directive over several lines, its first.
    pub line: u32,
}

/// Names a [`RuleSet`] of a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RuleSetId(pub u32);

/// Names a list of [`Redirect`]s of a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RedirectListId(pub u32);

/// Names a map of a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MapId(pub u32);
