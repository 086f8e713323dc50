//! Conditions that ask for what never comes.
//!
//! In: a condition. Out: findings. Absent: host names, query strings, files; see [`super::lints`].

use edgewright_engine::model::rules::{Condition, Test};
use edgewright_engine::pattern::syntax::Syntax;

use super::Finding;
use super::lints::asks_about;

/// `%{REQUEST_URI}` begins with a slash.
pub(super) fn uri_without_slash(condition: &Condition) -> Option<Finding> {
    if !asks_about(condition, &[b"REQUEST_URI"]) {
        return None;
    }
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
    let never = match &condition.test {
        Test::Regex(pattern) => {
            let syntax = pattern.syntax();
            let head = syntax.as_ref().and_then(Syntax::head);
            head.is_some_and(|head| head.text.first().is_some_and(is_word))
        }
        Test::Equal(text) => text.first().is_some_and(is_word),
        _ => false,
    };
    never.then(|| {
        let headline = "%{REQUEST_URI} is compared with a text that has no slash in front";
        let label = if condition.negated {
            "always holds"
        } else {
            "never holds"
        };
        Finding::warning("uri-without-slash", condition.place, headline)
            .label(label)
            .help("begin with ^/: %{REQUEST_URI} is the whole path, in .htaccess too")
    })
}
