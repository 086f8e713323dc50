//! Patterns matched while they are read: nothing is compiled, and nothing kept.
//!
//! In: a pattern's text and a subject. Out: the verdict and groups PCRE2 would give, or that this is not to
//! be told at a glance. Absent: whatever may have to be tried in more than one way.
//!
//! The compiled form of one rule among tens of thousands lies in memory that no cache holds; its text lies in
//! the bytes of the rule, which are read anyway.
//!
//! Each item of the pattern takes what PCRE2 would try first: the longest run, the first alternative. If all
//! of the pattern is satisfied that way, that is PCRE2's match. If an item is not, it depends on whether the
//! items before it might have taken something else.

use super::{Captures, narrow};
use crate::pattern::PatternOptions;
use crate::pattern::lexer::{Lexer, Token};
use crate::pattern::read::class as read_class;
use crate::pattern::set::{ANY, DIGITS, NO_SLASH, NONE, Set};
use crate::pattern::syntax::{Case, Greed};

/// Longer texts are not read.
const LONGEST: usize = 1_024;

/// Looks for a match of the pattern `text`. `None` when it cannot be told at a glance. `captures` are replaced
/// when there is a match, else left alone.
pub fn glance(
    text: &[u8],
    options: PatternOptions,
    subject: &[u8],
    captures: &mut Captures,
) -> Option<bool> {
    let rest = text.strip_prefix(b"^")?;
    let is_usual = options.difference(PatternOptions::CASELESS) == PatternOptions::default();
    if !is_usual || text.len() > LONGEST || subject.len() > LONGEST {
        return None;
    }
    let mut glance = Glance {
        pattern: Lexer::new(rest),
        case: if options.contains(PatternOptions::CASELESS) {
            Case::Ignored
        } else {
            Case::Sensitive
        },
        subject,
        at: 0,
        others: Some(NONE),
        found: Captures::new(),
        groups: 0,
    };
    let matches = glance.whole()?;
    if matches {
        glance.found.set(0, Some((0, narrow(glance.at))));
        *captures = glance.found;
    }
    Some(matches)
}

struct Glance<'t, 's> {
    pattern: Lexer<'t>,
    case: Case,
    subject: &'s [u8],
    /// How much of the subject is taken.
    at: usize,
    /// The bytes that the item to come might meet instead, had those before it taken something else; it never
    /// meets the end then. `None` when that is not known.
    others: Option<Set>,
    found: Captures,
    groups: usize,
}

/// Why a pattern is not read to its end.
enum Halt {
    /// An item is not satisfied.
    Unsatisfied,
    /// An item is of a kind that is not read here.
    Unread,
}

type Step = Result<(), Halt>;

/// A set, repeated.
struct Run {
    set: Set,
    least: usize,
    most: usize,
}

impl Glance<'_, '_> {
    fn whole(&mut self) -> Option<bool> {
        match self.sequence() {
            // Else a `)` is left over.
            Ok(()) => self.pattern.rest.is_empty().then_some(true),
            Err(Halt::Unread) => None,
            Err(Halt::Unsatisfied) => {
                let settled = self.is_settled() && !may_offer_more(self.pattern.rest);
                settled.then_some(false)
            }
        }
    }

    /// Items up to the end, or to the end of a group.
    fn sequence(&mut self) -> Step {
        loop {
            self.literal()?;
            match self.pattern.rest {
                [] | [b')', ..] => return Ok(()),
                b"$" => self.end()?,
                b"(.*)" | b"(.*)$" => self.remainder(),
                [b'(', ..] => self.group()?,
                _ => self.item()?,
            }
        }
    }

    fn left(&self) -> &[u8] {
        self.subject.get(self.at..).unwrap_or_default()
    }

    /// The item to come takes one of `first`, which others may not meet: then there are no others any more.
    fn settle(&mut self, first: &Set) {
        let others = self.others.filter(|others| others.is_disjoint(first));
        self.others = others.map(|_| NONE);
    }

    fn is_settled(&self) -> bool {
        self.others.is_some_and(|others| others == NONE)
    }

    /// Bytes that stand for themselves, perhaps none.
    fn literal(&mut self) -> Step {
        let rest = self.pattern.rest;
        let end = first_odd(rest);
        let behind = end.and_then(|end| rest.get(end..)).unwrap_or_default();
        let quantified = behind
            .first()
            .is_some_and(|byte| class(*byte) == QUANTIFIER)
            || may_hide_quantifier(behind);
        let length = end
            .unwrap_or(rest.len())
            .saturating_sub(usize::from(quantified));
        let Some((literal @ [first, ..], rest)) = rest.split_at_checked(length) else {
            return Ok(());
        };
        if !self.is_settled() {
            self.settle(&self.case.of(Set::of(*first)));
        }
        self.take(literal)?;
        self.pattern.rest = rest;
        Ok(())
    }

