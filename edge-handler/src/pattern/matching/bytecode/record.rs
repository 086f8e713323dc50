//! The instructions of a pattern as bytes: written once, run where they stand.
//!
//! In: [`Instructions`], or the bytes they were written to. Out: the bytes; [`Code`], which borrows them. Absent: running
//! them.
//!
//! ```text
//! flags, groups, shortest match             a byte each
//! number of own sets, and these             where the flags say so: 32 bytes each
//! distance from the end, first set          where it matches anywhere; the second where the flags say so
//! LITERAL, length, its bytes                longer ones are several
//! TEXT, start, length                       a literal that stands in the text of the pattern
//! SET, set
//! REPEAT with greed and times, set          for BETWEEN the least and the most follow, two bytes each, the lower one first
//! SAVE, slot
//! ELSE or RATHER or JUMP, offset            of two bytes
//! START or END
//! ```
//!
//! The pattern matches where the bytes end. A `START` before all else is left out: the flags say it.

use super::emit::{Greed, Instruction, Instructions};
use super::{Bounds, Code, Pendings};
use crate::pattern::set::Set;
use crate::pattern::syntax::Case;

/// What an instruction is: one table for who writes and who runs them.
pub(super) mod op {
    /// Some bytes.
    pub const LITERAL: u8 = 1;
    /// Some bytes of the pattern's text.
    pub const TEXT: u8 = 2;
    /// One byte of a set.
    pub const SET: u8 = 3;
    /// Notes the position in a slot: group `N` has slots `2N` and `2N + 1`.
    pub const SAVE: u8 = 4;
    /// Goes on with the next instruction; if that fails, with another.
    pub const ELSE: u8 = 5;
    /// Goes on with another instruction; if that fails, with the next.
    pub const RATHER: u8 = 6;
    /// Goes on with another instruction.
    pub const JUMP: u8 = 7;
    /// The start of the subject.
    pub const START: u8 = 8;
    /// The end of the subject.
    pub const END: u8 = 9;
    /// Bytes of a set, with a greed and a number of times; all from here on.
    pub const REPEATS: u8 = 0xF0;

    /// The part of a repetition that is its greed.
    pub const GREED: u8 = 3;
    /// As many as there are, or fewer.
    pub const GREEDY: u8 = 0;
    /// As many as there are.
    pub const ONLY: u8 = 1;
    /// As few as allowed, or more.
    pub const LAZY: u8 = 2;

    /// The part of a repetition that says how many times.
    pub const TIMES: u8 = 12;
    /// From some number to another; they follow.
    pub const BETWEEN: u8 = 0;
    /// `*`.
    pub const ANY_TIMES: u8 = 4;
    /// `+`.
    pub const ONCE_OR_MORE: u8 = 8;
}

/// As many as there are.
pub(super) const ANY_NUMBER: u16 = u16::MAX;

/// However far from the end.
pub(super) const ANY_DISTANCE: u8 = u8::MAX;

bitflags::bitflags! {
    struct Flags: u8 {
        const PENDING = 1;
        const MANY_PENDING = 2;
        const CASELESS = 4;
        const ANCHORED = 8;
        const HAS_FIRST = 16;
        const HAS_SETS = 32;
    }
}

impl<'a> Code<'a> {
    /// Reads what [`write`] has written of a pattern with this `text`; `None` when it is nothing of the kind.
    #[inline]
    pub fn over(bytes: &'a [u8], text: &'a [u8]) -> Option<Self> {
        let ([flags, groups, shortest], mut rest) = bytes.split_first_chunk()?;
        let flags = Flags::from_bits_retain(*flags);
        let mut sets: &[u8] = &[];
        if flags.contains(Flags::HAS_SETS) {
            let (count, behind) = rest.split_first()?;
            (sets, rest) = behind.split_at_checked(Set::BYTES * usize::from(*count))?;
        }
        let mut bounds = Bounds {
            anchored: flags.contains(Flags::ANCHORED),
            shortest: *shortest,
            from_end: ANY_DISTANCE,
            first: None,
        };
        if !bounds.anchored {
            let (from_end, behind) = rest.split_first()?;
            (bounds.from_end, rest) = (*from_end, behind);
            if flags.contains(Flags::HAS_FIRST) {
                let (first, behind) = rest.split_first()?;
                (bounds.first, rest) = (Some(*first), behind);
            }
        }
        Some(Self {
            groups: *groups,
            pending: if !flags.contains(Flags::PENDING) {
                Pendings::None
            } else if flags.contains(Flags::MANY_PENDING) {
                Pendings::Some
            } else {
                Pendings::Few
            },
            case: if flags.contains(Flags::CASELESS) {
                Case::Ignored
            } else {
                Case::Sensitive
            },
            bounds,
            sets: sets.as_chunks().0,
            instructions: rest,
            text,
        })
    }
}

