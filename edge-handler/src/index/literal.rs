//! Finds every stored word that stands in a text, or at its end.
//!
//! In: words, each with the slots it leads to. Out: [`LiteralIndex`]. Absent: which word of a pattern
//! is stored (the compiler chooses the rarest), and what a slot is; see [`super::list`].
//!
//! Each word has a *gram*: a stretch of a fixed width in it, the one that the fewest words have. A text
//! is read gram by gram; a bit field says whether any word has this gram, and next to nearly all grams
//! of a text none has. Where one has, the words with this gram may stand at a few distances around it;
//! each of those stretches of the text is looked up by its fingerprint. Two words may share a
//! fingerprint: that makes a candidate too many, never one too few.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use super::buckets::Buckets;
use super::{Case, to_index};
use crate::packed::Numbers;

/// Bits in the field for each gram: one in so many is set.
const BITS_PER_GRAM: usize = 16;

/// Width of a gram, in bytes: the words of an index are at least this long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Width {
    /// Three.
    Short,
    /// Six: most texts have none of the grams.
    Long,
}

impl Width {
    /// The width for a word; `None` when it is too short for any.
    pub fn of(word: &[u8]) -> Option<Self> {
        [Self::Long, Self::Short]
            .into_iter()
            .find(|width| word.len() >= width.bytes())
    }

    fn bytes(self) -> usize {
        match self {
            Self::Short => 3,
            Self::Long => 6,
        }
    }
}

/// Where a word has to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Stand {
    /// Anywhere.
    Anywhere,
    /// At the end.
    AtEnd,
}

/// A word and where it has to stand.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Literal {
    /// The word; for [`Case::Folded`] with ASCII letters lowered.
    pub word: Vec<u8>,
    /// Where.
    pub stand: Stand,
}

impl Literal {
    /// The shortest word that can be looked for.
    pub const SHORTEST: usize = 3;

    /// No word is this long.
    pub const LONGEST: usize = 4_096;

    fn fingerprint(&self) -> u64 {
        fingerprint(self.stand, self.word.iter().copied())
    }
}

/// Where around a gram a word may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Stretch {
    /// Bytes of the word up to the end of the gram.
    before: u16,
    /// Length of the word.
    length: u16,
    stand: Stand,
}

impl Stretch {
    fn to_bits(self) -> u64 {
        let stand = u64::from(self.stand == Stand::AtEnd);
        u64::from(self.before) << 32 | u64::from(self.length) << 1 | stand
    }

    fn of_bits(bits: u64) -> Option<Self> {
        Some(Self {
            before: u16::try_from(bits >> 32).ok()?,
            length: u16::try_from(bits & 0xffff_ffff)
                .ok()
                .map(|bits| bits >> 1)?,
            stand: if bits & 1 == 1 {
                Stand::AtEnd
            } else {
                Stand::Anywhere
            },
        })
    }
}

/// Words of one case and one width, found wherever they stand.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct LiteralIndex {
    case: Case,
    width: Width,
    /// Which grams some word has, by the highest bits of their hash.
    present: Numbers<u64>,
    /// The grams, ascending.
    grams: Numbers<u64>,
    /// Where each gram's stretches end.
    stretch_ends: Numbers<u32>,
    stretches: Numbers<u64>,
    /// Fingerprints of the words, ascending.
    words: Numbers<u64>,
    /// The bucket of the first word.
    first_bucket: u32,
}

impl LiteralIndex {
    /// An index of `words`, all of them long enough for `width`. `None` when there are too many.
    pub fn new(
        case: Case,
        width: Width,
        words: &BTreeMap<Literal, Vec<u32>>,
        buckets: &mut Buckets,
    ) -> Option<Self> {
        let mut index = Self {
            case,
            width,
            present: Numbers::default(),
            grams: Numbers::default(),
            stretch_ends: Numbers::default(),
            stretches: Numbers::default(),
            words: Numbers::default(),
            first_bucket: u32::try_from(buckets.len()).ok()?,
        };
        index.add_grams(words)?;
        let mut by_print: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
        for (word, slots) in words {
            let bucket = by_print.entry(word.fingerprint()).or_default();
            bucket.extend(slots);
            bucket.sort_unstable();
            bucket.dedup();
        }
        for (print, slots) in by_print {
            index.words.push(print);
            buckets.add(&slots)?;
        }
        Some(index)
    }