    fn take(&mut self, literal: &[u8]) -> Step {
        if !self.begins_with(literal) {
            return Err(Halt::Unsatisfied);
        }
        self.at += literal.len();
        Ok(())
    }

    fn begins_with(&self, literal: &[u8]) -> bool {
        let found = self.left().get(..literal.len());
        found.is_some_and(|found| match self.case {
            Case::Sensitive => found == literal,
            Case::Ignored => found.eq_ignore_ascii_case(literal),
        })
    }

    /// `$` as the last of the pattern. Others never meet the end.
    fn end(&mut self) -> Step {
        self.others = self.others.map(|_| NONE);
        if self.at != self.subject.len() {
            return Err(Halt::Unsatisfied);
        }
        self.pattern.rest = &[];
        Ok(())
    }

    /// A group of all that is left, which ends many patterns.
    fn remainder(&mut self) {
        let (start, end) = (self.at, self.subject.len());
        self.groups += 1;
        self.found
            .set(self.groups, Some((narrow(start), narrow(end))));
        self.at = end;
        self.pattern.rest = &[];
    }

    /// A byte or a set, perhaps repeated.
    fn item(&mut self) -> Step {
        let Run { set, least, most } = self.run().ok_or(Halt::Unread)?;
        if least > 0 {
            self.settle(&set);
        } else {
            // Others take nothing here.
            self.others = self.others.filter(|others| others.is_disjoint(&set));
        }
        let left = self.left();
        let taken = set.run(left.get(..most).unwrap_or(left));
        if taken < least {
            return Err(Halt::Unsatisfied);
        }
        self.at += taken;
        if taken > least
            && let Some(others) = &mut self.others
        {
            others.union(&set);
        }
        Ok(())
    }

    /// A group that is not repeated, and has none within.
    fn group(&mut self) -> Step {
        self.skips(b"(");
        let is_kept = !self.skips(b"?:");
        let rest = self.pattern.rest;
        let end = group_end(rest).ok_or(Halt::Unread)?;
        let (inside, behind) = rest.split_at_checked(end).ok_or(Halt::Unread)?;
        let behind = behind.get(1..).unwrap_or_default();
        let is_repeated = |byte: &u8| class(*byte) == QUANTIFIER;
        if matches!(inside.first(), Some(b'?' | b'*'))
            || behind.first().is_some_and(is_repeated)
            || may_hide_quantifier(behind)
        {
            return Err(Halt::Unread);
        }
        self.groups += usize::from(is_kept);
        let start = self.at;
        if inside.contains(&b'|') {
            self.alternatives(inside)?;
        } else {
            self.sequence()?;
        }
        if !self.skips(b")") {
            return Err(Halt::Unread);
        }
        if is_kept {
            self.found
                .set(self.groups, Some((narrow(start), narrow(self.at))));
        }
        Ok(())
    }

    /// One of several literals, all that is `inside` a group.
    fn alternatives(&mut self, inside: &[u8]) -> Step {
        let all = || inside.split(|byte| *byte == b'|');
        let is_literal = |byte: &u8| *byte == b'|' || class(*byte) == PLAIN;
        if !inside.iter().all(is_literal) || all().any(<[u8]>::is_empty) {
            return Err(Halt::Unread);
        }
        if !self.is_settled() {
            let mut first = NONE;
            let bytes = all().filter_map(<[u8]>::first);
            bytes.for_each(|byte| first.insert(*byte));
            self.settle(&self.case.of(first));
        }
        self.pattern.rest = self.pattern.rest.get(inside.len()..).unwrap_or_default();
        let mut fitting = all().filter(|alternative| self.begins_with(alternative));
        let (taken, another) = (fitting.next(), fitting.next());
        if another.is_some() {
            self.others = None;
        }
        self.at += taken.ok_or(Halt::Unsatisfied)?.len();
        Ok(())
    }

    /// Takes a text of the pattern, if it comes next.
    fn skips(&mut self, text: &[u8]) -> bool {
        let rest = self.pattern.rest.strip_prefix(text);
        self.pattern.rest = rest.unwrap_or(self.pattern.rest);
        rest.is_some()
    }

    /// A byte or a set with its quantifier. `None` when it is something else, or prefers fewer.
    fn run(&mut self) -> Option<Run> {
        let set = if self.skips(b"[^/]") {
            NO_SLASH
        } else if self.skips(b"[0-9]") {
            DIGITS
        } else {
            match self.pattern.next()? {
                Token::Dot => ANY,
                Token::Byte(byte) => Set::of(byte),
                Token::Set(set) => set,
                Token::Class(sense) => read_class(&mut self.pattern, sense, self.case)?,
                _ => return None,
            }
        };
        let set = self.case.of(set);
        let Some((times, greed)) = self.pattern.quantifier() else {
            let (least, most) = (1, 1);
            let is_sure = !may_hide_quantifier(self.pattern.rest);
            return is_sure.then_some(Run { set, least, most });
        };
        let is_usual = greed == Greed::Greedy
            && times.are_usual()
            && times.most > 0
            && times.least <= times.most;
        let another = self.pattern.quantifier().is_some();
        (is_usual && !another).then_some(Run {
            set,
            least: times.least as usize,
            most: times.most as usize,
        })
    }
}

