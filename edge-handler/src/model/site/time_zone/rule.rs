//! The rule of a time zone, as POSIX writes it in `TZ`: `CET-1CEST,M3.5.0,M10.5.0/3`.
//!
//! In: the text, or a moment. Out: [`Rule`], or the seconds local time is ahead of UTC. Absent: what was before
//! the rule; see [`TimeZone`](super::TimeZone).

use serde::{Deserialize, Serialize};

const DAY: i64 = 86_400;

/// When local time is how far ahead of UTC, every year alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rule {
    /// Seconds ahead of UTC outside of summer time.
    pub standard: i32,
    /// Summer time: seconds ahead of UTC, when it begins, and when it ends.
    pub summer: Option<(i32, Switch, Switch)>,
}

/// A moment of every year at which clocks are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switch {
    /// The day.
    pub day: Day,
    /// Seconds after the beginning of the day, by the clock before the change; may be negative.
    pub time: i32,
}

/// A day of every year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Day {
    /// `Jn`: 1 to 365, 29 February never counted.
    Julian(u16),
    /// `n`: 0 to 365, 29 February counted.
    Count(u16),
    /// `Mm.w.d`: month 1 to 12, week 1 to 5 (5 for the last), weekday 0 (Sunday) to 6.
    Weekday(u8, u8, u8),
}

impl Rule {
    /// The rule that is always this many seconds ahead of UTC.
    pub fn fixed(standard: i32) -> Self {
        Self {
            standard,
            summer: None,
        }
    }

    /// Reads a rule. `None` for what POSIX and RFC 8536 do not write.
    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = Rest(text.as_bytes());
        rest.name()?;
        let standard = -rest.time()?;
        if rest.0.is_empty() {
            return Some(Self::fixed(standard));
        }
        rest.name()?;
        let summer = match rest.0.first() {
            Some(b',') => standard + 3600,
            _ => -rest.time()?,
        };
        let (begin, end) = (rest.switch()?, rest.switch()?);
        rest.0.is_empty().then_some(Self {
            standard,
            summer: Some((summer, begin, end)),
        })
    }

    /// Seconds that local time is ahead of UTC, at `now` seconds since 1970.
    pub fn offset_at(&self, now: i64) -> i64 {
        let standard = i64::from(self.standard);
        let Some((summer, begin, end)) = self.summer else {
            return standard;
        };
        let summer = i64::from(summer);
        let year = year_of(now.saturating_add(standard));
        let begin = begin.at(year).saturating_sub(standard);
        let end = end.at(year).saturating_sub(summer);
        let is_summer = if begin < end {
            begin <= now && now < end
        } else {
            // South of the equator summer goes over the turn of the year.
            now < end || begin <= now
        };
        if is_summer { summer } else { standard }
    }
}

impl Switch {
    /// The moment in `year`, in seconds since 1970 by the local clock.
    fn at(self, year: i64) -> i64 {
        let first = days_before(year);
        let is_leap = days_before(year.saturating_add(1)).saturating_sub(first) == 366;
        let day = match self.day {
            Day::Julian(day) => i64::from(day) - 1 + i64::from(is_leap && day > 59),
            Day::Count(day) => i64::from(day),
            Day::Weekday(month, week, weekday) => {
                weekday_of_month(first, is_leap, month, week, weekday)
            }
        };
        let seconds = first.saturating_add(day).saturating_mul(DAY);
        seconds.saturating_add(i64::from(self.time))
    }
}

/// The day of the year, from 0, of a weekday of a month; `first` is the first day of the year.
fn weekday_of_month(first: i64, is_leap: bool, month: u8, week: u8, weekday: u8) -> i64 {
    const BEFORE: [i64; 13] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];
    let before = |month: usize| {
        let days = BEFORE.get(month).copied().unwrap_or(365);
        days + i64::from(is_leap && month > 1)
    };
    let month = usize::from(month.clamp(1, 12));
    let (begin, end) = (before(month - 1), before(month));
    // 1 January 1970 was a Thursday.
    let first_weekday = first.saturating_add(begin + 4).rem_euclid(7);
    let ahead = (i64::from(weekday) - first_weekday).rem_euclid(7);
    let weeks = i64::from(week.clamp(1, 5)) - 1;
    let day = begin + ahead + 7 * weeks;
    if day >= end { day - 7 } else { day }
}

