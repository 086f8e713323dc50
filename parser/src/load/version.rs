//! `<IfVersion>`.
//!
//! In: its words and the server's version. Out: whether it is true. Absent: the section itself.

use std::cmp::Ordering;

use super::options::RegexTest;

/// Asks `<IfVersion words…>` about `version`, for example `2.4.71` (`start_ifversion` of
/// `mod_version.c`).
///
/// # Errors
/// What Apache says to an operator or a version it cannot read.
pub(super) fn holds(
    words: &[&[u8]],
    version: &str,
    regex: Option<RegexTest>,
) -> Result<bool, String> {
    let (operator, operand) = match words {
        [operand] => (b"=".as_slice(), *operand),
        [operator, operand, ..] => (*operator, *operand),
        [] => return Err("`<IfVersion>` needs a version".to_owned()),
    };
    let (reverse, operator) = match operator {
        [b'!', rest @ ..] if !rest.is_empty() => (true, rest),
        _ => (false, operator),
    };
    let order = || compare(version, operand);
    let found = match (operator, operand) {
        (b"=" | b"==", [b'/', expression @ .., b'/']) => asks(expression, version, regex)?,
        (b"=" | b"==", _) => order()? == Ordering::Equal,
        (b"~", _) => asks(operand, version, regex)?,
        (b"<", _) => order()? == Ordering::Less,
        (b"<=", _) => order()? != Ordering::Greater,
        (b">", _) => order()? == Ordering::Greater,
        (b">=", _) => order()? != Ordering::Less,
        _ => {
            return Err(format!(
                "`{}` is no operator of `<IfVersion>`",
                shown(operator)
            ));
        }
    };
    Ok(found != reverse)
}

fn asks(expression: &[u8], version: &str, regex: Option<RegexTest>) -> Result<bool, String> {
    let Some(regex) = regex else {
        return Err("no regular expressions are read here".to_owned());
    };
    let found = regex(expression, version.as_bytes());
    found.ok_or_else(|| format!("`{}` is no regular expression", shown(expression)))
}

/// Compares the server's version with `operand`; parts left out are 0.
fn compare(version: &str, operand: &[u8]) -> Result<Ordering, String> {
    let wanted = parts(operand).ok_or_else(|| format!("`{}` is no version", shown(operand)))?;
    Ok(parts(version.as_bytes()).unwrap_or_default().cmp(&wanted))
}

fn parts(text: &[u8]) -> Option<[u32; 3]> {
    let mut numbers = [0; 3];
    for (index, part) in text.split(|byte| *byte == b'.').enumerate() {
        *numbers.get_mut(index)? = std::str::from_utf8(part).ok()?.parse().ok()?;
    }
    Some(numbers)
}

fn shown(text: &[u8]) -> String {
    String::from_utf8_lossy(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::holds;

    /// A regular expression that consists of `^` and plain text.
    fn begins(expression: &[u8], text: &[u8]) -> Option<bool> {
        let plain: Vec<u8> = expression
            .iter()
            .copied()
            .filter(|byte| *byte != b'\\')
            .collect();
        Some(text.starts_with(plain.strip_prefix(b"^")?))
    }

    #[test]
    fn asks_the_version() {
        let cases: &[(&str, Result<bool, ()>)] = &[
            ("2.4.71", Ok(true)),
            ("2.4", Ok(false)),
            (">= 2.4", Ok(true)),
            ("> 2.4.71", Ok(false)),
            ("<= 2.4.71", Ok(true)),
            ("< 2.5", Ok(true)),
            ("!>= 2.4", Ok(false)),
            ("= /^2\\.4\\./", Ok(true)),
            ("~ ^2\\.2", Ok(false)),
            ("!~ ^2\\.2", Ok(true)),
            ("=> 2.4", Err(())),
            (">= two", Err(())),
        ];
        for (text, expected) in cases {
            let words: Vec<&[u8]> = text.split(' ').map(str::as_bytes).collect();
            let found = holds(&words, "2.4.71", Some(begins));
            assert_eq!(found.map_err(|_| ()), *expected, "{text}");
        }
    }

    #[test]
    fn without_regular_expressions_none_is_asked() {
        let words: &[&[u8]] = &[b"~", b"^2"];
        assert!(holds(words, "2.4.71", None).is_err());
        assert_eq!(holds(&[b">", b"2"], "2.4.71", None), Ok(true));
    }
}
