//! Finds every stored word that stands in a text, at its start or at its end.
//!
//! In: words, each with the slots it leads to. Out: [`WordIndex`]. Absent: which word of a pattern is
//! stored (the compiler chooses the rarest), and what a slot is; see [`super::list`].
//!
//! Texts and words are read with their letters lowered, and a mark, a byte no text has, stands before and
//! after a text: so a word at the start is one that begins with the mark, and need not be told from any other.
//! A word of another case makes a candidate too many, never one too few.
//!
//! Each word has a *gram*: a stretch of a fixed width in it, the one that the fewest words have. A text
//! is read gram by gram; a bit field says whether any word has this gram, and next to nearly all grams
//! of a text none has. Where one has, the words with this gram may stand at a few distances around it;
//! each of those stretches of the text is looked up by its fingerprint.
//!
//! Only every fourth gram of a text is read. A word at the start has its gram at such a place; one that may
//! stand anywhere has four, one after another, one of which comes to such a place. Words too short for that
//! have a gram at the very start, or at the very end, of a text; only if some have neither is a text
//! read at every place.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use serde::{Deserialize, Serialize};

use super::buckets::Buckets;
use super::marked::Marked;
use super::to_index;
use crate::artefact::fingerprint::{Fingerprint, join};
use crate::artefact::packed::{BloomFilter, FingerprintTable, Numbers};

/// The byte that stands before and after a text. No subject of a rule has it: it ends strings in C.
pub(super) const MARK: u8 = 0;

/// Where a word has to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stand {
    /// At the start.
    AtStart,
    /// Anywhere.
    Anywhere,
    /// At the end.
    AtEnd,
}

/// A text by which rules are found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Word(Vec<u8>);

impl Word {
    /// No word is this long, in bytes.
    const LONGEST: usize = 4_096;

    /// The word `text`, in letters of either case, where it has to stand. `None` when it is too short, or
    /// too long, to be looked for.
    pub fn new(text: &[u8], stand: Stand) -> Option<Self> {
        let mut word = Vec::with_capacity(text.len() + 1);
        word.extend((stand == Stand::AtStart).then_some(MARK));
        word.extend(text.iter().map(u8::to_ascii_lowercase));
        word.extend((stand == Stand::AtEnd).then_some(MARK));
        let fits = (Width::Short.bytes()..Self::LONGEST).contains(&word.len());
        fits.then_some(Self(word))
    }

    /// Its length in bytes, the mark included.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Never true; a word has a few bytes at least.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn family(&self) -> Family {
        let (starts, ends) = (self.0.starts_with(&[MARK]), self.0.ends_with(&[MARK]));
        let sampled = Width::Long.bytes() + if starts { 0 } else { SAMPLE - 1 };
        match self.0.len() {
            length if length >= sampled => Family::Sampled,
            _ if starts => Family::AtStart,
            _ if ends => Family::AtEnd,
            length if length >= Width::Short.bytes() + SAMPLE - 1 => Family::Short,
            _ => Family::Anywhere,
        }
    }
}

impl std::fmt::Display for Word {
    /// The text, `^` before one at the start and `$` after one at the end.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = self.0.strip_prefix(&[MARK]);
        let start = if text.is_some() { "^" } else { "" };
        let text = text.unwrap_or(&self.0);
        let (text, end) = match text.strip_suffix(&[MARK]) {
            Some(text) => (text, "$"),
            None => (text, ""),
        };
        write!(out, "{start}{}{end}", String::from_utf8_lossy(text))
    }
}

/// A word, and a slot it leads to. Sorted by words; nearly all differ in their first bytes, so that it need
/// not be looked for elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Lead {
    /// The first bytes of the word, the first of them highest.
    head: u128,
    word: Word,
    slot: u32,
}

impl Lead {
    /// From `word` to `slot`.
    pub fn new(word: Word, slot: u32) -> Self {
        let mut head = [0; 16];
        for (byte, to) in word.0.iter().zip(&mut head) {
            *to = *byte;
        }
        let head = u128::from_be_bytes(head);
        Self { head, word, slot }
    }
}

/// Width of a gram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Width {
    /// Three bytes.
    Short,
    /// Six: most texts have none of these grams.
    Long,
}

impl Width {
    fn bytes(self) -> usize {
        match self {
            Self::Short => 3,
            Self::Long => 6,
        }
    }

    /// The grams of a word.
    fn grams(self, word: &[u8]) -> impl Iterator<Item = u64> + '_ {
        let number = |gram: &[u8]| {
            gram.iter()
                .rev()
                .fold(0, |gram, byte| gram << 8 | u64::from(*byte))
        };
        word.windows(self.bytes()).map(number)
    }

    /// The gram at the start of eight bytes, the first of them lowest.
    fn gram(self, eight: u64) -> u64 {
        eight & (u64::MAX >> (64 - 8 * self.bytes()))
    }
}