/// Days from the beginning of 1970 to that of `year`.
fn days_before(year: i64) -> i64 {
    let last = year.saturating_sub(1);
    let leaps = last.div_euclid(4) - last.div_euclid(100) + last.div_euclid(400);
    year.saturating_sub(1970)
        .saturating_mul(365)
        .saturating_add(leaps - 477)
}

/// The year of a moment.
fn year_of(seconds: i64) -> i64 {
    let days = seconds.div_euclid(DAY);
    // Four hundred years have 146,097 days, so that this is early by a year or two, and never late.
    let mut year = 1970 + (days.saturating_mul(400) / 146_097) - 1;
    while days_before(year + 1) <= days {
        year += 1;
    }
    year
}

/// What is left of a text.
struct Rest<'t>(&'t [u8]);

impl Rest<'_> {
    /// `CET`, `<+01>`.
    fn name(&mut self) -> Option<()> {
        let quoted = self.0.first() == Some(&b'<');
        let length = if quoted {
            self.0.iter().position(|byte| *byte == b'>')? + 1
        } else {
            let letters = self.0.iter();
            letters
                .take_while(|byte| byte.is_ascii_alphabetic())
                .count()
        };
        (length >= 3).then(|| self.skip(length))
    }

    fn skip(&mut self, length: usize) {
        self.0 = self.0.get(length..).unwrap_or_default();
    }

    fn takes(&mut self, byte: u8) -> bool {
        let is_it = self.0.first() == Some(&byte);
        if is_it {
            self.skip(1);
        }
        is_it
    }

    fn number(&mut self, most: i32) -> Option<i32> {
        let length = self
            .0
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        let text = std::str::from_utf8(self.0.get(..length)?).ok()?;
        let number = text.parse().ok().filter(|number| *number <= most)?;
        self.skip(length);
        Some(number)
    }

    /// `-1`, `3:30`, `+2:00:30`: at most a week, as RFC 8536 allows.
    fn time(&mut self) -> Option<i32> {
        let sign = if self.takes(b'-') { -1 } else { 1 };
        if sign == 1 {
            self.takes(b'+');
        }
        let mut seconds = self.number(167)? * 3600;
        for unit in [60, 1] {
            if !self.takes(b':') {
                break;
            }
            seconds += self.number(59)? * unit;
        }
        Some(sign * seconds)
    }

    /// `,M3.5.0/2`.
    fn switch(&mut self) -> Option<Switch> {
        if !self.takes(b',') {
            return None;
        }
        let day = self.day()?;
        let time = if self.takes(b'/') { self.time()? } else { 7200 };
        Some(Switch { day, time })
    }

    fn day(&mut self) -> Option<Day> {
        if self.takes(b'M') {
            let month = self.part(1, 12)?;
            let week = self.takes(b'.').then(|| self.part(1, 5))??;
            let weekday = self.takes(b'.').then(|| self.part(0, 6))??;
            return Some(Day::Weekday(month, week, weekday));
        }
        if self.takes(b'J') {
            let day = self.number(365).filter(|day| *day > 0)?;
            return Some(Day::Julian(u16::try_from(day).ok()?));
        }
        let day = self.number(365)?;
        Some(Day::Count(u16::try_from(day).ok()?))
    }

    fn part(&mut self, least: i32, most: i32) -> Option<u8> {
        let number = self.number(most).filter(|number| *number >= least)?;
        u8::try_from(number).ok()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]
    use proptest::prelude::*;

    use super::*;
    use crate::model::site::TimeZone;

    const BERLIN: &str = "CET-1CEST,M3.5.0,M10.5.0/3";

    fn check(rule: &str, now: i64, expected: i64) {
        let rule = Rule::parse(rule).unwrap();
        assert_eq!(rule.offset_at(now), expected, "{rule:?} at {now}");
    }

    #[test]
    fn clocks_are_changed_when_the_rule_says() {
        // 29 March 2026, 01:00 UTC, and 25 October 2026, 01:00 UTC.
        check(BERLIN, 1_774_745_999, 3600);
        check(BERLIN, 1_774_746_000, 7200);
        check(BERLIN, 1_792_889_999, 7200);
        check(BERLIN, 1_792_890_000, 3600);
        check(BERLIN, 0, 3600);
        // New York: 8 March 2026, 07:00 UTC; 1 November 2026, 06:00 UTC.
        let new_york = "EST5EDT,M3.2.0,M11.1.0";
        check(new_york, 1_772_953_199, -18_000);
        check(new_york, 1_772_953_200, -14_400);
        check(new_york, 1_793_512_799, -14_400);
        check(new_york, 1_793_512_800, -18_000);
        // Sydney: summer over the turn of the year; 5 April 2026, 16:00 UTC on the 4th.
        let sydney = "AEST-10AEDT,M10.1.0,M4.1.0/3";
        check(sydney, 1_775_318_399, 39_600);
        check(sydney, 1_775_318_400, 36_000);
        check(sydney, 1_767_225_600, 39_600);
        // Greenland's changes are the evening before.
        let nuuk = "<-02>2<-01>,M3.5.0/-1,M10.5.0/0";
        check(nuuk, 1_774_745_999, -7200);
        check(nuuk, 1_774_746_000, -3600);
        check("<+0530>-5:30", 1_774_745_999, 19_800);
        check("UTC0", 5, 0);
        check("XXX3YYY,J60,J300", 951_868_800, -10_800);
        check("XXX0", i64::MAX, 0);
    }

    #[test]
    fn changes_hold_until_the_last_of_them() {
        let zone = TimeZone {
            name: String::new(),
            changes: vec![(10, 60), (20, 120), (30, 3600)],
            rule: Rule::fixed(3600),
        };
        let check = |now, expected| assert_eq!(zone.offset_at(now), expected, "{now}");
        check(9, 3600);
        check(10, 60);
        check(29, 120);
        check(30, 3600);
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        let none = [
            "",
            "CET",
            "1",
            "CET-1CEST",
            "CET-1CEST,M3.5.0",
            "CET-1CEST,M13.5.0,M10.5.0",
            "CET-1CEST,M3.0.0,M10.5.0",
            "CET-1CEST,M3.5.7,M10.5.0",
            "CET-1CEST,J0,J5",
            "CET-1x",
            "CET-1CEST,366,1",
            "CET-999",
            "<CET-1",
            "CET-1CEST,M3.5.0,M10.5.0/3x",
            "CET-1:60",
        ];
        for text in none {
            assert_eq!(Rule::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_and_any_moment_will_do(text: String, now: i64) {
            if let Some(rule) = Rule::parse(&text) {
                rule.offset_at(now);
            }
        }

        #[test]
        fn any_rule_and_any_moment_will_do(
            offsets: (i32, i32),
            begin: (u8, u8, u8, i32),
            day: u16,
            now: i64,
        ) {
            let begin = Switch { day: Day::Weekday(begin.0, begin.1, begin.2), time: begin.3 };
            for day in [Day::Julian(day), Day::Count(day)] {
                let end = Switch { day, time: offsets.0 };
                let rule = Rule { standard: offsets.0, summer: Some((offsets.1, begin, end)) };
                rule.offset_at(now);
            }
        }

        #[test]
        fn a_year_is_that_of_its_days(year in -400i64..4000, day in 0i64..365) {
            let seconds = (days_before(year) + day) * DAY;
            prop_assert_eq!(year_of(seconds), year);
        }
    }
}