    fn add_grams(&mut self, words: &BTreeMap<Literal, Vec<u32>>) -> Option<()> {
        let width = self.width.bytes();
        let mut uses: HashMap<&[u8], u32> = HashMap::new();
        for gram in words.keys().flat_map(|literal| literal.word.windows(width)) {
            *uses.entry(gram).or_default() += 1;
        }
        let mut grams: BTreeMap<u64, Vec<Stretch>> = BTreeMap::new();
        for literal in words.keys() {
            let windows = literal.word.windows(width).enumerate();
            let (at, gram) = windows.min_by_key(|(_, gram)| uses.get(gram))?;
            grams.entry(number(gram)).or_default().push(Stretch {
                before: u16::try_from(at + width).ok()?,
                length: u16::try_from(literal.word.len())
                    .ok()
                    .filter(|length| *length < 1 << 15)?,
                stand: literal.stand,
            });
        }
        let bits = (grams.len() * BITS_PER_GRAM).next_power_of_two().max(64);
        let mut present = vec![0_u64; if grams.is_empty() { 0 } else { bits / 64 }];
        for (gram, mut stretches) in grams {
            let (word, bit) = place(gram, present.len());
            *present.get_mut(word)? |= bit;
            stretches.sort_unstable();
            stretches.dedup();
            self.grams.push(gram);
            for stretch in stretches {
                self.stretches.push(stretch.to_bits());
            }
            self.stretch_ends
                .push(u32::try_from(self.stretches.len()).ok()?);
        }
        self.present = present.into_iter().collect();
        Some(())
    }

    /// True when the index can be used: sizes fit, and every word has one of `buckets` buckets.
    pub fn is_sound(&self, buckets: usize) -> bool {
        self.stretch_ends.len() == self.grams.len()
            && self.stretch_ends.is_sorted()
            && to_index(self.stretch_ends.last().unwrap_or(0)) == self.stretches.len()
            && self.grams.is_ascending()
            && self.words.is_ascending()
            && (self.present.is_empty() || self.present.len().is_power_of_two())
            && self.present.is_empty() == self.grams.is_empty()
            && to_index(self.first_bucket) + self.words.len() <= buckets
    }

    /// Gives the bucket of every word in `text` to `take`, some of them more than once.
    pub fn find(&self, text: &[u8], mut take: impl FnMut(u32)) {
        let width = self.width.bytes();
        if self.present.is_empty() || text.len() < width {
            return;
        }
        let mask = u64::MAX >> (64 - 8 * width);
        let mut gram = 0;
        for (at, byte) in text.iter().enumerate() {
            gram = (gram << 8 | u64::from(self.case.byte(*byte))) & mask;
            if at + 1 >= width && self.may_have(gram) {
                self.find_around(gram, text, at + 1, &mut take);
            }
        }
    }

    fn may_have(&self, gram: u64) -> bool {
        let (word, bit) = place(gram, self.present.len());
        self.present.get(word).is_some_and(|field| field & bit != 0)
    }

    /// The words around a gram that ends at `end`.
    fn find_around(&self, gram: u64, text: &[u8], end: usize, take: &mut impl FnMut(u32)) {
        let Some(at) = self.grams.find(gram) else {
            return;
        };
        let start = at
            .checked_sub(1)
            .and_then(|before| self.stretch_ends.get(before));
        let range = to_index(start.unwrap_or(0))..to_index(self.stretch_ends.get(at).unwrap_or(0));
        for stretch in range.filter_map(|at| Stretch::of_bits(self.stretches.get(at)?)) {
            let start = end.checked_sub(usize::from(stretch.before));
            let word = start.and_then(|start| text.get(start..start + usize::from(stretch.length)));
            let (Some(start), Some(word)) = (start, word) else {
                continue;
            };
            if stretch.stand == Stand::AtEnd && start + word.len() != text.len() {
                continue;
            }
            let bytes = word.iter().map(|byte| self.case.byte(*byte));
            if let Some(at) = self.words.find(fingerprint(stretch.stand, bytes)) {
                take(
                    self.first_bucket
                        .saturating_add(u32::try_from(at).unwrap_or(u32::MAX)),
                );
            }
        }
    }
}