/// Of a text, one gram in so many is read.
const SAMPLE: usize = 4;

/// Words that are looked for at the same places of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    /// At every fourth.
    Sampled,
    /// At the first, for short words at the start.
    AtStart,
    /// At the last, for short words at the end.
    AtEnd,
    /// At every fourth, for other short words.
    Short,
    /// At every one, for the shortest.
    Anywhere,
}

impl Family {
    fn width(self) -> Width {
        match self {
            Self::Sampled => Width::Long,
            Self::AtStart | Self::AtEnd | Self::Short | Self::Anywhere => Width::Short,
        }
    }

    /// The places in `word` where its gram may be, and how many grams from there on it has.
    fn places(self, word: &[u8]) -> (impl Iterator<Item = usize>, usize) {
        let last = word.len().saturating_sub(self.width().bytes());
        let (first, last, step, grams) = match self {
            Self::Sampled if word.starts_with(&[MARK]) => (0, last, SAMPLE, 1),
            Self::Sampled | Self::Short => (0, last.saturating_sub(SAMPLE - 1), 1, SAMPLE),
            Self::AtStart => (0, 0, 1, 1),
            Self::AtEnd => (last, last, 1, 1),
            Self::Anywhere => (0, last, 1, 1),
        };
        ((first..=last).step_by(step), grams)
    }
}

/// In a number that words or grams lead to: it is what is meant itself, not where several of them are
/// listed. Nearly all are alone, and a list is two more places in memory to look at.
const ALONE: u32 = 1 << 31;

/// Where a word leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WordId(u32);

impl WordId {
    /// The slot, where there is one only.
    fn alone(self) -> Option<u32> {
        (self.0 & ALONE != 0).then_some(self.0 & !ALONE)
    }
}

/// Words, found wherever they stand.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct WordIndex {
    sampled: Grams,
    at_start: Grams,
    at_end: Grams,
    short: Grams,
    anywhere: Grams,
    /// The [slot](ALONE) of each word, or its bucket, by the word's fingerprint.
    by_word: FingerprintTable,
    buckets: Buckets,
}

impl WordIndex {
    /// An index of the words of `leads`. `None` when there are too many.
    pub fn new(mut leads: Vec<Lead>) -> Option<Self> {
        leads.sort_unstable();
        leads.dedup();
        let of_word = || leads.chunk_by(|one, other| one.word == other.word);
        let words: Vec<&Word> = of_word().map(|leads| &leads[0].word).collect();
        let mut index = Self {
            sampled: Grams::new(Family::Sampled, &words)?,
            at_start: Grams::new(Family::AtStart, &words)?,
            at_end: Grams::new(Family::AtEnd, &words)?,
            short: Grams::new(Family::Short, &words)?,
            anywhere: Grams::new(Family::Anywhere, &words)?,
            ..Self::default()
        };
        let mut by_word = Vec::with_capacity(words.len());
        for (word, leads) in words.iter().zip(of_word()) {
            let slots = leads.iter().map(|lead| lead.slot);
            let number = match leads {
                [lead] if lead.slot < ALONE => lead.slot | ALONE,
                _ => index.buckets.add(slots)?,
            };
            by_word.push((Fingerprint::of(&word.0), number));
        }
        index.by_word = FingerprintTable::new(by_word)?;
        Some(index)
    }

    /// True when nothing in it points outside, `slots` being the number of slots.
    pub fn is_sound(&self, slots: usize) -> bool {
        let at_places = [&self.sampled, &self.at_start, &self.at_end];
        let mut grams = at_places.into_iter().chain([&self.short, &self.anywhere]);
        grams.all(Grams::is_sound)
            && self.by_word.all(|number| match WordId(number).alone() {
                Some(slot) => to_index(slot) < slots,
                None => to_index(number) < self.buckets.len(),
            })
            && self.buckets.is_sound(slots)
    }

    /// Gives every word in `text` to `take`, some of them more than once.
    pub fn find(&self, text: &Marked, mut take: impl FnMut(WordId)) {
        let mut word = |word: &[u8]| {
            let found = self.by_word.find(Fingerprint::of(word));
            found.map(WordId).for_each(&mut take);
        };
        let (short, long) = (Width::Short.bytes(), Width::Long.bytes());
        let last = text.bytes().len().saturating_sub(short);
        let Self {
            sampled,
            at_start,
            at_end,
            ..
        } = self;
        sampled.find(Width::Long, text, || text.fourths(long), &mut word);
        let first = || text.eights(short, 0).take(1);
        at_start.find(Width::Short, text, first, &mut word);
        at_end.find(Width::Short, text, || text.eights(short, last), &mut word);
        self.short
            .find(Width::Short, text, || text.fourths(short), &mut word);
        self.anywhere
            .find(Width::Short, text, || text.eights(short, 0), &mut word);
    }

