//! A day's requests, made up: what a cache would be asked where there is no log.
//!
//! In: how many requests. Out: [`Day`]: the same for the same number. Absent: a site's own paths, and queries.
//!
//! A day has 2,000 pages, the first of which are asked for most (Zipf's law), and 20,000 viewers. Browsers, apps, robots,
//! media types, languages and referrers have about the shares that public counts say; most viewers have a cookie of their own.

use edgewright_engine::model::marks::{DRAWS, Moment};
use edgewright_engine::model::request::Scheme;

use super::{Cache, Hits, KeyParts, Keyed};
use crate::class::Viewed;

/// How many pages a day is about.
pub const PAGES: usize = 2_000;

/// How many viewers ask on a day.
pub const VIEWERS: usize = 20_000;

/// Seconds of a day.
const DAY: usize = 86_400;

/// Somebody who asks for pages.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Viewer {
    headers: Vec<(&'static str, String)>,
    cookies: Vec<Vec<u8>>,
    client: String,
}

/// Who asks for what, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Visit {
    second: i64,
    page: usize,
    viewer: usize,
    /// The random number of the class.
    draw: u8,
}

/// The requests of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    viewers: Vec<Viewer>,
    visits: Vec<Visit>,
}

impl Day {
    /// A day with this many requests.
    pub fn new(requests: usize) -> Self {
        let mut random = Random(8);
        let viewers = (0..VIEWERS).map(|_| Viewer::new(&mut random)).collect();
        let visits = visits(requests);
        Self { viewers, visits }
    }

    /// What a cache with such keys would do with the day.
    pub fn hits(&self, parts: &KeyParts<'_>) -> Hits {
        let keys = self.viewers.iter().map(|viewer| viewer.key(parts));
        let keys: Vec<Vec<Vec<u8>>> = keys.collect();
        let mut cache = Cache::default();
        for visit in &self.visits {
            let key = keys.get(visit.viewer).map_or(&[][..], Vec::as_slice);
            let page = visit.page.to_ne_bytes();
            match parts.of_moment(visit.second, visit.draw) {
                Some(moment) => cache.request(visit.second, &page, &[key, &[moment]].concat()),
                None => cache.request(visit.second, &page, key),
            }
        }
        cache.hits()
    }
}

/// The visits of a day, evenly over its seconds.
fn visits(requests: usize) -> Vec<Visit> {
    let weights = (1..).map(|rank: u32| 1.0 / f64::from(rank)).take(PAGES);
    let sums: Vec<f64> = weights
        .scan(0.0, |sum, weight| {
            *sum += weight;
            Some(*sum)
        })
        .collect();
    let total = sums.last().copied().unwrap_or_default();
    let mut random = Random(7);
    let visit = |at: usize| {
        let share = f64::from(random.number(1 << 30)) / f64::from(1_u32 << 30);
        Visit {
            second: i64::try_from(at * DAY / requests).unwrap_or(0),
            page: sums.partition_point(|sum| *sum < share * total),
            viewer: random.below(VIEWERS),
            draw: u8::try_from(at % usize::from(DRAWS)).unwrap_or(0),
        }
    };
    (0..requests).map(visit).collect()
}

impl Viewer {
    fn new(random: &mut Random) -> Self {
        let mut headers = vec![("User-Agent", agent(random)), ("Accept", accept(random))];
        if random.percent(97) {
            headers.push(("Accept-Language", language(random)));
        }
        if random.percent(55) {
            headers.push(("Referer", referrer(random)));
        }
        let mut cookies = Vec::new();
        if random.percent(70) {
            cookies.push(format!("_ga=GA1.2.{}", random.bits()).into_bytes());
        }
        let client = format!("198.51.{}.{}", random.below(256), random.below(256));
        Self {
            headers,
            cookies,
            client,
        }
    }

