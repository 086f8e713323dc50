//! CloudFront as a model: what stands between a viewer, the functions and the origin.
//!
//! In: the template that `package` makes, requests of viewers, functions and an origin behind traits, the positions of
//! [`switches`] for what no page of AWS says. Out: what each viewer gets, from a cache that all of them share, and what
//! the origin is asked for. Absent: any network; alternate domain names, certificates, WAF, compression, ranges, custom
//! error pages, origin groups and response headers policies: a template that uses one of them is refused.
//!
//! A fact that the model follows is named where it is followed, by the page of the CloudFront Developer Guide that has
//! it (the last part of the page's address, in brackets), and is a row of a test.

pub mod request_headers;

#[cfg(feature = "cloudfront")]
pub mod behaviour;
#[cfg(feature = "cloudfront")]
pub mod cache;
#[cfg(feature = "cloudfront")]
pub mod carried;
#[cfg(feature = "cloudfront")]
mod cookies;
#[cfg(feature = "cloudfront")]
pub mod distribution;
#[cfg(feature = "cloudfront")]
pub mod edge_function;
#[cfg(feature = "cloudfront")]
pub mod event;
#[cfg(feature = "cloudfront")]
pub mod header_list;
#[cfg(feature = "cloudfront")]
mod http_date;
#[cfg(feature = "cloudfront")]
pub mod key;
#[cfg(feature = "cloudfront")]
pub mod limits;
#[cfg(feature = "cloudfront")]
mod origin_headers;
#[cfg(feature = "cloudfront")]
pub mod policy;
#[cfg(feature = "cloudfront")]
mod query;
#[cfg(feature = "cloudfront")]
pub mod refusal;
#[cfg(feature = "cloudfront")]
pub mod response;
#[cfg(feature = "cloudfront")]
pub mod switches;
#[cfg(feature = "cloudfront")]
mod template;
#[cfg(feature = "cloudfront")]
mod ttl;
#[cfg(feature = "cloudfront")]
pub mod viewer_function;
#[cfg(feature = "cloudfront")]
mod viewer_headers;
#[cfg(feature = "cloudfront")]
pub mod visit;

#[cfg(all(test, feature = "cloudfront"))]
mod tests;
