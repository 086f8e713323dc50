//! The time of a logged request, as the log writes it.
//!
//! In: the texts of Apache (`10/Oct/2000:13:55:36 -0700`), of ISO 8601, and numbers since 1970. Out: a
//! [`Time`]. Absent: the clock of this machine.

use std::fmt;

/// Names of months as logs and people write them.
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Seconds of a day.
const DAY: i64 = 86_400;

/// A number since 1970 that is larger than this many seconds counts milliseconds.
const LATEST_SECONDS: f64 = 100_000_000_000.0;

/// The second a request was logged in. Times compare by the moment, whatever their time zones are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time {
    /// Seconds since 1970, in UTC.
    seconds: i64,
    /// What the log's time zone adds to UTC, in minutes.
    zone: i32,
}

impl Time {
    /// Reads `10/Oct/2000:13:55:36 -0700`.
    pub fn of_apache(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?.trim();
        let (text, zone) = text.split_once(' ').unwrap_or((text, "+0000"));
        let (date, clock) = text.split_once(':')?;
        let mut date = date.split('/');
        let day = date.next()?.parse().ok()?;
        let month = date.next()?;
        let month = (1..).zip(MONTHS).find(|(_, name)| *name == month)?.0;
        let year = date.next()?.parse().ok()?;
        Self::new((year, month, day), clock, zone)
    }

    /// Reads `2018-07-02T22:23:00.186Z` and its variants: a blank for the `T`, another time zone or none.
    pub fn of_iso(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?.trim();
        let (date, rest) = text.split_once(['T', ' '])?;
        let zone = rest.find(['Z', '+', '-', ' ']).unwrap_or(rest.len());
        let (clock, zone) = (rest.get(..zone)?, rest.get(zone..)?.trim());
        let mut date = date.split('-');
        let year = date.next()?.parse().ok()?;
        let month = date.next()?.parse().ok()?;
        let day = date.next()?.parse().ok()?;
        let zone = if matches!(zone, "" | "Z") {
            "+0000"
        } else {
            zone
        };
        Self::new((year, month, day), clock, zone)
    }

    /// The time that many seconds, or milliseconds, after the beginning of 1970.
    pub fn of_number(number: f64) -> Option<Self> {
        let seconds = if number > LATEST_SECONDS {
            number / 1000.0
        } else {
            number
        };
        if !(1.0..LATEST_SECONDS).contains(&seconds) {
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the number is checked to be small; fractions of a second do not count"
        )]
        let seconds = seconds as i64;
        Some(Self { seconds, zone: 0 })
    }

    /// Reads a time in any of the forms.
    pub fn of_any(text: &[u8]) -> Option<Self> {
        let number = || std::str::from_utf8(text).ok()?.trim().parse().ok();
        let number = || number().and_then(Self::of_number);
        Self::of_apache(text)
            .or_else(|| Self::of_iso(text))
            .or_else(number)
    }

    fn new((year, month, day): (i64, i64, i64), clock: &str, zone: &str) -> Option<Self> {
        let clock = clock.split(['.', ',']).next()?;
        let mut clock = clock.split(':').map(|part| part.parse::<i64>().ok());
        let mut part = |most| clock.next()?.filter(|part| (0..=most).contains(part));
        let (hour, minute) = (part(23)?, part(59)?);
        let second = part(60).unwrap_or(0);
        let is_date =
            (1970..10_000).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
        let zone = minutes(zone)?;
        let local = days(year, month, day) * DAY + hour * 3600 + minute * 60 + second;
        let seconds = local - i64::from(zone) * 60;
        is_date.then_some(Self { seconds, zone })
    }

    /// Seconds from `earlier` to this time.
    pub fn since(self, earlier: Self) -> i64 {
        self.seconds - earlier.seconds
    }

    /// Whether both are on the same day in the same time zone.
    pub fn is_same_day(self, other: Self) -> bool {
        self.zone == other.zone && self.local().div_euclid(DAY) == other.local().div_euclid(DAY)
    }

    /// `13:55`.
    pub fn to_clock(self) -> String {
        let seconds = self.local().rem_euclid(DAY);
        format!("{:02}:{:02}", seconds / 3600, seconds / 60 % 60)
    }

    /// `2000-10-10T13:55:36-07:00`.
    pub fn to_iso(self) -> String {
        let (year, month, day) = date(self.local().div_euclid(DAY));
        let clock = self.to_clock();
        let second = self.local().rem_euclid(60);
        let sign = if self.zone < 0 { '-' } else { '+' };
        let zone = self.zone.abs();
        format!(
            "{year:04}-{month:02}-{day:02}T{clock}:{second:02}{sign}{:02}:{:02}",
            zone / 60,
            zone % 60
        )
    }

    fn local(self) -> i64 {
        self.seconds + i64::from(self.zone) * 60
    }
}

impl fmt::Display for Time {
    /// `10 Oct 2000 13:55`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = date(self.local().div_euclid(DAY));
        let month = usize::try_from(month - 1).ok();
        let month = month.and_then(|month| MONTHS.get(month)).unwrap_or(&"");
        write!(out, "{day} {month} {year} {}", self.to_clock())
    }
}

/// `-0700` or `-07:00` in minutes.
fn minutes(zone: &str) -> Option<i32> {
    let digits = zone.trim_start_matches(['+', '-']).replace(':', "");
    let number: i32 = digits.parse().ok()?;
    let minutes = match digits.len() {
        2 => number * 60,
        4 => number / 100 * 60 + number % 100,
        _ => return None,
    };
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    (number >= 0).then_some(sign * minutes)
}

/// Days from 1970-01-01 to a date of the Gregorian calendar. A year is taken to begin in March, so that
/// the leap day is its last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of a number of days since 1970-01-01: the inverse of [`days`].
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::Time;

    fn check(text: &str, expected: Option<(&str, &str)>) {
        let time = Time::of_any(text.as_bytes());
        let found = time.map(|time| (time.to_string(), time.to_iso()));
        let expected = expected.map(|(text, iso)| (text.to_owned(), iso.to_owned()));
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn times_of_logs_are_read() {
        let apache = ("10 Oct 2000 13:55", "2000-10-10T13:55:36-07:00");
        check("10/Oct/2000:13:55:36 -0700", Some(apache));
        check("2000-10-10T13:55:36-07:00", Some(apache));
        let utc = ("29 Feb 2024 00:01", "2024-02-29T00:01:02+00:00");
        check("2024-02-29T00:01:02.345678Z", Some(utc));
        check("2024-02-29 00:01:02", Some(utc));
        check("1709164862.5", Some(utc));
        check("1709164862500", Some(utc));
        let india = ("1 Jan 2026 05:30", "2026-01-01T05:30:00+05:30");
        check("01/Jan/2026:05:30:00 +0530", Some(india));
    }

    #[test]
    fn other_texts_are_no_times() {
        for text in [
            "",
            "x",
            "-",
            "0",
            "NaN",
            "1e300",
            "99/Oct/2000:13:55:36 -0700",
            "10/Okt/2000:13:55:36 -0700",
            "2000-13-01T00:00:00Z",
            "9999999999999999999-01-01T00:00:00Z",
            "10/Oct/2000:13:55:36 -99999999999",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn dates_are_the_inverse_of_days() {
        for number in (-200_000..3_000_000).step_by(17) {
            let (year, month, day) = super::date(number);
            assert_eq!(super::days(year, month, day), number);
        }
    }
}
