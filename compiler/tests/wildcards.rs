//! The wildcards of `Include` and those of the engine are one language: `apr_fnmatch` without flags.

use edgewright_engine::text::glob::{GlobMode, glob_matches};
use edgewright_parser::load::glob::matches;
use proptest::prelude::*;

fn of(bytes: &'static [u8], most: usize) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(bytes), 0..most)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parser_and_engine_agree(pattern in of(b"ab*?[]!^-\\", 9), name in of(b"ab[]!-\\", 6)) {
        prop_assert_eq!(
            matches(&pattern, &name),
            glob_matches(&pattern, &name, GlobMode::Text)
        );
    }
}
