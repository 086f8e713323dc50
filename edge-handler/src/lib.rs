//! Answers a request as the Apache it came from did.
//!
//! In: a [`model::request::Request`] and a [`model::site::Site`] (the configuration, settled). Out: a
//! [`model::outcome::Outcome`]. Absent: reading configuration text, and any network or file access
//! outside feature `lambda`.
//!
//! ```
//! use edgewright_engine::evaluate::{Options, evaluate};
//! use edgewright_engine::model::outcome::Outcome;
//! use edgewright_engine::model::request::Request;
//! use edgewright_engine::model::site::{Host, Site};
//! use edgewright_engine::source::Sequential;
//!
//! // A server without any directive serves the file that a path names.
//! let site = Site { hosts: vec![Host::new("example.com", "/var/www")], ..Site::default() };
//! let request = Request::get(b"example.com", b"/a?b=c");
//! let answer = evaluate(&site, &Sequential::new(&site), &request, &Options::default());
//! let served = Outcome::Serve { path: b"/a".to_vec(), query: Some(b"b=c".to_vec()) };
//! assert_eq!(answer.map(|answer| answer.outcome), Ok(served));
//! ```
//!
//! The modules are floors: each uses only those above it in this list.
//!
//! 1. [`budget`]: the steps that a decision may take;
//! 2. [`text`]: escaping, wildcards, the parts of a URL;
//! 3. [`pattern`]: regular expressions as PCRE2 10.42 reads them;
//! 4. [`model`]: requests, rules, sites and outcomes, as plain data;
//! 5. [`artefact`]: the files of a build, and what they are found by;
//! 6. [`source`]: the rules that may match a text;
//! 7. [`evaluate`]: what Apache does with a request;
//! 8. [`shortcut`]: the same for most requests, in less time;
//! 9. [`handler`]: a request and a build in, an answer or the next key to fetch out;
//! 10. `lambda`: CloudFront's events and responses, and the function itself;
//! 11. `cloudfront`: CloudFront as a model, around the function.

pub mod artefact;
pub mod budget;
#[cfg(feature = "cloudfront")]
pub mod cloudfront;
mod depth;
pub mod evaluate;
pub mod handler;
#[cfg(feature = "events")]
pub mod lambda;
pub mod model;
pub mod pattern;
pub mod shortcut;
pub mod source;
pub mod text;