    /// The first slot of `word` that is not below `from`.
    pub fn next(&self, word: WordId, from: u32) -> Option<u32> {
        match word.alone() {
            Some(slot) => Some(slot).filter(|slot| *slot >= from),
            None => self.buckets.next(word.0, from),
        }
    }
}

/// The grams of one width, and where around each of them a word may stand.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Grams {
    /// Which grams some word has.
    present: BloomFilter,
    /// The [stretch](ALONE) of each gram, or the number of its stretches.
    by_gram: FingerprintTable,
    /// Where each gram's stretches end.
    ends: Numbers<u32>,
    stretches: Numbers<u32>,
}

/// Where around a gram a word may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Stretch {
    /// Bytes of the word before the gram.
    before: u16,
    /// Length of the word.
    length: u16,
}

impl Stretch {
    /// The highest bit stays free: no word is that long.
    fn to_bits(self) -> u32 {
        u32::from(self.before) << 16 | u32::from(self.length)
    }

    #[expect(clippy::cast_possible_truncation, reason = "taken apart on purpose")]
    fn of_bits(bits: u32) -> Self {
        Self {
            before: (bits >> 16) as u16,
            length: bits as u16,
        }
    }
}

impl Grams {
    /// The rarest grams of each of `words` that is of this family. `None` when there are too many.
    fn new(family: Family, words: &[&Word]) -> Option<Self> {
        let words: Vec<&[u8]> = words
            .iter()
            .filter(|word| word.family() == family)
            .map(|word| word.0.as_slice())
            .collect();
        let width = family.width();
        let mut uses: HashMap<u64, u32, FixedState> = HashMap::default();
        for gram in words.iter().flat_map(|word| width.grams(word)) {
            *uses.entry(gram).or_default() += 1;
        }
        let mut stretches = Vec::with_capacity(words.len());
        for word in words {
            let (places, count) = family.places(word);
            let all: Vec<_> = width.grams(word).map(|gram| uses.get(&gram)).collect();
            // Among few words most grams have few uses, but letters are common in the texts that they are
            // looked for in.
            let letters = |place: usize| {
                let some = word.get(place..place + width.bytes() + count - 1);
                let some = some.unwrap_or_default().iter();
                some.filter(|byte| byte.is_ascii_lowercase()).count()
            };
            let most = |place: &usize| {
                let some = all.get(*place..).unwrap_or_default();
                let uses = some.iter().take(count).flatten().max();
                (uses.copied().copied(), letters(*place))
            };
            let place = places.min_by_key(most)?;
            let grams = width.grams(word.get(place..)?).take(count);
            for (at, gram) in (place..).zip(grams) {
                let stretch = Stretch {
                    before: u16::try_from(at).ok()?,
                    length: u16::try_from(word.len()).ok()?,
                };
                stretches.push((gram, stretch));
            }
        }
        Self::of(stretches)
    }

    fn of(mut stretches: Vec<(u64, Stretch)>) -> Option<Self> {
        if stretches.is_empty() {
            return Some(Self::default());
        }
        stretches.sort_unstable();
        stretches.dedup();
        let mut grams = Self::default();
        let mut numbers = Vec::new();
        for same in stretches.chunk_by(|(one, _), (other, _)| one == other) {
            let number = match same {
                [(_, stretch)] if stretch.to_bits() < ALONE => stretch.to_bits() | ALONE,
                _ => grams.list(same)?,
            };
            numbers.push((print(same[0].0), number));
        }
        grams.present = BloomFilter::new(numbers.iter().map(|(print, _)| *print));
        grams.by_gram = FingerprintTable::new(numbers)?;
        Some(grams)
    }

    /// Lists stretches of one gram, and gives the number of the list.
    fn list(&mut self, stretches: &[(u64, Stretch)]) -> Option<u32> {
        let number = u32::try_from(self.ends.len()).ok()?;
        for (_, stretch) in stretches {
            self.stretches.push(stretch.to_bits());
        }
        self.ends.push(u32::try_from(self.stretches.len()).ok()?);
        Some(number)
    }

    fn is_sound(&self) -> bool {
        let last = self.ends.last().map_or(0, |last| to_index(*last));
        let is_listed = |number| to_index(number) < self.ends.len();
        self.ends.is_sorted()
            && last == self.stretches.len()
            && self
                .by_gram
                .all(|number| number & ALONE != 0 || is_listed(number))
    }

    /// Gives each stretch of `text` in which a word may stand to `take`, reading grams at these `places`.
    fn find<I: Iterator<Item = (usize, u64)>>(
        &self,
        width: Width,
        text: &Marked,
        places: impl FnOnce() -> I,
        take: &mut impl FnMut(&[u8]),
    ) {
        if self.present.is_empty() {
            return;
        }
        for (at, eight) in places() {
            let print = print(width.gram(eight));
            if self.present.may_have(print) {
                self.find_around(print, at, text.bytes(), take);
            }
        }
    }

