//! Which conditions are guards by themselves.
//!
//! In: a condition. Out: its [`Guard`]; `None` where it looks at something else, or asks what a function in JavaScript may
//! answer otherwise. Absent: whether what it matched is used.

use std::collections::BTreeSet;

use edgewright_engine::model::expression::Subnet;
use edgewright_engine::model::header_names::{Kind, kind};
use edgewright_engine::model::rules::{Condition, Piece, Test};
use edgewright_engine::model::variable::{Named, Variable};
use edgewright_engine::pattern::Pattern;

use super::guard::{About, Atom, AtomTest, Guard};
use super::{CLASS_HEADER, Copies, pattern};

/// The guard of a `RewriteCond`.
pub(super) fn condition(condition: &Condition) -> Option<Guard> {
    let Some(Piece::Variable(name)) = condition.subject.text().only_piece() else {
        return None;
    };
    let about = variable(name)?;
    let guard = match &condition.test {
        Test::Regex(pattern) => matches(about, pattern),
        Test::Equal(text) if !condition.no_case || !has_letters(text) => equals(about, text),
        Test::Equal(_)
        | Test::Compare(..)
        | Test::Integer(..)
        | Test::File(_)
        | Test::SubrequestUri
        | Test::SubrequestFile
        | Test::Expression(_) => None,
    };
    guard.map(|guard| guard.negated_if(condition.negated.into()))
}

fn has_letters(text: &[u8]) -> bool {
    text.iter().any(u8::is_ascii_alphabetic)
}

/// What a variable is, where guards can be about it.
pub(super) fn variable(name: &[u8]) -> Option<About> {
    match Variable::of(name)? {
        Variable::Header(name) => header(name),
        Variable::Named(Named::RemoteAddress) => Some(About::Client),
        Variable::Named(_)
        | Variable::Environment(_)
        | Variable::Tls(_)
        | Variable::AheadUrl(_)
        | Variable::AheadFile(_) => None,
    }
}

/// A header that reaches the function at origin-request outside of the cache key, or may be carried there by another.
pub(super) fn header(name: &[u8]) -> Option<About> {
    let name = str::from_utf8(name).ok()?.to_ascii_lowercase();
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let own = [CLASS_HEADER, Copies::HEADER].contains(&name.as_str());
    if own || !name.bytes().all(is_token) {
        return None;
    }
    match kind(&name) {
        Kind::Ordinary | Kind::AddedTo | Kind::Conditional | Kind::Unkeyed => {
            Some(About::Header(name))
        }
        Kind::Cookie => Some(About::Cookies),
        Kind::Host
        | Kind::AcceptEncoding
        | Kind::Authorization
        | Kind::OfRequest
        | Kind::OfConnection
        | Kind::Hidden => None,
    }
}

/// `about` matches a pattern, where JavaScript reads it alike.
pub(super) fn matches(about: About, pattern: &Pattern) -> Option<Guard> {
    let pattern = match about {
        About::Header(_) | About::Client | About::Behind(_) => {
            pattern::expression(pattern)?;
            pattern.clone()
        }
        About::Cookies => pattern::of_one_cookie(pattern)?,
    };
    let test = AtomTest::Matches(pattern);
    Some(Guard::Is(Atom { about, test }))
}

/// Which cookies a condition matches, where nothing but these groups of it is used.
pub(super) fn which(condition: &Condition, groups: &BTreeSet<u32>) -> Option<Guard> {
    let Some(Piece::Variable(name)) = condition.subject.text().only_piece() else {
        return None;
    };
    let Test::Regex(pattern) = &condition.test else {
        return None;
    };
    let between = pattern::groups_between_cookies(pattern);
    let used = between.iter().any(|group| groups.contains(group));
    let is_about_cookies = variable(name)? == About::Cookies;
    match matches(About::Cookies, pattern)? {
        Guard::Is(atom) if is_about_cookies && !used && !condition.negated => {
            Some(Guard::Which(atom))
        }
        _ => None,
    }
}

/// `about` is a text. What all cookies are together is not known.
pub(super) fn equals(about: About, other: &[u8]) -> Option<Guard> {
    let test = AtomTest::Equals(other.to_vec());
    (about != About::Cookies).then_some(Guard::Is(Atom { about, test }))
}

/// The client is whoever connects.
pub(super) fn is_connection() -> Guard {
    Guard::Is(Atom {
        about: About::Client,
        test: AtomTest::IsConnection,
    })
}

/// The client is in one of these networks.
pub(super) fn within(subnets: Vec<Subnet>) -> Guard {
    Guard::Is(Atom {
        about: About::Client,
        test: AtomTest::Within(subnets),
    })
}
