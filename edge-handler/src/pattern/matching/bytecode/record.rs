//! The instructions of a pattern as bytes: written once, run where they stand.
//!
//! In: [`Instructions`], or the bytes they were written to. Out: the bytes; [`Code`], which borrows them. Absent: running
//! them.
//!
//! ```text
//! flags, groups, own sets, first set        a byte each
//! shortest match, its distance from the end two bytes each, the lower one first
//! own sets                                  32 bytes each
//! LITERAL, length, its bytes                of its longer ones each 255 bytes are one
//! SET, set
//! GREEDY or ONLY or LAZY, set, least, most  the numbers of two bytes each
//! SAVE, slot
//! ELSE or RATHER or JUMP, offset            of two bytes
//! START or END or MATCH
//! ```

use super::emit::{Greed, Instruction, Instructions};
use super::{Bounds, Code, Pendings};
use crate::pattern::set::Set;
use crate::pattern::syntax::Case;

/// What an instruction is: one table for who writes and who runs them.
pub(super) mod op {
    /// The end of the program: the pattern matches.
    pub const MATCH: u8 = 0;
    /// Some bytes.
    pub const LITERAL: u8 = 1;
    /// One byte of a set.
    pub const SET: u8 = 2;
    /// Bytes of a set, as many as there are, or fewer.
    pub const GREEDY: u8 = 3;
    /// Bytes of a set, as many as there are.
    pub const ONLY: u8 = 4;
    /// Bytes of a set, as few as allowed, or more.
    pub const LAZY: u8 = 5;
    /// Notes the position in a slot: group `N` has slots `2N` and `2N + 1`.
    pub const SAVE: u8 = 6;
    /// Goes on with the next instruction; if that fails, with another.
    pub const ELSE: u8 = 7;
    /// Goes on with another instruction; if that fails, with the next.
    pub const RATHER: u8 = 8;
    /// Goes on with another instruction.
    pub const JUMP: u8 = 9;
    /// The start of the subject.
    pub const START: u8 = 10;
    /// The end of the subject.
    pub const END: u8 = 11;
}

/// As many as there are.
pub(super) const ANY_NUMBER: u16 = u16::MAX;

bitflags::bitflags! {
    struct Flags: u8 {
        const PENDING = 1;
        const CASELESS = 2;
        const ANCHORED = 4;
        const HAS_FIRST = 8;
    }
}

impl<'a> Code<'a> {
    /// Reads what [`write`] has written; `None` when it is nothing of the kind.
    pub fn over(bytes: &'a [u8]) -> Option<Self> {
        let ([flags, groups, own_sets, first, s0, s1, e0, e1], rest) = bytes.split_first_chunk()?;
        let flags = Flags::from_bits_retain(*flags);
        let (sets, instructions) = rest.split_at_checked(Set::BYTES * usize::from(*own_sets))?;
        Some(Self {
            groups: *groups,
            pending: if flags.contains(Flags::PENDING) {
                Pendings::Some
            } else {
                Pendings::None
            },
            case: if flags.contains(Flags::CASELESS) {
                Case::Ignored
            } else {
                Case::Sensitive
            },
            bounds: Bounds {
                anchored: flags.contains(Flags::ANCHORED),
                shortest: u16::from_le_bytes([*s0, *s1]),
                from_end: u16::from_le_bytes([*e0, *e1]),
                first: flags.contains(Flags::HAS_FIRST).then_some(*first),
            },
            sets: sets.as_chunks().0,
            instructions,
        })
    }
}

