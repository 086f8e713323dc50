//! Patterns and paths that ask for what a decoded path does not hold.
//!
//! In: the pattern of a rule or `RedirectMatch`, or the path of a `Redirect`. Out: findings, each with a request that its
//! line was written for and does not match. Absent: a `?` that is escaped; see [`super::lints`].

use edgewright_engine::model::rules::{Place, RedirectMatcher};
use edgewright_engine::pattern::Pattern;
use edgewright_engine::pattern::set::Set;
use edgewright_engine::pattern::syntax::Node;

use super::Finding;
use crate::reading::Position;
use crate::replay::{Shows, Tries};
use crate::witness::{Aiming, Groups, Request, sample};

/// A line that paths are compared with.
pub(super) struct Line<'a> {
    pub place: Place,
    pub position: Position,
    pub aiming: &'a Aiming<'a>,
}

impl Line<'_> {
    /// A request whose path is `text` where the line stands.
    pub fn request(&self, text: &[u8]) -> Option<Request> {
        self.aiming.request(self.position, text)
    }

    /// A request in whose path `group` of `pattern` is `text`.
    pub fn with_group(&self, pattern: &Pattern, group: u8, text: &[u8]) -> Option<Request> {
        if group == 0 {
            return pattern.is_match(text).then(|| self.request(text))?;
        }
        let groups = Groups::from([(u32::from(group), text.to_vec())]);
        let whole = sample(pattern, 0, &groups);
        let holds = whole.windows(text.len()).any(|part| part == text);
        (holds && pattern.is_match(&whole)).then(|| self.request(&whole))?
    }
}

/// What is wrong with a pattern that is not negated.
pub(super) fn of_pattern(line: &Line<'_>, pattern: &Pattern) -> Vec<Option<Finding>> {
    let Some(syntax) = pattern.syntax() else {
        return Vec::new();
    };
    let root = &syntax.root;
    let text = || sample(pattern, 0, &Groups::new());
    vec![
        root.requires_literal(&|bytes| escape_in(bytes).is_some())
            .then(|| percent(line, &text()))
            .flatten(),
        root.requires(b'#')
            .then(|| fragment(line, &text()))
            .flatten(),
        optional_letter(line, root),
        has_split_class(root).then(|| split_class(line)),
    ]
}

/// What is wrong with what a `Redirect` begins with; of a `RedirectMatch`, with its pattern.
pub(super) fn of_matcher(line: &Line<'_>, matcher: &RedirectMatcher) -> Vec<Option<Finding>> {
    match matcher {
        RedirectMatcher::Prefix(path) => vec![
            percent(line, path),
            path.contains(&b'#').then(|| fragment(line, path)).flatten(),
        ],
        RedirectMatcher::Regex(pattern) => of_pattern(line, pattern),
        RedirectMatcher::Section => Vec::new(),
    }
}

/// The first run of escapes, without those of a percent sign.
fn escape_in(text: &[u8]) -> Option<&[u8]> {
    let is_escape = |three: &[u8]| {
        matches!(three, [b'%', high, low] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit())
            && !three.ends_with(b"25")
            && !three.to_ascii_lowercase().ends_with(b"2f")
    };
    let start = text.windows(3).position(is_escape)?;
    let rest = text.get(start..)?;
    let count = rest.chunks(3).take_while(|three| is_escape(three)).count();
    rest.get(..count * 3)
}

fn decoded(escapes: &[u8]) -> Vec<u8> {
    let digits = escapes.chunks(3).filter_map(|three| three.get(1..));
    let values = digits.filter_map(|two| u8::from_str_radix(str::from_utf8(two).ok()?, 16).ok());
    values.collect()
}

/// A target whose escapes stand for bytes, not for their own text.
fn as_written(target: &[u8]) -> Vec<u8> {
    let mut written = Vec::with_capacity(target.len());
    let mut rest = target;
    while let Some((first, after)) = rest.split_first() {
        written.push(*first);
        let digits = after.strip_prefix(b"25").unwrap_or_default();
        let is_escape = matches!(digits, [high, low, ..]
            if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() && !digits.starts_with(b"25"));
        rest = if *first == b'%' && is_escape {
            digits
        } else {
            after
        };
    }
    written
}

/// A path is decoded before it is compared.
fn percent(line: &Line<'_>, text: &[u8]) -> Option<Finding> {
    let escapes = escape_in(text)?;
    let shown = String::from_utf8_lossy(escapes).into_owned();
    let character = String::from_utf8(decoded(escapes)).ok()?;
    let mut request = line.request(text)?;
    request.target = as_written(&request.target);
    let write = match (&line.position, character.as_str()) {
        (_, " ") => "a space: in quotes, or as \\s in a pattern".to_owned(),
        (Position::Redirect(..), "?") => {
            "RewriteCond %{QUERY_STRING} and a RewriteRule, if the query string is meant".to_owned()
        }
        (_, other) => {
            format!("`{other}`, with a \\ before it where it means something in a pattern")
        }
    };
    let headline = format!("{shown} never comes: paths are decoded before they are compared");
    Some(
        Finding::warning("percent-in-pattern", line.place, headline)
            .label("matches only what was encoded twice")
            .help(format!("write {write}"))
            .shows(Shows::Misses, Tries::only(request)),
    )
}

