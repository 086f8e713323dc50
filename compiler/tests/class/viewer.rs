//! Requests of viewers, random or written.

use edgewright_compiler::class::{Viewed, ViewerClass};
use edgewright_compiler::hits::{KeyParts, Keyed};
use edgewright_engine::evaluate::{Options, evaluate};
use edgewright_engine::model::forwarded_for::ForwardedFor;
use edgewright_engine::model::marks::Moment;
use edgewright_engine::model::outcome::Answer;
use edgewright_engine::model::request::{Request, Scheme, Target};
use edgewright_engine::model::site::Site;
use edgewright_engine::source::Sequential;

/// When every request is sent.
pub const NOW: i64 = 1_700_000_000;

/// What is drawn for every request.
pub const DRAW: u8 = 63;

/// One request.
#[derive(Debug, Clone, Default)]
pub struct Viewer {
    pub method: &'static str,
    pub target: String,
    pub host: &'static str,
    pub client: String,
    pub headers: Vec<(String, String)>,
    pub cookies: Vec<(String, String)>,
}

impl Viewer {
    fn cookies(&self) -> Vec<Vec<u8>> {
        let one = |(name, value): &(String, String)| format!("{name}={value}").into_bytes();
        self.cookies.iter().map(one).collect()
    }

    fn headers(&self) -> Vec<(&[u8], &[u8])> {
        let headers = self.headers.iter();
        headers
            .map(|(name, value)| (name.as_bytes(), value.as_bytes()))
            .collect()
    }

    fn moment(&self) -> Moment<'_> {
        Moment {
            method: self.method.as_bytes(),
            query: self.target.split_once('?').map(|(_, query)| query),
            now: NOW,
            draw: DRAW,
        }
    }

    /// The class.
    pub fn class(&self, class: &ViewerClass) -> String {
        class.text(&Viewed {
            moment: self.moment(),
            headers: &self.headers(),
            cookies: &self.cookies(),
            client: self.client.as_bytes(),
        })
    }

    /// What the request becomes, where `forwarded_for` became of its header on the way.
    pub fn answer(&self, site: &Site, forwarded_for: ForwardedFor) -> Answer {
        let line = self.cookies().join(b"; ".as_slice());
        let mut headers = self.headers();
        forwarded_for.apply(&mut headers, self.client.as_bytes());
        if !line.is_empty() {
            headers.push((b"Cookie", &line));
        }
        let request = Request {
            method: self.method.as_bytes(),
            scheme: Scheme::Https,
            host: Some(self.host.as_bytes()),
            target: Target::of(self.target.as_bytes()),
            headers: &headers,
            client: self.client.as_bytes(),
            protocol: b"HTTP/1.1",
        };
        let options = Options {
            now: NOW,
            ..Options::default()
        };
        evaluate(site, &Sequential::new(site), &request, &options).unwrap()
    }

    /// The target, the host, what the cache key would hold of the rest, and the class.
    pub fn key(&self, class: &ViewerClass) -> Vec<Vec<u8>> {
        let parts = KeyParts::new(class.raw.iter().cloned(), Some(class));
        let mut key = vec![self.target.clone().into_bytes(), self.host.into()];
        key.extend(
            parts.of(&Keyed {
                viewed: Viewed {
                    moment: self.moment(),
                    headers: &self.headers(),
                    cookies: &self.cookies(),
                    client: self.client.as_bytes(),
                },
                scheme: Scheme::Https,
                host: self.host.as_bytes(),
                query: Target::of(self.target.as_bytes())
                    .query()
                    .unwrap_or_default(),
            }),
        );
        key
    }
}
