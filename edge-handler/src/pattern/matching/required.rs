//! A text without which a pattern cannot match: asked for before an engine is started.
//!
//! In: a pattern. Out: the text. Absent: looking for it; see `model::rules::prefilter`.
//!
//! Lists of thousands of conditions about one header (spam, robots) differ in one word each. To look for a
//! word takes tens of nanoseconds, to run an engine over a long header some microseconds.

use crate::pattern::Pattern;
use crate::pattern::syntax::Fidelity;

/// A shorter text tells too little.
const SHORTEST: usize = 3;

/// A text that stands, with letters of either case, in every subject of `pattern`. `None` when there is none,
/// or the pattern may mean something else in PCRE2.
pub(crate) fn text(pattern: &Pattern) -> Option<Vec<u8>> {
    let syntax = pattern.syntax()?;
    let text = syntax.longest_literal();
    let tells = text.len() >= SHORTEST && syntax.fidelity == Fidelity::Same;
    tells.then(|| text.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::PatternOptions;

    fn check(pattern: &str, expected: Option<&str>) {
        let found = text(&Pattern::new(pattern, PatternOptions::default()));
        assert_eq!(found.as_deref(), expected.map(str::as_bytes), "{pattern}");
    }

    #[test]
    fn the_longest_literal_there_must_be() {
        check(
            r"^https?://([^.]+\.)*Spam-17\.example",
            Some("Spam-17.example"),
        );
        check("(abc)+[a-z]*de", Some("abc"));
        check("a(?:bcd)?ef(?:ghi){2}", Some("ghi"));
        check("ab[0-9]cd", None);
        check("(?:abcd|efgh)", None);
        check("(?:abcd)*", None);
        check("", None);
    }
}
