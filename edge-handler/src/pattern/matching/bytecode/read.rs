//! From a pattern's text to instructions.
//!
//! In: the text and its options. Out: [`Simple`], or nothing when the pattern holds something else, or
//! might mean something else in PCRE2 10.42. Absent: running it.

use super::follow::Follow;
use super::{Bounds, Greed, Instruction, LetterCase, MOST_PENDING, Pendings, SetNumber, Simple};
use crate::pattern::PatternOptions;
use crate::pattern::matching::GROUPS;
use crate::pattern::matching::notation::{self, Item, Times};
use crate::pattern::matching::set::{self, NONE, Set};

/// Longer texts are not read.
const LONGEST: usize = 4_096;

/// Groups that nest deeper are not read.
const DEEPEST: u32 = 30;

impl Simple {
    /// Reads a pattern. Whatever is read, PCRE2 accepts.
    pub fn read(text: &[u8], options: PatternOptions) -> Option<Self> {
        let (rest, ignored) = match text.strip_prefix(b"(?i)") {
            Some(rest) => (rest, true),
            None => (text, options.contains(PatternOptions::CASELESS)),
        };
        if rest.len() > LONGEST {
            return None;
        }
        let mut reader = Reader::over(rest, options);
        if ignored {
            reader.case = LetterCase::Ignored;
        }
        reader.code.reserve(8);
        reader.literals.reserve(rest.len());
        let extent = reader.alternatives()?;
        reader.rest.is_empty().then(|| reader.finish(extent))?
    }
}

/// How much text a part takes, and what holds for each of its alternatives.
#[derive(Debug, Clone, Copy)]
struct Extent {
    /// Bytes at least.
    least: usize,
    /// Bytes at most; `None` for any number.
    most: Option<usize>,
    /// Choices that may be open within it at a time.
    pending: usize,
    /// The pattern begins with `^`.
    at_start: bool,
    /// The pattern ends with `$`.
    at_end: bool,
}

impl Extent {
    const EMPTY: Self = Self {
        least: 0,
        most: Some(0),
        pending: 0,
        at_start: false,
        at_end: false,
    };

    fn bytes(least: usize, most: Option<usize>, pending: usize) -> Self {
        Self {
            least,
            most,
            pending,
            ..Self::EMPTY
        }
    }

    /// This, and `next` after it.
    fn then(self, next: Self, is_first: bool) -> Self {
        Self {
            least: self.least + next.least,
            most: self.most.zip(next.most).map(|(one, other)| one + other),
            pending: self.pending + next.pending,
            at_start: if is_first {
                next.at_start
            } else {
                self.at_start
            },
            at_end: next.at_end,
        }
    }

    /// This or `other`; the choice itself is not counted.
    fn or(self, other: Self) -> Self {
        Self {
            least: self.least.min(other.least),
            most: self.most.zip(other.most).map(|(one, other)| one.max(other)),
            pending: self.pending.max(other.pending),
            at_start: self.at_start && other.at_start,
            at_end: self.at_end && other.at_end,
        }
    }
}

/// Where the text of a group is kept.
enum Kept {
    /// In this slot and the next one.
    In(u8),
    /// Nowhere: nothing can refer to it.
    Nothing,
}

pub(super) struct Reader<'a> {
    pub rest: &'a [u8],
    options: PatternOptions,
    pub case: LetterCase,
    code: Vec<Instruction>,
    literals: Vec<u8>,
    sets: Vec<Set>,
    /// Literals do not grow before this place in the code: something leads there.
    closed: usize,
    groups: usize,
    depth: u32,
}

impl<'a> Reader<'a> {
    /// Reads `rest`. Makes room for nothing yet.
    pub fn over(rest: &'a [u8], options: PatternOptions) -> Self {
        Self {
            rest,
            options,
            case: if options.contains(PatternOptions::CASELESS) {
                LetterCase::Ignored
            } else {
                LetterCase::Sensitive
            },
            code: Vec::new(),
            literals: Vec::new(),
            sets: Vec::new(),
            closed: 0,
            groups: 0,
            depth: 0,
        }
    }
}

