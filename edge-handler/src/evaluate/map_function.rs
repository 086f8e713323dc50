//! The functions of `RewriteMap int:` (`mod_rewrite.c`).
//!
//! In: a function and a key. Out: the value. Absent: maps with entries; see `source`.

use crate::model::site::MapFunction;
use crate::text::escape::{SlashDecoding, Unreserved, escape_uri, truncate_at_nul, unescape_url};

/// `RewriteMap int:`: the functions of `mod_rewrite.c`.
pub fn map_function(function: MapFunction, key: &[u8]) -> Vec<u8> {
    match function {
        MapFunction::ToLower => key.to_ascii_lowercase(),
        MapFunction::ToUpper => key.to_ascii_uppercase(),
        MapFunction::Escape => escape_uri(key),
        MapFunction::Unescape => {
            let (mut text, _) = unescape_url(key, SlashDecoding::Decode, Unreserved::Decode);
            truncate_at_nul(&mut text);
            text
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn map_functions_work_on_ascii() {
        let check = |function, key: &str, value: &str| {
            let found = map_function(function, key.as_bytes());
            assert_eq!(String::from_utf8_lossy(&found), value);
        };
        check(MapFunction::ToLower, "AbÉ", "abÉ");
        check(MapFunction::ToUpper, "aBé", "ABé");
        check(MapFunction::Escape, "a b/%", "a%20b/%25");
        check(MapFunction::Unescape, "a%20b%2f%zz%00c", "a b/%zz");
    }
}