/// The bytes of the instructions of a pattern with this `text`; `None` where a number in them is too large.
pub(super) fn write(instructions: &Instructions, text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(48);
    push_head(&mut bytes, instructions)?;
    let mut writer = Writer {
        instructions,
        text,
        bytes,
    };
    let mut code = instructions.code.as_slice();
    if let ([Instruction::Start, rest @ ..], true) = (code, instructions.bounds.anchored) {
        code = rest;
    }
    let mut starts = Vec::new();
    let is_branch = |instruction: &Instruction| {
        use Instruction::{Else, Jump, Rather};
        matches!(instruction, Else(_) | Rather(_) | Jump(_))
    };
    let has_branches = code.iter().any(is_branch);
    for instruction in code {
        if has_branches {
            starts.push(writer.bytes.len());
        }
        writer.push(*instruction)?;
    }
    for (at, instruction) in code.iter().enumerate() {
        if let Instruction::Else(ahead) | Instruction::Rather(ahead) | Instruction::Jump(ahead) =
            instruction
        {
            let (from, to) = (*starts.get(at)?, *starts.get(at + *ahead as usize)?);
            let offset = u16::try_from(to - from).ok()?;
            let place = writer.bytes.get_mut(from + 1..from + 3)?;
            place.copy_from_slice(&offset.to_le_bytes());
        }
    }
    Some(writer.bytes)
}

fn push_head(bytes: &mut Vec<u8>, instructions: &Instructions) -> Option<()> {
    let Instructions {
        code: _,
        literals: _,
        sets,
        case,
        pending,
        groups,
        bounds,
    } = instructions;
    let mut flags = Flags::empty();
    flags.set(Flags::PENDING, *pending != Pendings::None);
    flags.set(Flags::MANY_PENDING, *pending == Pendings::Some);
    flags.set(Flags::CASELESS, *case == Case::Ignored);
    flags.set(Flags::ANCHORED, bounds.anchored);
    flags.set(Flags::HAS_FIRST, bounds.first.is_some());
    flags.set(Flags::HAS_SETS, !sets.is_empty());
    let groups = u8::try_from(*groups).ok()?;
    bytes.extend([flags.bits(), groups, bounds.shortest]);
    if !sets.is_empty() {
        bytes.push(u8::try_from(sets.len()).ok()?);
        bytes.extend(sets.iter().flat_map(Set::to_bytes));
    }
    if !bounds.anchored {
        bytes.push(bounds.from_end);
        bytes.extend(bounds.first);
    }
    Some(())
}

/// Longer ones are written in pieces.
const LONGEST_LITERAL: usize = 255;

/// Writes instructions one after another, offsets left out.
struct Writer<'a> {
    instructions: &'a Instructions,
    text: &'a [u8],
    bytes: Vec<u8>,
}

