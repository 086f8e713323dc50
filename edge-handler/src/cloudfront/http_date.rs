//! Dates of HTTP headers.
//!
//! In: `Sun, 06 Nov 1994 08:49:37 GMT`. Out: seconds since 1970. Absent: the two forms of before 1990, which count as
//! no date.

use std::time::UNIX_EPOCH;

/// The length of a date in today's form.
const LENGTH: usize = 29;

/// The seconds since 1970 of `text`; `None` when it is no date, or one before 1970.
pub(super) fn seconds(text: &str) -> Option<u64> {
    let text = Some(text).filter(|text| text.len() == LENGTH)?;
    let time = httpdate::parse_http_date(text).ok()?;
    Some(time.duration_since(UNIX_EPOCH).ok()?.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read() {
        let check = |text, expected| assert_eq!(seconds(text), expected, "{text}");
        check("Thu, 01 Jan 1970 00:00:00 GMT", Some(0));
        check("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777));
        check("Thu, 29 Feb 2024 12:00:00 GMT", Some(1_709_208_000));
        check("-1", None);
        check("0", None);
        check("Sunday, 06-Nov-94 08:49:37 GMT", None);
    }
}
