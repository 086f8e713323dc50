//! What a rule's flags make of the text of a group (`escape_backref` of `mod_rewrite.c`).
//!
//! In: the text of a group and the flags `B`, `BNP`, `BNE`, `BCTLS`. Out: the escaped text. Absent: where the text goes;
//! see `expand`.

use crate::model::rules::RuleFlags;
use crate::text::escape::push_escaped;

/// `escape_backref`: what flag `B` and its kin make of the text of a group.
///
/// `escapes` is the value of `B=`, `no_escapes` that of `BNE=`.
pub fn escape_backreference(
    text: &[u8],
    escapes: Option<&[u8]>,
    no_escapes: Option<&[u8]>,
    flags: RuleFlags,
) -> Vec<u8> {
    let controls_only = flags.contains(RuleFlags::ESCAPE_CONTROLS);
    let mut result = Vec::with_capacity(text.len() + 8);
    for byte in text.iter().copied() {
        let by_class = if controls_only {
            byte <= b' ' || byte == 0x7f
        } else {
            escapes.is_none()
        };
        let candidate = by_class || escapes.is_some_and(|bytes| bytes.contains(&byte));
        let exempt = no_escapes.is_some_and(|bytes| bytes.contains(&byte));
        if !candidate || exempt || byte.is_ascii_alphanumeric() || byte == b'_' {
            result.push(byte);
        } else if byte == b' ' && !flags.contains(RuleFlags::ESCAPE_NO_PLUS) {
            result.push(b'+');
        } else {
            push_escaped(&mut result, byte);
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_escaped_by_flag() {
        let text = "a b&c/d.e-f_g~%é+";
        let check = |escapes: Option<&str>, no_escapes: Option<&str>, flags, expected: &str| {
            let found = escape_backreference(
                text.as_bytes(),
                escapes.map(str::as_bytes),
                no_escapes.map(str::as_bytes),
                flags,
            );
            assert_eq!(String::from_utf8_lossy(&found), expected);
        };
        let plain = RuleFlags::ESCAPE_BACKREFERENCES;
        let no_plus = plain | RuleFlags::ESCAPE_NO_PLUS;
        let controls = plain | RuleFlags::ESCAPE_CONTROLS;
        check(None, None, plain, "a+b%26c%2fd%2ee%2df_g%7e%25%c3%a9%2b");
        check(
            None,
            None,
            no_plus,
            "a%20b%26c%2fd%2ee%2df_g%7e%25%c3%a9%2b",
        );
        check(None, Some("&/"), plain, "a+b&c/d%2ee%2df_g%7e%25%c3%a9%2b");
        check(Some("&a"), None, plain, "a b%26c/d.e-f_g~%é+");
        check(None, None, controls, "a+b&c/d.e-f_g~%é+");
        check(
            Some("&"),
            None,
            controls | RuleFlags::ESCAPE_NO_PLUS,
            "a%20b%26c/d.e-f_g~%é+",
        );
    }
}
