//! What a table entry is found by. The only definition: the compiler writes with it, the edge reads
//! with it.
//!
//! In: a scope and a text. Out: [`Key`], its [fingerprint](Key::fingerprint) and its
//! [name](Key::item_name) in a deployed table. Absent: the generation prefix of a deployed table.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use crate::rules::{MapId, RedirectListId, RuleSetId};
use crate::site::HostId;
use crate::table::Table;

/// Names longer than this are replaced by a hash: `DynamoDB` allows 2,048 bytes, and a generation
/// stands in front.
const LONGEST_NAME: usize = 1_500;

/// Whose texts a key belongs to. The same path in two scopes has two keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum KeySpace {
    /// Rules of a rule set, by the text they are matched with.
    Rules(RuleSetId),
    /// Rules of a rule set that ignore case, by the text with its ASCII letters lowered.
    FoldedRules(RuleSetId),
    /// Redirects of a list, by their path with runs of slashes made one.
    Redirects(RedirectListId),
    /// Entries of a map.
    Map(MapId),
    /// Fates of a host's paths.
    Fates(HostId),
}

impl KeySpace {
    fn tag(self) -> (&'static str, u32) {
        match self {
            Self::Rules(set) => ("rule", set.0),
            Self::FoldedRules(set) => ("fold", set.0),
            Self::Redirects(list) => ("redirect", list.0),
            Self::Map(map) => ("map", map.0),
            Self::Fates(host) => ("fate", host.0),
        }
    }

    /// The fingerprint of the key that a text with the fingerprint `print` has here.
    pub fn print(self, print: u64) -> u64 {
        let (tag, owner) = self.number();
        let space = u64::from(tag) << 32 | u64::from(owner);
        join(print ^ space, 0xa076_1d64_78bd_642f)
    }

    /// The same as [`KeySpace::tag`] in numbers; none is 0.
    pub(crate) fn number(self) -> (u8, u32) {
        match self {
            Self::Rules(set) => (1, set.0),
            Self::FoldedRules(set) => (2, set.0),
            Self::Redirects(list) => (3, list.0),
            Self::Map(map) => (4, map.0),
            Self::Fates(host) => (5, host.0),
        }
    }

    /// The space that has these as its [numbers](KeySpace::number).
    pub(crate) fn numbered(tag: u8, owner: u32) -> Option<Self> {
        Some(match tag {
            1 => Self::Rules(RuleSetId(owner)),
            2 => Self::FoldedRules(RuleSetId(owner)),
            3 => Self::Redirects(RedirectListId(owner)),
            4 => Self::Map(MapId(owner)),
            5 => Self::Fates(HostId(owner)),
            _ => return None,
        })
    }
}

/// The key of one table entry.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Key {
    space: KeySpace,
    #[serde(with = "serde_bytes")]
    text: Vec<u8>,
}

impl Key {
    /// The key of `text` in `space`, which says what form the text has.
    pub fn new(space: KeySpace, text: &[u8]) -> Self {
        let text = text.to_vec();
        Self { space, text }
    }

    /// The key of the rules of `set` that match exactly `subject`.
    pub fn rule(set: RuleSetId, subject: &[u8]) -> Self {
        Self::new(KeySpace::Rules(set), subject)
    }

    /// The key of the rules of `set` that match `subject` in any case.
    pub fn folded_rule(set: RuleSetId, subject: &[u8]) -> Self {
        Self::new(KeySpace::FoldedRules(set), &subject.to_ascii_lowercase())
    }

    /// The key of the redirects of `list` for `path`.
    pub fn redirect(list: RedirectListId, path: &[u8]) -> Self {
        Self::new(KeySpace::Redirects(list), &collapse_slashes(path))
    }

    /// The key of an entry of `map`.
    pub fn map(map: MapId, key: &[u8]) -> Self {
        Self::new(KeySpace::Map(map), key)
    }

    /// The key of the fate of `path` on `host`.
    pub fn fate(host: HostId, path: &[u8]) -> Self {
        Self::new(KeySpace::Fates(host), path)
    }