/// The bytes of `instructions`; `None` where a number in them is too large.
pub(super) fn write(instructions: &Instructions) -> Option<Box<[u8]>> {
    let Instructions {
        code,
        literals: _,
        sets,
        case,
        pending,
        groups,
        bounds,
    } = instructions;
    let mut flags = Flags::empty();
    flags.set(Flags::PENDING, *pending == Pendings::Some);
    flags.set(Flags::CASELESS, *case == Case::Ignored);
    flags.set(Flags::ANCHORED, bounds.anchored);
    flags.set(Flags::HAS_FIRST, bounds.first.is_some());
    let own_sets = u8::try_from(sets.len()).ok()?;
    let mut bytes = vec![
        flags.bits(),
        u8::try_from(*groups).ok()?,
        own_sets,
        bounds.first.unwrap_or_default(),
    ];
    bytes.extend(bounds.shortest.to_le_bytes());
    bytes.extend(bounds.from_end.to_le_bytes());
    for set in sets {
        bytes.extend(set.to_bytes());
    }
    let starts = starts(instructions);
    for (at, instruction) in code.iter().enumerate() {
        push(&mut bytes, instructions, *instruction, |ahead| {
            let (from, to) = (starts.get(at)?, starts.get(at + ahead as usize)?);
            u16::try_from(to - from).ok()
        })?;
    }
    Some(bytes.into_boxed_slice())
}

/// Where each instruction begins among the bytes of all, and where they end.
fn starts(instructions: &Instructions) -> Vec<usize> {
    let lengths = instructions
        .code
        .iter()
        .map(|instruction| match instruction {
            Instruction::Literal { start, end } => {
                let length = (end - start) as usize;
                length + 2 * length.div_ceil(LONGEST_LITERAL)
            }
            Instruction::Set(_) | Instruction::Save(_) => 2,
            Instruction::Repeat { .. } => 6,
            Instruction::Else(_) | Instruction::Rather(_) | Instruction::Jump(_) => 3,
            Instruction::Start | Instruction::End | Instruction::Match => 1,
        });
    let mut starts = vec![0];
    let mut end = 0;
    for length in lengths {
        end += length;
        starts.push(end);
    }
    starts
}

/// Longer ones are written in pieces.
const LONGEST_LITERAL: usize = 255;

/// Appends an instruction; `offset` tells how far ahead in the bytes another one is.
fn push(
    bytes: &mut Vec<u8>,
    instructions: &Instructions,
    instruction: Instruction,
    offset: impl FnOnce(u32) -> Option<u16>,
) -> Option<()> {
    match instruction {
        Instruction::Literal { start, end } => {
            let literal = instructions.literal(start, end);
            for piece in literal.chunks(LONGEST_LITERAL) {
                bytes.extend([op::LITERAL, u8::try_from(piece.len()).ok()?]);
                bytes.extend_from_slice(piece);
            }
        }
        Instruction::Set(set) => bytes.extend([op::SET, set]),
        Instruction::Repeat {
            set,
            least,
            most,
            greed,
        } => {
            let op = match greed {
                Greed::Greedy => op::GREEDY,
                Greed::Only => op::ONLY,
                Greed::Lazy => op::LAZY,
            };
            bytes.extend([op, set]);
            bytes.extend(u16::try_from(least).ok()?.to_le_bytes());
            let most = match most {
                u32::MAX => ANY_NUMBER,
                most => u16::try_from(most)
                    .ok()
                    .filter(|most| *most != ANY_NUMBER)?,
            };
            bytes.extend(most.to_le_bytes());
        }
        Instruction::Save(slot) => bytes.extend([op::SAVE, slot]),
        Instruction::Else(ahead) | Instruction::Rather(ahead) | Instruction::Jump(ahead) => {
            bytes.push(match instruction {
                Instruction::Else(_) => op::ELSE,
                Instruction::Rather(_) => op::RATHER,
                _ => op::JUMP,
            });
            bytes.extend(offset(ahead)?.to_le_bytes());
        }
        Instruction::Start => bytes.push(op::START),
        Instruction::End => bytes.push(op::END),
        Instruction::Match => bytes.push(op::MATCH),
    }
    Some(())
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
        let Some(code) = Code::over(bytes) else {
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
            head in prop::collection::vec(any::<u8>(), 8),
            body in prop::collection::vec(prop_oneof![0..12_u8, any::<u8>()], 0..80),
            subject in "[ab/]{0,20}",
        ) {
            let mut head = head;
            head[2] %= 2;
            runs(&[head, body].concat(), subject.as_bytes());
        }
    }
}
