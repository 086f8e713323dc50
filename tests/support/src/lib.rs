//! What tests, benches and examples share.
//!
//! In: configurations and requests. Out: a real Apache's answers ([`apache`]), recorded ones
//! ([`record`]), generated configurations. Absent: anything of ours that is being tested.

pub mod allocations;
pub mod apache;
pub mod cases;
pub mod contract;
pub mod corpus;
pub mod dynamodb;
pub mod legacy_site;
pub mod random;
pub mod record;
pub mod rule_sets;
pub mod seed_site;
pub mod sent;
pub mod upstream;
pub mod verdicts;
pub mod wire;