    /// The same, borrowed.
    pub fn sought(&self) -> Sought<'_> {
        Sought::new(self.space, &self.text)
    }

    /// Whose text it is.
    pub fn space(&self) -> KeySpace {
        self.space
    }

    /// The text: a subject, a path or a map's key.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// 64 bits that stand for the key in [`crate::filter::Filter`] and the embedded table. The same
    /// in every build of this format version.
    pub fn fingerprint(&self) -> u64 {
        self.sought().print
    }

    /// The key as text for people and for `DynamoDB`: `rule:0:/old%20page`. Printable ASCII but `%`
    /// stands as it is, every other byte as `%XX`. A text too long for a table's key is replaced by
    /// 128 bits of hash (`rule:0#…`); whoever reads the entry compares [`Key`]s, which it holds.
    pub fn item_name(&self) -> String {
        let (tag, owner) = self.space.tag();
        let mut name = format!("{tag}:{owner}:");
        for byte in &self.text {
            match byte {
                b' ' | b'%' | 0..=0x1f | 0x7f.. => _ = write!(name, "%{byte:02X}"),
                printable => name.push(char::from(*printable)),
            }
        }
        if name.len() <= LONGEST_NAME {
            return name;
        }
        let mut second = Fingerprint::default();
        second.push(b'#');
        second.extend(&self.text);
        let (first, second) = (self.fingerprint(), self.space.print(second.finish()));
        format!("{tag}:{owner}#{first:016x}{second:016x}")
    }
}

/// A [`Key`] that borrows its text, with its fingerprint: to look for an entry takes no copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sought<'t> {
    /// Whose text it is.
    pub space: KeySpace,
    /// The text, in the form the space wants.
    pub text: &'t [u8],
    /// [`Key::fingerprint`].
    pub print: u64,
}

impl<'t> Sought<'t> {
    /// The key of `text` in `space`.
    pub fn new(space: KeySpace, text: &'t [u8]) -> Self {
        Self::with_print(space, text, Fingerprint::of(text))
    }

    /// The same, the fingerprint of `text` being known.
    pub fn with_print(space: KeySpace, text: &'t [u8], print: u64) -> Self {
        Self {
            space,
            text,
            print: space.print(print),
        }
    }

    /// It with a copy of the text.
    pub fn key(&self) -> Key {
        Key::new(self.space, self.text)
    }

    /// Is it this key?
    pub fn is(&self, key: &Key) -> bool {
        self.space == key.space && self.text == key.text
    }
}

/// A text that keys are asked about, and where a table has it: looked for once, for all key spaces.
#[derive(Debug, Clone, Copy)]
pub struct Spot<'t> {
    /// The text.
    pub text: &'t [u8],
    /// [`Fingerprint::of`] the text.
    pub print: u64,
    /// What [`Table::find`] says.
    pub at: Option<usize>,
}

impl<'t> Spot<'t> {
    /// Looks for `text` in `table`.
    pub fn of<T: Table>(table: &T, text: &'t [u8]) -> Self {
        Self::with_print(table, text, Fingerprint::of(text))
    }

    /// The same, the fingerprint of `text` being known.
    pub fn with_print<T: Table>(table: &T, text: &'t [u8], print: u64) -> Self {
        let at = table.find(text, print);
        Self { text, print, at }
    }

    /// The key that the text has in `space`.
    pub fn sought(&self, space: KeySpace) -> Sought<'t> {
        Sought::with_print(space, self.text, self.print)
    }
}

/// Makes the fingerprint of a text piece by piece, so that a text need not be copied to be asked about, and
/// every prefix of a path costs one step more. Eight bytes at a time go into a multiplication whose
/// halves are joined, as in wyhash. Whose text it is comes last: [`KeySpace::print`].
#[derive(Debug, Clone, Copy)]
pub struct Fingerprint {
    state: u64,
    /// The last bytes, fewer than eight, the first of them lowest.
    rest: u64,
    length: u64,
}

impl Default for Fingerprint {
    /// The fingerprint of nothing at all.
    fn default() -> Self {
        Self {
            state: 0xcbf2_9ce4_8422_2325,
            rest: 0,
            length: 0,
        }
    }
}

impl Fingerprint {
    /// The fingerprint of `text`.
    pub fn of(text: &[u8]) -> u64 {
        let mut fingerprint = Self::default();
        let (eights, rest) = text.as_chunks::<8>();
        for eight in eights {
            fingerprint.rest = u64::from_le_bytes(*eight);
            fingerprint.mix();
        }
        fingerprint.rest = match text.last_chunk() {
            // The bytes before the rest are shifted out: no loop over single bytes.
            Some(last) if !rest.is_empty() => u64::from_le_bytes(*last) >> (64 - 8 * rest.len()),
            _ => number(rest),
        };
        fingerprint.length = text.len() as u64;
        fingerprint.finish()
    }

    /// Takes in one more byte.
    pub fn push(&mut self, byte: u8) {
        self.take(u64::from(byte), 1);
    }

    /// Takes in more bytes.
    pub fn extend(&mut self, bytes: &[u8]) {
        let (eights, rest) = bytes.as_chunks();
        for eight in eights {
            self.take(u64::from_le_bytes(*eight), 8);
        }
        self.take(number(rest), rest.len() as u64);
    }

