//! The Lambda@Edge function, and everything that knows AWS.
//!
//! In: a CloudFront event as bytes. Out: the JSON CloudFront gets back. Absent: deciding what a
//! request becomes; that is the rest of this library.
//!
//! Feature `events` has what reads events and writes responses; feature `lambda` also the function,
//! with its table and its journal.

#[cfg(feature = "lambda")]
pub mod artefact;
#[cfg(feature = "lambda")]
mod breaker;
#[cfg(feature = "lambda")]
mod cache;
pub mod configuration;
#[cfg(feature = "lambda")]
pub mod dynamodb;
pub mod event;
#[cfg(feature = "lambda")]
pub mod function;
#[cfg(feature = "lambda")]
mod guard;
#[cfg(feature = "lambda")]
pub mod journal;
#[cfg(feature = "lambda")]
pub mod ledger;
#[cfg(feature = "lambda")]
mod live;
pub mod response;
#[cfg(feature = "lambda")]
mod store;
