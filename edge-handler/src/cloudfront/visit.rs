//! What a viewer gets: the whole way from a request to its answer.
//!
//! In: a distribution, positions of the switches, requests one after another. Out: [`Delivered`]. Absent: requests at the
//! same time: CloudFront lets those of one key wait for the first and gives all of them its answer, which is what the
//! cache does for those that come later.

use serde_json::Value;

use super::behaviour::{AtOrigin, AtViewer, Behaviour};
use super::cache::{Cache, Entry};
use super::carried::CarriedRequest;
use super::distribution::Distribution;
use super::edge_function::{self, EdgeFunction, Fault, Reply};
use super::header_list::HeaderList;
use super::key::Key;
use super::limits;
use super::origin_headers::origin_request;
use super::response::{Asked, CacheUse, Delivered, Maker, Response};
use super::switches::{FunctionFailed, HeadStore, RootObject, Switches};
use super::ttl;
use super::viewer_function::{self, ViewerFunction};
use super::viewer_headers::for_edge_function;
use crate::model::header_names::is_hidden;
use crate::model::request::Request;
use crate::model::trigger::Trigger;

/// A distribution at work, with its cache.
#[derive(Debug, Clone)]
pub struct CloudFront {
    distribution: Distribution,
    switches: Switches,
    cache: Cache,
}

/// What stands around CloudFront.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// Runs CloudFront Functions.
    pub viewer_function: &'a dyn ViewerFunction,
    /// The function of Lambda@Edge, the same at each trigger.
    pub edge_function: &'a dyn EdgeFunction,
    /// What serves the requests that no function answers.
    pub origin: &'a dyn OriginServer,
}

/// What serves the requests that no function answers.
pub trait OriginServer {
    /// Answers a request.
    fn answer(&self, asked: &Asked) -> OriginAnswer;
}

/// An origin's answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginAnswer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderList,
    /// The body.
    pub body: Vec<u8>,
}

impl CloudFront {
    /// A distribution whose cache is empty.
    pub fn new(distribution: Distribution, switches: Switches) -> Self {
        Self {
            distribution,
            switches,
            cache: Cache::default(),
        }
    }

    /// The kept answers.
    pub fn cache(&mut self) -> &mut Cache {
        &mut self.cache
    }

    /// What the viewer gets that sends `viewer` at `now`, in seconds.
    pub fn answer(
        &mut self,
        viewer: &Request<'_>,
        now: u64,
        surroundings: &Surroundings<'_>,
    ) -> Delivered {
        let Some(request) = CarriedRequest::of(viewer) else {
            return Delivered::of(Response::of_cloudfront(400), CacheUse::None, "GET");
        };
        let method = request.method.clone();
        let visit = Visit {
            behaviour: self.distribution.behaviour(&request.uri),
            distribution: &self.distribution,
            switches: &self.switches,
            surroundings,
            now,
        };
        let (response, cache) = visit.response(request, &mut self.cache);
        Delivered::of(response, cache, &method)
    }
}

/// One request's way.
struct Visit<'a> {
    behaviour: &'a Behaviour,
    distribution: &'a Distribution,
    switches: &'a Switches,
    surroundings: &'a Surroundings<'a>,
    now: u64,
}