/// The word and the bit of a gram in a bit field of `length` words, a power of two.
fn place(gram: u64, length: usize) -> (usize, u64) {
    let hash = gram.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    let word = usize::try_from(hash >> 6).unwrap_or(0) & length.wrapping_sub(1);
    (word, 1 << (hash & 63))
}

fn number(gram: &[u8]) -> u64 {
    gram.iter()
        .fold(0, |gram, byte| gram << 8 | u64::from(*byte))
}

/// FNV-1a of a word; where it has to stand counts too.
fn fingerprint(stand: Stand, word: impl Iterator<Item = u8>) -> u64 {
    let start = match stand {
        Stand::Anywhere => 0xcbf2_9ce4_8422_2325,
        Stand::AtEnd => 0x8422_2325_cbf2_9ce4,
    };
    word.fold(start, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use proptest::prelude::*;

    use super::*;

    fn check(case: Case, width: Width, words: &[Literal], text: &str) {
        let numbered = (0..).zip(words);
        let words_map = numbered
            .map(|(slot, word)| (word.clone(), vec![slot]))
            .collect();
        let mut buckets = Buckets::default();
        let index = LiteralIndex::new(case, width, &words_map, &mut buckets).unwrap();
        assert!(index.is_sound(buckets.len()));
        let folded = match case {
            Case::Exact => text.to_owned(),
            Case::Folded => text.to_ascii_lowercase(),
        };
        let stands = |literal: &Literal| match literal.stand {
            Stand::AtEnd => folded.as_bytes().ends_with(&literal.word),
            Stand::Anywhere => {
                let mut windows = folded.as_bytes().windows(literal.word.len());
                windows.any(|window| window == literal.word)
            }
        };
        let mut found = Vec::new();
        index.find(text.as_bytes(), |bucket| {
            let mut from = 0;
            while let Some(slot) = buckets.next(bucket, from) {
                found.push(slot);
                from = slot + 1;
            }
        });
        for (slot, _) in (0..).zip(words).filter(|(_, word)| stands(word)) {
            assert!(
                found.contains(&slot),
                "{:?} in {text}",
                words[slot as usize]
            );
        }
    }

    fn literal(word: &str, stand: Stand) -> Literal {
        Literal {
            word: word.as_bytes().to_vec(),
            stand,
        }
    }

    proptest! {
        #[test]
        fn no_word_is_left_out(
            words in prop::collection::btree_set(("[ab/]{3,9}", any::<bool>()), 0..12),
            text in "[abA/]{0,24}",
        ) {
            let literals = words.iter().map(|(word, at_end)| {
                literal(word, if *at_end { Stand::AtEnd } else { Stand::Anywhere })
            });
            let (long, short): (Vec<_>, Vec<_>) =
                literals.partition(|literal| Width::of(&literal.word) == Some(Width::Long));
            for case in [Case::Exact, Case::Folded] {
                check(case, Width::Long, &long, &text);
                check(case, Width::Short, &short, &text);
            }
        }
    }

    #[test]
    fn a_text_without_words_has_no_candidates() {
        let words = (0..5_000).map(|number| {
            (
                literal(&format!("/old{number}-shop/"), Stand::Anywhere),
                vec![number],
            )
        });
        let mut buckets = Buckets::default();
        let index =
            LiteralIndex::new(Case::Exact, Width::Long, &words.collect(), &mut buckets).unwrap();
        let count = |text: &[u8]| {
            let mut count = 0;
            index.find(text, |_| count += 1);
            count
        };
        assert_eq!(count(b"/assets/img/old-shop/thing-17.png"), 0);
        assert_eq!(count(b"/x/old4711-shop/y"), 1);
    }
}
