//! From a pattern's tree to instructions.
//!
//! In: a [`Pattern`] and its tree. Out: [`Instructions`], or nothing when the pattern holds something else, or might mean
//! something else in PCRE2 10.42. Absent: their bytes; see [`super::record`].

use super::follow::Follow;
use super::{Bounds, FEW_PENDING, MOST_PENDING, Pendings, SetNumber, record};
use crate::pattern::Pattern;
use crate::pattern::matching::GROUPS;
use crate::pattern::set::{self, Set};
use crate::pattern::syntax::{self, Case, Fidelity, Literal, Node, Place, Syntax};

/// Longer texts are not compiled.
const LONGEST: usize = 4_096;

/// The instructions of a pattern, as they are made.
#[derive(Debug)]
pub(super) struct Instructions {
    pub code: Vec<Instruction>,
    pub literals: Vec<u8>,
    /// Those that are not [usual](set::USUAL).
    pub sets: Vec<Set>,
    pub case: Case,
    pub pending: Pendings,
    pub groups: u32,
    pub bounds: Bounds,
}

/// One step of a match. Offsets count from the instruction itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Instruction {
    /// The bytes of this range of the literals.
    Literal { start: u32, end: u32 },
    /// One byte of a set.
    Set(SetNumber),
    /// Bytes of a set, so many.
    Repeat {
        set: SetNumber,
        least: u32,
        most: u32,
        greed: Greed,
    },
    /// Notes the position in a slot: group `N` has slots `2N` and `2N + 1`.
    Save(u8),
    /// Goes on with the next instruction; if that fails, with this one.
    Else(u32),
    /// Goes on with this instruction; if that fails, with the next one.
    Rather(u32),
    /// Goes on there.
    Jump(u32),
    /// The start of the subject.
    Start,
    /// The end of the subject.
    End,
    /// The end of the program: the pattern matches.
    Match,
}

/// Which number of repetitions is tried first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Greed {
    /// The largest.
    Greedy,
    /// The largest, and no other: what follows begins with other bytes.
    Only,
    /// The smallest.
    Lazy,
}

/// The instructions of a pattern as bytes; `None` where it needs an engine. Whatever has some, PCRE2 accepts.
pub(in crate::pattern::matching) fn code(pattern: &Pattern) -> Option<Vec<u8>> {
    if pattern.text.len() > LONGEST {
        return None;
    }
    let syntax = pattern.syntax()?;
    if syntax.fidelity != Fidelity::Same {
        return None;
    }
    record::write(&Writer::new().whole(&syntax)?, &pattern.text)
}

impl Instructions {
    pub fn literal(&self, start: u32, end: u32) -> &[u8] {
        let range = start as usize..end as usize;
        self.literals.get(range).unwrap_or_default()
    }

