//! Condition patterns.
//!
//! In: a test string and the pattern after its `!`. Out: [`CondPattern`]. Absent: compiling regular
//! expressions and `ap_expr`.

use crate::syntax::{CondPattern, TextComparison};

/// Sorts a condition pattern into its kind (`cmd_rewritecond`).
pub(crate) fn classify(test_string: &[u8], pattern: &[u8]) -> CondPattern {
    if test_string.eq_ignore_ascii_case(b"expr") {
        return CondPattern::Expression(pattern.to_vec());
    }
    match pattern {
        [] | [_] => CondPattern::Regex(pattern.to_vec()),
        [b'-', test] if is_file_test(*test) => CondPattern::File(*test),
        [b'-', first, second, operand @ ..] if is_integer_test(*first, *second, operand) => {
            CondPattern::Integer([*first, *second], operand.to_vec())
        }
        [b'>', b'=', operand @ ..] => text(TextComparison::GreaterOrEqual, operand),
        [b'>', operand @ ..] => text(TextComparison::Greater, operand),
        [b'<', b'=', operand @ ..] => text(TextComparison::LessOrEqual, operand),
        [b'<', operand @ ..] => text(TextComparison::Less, operand),
        b"=\"\"" => text(TextComparison::Equal, b""),
        [b'=', operand @ ..] => text(TextComparison::Equal, operand),
        _ => CondPattern::Regex(pattern.to_vec()),
    }
}

fn text(comparison: TextComparison, operand: &[u8]) -> CondPattern {
    CondPattern::Text(comparison, operand.to_vec())
}

fn is_file_test(test: u8) -> bool {
    matches!(
        test,
        b'f' | b's' | b'd' | b'x' | b'h' | b'L' | b'l' | b'U' | b'F'
    )
}

/// Without an operand, `-eq` is a regular expression.
fn is_integer_test(first: u8, second: u8, operand: &[u8]) -> bool {
    !operand.is_empty()
        && matches!(
            &[first, second],
            b"lt" | b"le" | b"eq" | b"ge" | b"gt" | b"ne"
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, expected: &CondPattern) {
        assert_eq!(
            &classify(b"%{QUERY_STRING}", pattern.as_bytes()),
            expected,
            "{pattern}"
        );
    }

    #[test]
    fn short_patterns_are_regular_expressions() {
        for pattern in ["", "=", "<", ">", "-", "a"] {
            check(pattern, &CondPattern::Regex(pattern.into()));
        }
    }

    #[test]
    fn file_tests_are_case_sensitive() {
        for test in *b"fsdxhLlUF" {
            check(&format!("-{}", test as char), &CondPattern::File(test));
        }
        for pattern in ["-S", "-D", "-X", "-H", "-u", "-z", "-ff"] {
            check(pattern, &CondPattern::Regex(pattern.into()));
        }
    }

    #[test]
    fn integer_tests_need_an_operand() {
        for name in [b"lt", b"le", b"eq", b"ge", b"gt", b"ne"] {
            let written = format!("-{}", String::from_utf8_lossy(name));
            check(&written, &CondPattern::Regex(written.clone().into()));
            check(
                &format!("{written}5"),
                &CondPattern::Integer(*name, b"5".to_vec()),
            );
            check(
                &format!("{written} 5"),
                &CondPattern::Integer(*name, b" 5".to_vec()),
            );
        }
        check("-LT5", &CondPattern::Regex(b"-LT5".to_vec()));
        check("-nt5", &CondPattern::Regex(b"-nt5".to_vec()));
    }

    #[test]
    fn text_comparisons_may_have_an_empty_operand() {
        for (pattern, comparison, operand) in [
            ("=a", TextComparison::Equal, "a"),
            ("==", TextComparison::Equal, "="),
            ("=\"\"", TextComparison::Equal, ""),
            ("=\"\"a", TextComparison::Equal, "\"\"a"),
            ("=\"a\"", TextComparison::Equal, "\"a\""),
            ("<a", TextComparison::Less, "a"),
            ("<=", TextComparison::LessOrEqual, ""),
            ("<=\"\"", TextComparison::LessOrEqual, "\"\""),
            (">a", TextComparison::Greater, "a"),
            (">=a", TextComparison::GreaterOrEqual, "a"),
            ("><", TextComparison::Greater, "<"),
        ] {
            check(pattern, &text(comparison, operand.as_bytes()));
        }
    }

    #[test]
    fn an_expression_takes_any_pattern() {
        for test_string in ["expr", "EXPR", "Expr"] {
            for pattern in ["", "-f", "=a", "true"] {
                let expected = CondPattern::Expression(pattern.into());
                assert_eq!(
                    classify(test_string.as_bytes(), pattern.as_bytes()),
                    expected
                );
            }
        }
        assert_eq!(classify(b"expression", b"-f"), CondPattern::File(b'f'));
    }
}
