//! What is known about a request, and what follows from it for a rule: whether its conditions hold, and what its
//! templates become (the loop of `apply_rewrite_rule`, `do_expand`).
//!
//! In: a rule, and a [`Knowledge`]. Out: whether the conditions hold; bytes appended to a buffer. Absent: what is known:
//! the evaluator knows all of a request (`rule`), a shortcut only what needs no evaluation (`shortcut`), and the
//! compiler, before there is a request, what it assumes (`symbolic`).

use crate::artefact::rule::DetailsView;
use crate::model::rules::{Condition, Piece, RuleFlags, TemplateText};

/// What is known about a request by the time a rule is tried.
pub(crate) trait Knowledge<'a> {
    /// Why something is not known.
    type Unknown;

    /// The next condition of a rule from `at` on that is worth asking: those before it do not hold, and are joined to the
    /// next by `OR`, so they leave nothing behind.
    fn next_worth_asking(
        &mut self,
        rule: &DetailsView<'a>,
        at: usize,
    ) -> Result<usize, Self::Unknown>;

    /// Does a condition hold?
    fn holds(&mut self, condition: &'a Condition) -> Result<bool, Self::Unknown>;

    /// What the last condition looked at decides, or does not: an `OR` follows one that does not hold.
    fn looked_at(&mut self, decides: Decides);

    /// Takes steps off the budget.
    fn spend(&self, steps: usize) -> Result<(), Self::Unknown>;

    /// Appends `$N`.
    fn rule_group(&mut self, number: u8, out: &mut Vec<u8>) -> Result<(), Self::Unknown>;

    /// Appends `%N`.
    fn condition_group(&mut self, number: u8, out: &mut Vec<u8>) -> Result<(), Self::Unknown>;

    /// Appends what `%{name}` holds.
    fn variable(&mut self, name: &'a [u8], out: &mut Vec<u8>) -> Result<(), Self::Unknown>;

    /// Appends what a map has for `key`; false when it has nothing.
    fn map(&mut self, name: &'a [u8], key: &[u8], out: &mut Vec<u8>)
    -> Result<bool, Self::Unknown>;
}

/// Does the last condition have a part in whether a rule applies?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decides {
    /// The rule goes by it.
    Yes,
    /// Another one may hold in its place.
    No,
}

/// The conditions of a rule: `OR` binds tighter than the implicit and, a true one skips the
/// rest of its group, and a false last one with `OR` stops nothing.
pub(crate) fn conditions_hold<'a, K: Knowledge<'a>>(
    rule: &DetailsView<'a>,
    knowledge: &mut K,
) -> Result<bool, K::Unknown> {
    let conditions = rule.conditions;
    let mut at = 0;
    while at < conditions.len() {
        at = knowledge.next_worth_asking(rule, at)?;
        let Some(condition) = conditions.get(at) else {
            break;
        };
        if knowledge.holds(condition)? {
            knowledge.looked_at(Decides::Yes);
            while conditions.get(at).is_some_and(|member| member.or_next) {
                at += 1;
            }
        } else if condition.or_next {
            knowledge.looked_at(Decides::No);
        } else {
            return Ok(false);
        }
        at += 1;
    }
    Ok(true)
}

/// Appends what `template` becomes; `mark` watches where `?` comes from.
pub(crate) fn expand<'a, K: Knowledge<'a>>(
    template: TemplateText<'a>,
    knowledge: &mut K,
    mark: &mut QuestionMark,
    out: &mut Vec<u8>,
) -> Result<(), K::Unknown> {
    for piece in template.pieces() {
        knowledge.spend(1)?;
        let start = out.len();
        match piece {
            Piece::Literal(text) => {
                out.extend_from_slice(text);
                mark.see(text, Origin::Template);
                continue;
            }
            Piece::Escaped(byte) => {
                out.push(byte);
                continue;
            }
            Piece::RuleGroup(number) => knowledge.rule_group(number, out)?,
            Piece::ConditionGroup(number) => knowledge.condition_group(number, out)?,
            Piece::Variable(name) => knowledge.variable(name, out)?,
            Piece::Map { name, key, default } => {
                expand_map(name, (key, default), knowledge, out)?;
            }
        }
        mark.see(out.get(start..).unwrap_or_default(), Origin::Expansion);
    }
    Ok(())
}

/// Appends what a map has for a key that is a template itself, or else what the default becomes.
fn expand_map<'a, K: Knowledge<'a>>(
    name: &'a [u8],
    (key, default): (TemplateText<'a>, Option<TemplateText<'a>>),
    knowledge: &mut K,
    out: &mut Vec<u8>,
) -> Result<(), K::Unknown> {
    // What stands in braces is read once more for each that it stands in.
    knowledge.spend(key.len() / super::BYTES_A_STEP)?;
    let mut text = Vec::new();
    let mut unwatched = QuestionMark::unwatched();
    expand(key, knowledge, &mut unwatched, &mut text)?;
    if !knowledge.map(name, &text, out)?
        && let Some(default) = default
    {
        expand(default, knowledge, &mut unwatched, out)?;
    }
    Ok(())
}

/// Where the `?` that starts the query string of a substitution came from. One that an expansion
/// brought in is not safe (CVE-2024-38474).
#[derive(Debug, Clone, Copy)]
pub(crate) struct QuestionMark {
    tracking: bool,
    last_counts: bool,
    expanded: bool,
}

/// Where a text of a substitution comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// It stands in the configuration.
    Template,
    /// Something of the request stands in its place.
    Expansion,
}

impl QuestionMark {
    /// What to track for a rule with these flags: the first `?`, with `QSL` the last.
    pub fn for_rule(flags: RuleFlags) -> Self {
        Self {
            tracking: !flags.contains(RuleFlags::UNSAFE_ALLOW_3F),
            last_counts: flags.contains(RuleFlags::QUERY_LAST),
            expanded: false,
        }
    }

    /// Nothing is tracked: the text is no substitution.
    pub fn unwatched() -> Self {
        Self {
            tracking: false,
            last_counts: false,
            expanded: false,
        }
    }

    /// Did the deciding `?` come from an expansion?
    pub fn is_unsafe(self) -> bool {
        self.expanded
    }

    fn see(&mut self, text: &[u8], origin: Origin) {
        if self.tracking && memchr::memchr(b'?', text).is_some() {
            self.expanded = origin == Origin::Expansion;
            self.tracking = self.last_counts;
        }
    }
}
