//! What a table entry is found by. The only definition: the compiler writes with it, the edge reads
//! with it.
//!
//! In: a scope and a text. Out: [`Key`], its [fingerprint](Key::fingerprint) and its
//! [name](Key::item_name) in a deployed table. Absent: the generation prefix of a deployed table.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::fingerprint::{Fingerprint, join};
use crate::model::rules::{MapId, RedirectListId, RuleSetId};
use crate::model::site::HostId;
use crate::text::prefix::collapse_slashes;

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
    /// Decisions of a host's paths.
    Decisions(HostId),
}

impl KeySpace {
    fn tag(self) -> (&'static str, u32) {
        match self {
            Self::Rules(set) => ("rule", set.0),
            Self::FoldedRules(set) => ("fold", set.0),
            Self::Redirects(list) => ("redirect", list.0),
            Self::Map(map) => ("map", map.0),
            Self::Decisions(host) => ("decision", host.0),
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
            Self::Decisions(host) => (5, host.0),
        }
    }

    /// The space that has these as its [numbers](KeySpace::number).
    pub(crate) fn numbered(tag: u8, owner: u32) -> Option<Self> {
        Some(match tag {
            1 => Self::Rules(RuleSetId(owner)),
            2 => Self::FoldedRules(RuleSetId(owner)),
            3 => Self::Redirects(RedirectListId(owner)),
            4 => Self::Map(MapId(owner)),
            5 => Self::Decisions(HostId(owner)),
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

    /// The key of the decision of `path` on `host`.
    pub fn decision(host: HostId, path: &[u8]) -> Self {
        Self::new(KeySpace::Decisions(host), path)
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

    /// 64 bits that stand for the key in [`crate::artefact::filter::Filter`] and the embedded table. The same
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
    fn a_fingerprint_never_changes() {
        let key = Key::rule(RuleSetId(0), b"/old/page");
        // Written into artefacts: a change here is a change of their format.
        assert_eq!(format!("{:016x}", key.fingerprint()), "51af2007f7dc58b3");
    }
}