    /// The same for the gram with this fingerprint, which stands at `at`.
    fn find_around(&self, print: u64, at: usize, text: &[u8], take: &mut impl FnMut(&[u8])) {
        let mut around = |bits: u32| {
            let stretch = Stretch::of_bits(bits);
            let start = at.checked_sub(usize::from(stretch.before));
            let word = start.and_then(|start| text.get(start..start + usize::from(stretch.length)));
            if let Some(word) = word {
                take(word);
            }
        };
        for number in self.by_gram.find(print) {
            if number & ALONE != 0 {
                around(number & !ALONE);
            } else {
                self.stretches(to_index(number))
                    .iter()
                    .copied()
                    .for_each(&mut around);
            }
        }
    }

    /// The stretches of this number.
    fn stretches(&self, number: usize) -> &[u32] {
        let end = |number: usize| self.ends.get(number).map(|end| to_index(*end));
        let start = number.checked_sub(1).and_then(end).unwrap_or(0);
        let stretches = self.stretches.get(start..end(number).unwrap_or(0));
        stretches.unwrap_or_default()
    }
}

fn print(gram: u64) -> u64 {
    join(gram ^ 0x9e37_79b9_7f4a_7c15, 0xa076_1d64_78bd_642f)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use proptest::prelude::*;

    use super::*;

    fn index(words: impl IntoIterator<Item = (String, Stand)>) -> WordIndex {
        let leads = words.into_iter().zip(0..).map(|((word, stand), slot)| {
            Lead::new(Word::new(word.as_bytes(), stand).unwrap(), slot)
        });
        WordIndex::new(leads.collect()).unwrap()
    }

    fn found(index: &WordIndex, text: &str) -> Vec<u32> {
        let marked = Marked::of(text.as_bytes());
        let mut slots = Vec::new();
        index.find(&marked, |word| slots.extend(index.next(word, 0)));
        slots.sort_unstable();
        slots.dedup();
        slots
    }

    fn check(words: &[(String, Stand)], text: &str) {
        let index = index(words.iter().cloned());
        assert!(index.is_sound(words.len()) && (words.is_empty() || !index.is_sound(0)));
        let text_lowered = text.to_ascii_lowercase();
        let stands = |(word, stand): &(String, Stand)| {
            let word = word.to_ascii_lowercase();
            match stand {
                Stand::AtStart => text_lowered.starts_with(&word),
                Stand::Anywhere => text_lowered.contains(&word),
                Stand::AtEnd => text_lowered.ends_with(&word),
            }
        };
        let expected = (0..).zip(words).filter(|(_, word)| stands(word));
        let expected: Vec<u32> = expected.map(|(slot, _)| slot).collect();
        assert_eq!(found(&index, text), expected, "{words:?} in {text}");
    }

    fn stand() -> impl Strategy<Value = Stand> {
        prop::sample::select(vec![Stand::AtStart, Stand::Anywhere, Stand::AtEnd])
    }

    proptest! {
        /// Each word once, in any case: several slots under one word are another test's affair.
        #[test]
        fn every_word_and_no_other(
            words in prop::collection::btree_map("[ab/]{3,12}", stand(), 0..12),
            text in "[abA/]{0,24}",
        ) {
            check(&words.into_iter().collect::<Vec<_>>(), &text);
        }
    }

    #[test]
    fn words_where_they_have_to_stand() {
        let words = [
            ("/a".to_owned(), Stand::AtStart),
            ("/a/".to_owned(), Stand::AtStart),
            (".php".to_owned(), Stand::AtEnd),
            ("/Old-Shop/".to_owned(), Stand::Anywhere),
        ];
        for text in [
            "",
            "/",
            "/a",
            "/A/b",
            "/b/a/",
            "/a/old-shop/x.PHP",
            "x.php",
            ".php/",
        ] {
            check(&words, text);
        }
    }

    #[test]
    fn words_that_cannot_be_looked_for() {
        assert_eq!(Word::new(b"ab", Stand::Anywhere), None);
        assert_eq!(Word::new(b"/", Stand::AtStart), None);
        assert!(Word::new(b"/a", Stand::AtStart).is_some());
        assert_eq!(Word::new(&[b'a'; 5_000], Stand::Anywhere), None);
    }

    #[test]
    fn a_text_without_words_has_no_candidates() {
        let index =
            index((0..5_000).map(|number| (format!("/old{number}-shop/"), Stand::Anywhere)));
        assert!(found(&index, "/assets/img/old-shop/thing-17.png").is_empty());
        assert_eq!(found(&index, "/x/old4711-shop/y").len(), 1);
    }
}
