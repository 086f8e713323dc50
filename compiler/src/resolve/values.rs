//! Small values in arguments.
//!
//! In: the text of a word. Out: a number, a pattern, an expression. Absent: saying where it stands.

use edgewright_engine::model::expression::Expression;
use edgewright_engine::pattern::Pattern;
use edgewright_engine::pattern::PatternOptions;

/// A regular expression Apache accepts.
///
/// # Errors
/// What PCRE2 says.
pub(crate) fn pattern(text: &[u8], options: PatternOptions) -> Result<Pattern, String> {
    let pattern = Pattern::new(text, options);
    if !is_plain(text) {
        pattern
            .check()
            .map_err(|error| format!("`{}` is no regular expression: {error}", shown(text)))?;
    }
    Ok(pattern)
}

/// True for a text that cannot fail to compile: the common case, and compiling is dear.
fn is_plain(text: &[u8]) -> bool {
    let text = text.strip_prefix(b"^").unwrap_or(text);
    let text = text.strip_suffix(b"$").unwrap_or(text);
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/_-.%~ ,:=&;@!".contains(byte);
    text.iter().all(plain)
}

/// A condition of `<If>`, `RewriteCond expr` and kin (`ap_expr_parse_cmd`).
///
/// # Errors
/// What is wrong with it.
pub(crate) fn condition(text: &[u8]) -> Result<Expression, String> {
    Expression::parse(text).map_err(|error| format!("`{}` is no expression: {error}", shown(text)))
}

/// A text with variables in it (`AP_EXPR_FLAG_STRING_RESULT`).
///
/// # Errors
/// What is wrong with it.
pub(crate) fn text(text: &[u8]) -> Result<Expression, String> {
    Expression::parse_string(text)
        .map_err(|error| format!("`{}` is no text expression: {error}", shown(text)))
}

/// A port, 1 to 65535.
pub(crate) fn port(digits: &[u8]) -> Option<u16> {
    let port = std::str::from_utf8(digits).ok()?.parse().ok()?;
    (port > 0).then_some(port)
}

/// `atoi`: the digits a text begins with; 0 without any.
pub(crate) fn leading_number(text: &[u8]) -> u32 {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0_u32, |number, digit| {
        number
            .saturating_mul(10)
            .saturating_add(u32::from(digit - b'0'))
    })
}

/// Text for a message.
pub(crate) fn shown(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}
