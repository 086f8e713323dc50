//! CloudFront as a model: what stands between a viewer, the functions and the origin.
//!
//! In: the template that `package` makes, requests of viewers, functions and an origin behind traits, the positions of
//! [`switches`] for what no page of AWS says. Out: what each viewer gets, from a cache that all of them share, and what
//! the origin is asked for. Absent: any network; alternate domain names, certificates, WAF, compression, ranges, custom
//! error pages, origin groups and response headers policies: a template that uses one of them is refused.
//!
//! A fact that the model follows is named where it is followed, by the page of the CloudFront Developer Guide that has
//! it (the last part of the page's address, in brackets), and is a row of a test.

pub mod behaviour;
pub mod cache;
pub mod carried;
mod cookies;
pub mod distribution;
pub mod edge_function;
pub mod event;
pub mod header_list;
mod http_date;
pub mod key;
pub mod limits;
mod origin_headers;
pub mod policy;
mod query;
pub mod refusal;
pub mod response;
pub mod switches;
mod template;
mod ttl;
pub mod viewer_function;
mod viewer_headers;
pub mod visit;

#[cfg(test)]
mod tests;
