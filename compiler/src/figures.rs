//! Numbers as a person reads them.
//!
//! In: whole numbers. Out: a text. Absent: units.

/// `1,234,567`.
pub fn thousands(number: impl Copy + ToString) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number with its noun.
pub fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {what}{plural}", thousands(number))
}

/// `part / whole` rounded to one digit behind the point; 0 where `whole` is.
pub fn tenths(part: usize, whole: usize) -> String {
    let tenths = (part * 10 + whole / 2).checked_div(whole).unwrap_or(0);
    format!("{}.{}", thousands(tenths / 10), tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_has_one_digit_behind_the_point() {
        assert_eq!(tenths(19, 10), "1.9");
        assert_eq!(tenths(194, 100), "1.9");
        assert_eq!(tenths(195, 100), "2.0");
        assert_eq!(tenths(12_345, 10), "1,234.5");
        assert_eq!(tenths(5, 0), "0.0");
    }

    #[test]
    fn three_digits_stand_together() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(60_118), "60,118");
        assert_eq!(thousands(1_234_567), "1,234,567");
    }
}
