//! Requests of viewers, random or written.

use edgewright_compiler::class::{Viewed, ViewerClass};
use edgewright_compiler::inputs::Input;
use edgewright_engine::evaluate::{Options, evaluate};
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

    /// The class.
    pub fn class(&self, class: &ViewerClass) -> String {
        let headers = self.headers.iter();
        let headers: Vec<(&[u8], &[u8])> = headers
            .map(|(name, value)| (name.as_bytes(), value.as_bytes()))
            .collect();
        class.text(&Viewed {
            moment: Moment {
                method: self.method.as_bytes(),
                query: self.target.split_once('?').map(|(_, query)| query),
                now: NOW,
                draw: DRAW,
            },
            headers: &headers,
            cookies: &self.cookies(),
            client: self.client.as_bytes(),
        })
    }

    /// What the request becomes.
    pub fn answer(&self, site: &Site) -> Answer {
        let line = self.cookies().join(b"; ".as_slice());
        let mut headers: Vec<(&[u8], &[u8])> = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_bytes(), value.as_bytes()))
            .collect();
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

    /// What the cache key would hold beside the class.
    pub fn raw_key(&self, class: &ViewerClass) -> Vec<String> {
        let mut key = vec![self.target.clone(), self.host.to_owned()];
        for input in &class.raw {
            key.push(match input {
                Input::Header(name) => {
                    let values = self.headers.iter();
                    let values = values.filter(|(known, _)| known.eq_ignore_ascii_case(name));
                    values
                        .map(|(_, value)| value.as_str())
                        .collect::<Vec<_>>()
                        .join("|")
                }
                Input::Cookies => String::from_utf8_lossy(&self.cookies().join(&b';')).into_owned(),
                // Both share an entry.
                Input::Method if self.method == "HEAD" => "GET".to_owned(),
                Input::Method => self.method.to_owned(),
                Input::Client => self.client.clone(),
                Input::Host | Input::Scheme | Input::Query => String::new(),
                Input::GetOrHead
                | Input::BareMark
                | Input::AnyHeader
                | Input::Time(_)
                | Input::Choice
                | Input::UniqueId => {
                    unreachable!("no class with {input}")
                }
            });
        }
        key
    }
}
