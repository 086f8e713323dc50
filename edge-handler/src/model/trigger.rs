//! Where CloudFront calls a function that may answer.
//!
//! In: a name. Out: [`Trigger`]. Absent: which trigger rules need (the compiler), and events (`lambda`).

use serde::{Deserialize, Serialize};

/// Where CloudFront calls the function. At any other trigger nothing can be decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// After the cache had no answer: answers are cached.
    OriginRequest,
    /// For every request, before the cache.
    ViewerRequest,
}

impl Trigger {
    /// Every trigger.
    pub const ALL: [Self; 2] = [Self::OriginRequest, Self::ViewerRequest];

    /// The name by which CloudFront calls the trigger.
    pub fn name(self) -> &'static str {
        match self {
            Self::OriginRequest => "origin-request",
            Self::ViewerRequest => "viewer-request",
        }
    }

    /// The trigger that CloudFront calls `name`.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}
