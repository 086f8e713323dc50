//! Dates of HTTP headers.
//!
//! In: `Sun, 06 Nov 1994 08:49:37 GMT`. Out: seconds since 1970. Absent: the two forms of before 1990, which count as
//! no date.

/// The names of months as dates have them.
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// The seconds since 1970 of `text`; `None` when it is no date, or one before 1970.
pub(super) fn seconds(text: &str) -> Option<u64> {
    let (_, date) = text.split_once(", ")?;
    let mut parts = date.split(' ');
    let mut next = || parts.next();
    let (day, month, year, time) = (next()?, next()?, next()?, next()?);
    let day: u64 = day.parse().ok().filter(|day| (1..=31).contains(day))?;
    let month = MONTHS.iter().position(|name| *name == month)?;
    let year: u64 = year
        .parse()
        .ok()
        .filter(|year| (1970..10_000).contains(year))?;
    let mut clock = time.split(':').map(|part| part.parse::<u64>().ok());
    let mut next = || clock.next().flatten();
    let (hour, minute, second) = (next()?, next()?, next()?);
    Some(((days_before(year, month)? + day - 1) * 24 + hour) * 3600 + minute * 60 + second)
}

/// The days from 1970 to the first of a month, which is counted from 0.
fn days_before(year: u64, month: usize) -> Option<u64> {
    let is_leap = |year: u64| {
        year.is_multiple_of(400) || (year.is_multiple_of(4) && !year.is_multiple_of(100))
    };
    let years: u64 = (1970..year)
        .map(|year| 365 + u64::from(is_leap(year)))
        .sum();
    let february = 28 + u64::from(is_leap(year));
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    Some(years + lengths.get(..month)?.iter().sum::<u64>())
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