/// Browsers keep what follows `#`.
fn fragment(line: &Line<'_>, text: &[u8]) -> Option<Finding> {
    let before = text.split(|byte| *byte == b'#').next()?;
    let headline = "a # never comes: browsers keep it and what follows to themselves";
    Some(
        Finding::warning("fragment-in-pattern", line.place, headline)
            .label("matches only where the path holds %23")
            .help("leave out the # and what follows: only a script in the page can see it")
            .shows(Shows::Misses, Tries::only(line.request(before)?)),
    )
}

/// `page.php?id=`: the `?` makes the letter before it optional.
fn optional_letter(line: &Line<'_>, root: &Node) -> Option<Finding> {
    let parts = root.parts();
    let at = query_mark(parts)?;
    let letter = parts.get(at).and_then(optional)?;
    let mut path = plain(parts.get(..at)?);
    path.push(letter);
    let mut request = line.request(&path)?;
    let query = plain(parts.get(at + 1..)?);
    request.target.extend([b"?", query.as_slice()].concat());
    let letter = char::from(letter);
    let headline = format!(
        "the ? makes the `{letter}` before it optional: a pattern never sees the query string"
    );
    let query = String::from_utf8_lossy(&query).into_owned();
    Some(
        Finding::warning("query-in-pattern", line.place, headline)
            .label("matches no such URL")
            .help(format!(
                "end the pattern before the ?, and ask before the rule: RewriteCond %{{QUERY_STRING}} ^{query}"
            ))
            .shows(Shows::Misses, Tries::only(request)),
    )
}

/// Is a query string asked for, with a `?` that is none?
pub(super) fn asks_for_query(root: &Node) -> bool {
    query_mark(root.parts()).is_some()
}

/// The URL that such a pattern was written for.
pub(super) fn query_asked(root: &Node) -> Option<Vec<u8>> {
    let parts = root.parts();
    let at = query_mark(parts)?;
    let letter = parts.get(at).and_then(optional)?;
    let (path, query) = (plain(parts.get(..at)?), plain(parts.get(at + 1..)?));
    Some([path.as_slice(), &[letter], b"?", &query].concat())
}

/// Where the letter stands that such a `?` makes optional.
fn query_mark(parts: &[Node]) -> Option<usize> {
    (1..parts.len()).find(|at| {
        let before = parts.get(at - 1).is_some_and(ends_in_letter);
        let letter = parts.get(*at).and_then(optional);
        before && letter.is_some() && parts.get(at + 1).is_some_and(begins_query)
    })
}

fn ends_in_letter(node: &Node) -> bool {
    matches!(node, Node::Literal(literal) if literal.bytes.last().is_some_and(u8::is_ascii_alphanumeric))
}

/// The letter that may be missing.
fn optional(node: &Node) -> Option<u8> {
    let Node::Repeat {
        inner,
        least: 0,
        most: 1,
        ..
    } = node
    else {
        return None;
    };
    match inner.as_ref() {
        Node::Literal(literal) => match literal.bytes.as_slice() {
            [letter] if letter.is_ascii_alphanumeric() => Some(*letter),
            _ => None,
        },
        _ => None,
    }
}

/// `name=`.
fn begins_query(node: &Node) -> bool {
    let Node::Literal(literal) = node else {
        return false;
    };
    let name = literal
        .bytes
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || b"_-[]".contains(byte));
    let length = name.count();
    length > 0 && literal.bytes.get(length) == Some(&b'=')
}

/// The literals in a row, with a dot for what matches any byte and a 1 for anything else.
fn plain(parts: &[Node]) -> Vec<u8> {
    let texts = parts.iter().map(|part| match part {
        Node::Literal(literal) => literal.bytes.clone(),
        Node::Set(set) if set.is_dot() => b".".to_vec(),
        Node::Place(_) | Node::Empty | Node::Look { .. } | Node::Keep => Vec::new(),
        Node::Set(_)
        | Node::Concat(_)
        | Node::Alternation(_)
        | Node::Group { .. }
        | Node::Repeat { .. }
        | Node::Atomic(_)
        | Node::Reference { .. }
        | Node::Opaque(_) => b"1".to_vec(),
    });
    texts.collect::<Vec<_>>().concat()
}

/// `[äö]` once: half of a letter.
fn split_class(line: &Line<'_>) -> Finding {
    let headline = "a letter outside ASCII is two bytes or more, and [ ] matches one of them";
    Finding::warning("bytes-in-class", line.place, headline)
        .label("matches half a letter")
        .help("write the letters as alternatives: (?:ä|ö)")
        .shows(Shows::Applies, Tries::Shown(line.position))
}

/// Has it a class with beginnings and other bytes of letters that is matched once? Repeated, it matches whole letters
/// too.
fn has_split_class(node: &Node) -> bool {
    match node {
        Node::Set(set) => is_split(*set),
        Node::Repeat { most: 2.., .. } => false,
        Node::Repeat { .. }
        | Node::Concat(_)
        | Node::Alternation(_)
        | Node::Group { .. }
        | Node::Look { .. }
        | Node::Atomic(_)
        | Node::Empty
        | Node::Literal(_)
        | Node::Place(_)
        | Node::Reference { .. }
        | Node::Keep
        | Node::Opaque(_) => node.children().iter().any(has_split_class),
    }
}

fn is_split(set: Set) -> bool {
    let count = |set: Set, from: u8, to: u8| (from..=to).filter(|byte| set.contains(*byte)).count();
    let set = if count(set, 0x80, 0xFF) > 64 {
        set.complement()
    } else {
        set
    };
    count(set, 0xC2, 0xF4) > 0 && count(set, 0x80, 0xBF) > 0
}
