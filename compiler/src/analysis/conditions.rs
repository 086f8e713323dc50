//! Conditions that ask for what never comes.
//!
//! In: a condition. Out: findings. Absent: host names, query strings, files; see [`super::lints`].

use edgewright_engine::model::rules::{Condition, Test};
use edgewright_engine::pattern::syntax::Syntax;

use super::Finding;
use super::lints::{Slip, asks_about};
use crate::replay::{Shows, Tries};

/// `%{REQUEST_URI}` begins with a slash.
pub(super) fn uri_without_slash(slip: &Slip<'_>, condition: &Condition) -> Option<Finding> {
    if !asks_about(condition, &[b"REQUEST_URI"]) {
        return None;
    }
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
    let text = match &condition.test {
        Test::Regex(pattern) => {
            let syntax = pattern.syntax();
            syntax.as_ref().and_then(Syntax::head)?.text.to_vec()
        }
        Test::Equal(text) => text.clone(),
        _ => return None,
    };
    text.first().is_some_and(is_word).then(|| {
        // The path that was meant, where the rule is for it; else another one that the rule is for.
        let path = [b"/".as_slice(), &text].concat();
        let tries = Tries::Any(slip.position, Some(path));
        let shows = if condition.negated {
            Shows::Holds
        } else {
            Shows::Fails
        };
        let headline = "%{REQUEST_URI} is compared with a text that has no slash in front";
        let label = if condition.negated {
            "always holds"
        } else {
            "never holds"
        };
        Finding::warning("uri-without-slash", condition.place, headline)
            .label(label)
            .help("begin with ^/: %{REQUEST_URI} is the whole path, in .htaccess too")
            .shows(shows, tries)
    })
}
