//! Patterns that cut a text at a separator: `^/a/(.*)_(.*)$`.
//!
//! In: a pattern. Out: [`Separator`], which finds the separators of a text. Absent: what is put in their place;
//! see `evaluate::rounds`.

use crate::pattern::Pattern;
use crate::pattern::set::{ANY, Set};
use crate::pattern::syntax::{Case, Fidelity, Greed, Literal, Node, Place};

/// What `^HEAD(.*)SEPARATOR(.*)$` and its variants say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Separator {
    head: Vec<u8>,
    bytes: Set,
    /// How many bytes stand at least before the one that separates, behind the head.
    least: usize,
    which: Which,
}

/// Which of several separators is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    /// The last one: `(.*)` stands before.
    Last,
    /// The first one: what stands before holds none.
    First,
}

impl Separator {
    /// Reads a pattern: a literal head, a group, a byte of a set, and a group that takes the rest. `None` for any
    /// other.
    pub fn of(pattern: &Pattern) -> Option<Self> {
        let syntax = pattern.syntax()?;
        if syntax.fidelity != Fidelity::Same {
            return None;
        }
        let [Node::Place(Place::Start), parts @ ..] = syntax.root.parts() else {
            return None;
        };
        let (head, parts) = match parts {
            [Node::Literal(literal), parts @ ..] => (sensitive(literal)?, parts),
            parts => (&[][..], parts),
        };
        let [
            before,
            separator,
            Node::Group { inner: after, .. },
            end @ ..,
        ] = parts
        else {
            return None;
        };
        let ends = matches!(end, [] | [Node::Place(Place::End)]);
        if !ends || repeated(after)? != (ANY, 0) {
            return None;
        }
        let Node::Group { inner: before, .. } = before else {
            return None;
        };
        let (before, least) = repeated(before)?;
        let (bytes, which) = match separator.single() {
            Some(bytes) if before == ANY => (bytes, Which::Last),
            Some(bytes) if before == bytes.complement() => (bytes, Which::First),
            Some(_) => return None,
            // Behind `(.*)`, the last of several in a row is one.
            None => (
                repeated(separator).filter(|_| before == ANY)?.0,
                Which::Last,
            ),
        };
        Some(Self {
            head: head.to_vec(),
            bytes,
            least: least as usize,
            which,
        })
    }

    /// What the text begins with, and keeps.
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// Does one of the bytes that separate stand in `text`?
    pub fn is_in(&self, text: &[u8]) -> bool {
        self.bytes.position(text).is_some()
    }

    /// `text`, which begins with the head, with `other` in the place of every byte that separates, and how many
    /// these were: what comes of replacing one after another until none is found.
    pub fn replace_all(&self, text: &[u8], other: &[u8]) -> Option<(Vec<u8>, u32)> {
        let body = text.strip_prefix(self.head.as_slice())?;
        let kept = match self.which {
            Which::Last => self.least.min(body.len()),
            Which::First
                if self.least > 0
                    && body.first().is_some_and(|byte| self.bytes.contains(*byte)) =>
            {
                body.len()
            }
            Which::First => 0,
        };
        let (kept, rest) = body.split_at(kept);
        let mut out = [&self.head, kept].concat();
        let mut count = 0;
        for byte in rest {
            if self.bytes.contains(*byte) {
                out.extend_from_slice(other);
                count += 1;
            } else {
                out.push(*byte);
            }
        }
        Some((out, count))
    }
}

/// The bytes of a literal, if letters have to agree in case.
fn sensitive(literal: &Literal) -> Option<&[u8]> {
    (literal.case == Case::Sensitive).then_some(&literal.bytes)
}

/// A set that is repeated as often as possible, and how often at least: never, or once.
fn repeated(node: &Node) -> Option<(Set, u32)> {
    match node {
        Node::Repeat {
            inner,
            least: least @ (0 | 1),
            most: u32::MAX,
            greed: Greed::Greedy,
        } => Some((inner.single()?, *least)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::PatternOptions;

    /// What comes of replacing what `pattern` finds by `-`, and how many times.
    fn check(pattern: &str, text: &str, expected: Option<(&str, u32)>) {
        let pattern = Pattern::new(pattern, PatternOptions::default());
        let separator = Separator::of(&pattern);
        let found = separator.and_then(|separator| separator.replace_all(text.as_bytes(), b"-"));
        let expected = expected.map(|(text, count)| (text.as_bytes().to_vec(), count));
        assert_eq!(
            found,
            expected,
            "{}",
            String::from_utf8_lossy(&pattern.text)
        );
    }

    #[test]
    fn separators_are_all_found() {
        check("^/a/(.*)_(.*)$", "/a/_b__c", Some(("/a/-b--c", 3)));
        check("^/a/(.+)_(.*)$", "/a/_b_c", Some(("/a/_b-c", 1)));
        check("^(.*)[\\s_]+(.*)$", "a _b", Some(("a--b", 2)));
        check("^([^_]*)_(.*)$", "_a_b", Some(("-a-b", 2)));
        check("^([^_]+)_(.*)$", "_a_b", Some(("_a_b", 0)));
        check("^([^_]+)_(.*)$", "a_b", Some(("a-b", 1)));
        check("^/a(.*)_(.*)$", "/b_c", None);
    }

    #[test]
    fn other_patterns_are_not_read() {
        for pattern in [
            "^(.*)__(.*)$",
            "(.*)_(.*)",
            "^(.*?)_(.*)$",
            "^(.*)_(.+)$",
            "^(.*)_(.*)x$",
            "^([^/]*)_(.*)$",
            "^([^_]*)_+(.*)$",
            "^(.*)_([^_]*)$",
            "^(.{2,})_(.*)$",
        ] {
            check(pattern, "a_b", None);
        }
    }
}
