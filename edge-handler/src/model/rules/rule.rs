//! One `RewriteRule` with its conditions, and a list of them.
//!
//! In: nothing. Out: [`Rule`], [`RuleSet`]. Absent: how they run; see `evaluate`.

use serde::{Deserialize, Serialize};

use super::prefilter::Screens;
use crate::pattern::Pattern;

use super::{Condition, Place, RuleFlags, Template};

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
    /// What few rules have, [read](Rule::extras) and [written](Rule::extras_mut) by methods; `None` where
    /// nothing is in it.
    pub extras: Option<Box<Extras>>,
    /// Which of many conditions are worth asking.
    #[serde(skip)]
    pub screens: Screens,
}

/// What few rules have. It stands apart, because tens of thousands do not.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Extras {
    /// Texts of `E`, in order.
    pub environment: Vec<Template>,
    /// Texts of `CO`, in order.
    pub cookies: Vec<Template>,
    /// Text of `T`.
    pub mime_type: Option<Template>,
    /// Text of `H`.
    pub handler: Option<Template>,
    /// Bytes of `B=`; `None` for a plain `B`.
    #[serde(with = "serde_bytes")]
    pub escapes: Option<Vec<u8>>,
    /// Bytes of `BNE=`.
    #[serde(with = "serde_bytes")]
    pub no_escapes: Option<Vec<u8>>,
}

impl Extras {
    /// What a rule has that has nothing of it.
    pub const NONE: &Self = &Self {
        environment: Vec::new(),
        cookies: Vec::new(),
        mime_type: None,
        handler: None,
        escapes: None,
        no_escapes: None,
    };
}

impl Rule {
    /// How many rounds `N` allows where nothing is said (`REWRITE_MAX_ROUNDS`).
    pub const MAX_ROUNDS: u32 = 32_000;

    /// A rule without conditions, flags and substitution, as Apache begins one: 302 if it redirects.
    pub fn new(place: Place, pattern: Pattern) -> Self {
        Self {
            place,
            pattern,
            conditions: Vec::new(),
            substitution: Template::default(),
            flags: RuleFlags::empty(),
            status: 302,
            skip: 0,
            max_rounds: Self::MAX_ROUNDS,
            extras: None,
            screens: Screens::default(),
        }
    }

    /// The texts that the rule fills in once it applies. A text that is new does not compile until it is listed.
    pub fn results(&self) -> impl Iterator<Item = &Template> {
        let Extras {
            environment,
            cookies,
            mime_type,
            handler,
            escapes: _,
            no_escapes: _,
        } = self.extras();
        std::iter::once(&self.substitution)
            .chain(environment)
            .chain(cookies)
            .chain(mime_type)
            .chain(handler)
    }

    /// What few rules have.
    pub fn extras(&self) -> &Extras {
        self.extras.as_deref().unwrap_or(Extras::NONE)
    }

    /// The same, to be changed.
    pub fn extras_mut(&mut self) -> &mut Extras {
        self.extras.get_or_insert_default()
    }
}

/// The rules of one scope, in order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RuleSet {
    /// The rules.
    pub rules: Vec<Rule>,
}