impl Reader<'_> {
    pub fn next(&mut self) -> Option<u8> {
        notation::next(&mut self.rest)
    }

    pub fn take(&mut self, prefix: &[u8]) -> bool {
        notation::take(&mut self.rest, prefix).is_some()
    }

    /// What follows a backslash.
    pub fn escape(&mut self) -> Option<Item> {
        notation::escape(&mut self.rest)
    }

    /// A character class; its `[` is read already.
    pub fn class(&mut self) -> Option<Set> {
        let case = self.case;
        notation::class(&mut self.rest, |set| case.of(set))
    }

    /// Alternatives up to the end of the group. Each but the last is `Else` to the next one, its
    /// code, `Jump` to the end.
    fn alternatives(&mut self) -> Option<Extent> {
        let mut jumps = Vec::new();
        let mut start = self.code.len();
        let mut whole: Option<Extent> = None;
        loop {
            let extent = self.branch()?;
            whole = Some(match whole {
                Some(before) => before.or(extent),
                None => extent,
            });
            if !self.take(b"|") {
                break;
            }
            let length = self.code.len() - start;
            self.code
                .insert(start, Instruction::Else(u32::try_from(length + 2).ok()?));
            jumps.push(self.code.len());
            self.code.push(Instruction::Jump(0));
            start = self.code.len();
            self.closed = start;
        }
        let end = self.code.len();
        for jump in jumps {
            self.code[jump] = Instruction::Jump(u32::try_from(end - jump).ok()?);
        }
        self.closed = end;
        let mut whole = whole?;
        whole.pending += 1;
        Some(whole)
    }

    /// One alternative.
    fn branch(&mut self) -> Option<Extent> {
        self.closed = self.code.len();
        let mut extent = Extent::EMPTY;
        let mut is_first = true;
        while let Some(byte) = self.rest.first() {
            if matches!(byte, b'|' | b')') {
                break;
            }
            let item = self.item()?;
            extent = extent.then(item, is_first);
            is_first = false;
        }
        Some(extent)
    }

    fn item(&mut self) -> Option<Extent> {
        let atom = match self.next()? {
            b'^' => return self.assertion(Instruction::Start),
            b'$' if self.options.contains(PatternOptions::DOLLAR_END_ONLY) => {
                return self.assertion(Instruction::End);
            }
            b'(' => return self.group(),
            b'.' if self.options.contains(PatternOptions::DOT_ALL) => Item::Set(NONE.complement()),
            b'.' => Item::Set(Set::of(b'\n').complement()),
            b'[' => Item::Set(self.class()?),
            b'\\' => self.escape()?,
            b'$' | b'*' | b'+' | b'?' | b'{' => return None,
            byte => Item::Byte(byte),
        };
        match self.quantifier()? {
            (1, 1, _) => self.once(&atom),
            (least, most, greed) => self.repeat(&atom, least, most, greed),
        }
    }

    fn assertion(&mut self, instruction: Instruction) -> Option<Extent> {
        if matches!(self.rest.first(), Some(b'*' | b'+' | b'?' | b'{')) {
            return None;
        }
        self.code.push(instruction);
        Some(Extent {
            at_start: instruction == Instruction::Start,
            at_end: instruction == Instruction::End,
            ..Extent::EMPTY
        })
    }

    fn once(&mut self, atom: &Item) -> Option<Extent> {
        match atom {
            Item::Byte(byte) => self.literal(*byte)?,
            Item::Set(set) => {
                let set = self.set(*set)?;
                self.code.push(Instruction::Set(set));
            }
        }
        Some(Extent::bytes(1, Some(1), 0))
    }

    fn literal(&mut self, byte: u8) -> Option<()> {
        let start = u32::try_from(self.literals.len()).ok()?;
        self.literals.push(match self.case {
            LetterCase::Sensitive => byte,
            LetterCase::Ignored => byte.to_ascii_lowercase(),
        });
        let is_open = self.code.len() > self.closed;
        match self.code.last_mut() {
            Some(Instruction::Literal { end, .. }) if is_open && *end == start => *end += 1,
            _ => self.code.push(Instruction::Literal {
                start,
                end: start + 1,
            }),
        }
        Some(())
    }

    fn set(&mut self, set: Set) -> Option<SetNumber> {
        number(&mut self.sets, set)
    }

    fn repeat(&mut self, atom: &Item, least: u32, most: u32, greed: Greed) -> Option<Extent> {
        let set = match atom {
            Item::Byte(byte) => self.cased(Set::of(*byte)),
            Item::Set(set) => *set,
        };
        let set = self.set(set)?;
        self.code.push(Instruction::Repeat {
            set,
            least,
            most,
            greed,
        });
        let bounded = (most != u32::MAX).then_some(most as usize);
        Some(Extent::bytes(least as usize, bounded, 1))
    }

    pub fn cased(&self, set: Set) -> Set {
        self.case.of(set)
    }

    /// A quantifier: least, most, and which first. Without one it is once.
    pub fn quantifier(&mut self) -> Option<(u32, u32, Greed)> {
        match notation::times(&mut self.rest)? {
            Times::Once => Some((1, 1, Greed::Greedy)),
            Times::Quantified(least, most) => {
                Some((least, most, self.greed()?)).filter(|_| most > 0)
            }
        }
    }

    /// `?` after a quantifier makes it lazy. Possessive ones, and quantifiers of quantifiers, are
    /// not read.
    fn greed(&mut self) -> Option<Greed> {
        let greed = if self.take(b"?") {
            Greed::Lazy
        } else {
            Greed::Greedy
        };
        let more = matches!(self.rest.first(), Some(b'+' | b'*' | b'?' | b'{'));
        (!more).then_some(greed)
    }

    /// A group, capturing or not, perhaps optional.
    fn group(&mut self) -> Option<Extent> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let start = self.code.len();
        let kept = self.open_group()?;
        let mut extent = self.alternatives()?;
        if !self.take(b")") {
            return None;
        }
        if let Kept::In(slot) = kept {
            self.code.push(Instruction::Save(slot + 1));
            extent.pending += 2;
        }
        self.depth -= 1;
        let extent = self.optional(start, extent)?;
        self.closed = self.code.len();
        Some(extent)
    }

    /// What follows the `(`: the slot of a group that is kept.
    fn open_group(&mut self) -> Option<Kept> {
        if self.take(b"?:") {
            return Some(Kept::Nothing);
        }
        if matches!(self.rest.first(), Some(b'?' | b'*')) {
            return None;
        }
        self.groups += 1;
        if self.groups >= GROUPS {
            return Some(Kept::Nothing);
        }
        let slot = u8::try_from(2 * self.groups).ok()?;
        self.code.push(Instruction::Save(slot));
        Some(Kept::In(slot))
    }

    /// A `?` after the group whose code begins at `start`. Any other quantifier is not read.
    fn optional(&mut self, start: usize, extent: Extent) -> Option<Extent> {
        let greed = match self.quantifier()? {
            (1, 1, _) => return Some(extent),
            (0, 1, greed) => greed,
            _ => return None,
        };
        let length = u32::try_from(self.code.len() - start + 1).ok()?;
        let instruction = match greed {
            Greed::Lazy => Instruction::Rather(length),
            Greed::Greedy | Greed::Only => Instruction::Else(length),
        };
        self.code.insert(start, instruction);
        let mut extent = extent.or(Extent::EMPTY);
        extent.pending += 1;
        Some(extent)
    }

    fn finish(mut self, extent: Extent) -> Option<Simple> {
        if extent.pending > MOST_PENDING {
            return None;
        }
        self.code.push(Instruction::Match);
        let bounded = extent.most.filter(|_| extent.at_end);
        let mut simple = Simple {
            code: self.code.into_boxed_slice(),
            literals: self.literals.into_boxed_slice(),
            sets: self.sets.into_boxed_slice(),
            case: self.case,
            groups: u32::try_from(self.groups).ok()?,
            pending: Pendings::Some,
            bounds: Bounds {
                anchored: extent.at_start,
                shortest: u32::try_from(extent.least).ok()?,
                from_end: bounded.map_or(Some(u32::MAX), |most| u32::try_from(most).ok())?,
                first: None,
            },
        };
        simple.settle_repetitions();
        simple.bounds.anchored |= simple.begins_with_anything();
        if !simple.bounds.anchored {
            let first = simple.first_bytes(0);
            let consuming = first.filter(|(_, follow)| *follow == Follow::Bytes);
            if let Some((bytes, _)) = consuming {
                let mut sets = simple.sets.into_vec();
                simple.bounds.first = number(&mut sets, bytes);
                simple.sets = sets.into_boxed_slice();
            }
        }
        Some(simple)
    }
}

/// The number of a set, which becomes one of `own` if it is not known yet.
fn number(own: &mut Vec<Set>, set: Set) -> Option<SetNumber> {
    let known = set::USUAL.iter().chain(own.iter());
    let number = known.clone().position(|known| *known == set);
    let number = number.unwrap_or(set::USUAL.len() + own.len());
    if number == set::USUAL.len() + own.len() {
        own.push(set);
    }
    SetNumber::try_from(number).ok()
}
