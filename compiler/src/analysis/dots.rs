//! Dots in paths that match any character.
//!
//! In: the rules and redirects of a [`Site`]. Out: one finding, with a request that its line was not written for. Absent:
//! host names; see [`super::lints`].
//!
//! Whoever writes one such dot writes all of them so, and hardly ever does it do harm: all lines are told by one note.

use edgewright_engine::model::rules::{Place, RedirectMatcher, RuleFlags};
use edgewright_engine::model::site::Site;
use edgewright_engine::pattern::syntax::Node;
use edgewright_engine::pattern::{Pattern, syntax};

use super::{Finding, redirects, rules};
use crate::reading::Position;
use crate::redundant::Redundant;
use crate::replay::{Shows, Tries};
use crate::witness::Aiming;

/// What a dot stands before in a file's name.
const EXTENSIONS: [&[u8]; 16] = [
    b"html", b"htm", b"shtml", b"xhtml", b"php", b"asp", b"aspx", b"jsp", b"cgi", b"pl", b"pdf",
    b"xml", b"txt", b"json", b"png", b"jpg",
];

pub(super) fn find(site: &Site, redundant: &Redundant, aiming: &Aiming<'_>) -> Option<Finding> {
    let kept = rules(site).filter(|(_, rule)| !rule.flags.contains(RuleFlags::NEGATED));
    let of_rules = kept.map(|(position, rule)| (position, rule.place, &rule.pattern));
    let of_redirects = redirects(site).filter_map(|(position, one)| match &one.matcher {
        RedirectMatcher::Regex(pattern) => Some((position, one.place, pattern)),
        RedirectMatcher::Prefix(_) | RedirectMatcher::Section => None,
    });
    let all = of_rules.chain(of_redirects);
    let mut dotted = all.filter_map(|(position, place, pattern)| {
        let others = other_text(pattern).filter(|_| !redundant.contains(position))?;
        Some((position, place, others))
    });
    let first = dotted.next()?;
    let more = dotted.filter(|(_, place, _)| *place != first.1).count();
    tell(first, more, aiming)
}

fn tell(first: (Position, Place, Vec<u8>), more: usize, aiming: &Aiming<'_>) -> Option<Finding> {
    let (position, place, text) = first;
    let request = aiming.request(position, &text)?;
    let more = match more {
        0 => String::new(),
        1 => "; so it is in 1 more line".to_owned(),
        more => format!("; so it is in {more} more lines"),
    };
    let headline = format!("the dot before a file's ending matches any character{more}");
    Some(
        Finding::note("dot-in-path", place, headline)
            .label("not only a dot")
            .help("write \\. for a dot")
            .shows(Shows::Applies, Tries::only(request)),
    )
}

/// For `^/file.html$` the text `/file-html`.
fn other_text(pattern: &Pattern) -> Option<Vec<u8>> {
    // Most patterns have none, and need not be read.
    let is_bare = |three: &[u8]| matches!(three, [before, b'.', after] if *before != b'\\' && after.is_ascii_lowercase());
    if !pattern.text.windows(3).any(is_bare) {
        return None;
    }
    let syntax = pattern.syntax()?;
    let mut text = Vec::new();
    let mut parts = syntax.root.parts().iter().peekable();
    let mut is_dotted = false;
    while let Some(part) = parts.next() {
        match part {
            Node::Place(syntax::Place::Start | syntax::Place::End) => {}
            Node::Literal(literal) => text.extend_from_slice(&literal.bytes),
            Node::Set(set) if set.is_dot() => {
                let after = parts.peek();
                let is_last = matches!(after, Some(Node::Literal(literal))
                    if EXTENSIONS.contains(&literal.bytes.as_slice()));
                is_dotted |= is_last;
                text.push(if is_last { b'-' } else { b'.' });
            }
            _ => return None,
        }
    }
    is_dotted.then_some(text)
}
