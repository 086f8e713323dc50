//! What rules tell viewers apart by, as one short text: requests of one class get one answer.
//!
//! In: a [`Site`]; a request as its viewer sent it. Out: [`ViewerClass`], the text for a request, the function in JavaScript that
//! computes the same. Absent: the stack that uses it, and running JavaScript.
//!
//! Whatever an answer can depend on is an [`Input`]. Conditions on a header, on cookies or on the client's address that
//! are either true or false, and of which nothing else is used, become *guards*: one digit each. An input is covered when
//! guards are the only ones who read it; any other stays in the cache key as it came. What no event tells, such as the time,
//! stands in marks before the digits.

mod atoms;
mod expressions;
mod guard;
mod guards;
mod javascript;
mod lookups;
mod pattern;

use std::collections::{BTreeMap, BTreeSet};

use edgewright_engine::model::forwarded_for::ForwardedFor;
use edgewright_engine::model::header_names::{Kind, MOST_IN_POLICY, kind};
use edgewright_engine::model::marks::{BareMark, Choice, Head, Marks, Moment};
use edgewright_engine::model::site::Site;
use edgewright_engine::model::trigger::Trigger;
use serde::{Deserialize, Serialize};

use crate::inputs::{Input, Inputs};
pub use guard::{About, Atom, AtomTest, Guard};
use guards::Guards;
pub use guards::SetCookies;
pub use javascript::Copies;

/// The header that carries the class to the cache key.
pub const CLASS_HEADER: &str = "x-edgewright-class";

/// CloudFront's quota for the code of a function, on the safe side: it says 10 KB.
pub const LONGEST_CODE: usize = 10_000;

/// What a site tells viewers apart by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewerClass {
    /// What is asked about a viewer: a digit of the class each.
    pub guards: Vec<Guard>,
    /// The inputs that others read than guards: they stay in the cache key.
    pub raw: BTreeSet<Input>,
    /// Whether rules set cookies.
    pub cookies: SetCookies,
    /// What stands before the digits.
    pub marks: Marks,
    /// What became of `X-Forwarded-For` on the way to the old server.
    #[serde(default)]
    pub forwarded_for: ForwardedFor,
}

/// A request as far as a class depends on it.
#[derive(Debug, Clone, Copy)]
pub struct Viewed<'r> {
    /// Method, query and time.
    pub moment: Moment<'r>,
    /// Names and values of headers, without cookies.
    pub headers: &'r [(&'r [u8], &'r [u8])],
    /// Every cookie, as `name=value`.
    pub cookies: &'r [Vec<u8>],
    /// The client's address.
    pub client: &'r [u8],
}

impl ViewerClass {
    /// The class of `site`; `None` where none helps: nothing is covered, or what is left forbids caching anyway.
    pub fn of(site: &Site) -> Option<Self> {
        let mut raw = Guards::never_covered(site);
        loop {
            let mut guards = Guards::new(site, raw.clone());
            let inputs = Inputs::beside(site, &mut guards);
            let (guards, cookies) = guards.into_found();
            let mut marks = Marks::default();
            let others = inputs.iter().map(|(input, _)| input);
            let others = others.filter(|input| !add_mark(&mut marks, input));
            let class = Self {
                guards,
                raw: others.cloned().collect(),
                cookies,
                marks,
                forwarded_for: ForwardedFor::default(),
            };
            let guarded = class.guarded();
            let tells_nothing = guarded.is_empty() && marks == Marks::default();
            if tells_nothing || Input::trigger(&class.raw) == Trigger::ViewerRequest {
                return None;
            }
            let before = raw.len();
            raw.extend(guarded.into_iter().filter(|input| inputs.contains(input)));
            raw.extend(class.beyond_policy(&raw));
            if raw.len() == before {
                raw.extend(class.too_long());
            }
            if raw.len() == before {
                return Some(class);
            }
        }
    }

    /// Where CloudFront should call the function for answers that depend on `inputs`: where there is a class, they may be
    /// kept.
    pub fn trigger<'i>(
        class: Option<&Self>,
        inputs: impl IntoIterator<Item = &'i Input>,
    ) -> Trigger {
        match class {
            Some(_) => Trigger::OriginRequest,
            None => Input::trigger(inputs),
        }
    }

    /// The inputs that an answer depends on by the class alone.
    pub fn guarded(&self) -> BTreeSet<Input> {
        let mut guarded = BTreeSet::new();
        for guard in &self.guards {
            guard.each(&mut |atom| guarded.extend(atom.about.inputs()));
        }
        guarded
    }

    /// The headers that guards are about, by their names in lower case.
    pub fn headers(&self) -> BTreeSet<String> {
        let header = |input| match input {
            Input::Header(name) => Some(name),
            _ => None,
        };
        self.guarded().into_iter().filter_map(header).collect()
    }

    /// The header that brings `name` past CloudFront, which changes it before origin-request or keeps it out of policies.
    pub fn carrier(name: &str) -> Option<String> {
        (kind(name) != Kind::Ordinary).then(|| format!("x-edgewright-{name}"))
    }

    /// Does the function at origin-request look at cookies that are not in the key, or set some?
    pub fn sends_cookies(&self) -> bool {
        self.cookies == SetCookies::Sometimes || self.guarded().contains(&Input::Cookies)
    }

    /// The headers that have to stay in the key, beside `raw`, because a policy would name too many.
    fn beyond_policy(&self, raw: &BTreeSet<Input>) -> BTreeSet<Input> {
        let headers = self.headers().into_iter().map(Input::Header);
        let headers = headers.filter(|header| !raw.contains(header));
        headers.skip(MOST_IN_POLICY).collect()
    }

    /// An input that has to stay in the key because the function would be too long.
    fn too_long(&self) -> Option<Input> {
        if self.javascript(Copies::Host).len() <= LONGEST_CODE {
            return None;
        }
        let mut sizes: BTreeMap<Input, usize> = BTreeMap::new();
        for guard in &self.guards {
            guard.each(&mut |atom| {
                for input in atom.about.inputs() {
                    *sizes.entry(input).or_default() += atom.size();
                }
            });
        }
        let largest = sizes.into_iter().max_by_key(|(_, size)| *size);
        largest.map(|(input, _)| input)
    }

    /// The class of a request: its marks, and a part for each guard.
    pub fn text(&self, viewed: &Viewed<'_>) -> String {
        let mut headers = viewed.headers.to_vec();
        self.forwarded_for.apply(&mut headers, viewed.client);
        let viewed = &Viewed {
            headers: &headers,
            ..*viewed
        };
        let parts = self.guards.iter().map(|guard| guard.text(viewed));
        let marks = self.marks.text(&viewed.moment);
        std::iter::once(marks).chain(parts).collect()
    }
}

/// Adds the mark that tells all of `input`; false where none does.
fn add_mark(marks: &mut Marks, input: &Input) -> bool {
    match input {
        Input::GetOrHead => marks.head = Head::Apart,
        Input::BareMark => marks.bare_mark = BareMark::Apart,
        Input::Time(exactness) => marks.time = marks.time.max(Some(*exactness)),
        Input::Choice => marks.choice = Choice::Drawn,
        Input::Host
        | Input::Scheme
        | Input::Query
        | Input::Method
        | Input::Cookies
        | Input::Header(_)
        | Input::AnyHeader
        | Input::Client
        | Input::UniqueId => return false,
    }
    true
}
