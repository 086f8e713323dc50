//! A distribution as a template describes it.
//!
//! In: the template's JSON. Out: [`Distribution`], and whether CloudFront would take its policies. Absent: requests; see
//! `visit`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::behaviour::{Behaviour, normalized};
use super::refusal::Refusal;
use super::template;

/// A distribution with its behaviours.
#[derive(Debug, Clone)]
pub struct Distribution {
    /// In order; the last is the default, which is for every path.
    behaviours: Vec<Behaviour>,
    default: Behaviour,
    /// What takes the place of `/`.
    pub(super) root_object: Option<String>,
    /// The least seconds that an error is kept, by status.
    pub(super) error_ttls: BTreeMap<u16, u64>,
}

impl Distribution {
    /// Reads the distribution of a template.
    ///
    /// # Errors
    /// CloudFront would refuse it, or it has what the model does not follow.
    pub fn of_template(template: &Value) -> Result<Self, Refusal> {
        let mut read = template::read(template)?;
        let default = read.behaviours.pop();
        let default =
            default.ok_or_else(|| Refusal::Form("a distribution has a behaviour".to_owned()))?;
        Ok(Self {
            behaviours: read.behaviours,
            default,
            root_object: read.root_object,
            error_ttls: read.error_ttls,
        })
    }

    /// The behaviour for a path: the first whose pattern is for it, by the path as it is normalized.
    /// `DownloadDistValuesCacheBehavior`.
    pub fn behaviour(&self, uri: &str) -> &Behaviour {
        let path = normalized(uri);
        let mut listed = self.behaviours.iter();
        listed
            .find(|one| one.pattern.is_for(&path))
            .unwrap_or(&self.default)
    }
}

/// Says whether CloudFront would take the policies of a template.
///
/// # Errors
/// The first policy that it would refuse, with the header and the rule.
pub fn check_policies(template: &Value) -> Result<(), Refusal> {
    template::check_policies(template)
}
