//! How many requests CloudFront's cache answers, under one cache key or another.
//!
//! In: what a key holds, and requests: of a log, or made up by [`made_up`]. Out: [`Hits`]. Absent: CloudFront's several
//! caches, what makes it forget an answer early, and whether an answer may be kept at all.

pub mod made_up;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash};

use edgewright_engine::model::marks::{Marks, Moment};
use edgewright_engine::model::request::Scheme;
use serde::Serialize;

use crate::class::{Viewed, ViewerClass};
use crate::figures::tenths;
use crate::inputs::Input;

/// For how many seconds an answer is kept: what redirects say for themselves where a configuration says nothing.
pub const KEPT_SECONDS: u64 = 300;

/// A request as far as a cache key can hold it, without its path.
#[derive(Debug, Clone, Copy)]
pub struct Keyed<'r> {
    /// Method, headers, cookies and the client's address.
    pub viewed: Viewed<'r>,
    /// The scheme.
    pub scheme: Scheme,
    /// The `Host` header.
    pub host: &'r [u8],
    /// The query; empty when there is none.
    pub query: &'r [u8],
}

/// What a cache key holds beside the path.
#[derive(Debug, Clone, Default)]
pub struct KeyParts<'c> {
    /// Inputs that a key can hold.
    inputs: BTreeSet<Input>,
    class: Option<&'c ViewerClass>,
}

impl<'c> KeyParts<'c> {
    /// The parts of a key with `inputs` as they came, as far as a key can hold them, and with the class of viewers, if any.
    pub fn new(inputs: impl IntoIterator<Item = Input>, class: Option<&'c ViewerClass>) -> Self {
        let inputs = inputs.into_iter();
        Self {
            inputs: inputs.filter(Input::can_be_cache_key).collect(),
            class,
        }
    }

    /// Everything that a key depends on, also by the class.
    pub fn inputs(&self) -> BTreeSet<Input> {
        let guarded = self.class.map(ViewerClass::guarded).unwrap_or_default();
        &self.inputs | &guarded
    }

    /// What the class says that changes from one request of a viewer to the next: the time, and what is drawn.
    pub fn of_moment(&self, now: i64, draw: u8) -> Option<Vec<u8>> {
        let Marks {
            head: _,
            bare_mark: _,
            time,
            choice,
        } = self.class?.marks;
        let changing = Marks {
            time,
            choice,
            ..Marks::default()
        };
        let text = changing.text(&Moment {
            method: b"GET",
            query: None,
            now,
            draw,
        });
        (changing != Marks::default()).then(|| text.into_bytes())
    }

    /// What the key of a request holds: a text for each part.
    pub fn of(&self, request: &Keyed<'_>) -> Vec<Vec<u8>> {
        let inputs = self.inputs.iter().map(|input| text(input, request));
        let class = self.class.map(|class| class.text(&request.viewed));
        inputs.chain(class.map(String::into_bytes)).collect()
    }
}

/// What a key holds for `input`.
fn text(input: &Input, request: &Keyed<'_>) -> Vec<u8> {
    match input {
        Input::Header(name) => {
            let values = request.viewed.headers.iter();
            let values = values.filter(|(known, _)| known.eq_ignore_ascii_case(name.as_bytes()));
            let values: Vec<&[u8]> = values.map(|(_, value)| *value).collect();
            values.join(&b", "[..])
        }
        Input::Cookies => request.viewed.cookies.join(&b"; "[..]),
        Input::Host => request.host.to_vec(),
        Input::Scheme => request.scheme.name().into(),
        Input::Query => request.query.to_vec(),
        // GET and HEAD share an entry, and other methods have none. No key holds the rest.
        Input::Method
        | Input::GetOrHead
        | Input::BareMark
        | Input::AnyHeader
        | Input::Client
        | Input::Time(_)
        | Input::Choice
        | Input::UniqueId => Vec::new(),
    }
}

/// What a cache did with some requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Hits {
    /// How many requests there were.
    pub requests: usize,
    /// How many of them the cache answered.
    pub hits: usize,
    /// How many different keys the requests had, each with its path.
    pub keys: usize,
    /// How many different paths.
    pub paths: usize,
}

impl Hits {
    /// The share of requests that the cache answered: `46.8 %`.
    pub fn share(&self) -> String {
        format!("{} %", tenths(self.hits * 100, self.requests))
    }

    /// The share of requests that the cache answered, from 0 to 1.
    #[expect(
        clippy::cast_precision_loss,
        reason = "requests are far fewer than 2^52"
    )]
    pub fn rate(&self) -> f64 {
        self.hits as f64 / self.requests.max(1) as f64
    }

    /// How many keys a path has, on average: `1.9`.
    pub fn keys_a_path(&self) -> String {
        tenths(self.keys, self.paths)
    }
}