    /// Takes in `count` bytes, at most eight; those of `word` above them are zero.
    fn take(&mut self, word: u64, count: u64) {
        let filled = 8 * (self.length & 7);
        self.length += count;
        self.rest |= word << filled;
        if filled + 8 * count >= 64 {
            self.mix();
            // In two steps: a word cannot be shifted by its whole width.
            self.rest = word >> (63 - filled) >> 1;
        }
    }

    /// Makes an end of eight bytes.
    fn mix(&mut self) {
        self.state = join(self.state ^ self.rest, 0xa076_1d64_78bd_642f);
        self.rest = 0;
    }

    /// The fingerprint of what was taken in so far.
    pub fn finish(self) -> u64 {
        let last = join(self.state ^ self.rest, 0xe703_7ed1_a0b4_28db);
        join(last ^ self.length, 0x8ebc_6af0_9c88_c6e3)
    }
}

/// Fewer than eight bytes as a number, the first of them lowest.
fn number(bytes: &[u8]) -> u64 {
    let number = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
    bytes.iter().rev().fold(0, number)
}

/// The two halves of a product, one upon the other.
#[expect(
    clippy::cast_possible_truncation,
    reason = "the halves are taken apart on purpose"
)]
pub(crate) fn join(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    (product as u64) ^ (product >> 64) as u64
}

/// `path` with every run of slashes made one, as `alias_matches` of `mod_alias.c` compares.
pub fn collapse_slashes(path: &[u8]) -> Cow<'_, [u8]> {
    let mut slashes = memchr::memchr_iter(b'/', path);
    if !slashes.any(|slash| path.get(slash + 1) == Some(&b'/')) {
        return Cow::Borrowed(path);
    }
    let mut collapsed = Vec::with_capacity(path.len());
    for byte in path {
        if *byte != b'/' || collapsed.last() != Some(&b'/') {
            collapsed.push(*byte);
        }
    }
    Cow::Owned(collapsed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(key: &Key, name: &str) {
        assert_eq!(key.item_name(), name);
    }

    #[test]
    fn a_plain_path() {
        check(&Key::rule(RuleSetId(3), b"/old/page"), "rule:3:/old/page");
    }

    #[test]
    fn bytes_that_are_not_printable() {
        check(&Key::map(MapId(0), b"a b%\xff\n"), "map:0:a%20b%25%FF%0A");
    }

    #[test]
    fn letters_are_lowered() {
        check(&Key::folded_rule(RuleSetId(0), b"/Old"), "fold:0:/old");
    }

    #[test]
    fn runs_of_slashes() {
        check(
            &Key::redirect(RedirectListId(1), b"//a///b/"),
            "redirect:1:/a/b/",
        );
    }

    #[test]
    fn a_long_text_is_hashed() {
        let key = Key::rule(RuleSetId(7), &[b'a'; 2_000]);
        let other = Key::rule(RuleSetId(7), &[b'a'; 2_001]);
        assert!(key.item_name().starts_with("rule:7#"));
        assert_eq!(key.item_name().len(), "rule:7#".len() + 32);
        assert_ne!(key.item_name(), other.item_name());
    }

    #[test]
    fn scopes_do_not_meet() {
        let text = b"/a";
        let keys = [
            Key::rule(RuleSetId(0), text),
            Key::rule(RuleSetId(1), text),
            Key::folded_rule(RuleSetId(0), text),
            Key::redirect(RedirectListId(0), text),
            Key::map(MapId(0), text),
        ];
        let prints: std::collections::BTreeSet<u64> = keys.iter().map(Key::fingerprint).collect();
        let names: std::collections::BTreeSet<String> = keys.iter().map(Key::item_name).collect();
        assert_eq!((prints.len(), names.len()), (keys.len(), keys.len()));
    }

    #[test]
    fn bytes_count_the_same_one_by_one() {
        let text = b"/a/path/of/some/length.html";
        for length in 0..text.len() {
            let (mut one, mut all) = (Fingerprint::default(), Fingerprint::default());
            text[..length].iter().for_each(|byte| one.push(*byte));
            all.extend(&text[..length / 3]);
            all.extend(&text[length / 3..length]);
            assert_eq!(one.finish(), all.finish(), "{length}");
        }
    }

    #[test]
    fn a_fingerprint_never_changes() {
        let key = Key::rule(RuleSetId(0), b"/old/page");
        // Written into artefacts: a change here is a change of their format.
        assert_eq!(format!("{:016x}", key.fingerprint()), "51af2007f7dc58b3");
    }
}
