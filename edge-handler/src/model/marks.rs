//! What stands at the beginning of a class of viewers: what no event at origin-request tells of a request.
//!
//! In: what answers depend on; a request as CloudFront got it. Out: [`Marks`], their text, and what they [tell](Told) the
//! function behind the cache. Absent: conditions, which follow in the class; the JavaScript that writes the same text.
//!
//! CloudFront keeps one answer for all requests with the same text, so that whatever the text does not tell must not be
//! asked: the function takes the time and its random number from there, not from its own clock.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

/// Different random numbers in classes: so many answers are kept for a path.
pub const DRAWS: u8 = 64;

/// What answers depend on and no event at origin-request tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Marks {
    /// `G` or `H`: GET and HEAD share an entry of the cache.
    pub head: Head,
    /// `?` where nothing follows the one that was sent.
    pub bare_mark: BareMark,
    /// The time, as far as rules read it, and a `t`.
    pub time: Option<Exactness>,
    /// A random number and a `c`.
    pub choice: Choice,
}

/// Do answers tell `GET` from `HEAD`?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Head {
    /// Both have the same answers.
    #[default]
    Same,
    /// The marks have `H` for `HEAD`, and `G` for others.
    Apart,
}

/// Do answers tell `/a?` from `/a`?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BareMark {
    /// Both have the same answers.
    #[default]
    Same,
    /// The marks have a `?` for the first.
    Apart,
}

/// How exactly rules read the time, the coarsest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Exactness {
    /// To the hour, the day, the month or the year.
    Hour,
    /// To the minute.
    Minute,
    /// To the second.
    Second,
}

impl Exactness {
    /// So many seconds are one moment. Hours begin at quarters of each other in different time zones.
    pub const fn seconds(self) -> i64 {
        match self {
            Self::Hour => 900,
            Self::Minute => 60,
            Self::Second => 1,
        }
    }
}

/// Do rules choose at random?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Choice {
    /// No rule does.
    #[default]
    Never,
    /// The marks have a number below [`DRAWS`].
    Drawn,
}

/// A request, and the moment at which CloudFront got it.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'r> {
    /// The method.
    pub method: &'r [u8],
    /// What follows the `?`, if there is one.
    pub query: Option<&'r str>,
    /// Seconds since 1970.
    pub now: i64,
    /// A random number below [`DRAWS`].
    pub draw: u8,
}

/// What marks tell of a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Told {
    /// The method was HEAD, whatever the event says.
    pub is_head: bool,
    /// A `?` with nothing behind it was sent.
    pub has_bare_mark: bool,
    /// When the request was sent, in seconds since 1970.
    pub time: Option<RangeInclusive<i64>>,
    /// What chooses at random, in place of a number of one's own.
    pub random: Option<u64>,
}

impl Marks {
    /// The text for a request.
    pub fn text(self, moment: &Moment<'_>) -> String {
        let mut text = String::new();
        match self.head {
            Head::Same => {}
            Head::Apart if moment.method == b"HEAD" => text.push('H'),
            Head::Apart => text.push('G'),
        }
        match self.bare_mark {
            BareMark::Apart if moment.query == Some("") => text.push('?'),
            BareMark::Apart | BareMark::Same => {}
        }
        if let Some(exactness) = self.time {
            text += &format!("{}t", moment.now.div_euclid(exactness.seconds()));
        }
        match self.choice {
            Choice::Never => {}
            Choice::Drawn => text += &format!("{}c", moment.draw),
        }
        text
    }

    /// What a class that begins with such marks tells.
    pub fn told(self, class: &str) -> Told {
        let mut told = Told::default();
        let mut rest = class;
        if self.head == Head::Apart {
            told.is_head = rest.starts_with('H');
            rest = rest.strip_prefix(['G', 'H']).unwrap_or(rest);
        }
        if self.bare_mark == BareMark::Apart {
            told.has_bare_mark = rest.starts_with('?');
            rest = rest.strip_prefix('?').unwrap_or(rest);
        }
        if let Some(exactness) = self.time
            && let Some((number, after)) = number(rest, 't')
        {
            let seconds = exactness.seconds();
            let first = number.saturating_mul(seconds);
            told.time = Some(first..=first.saturating_add(seconds - 1));
            rest = after;
        }
        if self.choice == Choice::Drawn {
            // Neighbours among numbers choose as differently as any.
            let spread = |draw: i64| draw.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15);
            told.random = number(rest, 'c').map(|(draw, _)| spread(draw));
        }
        told
    }
}

impl Told {
    /// The time for rules: the nearest to `now` that the marks allow.
    pub fn time_near(&self, now: i64) -> i64 {
        match &self.time {
            Some(time) => now.clamp(*time.start(), *time.end()),
            None => now,
        }
    }
}

/// The number before `end`, and what follows that.
fn number(text: &str, end: char) -> Option<(i64, &str)> {
    let (number, rest) = text.split_once(end)?;
    Some((number.parse().ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Marks = Marks {
        head: Head::Apart,
        bare_mark: BareMark::Apart,
        time: Some(Exactness::Hour),
        choice: Choice::Drawn,
    };

    #[track_caller]
    fn check(marks: Marks, (method, query): (&str, Option<&str>), text: &str, told: &Told) {
        let moment = Moment {
            method: method.as_bytes(),
            query,
            now: 1_700_000_000,
            draw: 7,
        };
        assert_eq!(marks.text(&moment), text);
        let guards = format!("{text}01Hello%3F=1t;");
        assert_eq!(marks.told(&guards), *told, "{guards}");
    }

    #[test]
    fn what_is_written_is_read() {
        let random = Some(7_u64.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let told = Told {
            is_head: true,
            has_bare_mark: true,
            time: Some(1_699_999_200..=1_700_000_099),
            random,
        };
        check(ALL, ("HEAD", Some("")), "H?1888888t7c", &told);
        let told = Told {
            is_head: false,
            has_bare_mark: false,
            ..told
        };
        check(ALL, ("GET", Some("x")), "G1888888t7c", &told);
        check(ALL, ("POST", None), "G1888888t7c", &told);
        check(Marks::default(), ("HEAD", Some("")), "", &Told::default());
        let marks = Marks {
            time: Some(Exactness::Second),
            ..Marks::default()
        };
        let told = Told {
            time: Some(1_700_000_000..=1_700_000_000),
            ..Told::default()
        };
        check(marks, ("HEAD", Some("")), "1700000000t", &told);
    }

    #[test]
    fn a_class_of_its_own_tells_nothing() {
        assert_eq!(ALL.told("!0.25"), Told::default());
        assert_eq!(ALL.told(""), Told::default());
        assert_eq!(ALL.told("G99999999999999999999t1c").time, None);
    }

    #[test]
    fn the_time_is_the_nearest_that_was_told() {
        let told = ALL.told("G2t0c");
        let near = |now| told.time_near(now);
        assert_eq!([0, 1_900, 9_000].map(near), [1_800, 1_900, 2_699]);
        assert_eq!(Told::default().time_near(5), 5);
    }
}