    fn key(&self, parts: &KeyParts<'_>) -> Vec<Vec<u8>> {
        let headers = self.headers.iter();
        let headers: Vec<(&[u8], &[u8])> = headers
            .map(|(name, value)| (name.as_bytes(), value.as_bytes()))
            .collect();
        parts.of(&Keyed {
            viewed: Viewed {
                // What changes with it is added for each visit.
                moment: Moment {
                    method: b"GET",
                    query: None,
                    now: 0,
                    draw: 0,
                },
                headers: &headers,
                cookies: &self.cookies,
                client: self.client.as_bytes(),
            },
            scheme: Scheme::Https,
            host: b"www.example.com",
            query: b"",
        })
    }
}

const DESKTOPS: &[&str] = &[
    "Windows NT 10.0; Win64; x64",
    "Macintosh; Intel Mac OS X 10_15_7",
    "X11; Linux x86_64",
    "Linux; Android 10; K",
];

const APPLES: &[&str] = &[
    "iPhone; CPU iPhone OS 17_5 like Mac OS X",
    "iPad; CPU OS 17_5 like Mac OS X",
    "Macintosh; Intel Mac OS X 10_15_7",
];

const ROBOTS: &[&str] = &[
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0)",
    "curl/8.5.0",
    "python-requests/2.31",
    "GPTBot/1.1",
];

const PAGE_TYPES: &[&str] = &[
    "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "text/html",
    "*/*",
];

const DATA_TYPES: &[&str] = &[
    "text/turtle",
    "application/rdf+xml",
    "application/ld+json",
    "application/n-triples",
];

const LANGUAGES: &[&str] = &[
    "en-US,en", "en-GB,en", "de-DE,de", "fr-FR,fr", "es-ES,es", "ja", "zh-CN,zh",
];

/// A browser, an app or a robot.
fn agent(random: &mut Random) -> String {
    let number = random.below(32);
    match random.below(100) {
        0..45 => format!(
            "Mozilla/5.0 ({}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 Safari/537.36",
            random.pick(DESKTOPS),
            110 + number
        ),
        45..70 => format!(
            "Mozilla/5.0 ({}) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{}.{} Safari/604.1",
            random.pick(APPLES),
            15 + number % 4,
            number / 4
        ),
        70..78 => format!(
            "Mozilla/5.0 (X11; Linux x86_64; rv:{0}.0) Gecko/20100101 Firefox/{0}.0",
            100 + number
        ),
        78..93 => format!(
            "Mozilla/5.0 (Linux; Android 13; SM-{}) [FBAN/FB4A;FBAV/{}.0]",
            random.below(60),
            400 + random.below(25)
        ),
        _ => random.pick(ROBOTS).to_owned(),
    }
}

fn accept(random: &mut Random) -> String {
    if random.percent(70) {
        return random.pick(PAGE_TYPES).to_owned();
    }
    format!("{};q=0.{}", random.pick(DATA_TYPES), random.below(10))
}

fn language(random: &mut Random) -> String {
    let language = random.pick(LANGUAGES);
    let quality = if random.percent(60) {
        9
    } else {
        random.below(10)
    };
    format!("{language};q=0.{quality}")
}

fn referrer(random: &mut Random) -> String {
    match random.below(1400) {
        0..400 => "https://www.google.com/".to_owned(),
        number => format!("https://site{number}.example/page"),
    }
}

/// Numbers that are the same everywhere (`SplitMix64`).
#[derive(Debug)]
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`, which must not be 0.
    fn number(&mut self, limit: u32) -> u32 {
        u32::try_from(self.bits() % u64::from(limit.max(1))).unwrap_or(0)
    }

    fn below(&mut self, limit: usize) -> usize {
        let limit = u32::try_from(limit).unwrap_or(u32::MAX);
        usize::try_from(self.number(limit)).unwrap_or(0)
    }

    fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick(&mut self, choices: &[&'static str]) -> &'static str {
        let at = self.below(choices.len());
        choices.get(at).copied().unwrap_or_default()
    }
}
