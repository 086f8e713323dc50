//! Flag `CO`: the text of a cookie, expanded, to a `Set-Cookie` value.
//!
//! In: the expanded text and the time. Out: [`Cookie`]. Absent: that only the first cookie of a
//! name is sent; the caller keeps the names.

use crate::text::number::leading_integer;

/// A cookie to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cookie {
    /// Its name: a request sets each name once, the first wins.
    pub name: Vec<u8>,
    /// The value of the `Set-Cookie` header.
    pub header: Vec<u8>,
    /// It is not sent after all, and its name stays taken.
    pub dropped: bool,
}

impl Cookie {
    /// Might the time be in it? Never wrong when it is.
    pub fn expires(&self) -> bool {
        let mark = b"; expires=";
        self.header.windows(mark.len()).any(|part| part == mark)
    }
}

/// Reads `NAME:VALUE:DOMAIN[:minutes[:path[:secure[:httponly[:samesite]]]]]` (`add_cookie` of
/// `mod_rewrite.c`). `now` is in seconds since 1970. `None` when name, value or domain is missing.
pub fn set_cookie(text: &[u8], now: i64) -> Option<Cookie> {
    let (separator, text) = match text.strip_prefix(b";") {
        Some(text) => (b';', text),
        None => (b':', text),
    };
    let mut fields = text
        .split(|byte| *byte == separator)
        .filter(|field| !field.is_empty());
    let (name, value, domain) = (fields.next()?, fields.next()?, fields.next()?);
    let minutes = fields.next().map_or(0, leading_integer);
    let path = fields.next().unwrap_or(b"/");
    let secure = fields.next().is_some_and(|field| is_yes(field, b"secure"));
    let http_only = fields
        .next()
        .is_some_and(|field| is_yes(field, b"HttpOnly"));
    let same_site = fields.next().filter(|field| !is_no(field));

    let mut header = [name, b"=", value, b"; path=", path, b"; domain=", domain].concat();
    if minutes != 0 {
        let expires = minutes.saturating_mul(60).saturating_add(now);
        header.extend_from_slice(format!("; expires={}", cookie_date(expires)).as_bytes());
    }
    if secure {
        header.extend_from_slice(b"; secure");
    }
    // In C the parts are arguments of one call, and one that is left out ends the list.
    if secure && http_only {
        header.extend_from_slice(b"; HttpOnly");
    }
    if let Some(same_site) = same_site {
        header.extend_from_slice(b"; SameSite=");
        header.extend_from_slice(same_site);
    }
    Some(Cookie {
        name: name.to_vec(),
        header,
        dropped: false,
    })
}

fn is_yes(field: &[u8], name: &[u8]) -> bool {
    field == b"1" || field.eq_ignore_ascii_case(b"true") || field.eq_ignore_ascii_case(name)
}

fn is_no(field: &[u8]) -> bool {
    field == b"0" || field.eq_ignore_ascii_case(b"false")
}

/// `Wkd, DD-Mon-YYYY HH:MM:SS GMT`, as `add_cookie` writes it.
fn cookie_date(seconds: i64) -> String {
    date(seconds, '-')
}

/// `Wkd, DD Mon YYYY HH:MM:SS GMT` (`apr_rfc822_date`).
pub fn http_date(seconds: i64) -> String {
    date(seconds, ' ')
}

fn date(seconds: i64, between: char) -> String {
    const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let time = CivilTime::from_epoch(seconds);
    format!(
        "{}, {:02}{between}{}{between}{:04} {:02}:{:02}:{:02} GMT",
        DAYS[time.weekday],
        time.day,
        MONTHS[time.month - 1],
        time.year,
        time.hour,
        time.minute,
        time.second
    )
}

/// A moment in UTC, for `%{TIME…}` and cookies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CivilTime {
    /// The year.
    pub year: i64,
    /// 1 to 12.
    pub month: usize,
    /// 1 to 31.
    pub day: i64,
    /// 0 to 23.
    pub hour: i64,
    /// 0 to 59.
    pub minute: i64,
    /// 0 to 59.
    pub second: i64,
    /// 0 for Sunday.
    pub weekday: usize,
}

impl CivilTime {
    /// The moment `seconds` after the beginning of 1970 (before it, if negative).
    pub fn from_epoch(seconds: i64) -> Self {
        let (days, of_day) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        // Days are counted from 1 March of a year divisible by 400, so that leap days come last.
        let from_march = days + 719_468;
        let (era, of_era) = (
            from_march.div_euclid(146_097),
            from_march.rem_euclid(146_097),
        );
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * of_year + 2) / 153;
        let month = if march_month < 10 {
            march_month + 3
        } else {
            march_month - 9
        };
        Self {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month: usize::try_from(month).unwrap_or(1),
            day: of_year - (153 * march_month + 2) / 5 + 1,
            hour: of_day / 3600,
            minute: of_day / 60 % 60,
            second: of_day % 60,
            weekday: usize::try_from((days + 4).rem_euclid(7)).unwrap_or(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        let found = set_cookie(text.as_bytes(), 1_700_000_000);
        let found = found.map(|cookie| String::from_utf8_lossy(&cookie.header).into_owned());
        assert_eq!(found.as_deref(), expected, "{text}");
    }

    #[test]
    fn fields_become_a_header() {
        check("n:v:.d", Some("n=v; path=/; domain=.d"));
        check("n:v", None);
        check("n:v:", None);
        check("", None);
        check(";n;v:w;d", Some("n=v:w; path=/; domain=d"));
        check("n:v::10", Some("n=v; path=/; domain=10"));
        check("n:v:d:0:/p", Some("n=v; path=/p; domain=d"));
        check("n:v:d:x:/p", Some("n=v; path=/p; domain=d"));
        check(
            "n:v:d:1440:/p:secure:httponly:Strict",
            Some(
                "n=v; path=/p; domain=d; expires=Wed, 15-Nov-2023 22:13:20 GMT; secure; HttpOnly; \
                 SameSite=Strict",
            ),
        );
        check(
            "n:v:d:-1",
            Some("n=v; path=/; domain=d; expires=Tue, 14-Nov-2023 22:12:20 GMT"),
        );
        check(
            "n:v:d:0:/:1:TRUE:0",
            Some("n=v; path=/; domain=d; secure; HttpOnly"),
        );
        check("n:v:d:0:/:no:yes:False", Some("n=v; path=/; domain=d"));
    }

    #[test]
    fn days_are_counted_right() {
        let check = |seconds, expected: &str| assert_eq!(cookie_date(seconds), expected);
        check(0, "Thu, 01-Jan-1970 00:00:00 GMT");
        check(951_782_400, "Tue, 29-Feb-2000 00:00:00 GMT");
        check(1_709_251_199, "Thu, 29-Feb-2024 23:59:59 GMT");
        check(4_107_542_400, "Mon, 01-Mar-2100 00:00:00 GMT");
        check(-1, "Wed, 31-Dec-1969 23:59:59 GMT");
    }

    proptest! {
        #[test]
        fn any_bytes_will_do(text: Vec<u8>, now: i64) {
            set_cookie(&text, now);
        }

        #[test]
        fn any_lifetime_will_do(minutes in "-?[0-9]{1,25}", now: i64) {
            set_cookie(format!("n:v:d:{minutes}").as_bytes(), now);
        }
    }
}