/// Does `rest` begin with what means nothing by itself, so that a quantifier behind it is about what is before it?
fn may_hide_quantifier(rest: &[u8]) -> bool {
    matches!(rest, [b'\\', b'E' | b'Q', ..] | [b'(', b'?', b'#', ..])
}

/// The length of what stands at the front of `rest`: a byte, an escape or a class. `None` when that is not
/// sure.
fn piece(rest: &[u8]) -> Option<usize> {
    match rest {
        [b'\\', byte, ..] => {
            let is_usual = byte.is_ascii_punctuation() || b"dDsSwW".contains(byte);
            is_usual.then_some(2)
        }
        [b'[', inside @ ..] => {
            let mut at = usize::from(inside.starts_with(b"^"));
            // A `]` as the first of a class stands for itself.
            at += usize::from(inside.get(at) == Some(&b']'));
            loop {
                match inside.get(at)? {
                    b']' => return Some(at + 2),
                    b'\\' => at += 2,
                    // Of several meanings.
                    b'[' => return None,
                    _ => at += 1,
                }
            }
        }
        [_, ..] => Some(1),
        [] => None,
    }
}

/// Where the group ends whose inside begins `rest`. `None` when another begins first, or that is not sure.
fn group_end(rest: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        match rest.get(at)? {
            b')' => return Some(at),
            b'(' => return None,
            _ => at += piece(rest.get(at..)?)?,
        }
    }
}

/// May a pattern that is not satisfied up to `rest` match all the same, by an alternative? True when that is
/// not sure.
fn may_offer_more(mut rest: &[u8]) -> bool {
    if memchr::memchr(b'|', rest).is_none() {
        return false;
    }
    // Where it stopped within a group, that is not one of alternatives any more.
    while let Some(first) = rest.first() {
        let length = match first {
            b'|' => return true,
            b'(' if matches!(rest.get(1), Some(b'?' | b'*')) && !rest.starts_with(b"(?:") => None,
            b'(' => rest.get(1..).and_then(group_end).map(|end| end + 2),
            _ => piece(rest),
        };
        let Some(after) = length.and_then(|length| rest.get(length..)) else {
            return true;
        };
        rest = after;
    }
    false
}

/// Where the first byte stands that does not stand for itself. Sixteen are looked at at once.
fn first_odd(rest: &[u8]) -> Option<usize> {
    let is_odd = |byte: &u8| class(*byte) != PLAIN;
    let chunks = rest.as_chunks::<16>().0.iter();
    let plain =
        chunks.take_while(|chunk| chunk.iter().fold(0, |odd, byte| odd | oddity(*byte)) == 0);
    let plain = 16 * plain.count();
    let odd = rest.get(plain..)?.iter().position(is_odd)?;
    Some(plain + odd)
}

/// The same as [`class`], for a byte among several: neither a table nor a branch. 0 is [`PLAIN`].
fn oddity(byte: u8) -> u8 {
    // Brackets, `*` and `+` are neighbours, and so are `{` and `|`, and what stands about the `\`.
    u8::from(byte & 0xfc == 0x28)
        | u8::from(byte == b'.')
        | u8::from(byte == b'$')
        | u8::from(byte == b'?')
        | u8::from(byte == b'[')
        | u8::from(byte == b'\\')
        | u8::from(byte == b'^')
        | u8::from(byte == b'{')
        | u8::from(byte == b'|')
}

/// A byte that stands for itself.
const PLAIN: u8 = 0;
/// A byte that says how often what is before it may come.
const QUANTIFIER: u8 = 1;
/// Something else.
const OTHER: u8 = 2;

/// What a byte of a pattern is, outside of a class.
fn class(byte: u8) -> u8 {
    const CLASSES: [u8; 256] = {
        let mut classes = [PLAIN; 256];
        let (quantifiers, others) = (b"*+?{", b"\\^$.[|()");
        let mut at = 0;
        while at < quantifiers.len() {
            classes[quantifiers[at] as usize] = QUANTIFIER;
            at += 1;
        }
        at = 0;
        while at < others.len() {
            classes[others[at] as usize] = OTHER;
            at += 1;
        }
        classes
    };
    CLASSES[usize::from(byte)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oddities_are_what_is_not_plain() {
        for byte in 0..=255 {
            assert_eq!(oddity(byte) == 0, class(byte) == PLAIN, "{byte}");
        }
    }
}
