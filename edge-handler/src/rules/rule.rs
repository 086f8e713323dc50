//! One `RewriteRule` with its conditions, and a list of them.
//!
//! In: nothing. Out: [`Rule`], [`RuleSet`]. Absent: how they run; see `evaluate`.

use serde::{Deserialize, Serialize};

use super::{Condition, Pattern, Place, RuleFlags, Template};

/// One `RewriteRule` with its conditions (`rewriterule_entry` of `mod_rewrite.c`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Where it stands.
    pub place: Place,
    /// What the path is matched with.
    pub pattern: Pattern,
    /// The conditions, in order.
    pub conditions: Vec<Condition>,
    /// The substitution, a trailing `?` that drops the query string already removed.
    /// Empty for a rule with [`RuleFlags::NO_SUBSTITUTION`].
    pub substitution: Template,
    /// The flags.
    pub flags: RuleFlags,
    /// The status of `R`, `F` or `G`; 302 when the flags name none.
    pub status: u16,
    /// How many rules `S` skips; 0 for none.
    pub skip: u32,
    /// How many rounds `N` allows.
    pub max_rounds: u32,
    /// Texts of `E`, in order.
    pub environment: Vec<Template>,
    /// Texts of `CO`, in order.
    pub cookies: Vec<Template>,
    /// Text of `T`.
    pub mime_type: Option<Box<Template>>,
    /// Text of `H`.
    pub handler: Option<Box<Template>>,
    /// Bytes of `B=`; `None` for a plain `B`.
    #[serde(with = "serde_bytes")]
    pub escapes: Option<Vec<u8>>,
    /// Bytes of `BNE=`.
    #[serde(with = "serde_bytes")]
    pub no_escapes: Option<Vec<u8>>,
}

/// The rules of one scope, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RuleSet {
    /// The rules.
    pub rules: Vec<Rule>,
}
