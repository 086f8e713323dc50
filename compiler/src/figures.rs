//! Numbers as a person reads them.
//!
//! In: a whole number. Out: a text. Absent: units, and rounding.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_stand_together() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(60_118), "60,118");
        assert_eq!(thousands(1_234_567), "1,234,567");
    }
}