    pub fn set(&self, number: SetNumber) -> Set {
        let own = |number| self.sets.get(number).copied();
        let number = usize::from(number);
        let usual = set::USUAL.get(number).copied();
        let found = usual.or_else(|| own(number - set::USUAL.len()));
        found.unwrap_or(set::NONE)
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
    fn then(self, next: Self) -> Self {
        Self {
            least: self.least.saturating_add(next.least),
            most: self
                .most
                .zip(next.most)
                .and_then(|(one, other)| one.checked_add(other)),
            pending: self.pending + next.pending,
            at_start: self.at_start,
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

struct Writer {
    code: Vec<Instruction>,
    literals: Vec<u8>,
    sets: Vec<Set>,
    /// What holds for the letters met so far; `None` before the first.
    case: Option<Case>,
}

impl Writer {
    fn new() -> Self {
        Self {
            code: Vec::with_capacity(8),
            literals: Vec::new(),
            sets: Vec::new(),
            case: None,
        }
    }

    fn whole(mut self, syntax: &Syntax) -> Option<Instructions> {
        let mut extent = self.node(&syntax.root)?;
        extent.pending += 1;
        self.finish(extent, syntax.groups)
    }

    fn node(&mut self, node: &Node) -> Option<Extent> {
        match node {
            Node::Empty => Some(Extent::EMPTY),
            Node::Literal(literal) => self.literal(literal),
            Node::Set(set) => self.set(*set),
            Node::Concat(parts) => self.row(parts),
            Node::Alternation(branches) => self.alternatives(branches),
            Node::Group {
                number,
                name: None,
                inner,
            } => self.group(*number, inner),
            Node::Repeat {
                inner,
                least,
                most,
                greed,
            } => self.repeat(inner, (*least, *most), *greed),
            Node::Place(place) => self.place(*place),
            Node::Group { name: Some(_), .. }
            | Node::Look { .. }
            | Node::Atomic(_)
            | Node::Reference { .. }
            | Node::Keep
            | Node::Opaque(_) => None,
        }
    }

    fn row(&mut self, parts: &[Node]) -> Option<Extent> {
        let mut whole: Option<Extent> = None;
        for part in parts {
            let next = self.node(part)?;
            whole = Some(match whole {
                Some(before) => before.then(next),
                None => next,
            });
        }
        Some(whole.unwrap_or(Extent::EMPTY))
    }

    /// Branches. Each but the last is `Else` to the next one, its code, `Jump` to the end.
    fn alternatives(&mut self, branches: &[Node]) -> Option<Extent> {
        let mut jumps = Vec::new();
        let mut whole: Option<Extent> = None;
        for (at, branch) in branches.iter().enumerate() {
            let is_last = at + 1 == branches.len();
            let start = self.code.len();
            if !is_last {
                self.code.push(Instruction::Else(0));
            }
            let extent = self.node(branch)?;
            whole = Some(match whole {
                Some(before) => before.or(extent),
                None => extent,
            });
            if !is_last {
                jumps.push(self.code.len());
                self.code.push(Instruction::Jump(0));
                let length = u32::try_from(self.code.len() - start).ok()?;
                self.patch(start, Instruction::Else(length));
            }
        }
        for jump in jumps {
            let length = u32::try_from(self.code.len() - jump).ok()?;
            self.patch(jump, Instruction::Jump(length));
        }
        let mut whole = whole?;
        whole.pending += 1;
        Some(whole)
    }

    fn patch(&mut self, at: usize, instruction: Instruction) {
        if let Some(place) = self.code.get_mut(at) {
            *place = instruction;
        }
    }

    fn place(&mut self, place: Place) -> Option<Extent> {
        let instruction = match place {
            Place::Start => Instruction::Start,
            Place::End => Instruction::End,
            Place::LastLine
            | Place::LineStart
            | Place::LineEnd
            | Place::WordEdge
            | Place::NoWordEdge => return None,
        };
        self.code.push(instruction);
        Some(Extent {
            at_start: place == Place::Start,
            at_end: place == Place::End,
            ..Extent::EMPTY
        })
    }

    /// Bytes that stand for themselves. Letters agree in case everywhere in a pattern, or nowhere.
    fn literal(&mut self, literal: &Literal) -> Option<Extent> {
        let start = u32::try_from(self.literals.len()).ok()?;
        match literal.case {
            Case::Sensitive => self.literals.extend_from_slice(&literal.bytes),
            Case::Ignored => self
                .literals
                .extend(literal.bytes.iter().map(u8::to_ascii_lowercase)),
        }
        if literal.has_letters() && *self.case.get_or_insert(literal.case) != literal.case {
            return None;
        }
        let end = u32::try_from(self.literals.len()).ok()?;
        self.code.push(Instruction::Literal { start, end });
        let length = literal.bytes.len();
        Some(Extent::bytes(length, Some(length), 0))
    }

    fn set(&mut self, set: Set) -> Option<Extent> {
        let set = number(&mut self.sets, set)?;
        self.code.push(Instruction::Set(set));
        Some(Extent::bytes(1, Some(1), 0))
    }

    /// A part some times: a byte as often as one likes, anything else once at most.
    fn repeat(
        &mut self,
        inner: &Node,
        (least, most): (u32, u32),
        greed: syntax::Greed,
    ) -> Option<Extent> {
        let greed = match greed {
            syntax::Greed::Greedy => Greed::Greedy,
            syntax::Greed::Lazy => Greed::Lazy,
            syntax::Greed::Possessive => return None,
        };
        match (inner.single(), least, most) {
            (_, 1, 1) => self.node(inner),
            (_, _, 0) => None,
            (Some(set), _, _) => {
                let set = number(&mut self.sets, set)?;
                self.code.push(Instruction::Repeat {
                    set,
                    least,
                    most,
                    greed,
                });
                let bounded = (most != u32::MAX).then_some(most as usize);
                Some(Extent::bytes(least as usize, bounded, 1))
            }
            (None, 0, 1) => self.optional(inner, greed),
            (None, _, _) => None,
        }
    }

    fn optional(&mut self, inner: &Node, greed: Greed) -> Option<Extent> {
        let start = self.code.len();
        self.code.push(Instruction::Else(0));
        let extent = self.node(inner)?;
        let length = u32::try_from(self.code.len() - start).ok()?;
        let instruction = match greed {
            Greed::Lazy => Instruction::Rather(length),
            Greed::Greedy | Greed::Only => Instruction::Else(length),
        };
        self.patch(start, instruction);
        let mut extent = extent.or(Extent::EMPTY);
        extent.pending += 1;
        Some(extent)
    }

    /// A capturing group. What nothing can refer to is not kept.
    fn group(&mut self, group: u32, inner: &Node) -> Option<Extent> {
        let slot = u8::try_from(group)
            .ok()
            .filter(|group| usize::from(*group) < GROUPS);
        let Some(slot) = slot.map(|group| 2 * group) else {
            return self.node(inner);
        };
        self.code.push(Instruction::Save(slot));
        let mut extent = self.node(inner)?;
        self.code.push(Instruction::Save(slot + 1));
        extent.pending += 2;
        Some(extent)
    }

    fn finish(mut self, extent: Extent, groups: u32) -> Option<Instructions> {
        if extent.pending > MOST_PENDING {
            return None;
        }
        let pending = if extent.pending > FEW_PENDING {
            Pendings::Some
        } else {
            Pendings::Few
        };
        self.code.push(Instruction::Match);
        let bounded = extent.most.filter(|_| extent.at_end);
        let mut made = Instructions {
            code: self.code,
            literals: self.literals,
            sets: self.sets,
            case: self.case.unwrap_or(Case::Sensitive),
            groups,
            pending,
            bounds: Bounds {
                anchored: extent.at_start,
                shortest: u8::try_from(extent.least).unwrap_or(u8::MAX),
                from_end: bounded.map_or(record::ANY_DISTANCE, |most| {
                    u8::try_from(most).unwrap_or(record::ANY_DISTANCE)
                }),
                first: None,
            },
        };
        made.settle_repetitions();
        made.bounds.anchored |= made.begins_with_anything();
        if !made.bounds.anchored {
            let first = made.first_bytes(0);
            let consuming = first.filter(|(_, follow)| *follow == Follow::Bytes);
            if let Some((bytes, _)) = consuming {
                made.bounds.first = number(&mut made.sets, bytes);
            }
        }
        Some(made)
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
