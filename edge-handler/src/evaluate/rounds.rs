//! Rounds of a rule with `N` that replaces one byte after another, made at once.
//!
//! In: such a rule, the first of its list, and the text it has just made. Out: the text after all its rounds, and how
//! many these were. Absent: one round; see `rule`. The reference, and whoever wants a trace, goes round by round.
//!
//! `RewriteRule ^(.*)_(.*)$ $1-$2 [N]` replaces one underscore in a round. Eight kilobytes of underscores took a
//! second. No other rule sees a text between two rounds, because this one is the first of its list.

use crate::artefact::rule::{DetailsView, RuleView};
use crate::model::rules::{Piece, RuleFlags, TemplateText};
use crate::source::Source;

use super::list::LONGEST_NAME;
use super::record::Record;
use super::rule::RuleContext;
use super::{BYTES_A_STEP, Halt, Run, Trace};
use crate::pattern::matching::Separator;
use crate::text::escape::is_absolute_uri;

/// With any other flag a round does more than replace the text.
const PLAIN: RuleFlags = RuleFlags::NEXT
    .union(RuleFlags::LAST)
    .union(RuleFlags::NO_ESCAPE)
    .union(RuleFlags::NO_SUBREQUEST)
    .union(RuleFlags::UNC);

/// What came of the rounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rounds {
    /// So many rounds were made.
    Made(u32),
    /// One of them makes a name that is too long.
    TooLong,
}

impl<S: Source> Run<'_, S> {
    /// Makes all rounds that `rule` goes on for by itself: none where it is not of the kind.
    pub(super) fn remaining_rounds(
        &self,
        rule: &RuleView<'_>,
        record: &mut Record<'_>,
        context: &mut RuleContext<'_>,
    ) -> Result<Rounds, Halt> {
        let one_by_one = self.options.trace != Trace::Off || !self.source.may_pass_over();
        if one_by_one || !PLAIN.contains(rule.flags) || !record.path_info.is_empty() {
            return Ok(Rounds::Made(0));
        }
        let details = rule.details()?;
        let in_directory = context.directory.is_some();
        let Some((text, count)) = replaced((rule, &details), &context.uri, in_directory) else {
            return Ok(Rounds::Made(0));
        };
        self.spend(count as usize + text.len() / BYTES_A_STEP)?;
        let directory = context.directory.unwrap_or_default();
        if directory.len() + text.len() > LONGEST_NAME {
            return Ok(Rounds::TooLong);
        }
        record.filename = Some([directory, &text].concat());
        context.uri = text;
        Ok(Rounds::Made(count))
    }
}

/// `text` once `rule` has replaced all it can, and how often it did.
fn replaced(
    (rule, details): (&RuleView<'_>, &DetailsView<'_>),
    text: &[u8],
    in_directory: bool,
) -> Option<(Vec<u8>, u32)> {
    if !details.conditions.is_empty() || details.extras.is_some() || text.contains(&b'?') {
        return None;
    }
    // The text has to stay what it is: a path of the server, or a name below the directory.
    let stays = if in_directory {
        !text.starts_with(b"/") && is_absolute_uri(text).is_none()
    } else {
        text.starts_with(b"/") && !text.starts_with(b"//")
    };
    let (head, between) = halves(rule.substitution())?;
    let separator = stays.then(|| Separator::of(&rule.pattern().ok()?.to_pattern()))??;
    let odd = between.contains(&b'?') || between.contains(&b':');
    if head != separator.head() || odd || separator.is_in(between) {
        return None;
    }
    let (after, count) = separator.replace_all(text, between)?;
    let first_is_kept = after.first() == text.first() && after.get(1) == text.get(1);
    (first_is_kept && is_absolute_uri(&after).is_none()).then_some((after, count))
}

/// What stands before `$1`, and between `$1` and `$2`, of a substitution that ends there.
fn halves(substitution: TemplateText<'_>) -> Option<(&[u8], &[u8])> {
    let mut pieces = substitution.pieces().peekable();
    let literal = |piece: &Piece<'_>| matches!(piece, Piece::Literal(_));
    let text = |piece| match piece {
        Some(Piece::Literal(text)) => text,
        _ => &b""[..],
    };
    let head = text(pieces.next_if(literal));
    pieces.next_if_eq(&Piece::RuleGroup(1))?;
    let between = text(pieces.next_if(literal));
    pieces.next_if_eq(&Piece::RuleGroup(2))?;
    pieces.next().is_none().then_some((head, between))
}