/// A cache that forgets an answer after [`KEPT_SECONDS`], and counts what it answers.
#[derive(Debug, Default)]
pub struct Cache {
    /// By the hash of a path and its key, when the answer was made.
    made: HashMap<u64, i64>,
    /// Hashes of paths.
    paths: HashSet<u64>,
    requests: usize,
    hits: usize,
}

impl Cache {
    /// A request for `path` at a second of some clock, with what its key holds beside the path. A log may be out of order,
    /// so an answer counts as kept for requests before it too.
    pub fn request(&mut self, second: i64, path: &[u8], key: &[Vec<u8>]) {
        self.requests += 1;
        self.paths.insert(hash(path));
        let made = self.made.entry(hash((path, key)));
        let is_kept = |made: &i64| second.abs_diff(*made) < KEPT_SECONDS;
        let mut hits = 0;
        made.and_modify(|made| {
            if is_kept(made) {
                hits = 1;
            } else {
                *made = second;
            }
        })
        .or_insert(second);
        self.hits += hits;
    }

    /// A request whose answer CloudFront never keeps: another method than GET and HEAD.
    pub fn pass(&mut self) {
        self.requests += 1;
    }

    /// What was counted.
    pub fn hits(&self) -> Hits {
        Hits {
            requests: self.requests,
            hits: self.hits,
            keys: self.made.len(),
            paths: self.paths.len(),
        }
    }
}

/// Enough of a value to tell it from the others: two of a billion are taken for one another once in some dozen runs.
fn hash(value: impl Hash) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `second path key` of each request; what becomes of each: `h`it or `m`iss.
    fn check(requests: &[(i64, &str, &str)], expected: &str, keys: usize, paths: usize) {
        let mut cache = Cache::default();
        let mut before = 0;
        let mut became = String::new();
        for (second, path, key) in requests {
            cache.request(*second, path.as_bytes(), &[key.as_bytes().to_vec()]);
            became.push(if cache.hits > before { 'h' } else { 'm' });
            before = cache.hits;
        }
        assert_eq!(became, expected, "{requests:?}");
        let hits = cache.hits();
        assert_eq!((hits.keys, hits.paths), (keys, paths), "{requests:?}");
    }

    #[test]
    fn an_answer_is_kept_for_its_path_its_key_and_its_time() {
        check(
            &[(0, "/a", ""), (299, "/a", ""), (300, "/a", "")],
            "mhm",
            1,
            1,
        );
        check(&[(0, "/a", ""), (1, "/b", ""), (2, "/a", "x")], "mmm", 3, 2);
        // The older file of a log that was rotated comes second.
        check(
            &[(9000, "/a", ""), (10, "/a", ""), (8, "/a", "")],
            "mmh",
            1,
            1,
        );
    }

    #[test]
    fn figures_are_for_people() {
        let hits = Hits {
            requests: 1000,
            hits: 468,
            keys: 19,
            paths: 10,
        };
        assert_eq!(
            (hits.share().as_str(), hits.keys_a_path().as_str()),
            ("46.8 %", "1.9")
        );
        let none = Hits::default();
        assert_eq!(
            (none.share().as_str(), none.keys_a_path().as_str()),
            ("0.0 %", "0.0")
        );
    }

    #[test]
    fn a_key_holds_what_it_is_said_to() {
        let cookies = [b"a=1".to_vec(), b"b=2".to_vec()];
        let request = Keyed {
            viewed: Viewed {
                moment: Moment {
                    method: b"HEAD",
                    query: None,
                    now: 0,
                    draw: 0,
                },
                headers: &[(b"X-A", b"1"), (b"x-a", b"2"), (b"x-b", b"3")],
                cookies: &cookies,
                client: b"192.0.2.1",
            },
            scheme: Scheme::Https,
            host: b"h.test",
            query: b"q",
        };
        let check = |inputs: &[Input], expected: &[&str]| {
            let parts = KeyParts::new(inputs.iter().cloned(), None);
            let expected: Vec<Vec<u8>> = expected.iter().map(|text| (*text).into()).collect();
            assert_eq!(parts.of(&request), expected, "{inputs:?}");
        };
        check(&[], &[]);
        check(&[Input::Client, Input::Choice], &[]);
        check(
            &[Input::Host, Input::Scheme, Input::Query],
            &["h.test", "https", "q"],
        );
        check(&[Input::Cookies, Input::Method], &["", "a=1; b=2"]);
        check(&[Input::Header("x-a".to_owned())], &["1, 2"]);
    }
}