impl Writer<'_> {
    fn push(&mut self, instruction: Instruction) -> Option<()> {
        match instruction {
            Instruction::Literal { start, end } => {
                let literal = self.instructions.literal(start, end);
                let mut pieces = literal.chunks(LONGEST_LITERAL);
                pieces.try_for_each(|piece| self.literal(piece))?;
            }
            Instruction::Set(set) => self.bytes.extend([op::SET, set]),
            Instruction::Repeat {
                set,
                least,
                most,
                greed,
            } => self.repeat(set, (least, most), greed)?,
            Instruction::Save(slot) => self.bytes.extend([op::SAVE, slot]),
            Instruction::Else(_) => self.bytes.extend([op::ELSE, 0, 0]),
            Instruction::Rather(_) => self.bytes.extend([op::RATHER, 0, 0]),
            Instruction::Jump(_) => self.bytes.extend([op::JUMP, 0, 0]),
            Instruction::Start => self.bytes.push(op::START),
            Instruction::End => self.bytes.push(op::END),
            // Where the bytes end.
            Instruction::Match => {}
        }
        Some(())
    }

    fn literal(&mut self, literal: &[u8]) -> Option<()> {
        let length = u8::try_from(literal.len()).ok()?;
        if let Some(start) = self.in_text(literal) {
            self.bytes.extend([op::TEXT, start, length]);
        } else {
            self.bytes.extend([op::LITERAL, length]);
            self.bytes.extend_from_slice(literal);
        }
        Some(())
    }

    /// Where a literal stands in the text, if writing that is shorter.
    fn in_text(&self, literal: &[u8]) -> Option<u8> {
        if literal.len() < 2 {
            return None;
        }
        // Further on there is no number for it.
        let text = self.text.get(..usize::from(u8::MAX)).unwrap_or(self.text);
        let mut places = text.windows(literal.len());
        let start = match self.instructions.case {
            Case::Sensitive => {
                let first = literal.first().copied().unwrap_or_default();
                let mut starts = memchr::memchr_iter(first, text);
                starts.find(|at| {
                    text.get(*at..)
                        .is_some_and(|rest| rest.starts_with(literal))
                })
            }
            Case::Ignored => places.position(|place| place.eq_ignore_ascii_case(literal)),
        };
        u8::try_from(start?).ok()
    }

    fn repeat(&mut self, set: u8, (least, most): (u32, u32), greed: Greed) -> Option<()> {
        let greed = match greed {
            Greed::Greedy => op::GREEDY,
            Greed::Only => op::ONLY,
            Greed::Lazy => op::LAZY,
        };
        let times = match (least, most) {
            (0, u32::MAX) => op::ANY_TIMES,
            (1, u32::MAX) => op::ONCE_OR_MORE,
            _ => op::BETWEEN,
        };
        self.bytes.extend([op::REPEATS | greed | times, set]);
        if times == op::BETWEEN {
            let most = match most {
                u32::MAX => ANY_NUMBER,
                most => u16::try_from(most)
                    .ok()
                    .filter(|most| *most != ANY_NUMBER)?,
            };
            self.bytes.extend(u16::try_from(least).ok()?.to_le_bytes());
            self.bytes.extend(most.to_le_bytes());
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use proptest::prelude::*;

    use super::*;
    use crate::budget::{Allowance, Budget};
    use crate::pattern::matching::Captures;
    use crate::pattern::matching::bytecode::{STEPS, code};
    use crate::pattern::{Pattern, PatternOptions};

    /// Whatever `bytes` say: a search ends, after the steps that it may take, and groups lie within the subject.
    fn runs(bytes: &[u8], subject: &[u8]) {
        let Some(code) = Code::over(bytes, b"^/text/of/a/pattern") else {
            return;
        };
        let budget = Budget::new(Allowance::APACHE);
        let mut captures = Captures::new();
        _ = code.find(subject, &mut captures, &budget);
        assert!(budget.used(Allowance::APACHE) <= 1 + STEPS.0 + STEPS.1 * subject.len() as u64);
        for group in 0..10 {
            _ = captures.text(group, subject);
        }
    }

    /// Patterns with every kind of instruction.
    const PATTERNS: [&str; 4] = [
        "^/a/(.*)$",
        "^/(en|de|fr)/(.*?)-([0-9]{1,3})(?:x)??[a-f]?$",
        r"\.(?:gif|jpe?g)$",
        "(?i)[a-f]+/[g-k]b*b",
    ];

    #[test]
    fn damaged_instructions_end() {
        for pattern in PATTERNS {
            let bytes = code(&Pattern::new(pattern, PatternOptions::default())).unwrap();
            for length in 0..bytes.len() {
                runs(&bytes[..length], b"/de/a-12x");
            }
            for bit in 0..bytes.len() * 8 {
                let mut flipped = bytes.clone();
                flipped[bit / 8] ^= 1 << (bit % 8);
                for subject in ["", "/de/a-12x", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/.jpeg"] {
                    runs(&flipped, subject.as_bytes());
                }
            }
        }
    }

    #[test]
    fn what_is_too_large_for_the_record_takes_an_engine() {
        let own_sets = |count: u8| {
            let sets = (0..count).map(|number| format!("[a-b\\x{:02x}]", 128 + number));
            Pattern::new(sets.collect::<String>(), PatternOptions::default())
        };
        assert!(code(&own_sets(100)).is_some());
        let pairs = (0..=255).map(|byte| format!("[\\x{byte:02x}\\x{:02x}]", byte ^ 255));
        let more = (0..=255).map(|byte| format!("[\\x{byte:02x}\\x{:02x}]", byte ^ 127));
        let many: String = pairs.chain(more).collect();
        assert_eq!(code(&Pattern::new(many, PatternOptions::default())), None);
    }

    #[test]
    fn long_literals_are_whole() {
        let text = "ab".repeat(300);
        let pattern = Pattern::new(format!("^x*{text}$"), PatternOptions::default());
        assert!(pattern.is_match(format!("xx{text}").as_bytes()));
        assert!(!pattern.is_match(format!("xx{text}b").as_bytes()));
    }

    proptest! {
        #[test]
        fn any_bytes_are_run(
            head in prop::collection::vec(any::<u8>(), 3),
            body in prop::collection::vec(prop_oneof![0..10_u8, 0xF0..=0xFF_u8, any::<u8>()], 0..80),
            subject in "[ab/]{0,20}",
        ) {
            runs(&[head, body].concat(), subject.as_bytes());
        }
    }
}
