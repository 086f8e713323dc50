//! The Lambda@Edge function, and everything that knows AWS.
//!
//! In: a CloudFront event as bytes. Out: the JSON CloudFront gets back. Absent: deciding what a
//! request becomes; that is the rest of this library.

pub mod artefact;
pub mod configuration;
pub mod dynamodb;
pub mod event;
pub mod function;
mod guard;
pub mod journal;
mod live;
pub mod rehearsal;
pub mod response;
