//! One `RewriteCond`.
//!
//! In: nothing. Out: [`Condition`]. Absent: asking it; see `evaluate::condition`.

use serde::{Deserialize, Serialize};

use super::{Place, Template};
use crate::model::expression::Expression;
use crate::pattern::Pattern;

/// One `RewriteCond` (`rewritecond_entry` of `mod_rewrite.c`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// Where it stands.
    pub place: Place,
    /// The test string. Empty for [`Test::Expression`].
    pub subject: Template,
    /// What is asked about it.
    pub test: Test,
    /// The condition pattern had a leading `!` (`-ne` toggles it once more).
    pub negated: bool,
    /// `NC` was given: string comparisons ignore ASCII case. A regular expression carries it itself.
    pub no_case: bool,
    /// `OR`: joined with the next condition by or.
    pub or_next: bool,
    /// `NV`: adds nothing to `Vary`.
    pub no_vary: bool,
}

/// What a condition asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Test {
    /// Does the expression match?
    Regex(Pattern),
    /// Is the text equal (`=`)?
    Equal(#[serde(with = "serde_bytes")] Vec<u8>),
    /// How does the text compare, length first (`<`, `>`, `<=`, `>=`)?
    Compare(Order, #[serde(with = "serde_bytes")] Vec<u8>),
    /// How does the text compare as an integer (`-lt` …)? The operand is read by `atoi`.
    Integer(Order, #[serde(with = "serde_bytes")] Vec<u8>),
    /// Is it such a file?
    File(FileTest),
    /// `-U`: would a URI subrequest be allowed?
    SubrequestUri,
    /// `-F`: would a file subrequest succeed?
    SubrequestFile,
    /// `RewriteCond expr …`.
    Expression(Box<Expression>),
}

impl Test {
    /// Asked twice about one text within a request, does it answer the same? An expression may look at what changes on
    /// the way, such as the time.
    pub fn is_steady(&self) -> bool {
        match self {
            Self::Regex(_)
            | Self::Equal(_)
            | Self::Compare(..)
            | Self::Integer(..)
            | Self::File(_)
            | Self::SubrequestUri
            | Self::SubrequestFile => true,
            Self::Expression(_) => false,
        }
    }
}

/// An order relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Order {
    /// `<`, `-lt`.
    Less,
    /// `<=`, `-le`.
    LessOrEqual,
    /// `-eq`.
    Equal,
    /// `>=`, `-ge`.
    GreaterOrEqual,
    /// `>`, `-gt`.
    Greater,
}

/// A question about a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileTest {
    /// `-f`: a regular file, links followed.
    Regular,
    /// `-s`: a regular file with content.
    NotEmpty,
    /// `-d`: a directory.
    Directory,
    /// `-x`: any execute bit is set.
    Executable,
    /// `-h`, `-l`, `-L`: a symbolic link.
    Link,
}