impl Visit<'_> {
    fn response(&self, request: CarriedRequest, cache: &mut Cache) -> (Response, CacheUse) {
        if let Some(response) = limits::refused(&request, self.behaviour) {
            return (response, CacheUse::None);
        }
        let request = self.with_root_object(request, RootObject::BeforeFunctions);
        let request = match self.at_viewer(request) {
            Ok(Reply::Request(request, _)) => request,
            // [lambda-generating-http-responses], [function-code-choose-purpose]: never kept, no look at the cache.
            Ok(Reply::Response(response)) => return (response, CacheUse::None),
            Err(fault) => return (Response::of_cloudfront(fault.status()), CacheUse::None),
        };
        let request = self.with_root_object(request, RootObject::AfterFunctions);
        if self.behaviour.caches(&request.method) {
            self.cached(&request, cache)
        } else {
            let response = self.fetched(&request).unwrap_or_else(of_fault);
            (response, CacheUse::None)
        }
    }

    /// `DefaultRootObject`: for exactly the root.
    fn with_root_object(&self, mut request: CarriedRequest, when: RootObject) -> CarriedRequest {
        if let Some(name) = &self.distribution.root_object
            && self.switches.root_object == when
            && request.uri == "/"
        {
            request.uri = format!("/{name}");
        }
        request
    }

    fn at_viewer(&self, request: CarriedRequest) -> Result<Reply, Fault> {
        match &self.behaviour.at_viewer {
            AtViewer::Nothing => Ok(Reply::Request(request, None)),
            AtViewer::EdgeFunction => {
                let seen = CarriedRequest {
                    headers: for_edge_function(&request),
                    ..request
                };
                let function = self.surroundings.edge_function;
                edge_function::call(function, &seen, Trigger::ViewerRequest, None)
            }
            AtViewer::Function(code) => {
                let function = self.surroundings.viewer_function;
                let with = (self.behaviour, self.switches);
                viewer_function::call(function, code, &request, with)
            }
        }
    }

    fn cached(&self, request: &CarriedRequest, cache: &mut Cache) -> (Response, CacheUse) {
        let key = Key::of(request, self.behaviour, self.switches);
        let entry = cache
            .entry(&key)
            .filter(|entry| self.is_for(entry, request));
        if let Some(entry) = entry.filter(|entry| entry.is_fresh(self.now)) {
            return (entry.response.clone(), CacheUse::Hit(entry.age(self.now)));
        }
        let old = entry.cloned();
        let fetched = self.fetched(request);
        if let Some(old) = old.filter(|old| self.is_better(old, &fetched)) {
            let age = old.age(self.now);
            return (old.response, CacheUse::Stale(age));
        }
        // Whether the error of a function is kept nobody says: it is not, which no viewer can tell from a failure again.
        let Ok(response) = fetched else {
            return (fetched.unwrap_or_else(of_fault), CacheUse::Miss);
        };
        self.keep(key, &response, request, cache);
        (response, CacheUse::Miss)
    }

    /// Says whether an entry may be given to `request`.
    fn is_for(&self, entry: &Entry, request: &CarriedRequest) -> bool {
        let headers_only = entry.method == "HEAD" && self.switches.head == HeadStore::HeadersOnly;
        !headers_only || request.method == "HEAD"
    }

    /// Says whether an answer that is too old is given in place of a failure: `HTTPStatusCodes`.
    fn is_better(&self, old: &Entry, fetched: &Result<Response, Fault>) -> bool {
        let policy = &self.behaviour.cache;
        match fetched {
            Ok(Response {
                status: 500..=504,
                maker: Maker::Origin(_),
                headers: _,
                body: _,
            }) => {
                let keeps = policy.min_ttl > 0 || policy.max_ttl > 0;
                keeps && !ttl::forbids_stale(&old.response)
            }
            Ok(_) => false,
            Err(Fault::Invalid | Fault::NoReply) => {
                self.switches.function_failed == FunctionFailed::Stale
            }
        }
    }

    fn keep(&self, key: Key, response: &Response, request: &CarriedRequest, cache: &mut Cache) {
        let (policy, errors) = (&self.behaviour.cache, &self.distribution.error_ttls);
        let Some(seconds) = ttl::kept(response, policy, errors, self.switches, self.now) else {
            return;
        };
        let mut response = response.clone();
        if ttl::keeps_cookies_out(&response) {
            response.headers.remove("set-cookie");
        }
        let entry = Entry {
            response,
            since: self.now,
            until: self.now.saturating_add(seconds),
            method: request.method.clone(),
        };
        cache.keep(key, entry);
    }

    /// What the function at origin-request or the origin answers.
    fn fetched(&self, request: &CarriedRequest) -> Result<Response, Fault> {
        let going = origin_request(request, self.behaviour, self.switches);
        let origin = &self.behaviour.origin;
        let mut asked = Asked {
            domain: origin.domain.clone(),
            request: going,
        };
        if self.behaviour.at_origin == AtOrigin::EdgeFunction {
            let mut seen = asked.request.clone();
            seen.headers.retain(|name| !is_hidden(name));
            let function = self.surroundings.edge_function;
            match edge_function::call(function, &seen, Trigger::OriginRequest, Some(&origin.event))?
            {
                Reply::Response(response) => {
                    return Ok(response.received(self.behaviour, self.switches));
                }
                Reply::Request(request, origin) => {
                    asked.request = request;
                    if let Some(domain) = origin.as_ref().and_then(domain) {
                        asked.domain = domain;
                    }
                }
            }
        }
        let OriginAnswer {
            status,
            headers,
            body,
        } = self.surroundings.origin.answer(&asked);
        let response = Response {
            status,
            headers,
            body,
            maker: Maker::Origin(Box::new(asked)),
        };
        Ok(response.received(self.behaviour, self.switches))
    }
}

fn of_fault(fault: Fault) -> Response {
    Response::of_cloudfront(fault.status())
}

/// The name of the origin that a function chose.
fn domain(origin: &Value) -> Option<String> {
    let name = |kind: &str| origin[kind]["domainName"].as_str().map(str::to_owned);
    name("custom").or_else(|| name("s3"))
}

impl<F: Fn(&Asked) -> OriginAnswer> OriginServer for F {
    fn answer(&self, asked: &Asked) -> OriginAnswer {
        self(asked)
    }
}
