//! Conditions that somebody else answers, so that their inputs need not be told to whoever decides the rest.
//!
//! In: what a walk over a site comes to. Out: the trait [`Elsewhere`], and [`Nowhere`], which takes nothing. Absent: who
//! answers; see `class`.

use edgewright_engine::model::expression::{Expression, Subnet};
use edgewright_engine::model::rules::Rule;
use edgewright_engine::model::site::EnvRule;
use edgewright_engine::model::site::access::HostAccess;

use crate::dependencies::Dependencies;

/// Who answers conditions elsewhere.
pub(crate) trait Elsewhere {
    /// Takes conditions of a rule; adds to `left` what the others look at.
    fn add_conditions(&mut self, rule: &Rule, left: &mut Dependencies);

    /// Takes parts of an expression; adds to `left` what the others look at.
    fn add_expression(&mut self, expression: &Expression, left: &mut Dependencies);

    /// Takes a `SetEnvIf` line, or says no.
    fn add_environment(&mut self, rule: &EnvRule) -> bool;

    /// Takes the question whether the client is in one of these networks, or says no.
    fn add_addresses(&mut self, subnets: &[Subnet]) -> bool;

    /// Takes the addresses that `Allow` and `Deny` name, or says no.
    fn add_host_access(&mut self, access: &HostAccess) -> bool;

    /// Sees to it that a cookie which a rule sets reaches its viewer and no other, or says no.
    fn add_set_cookie(&mut self) -> bool;
}

/// Nobody answers anything elsewhere.
pub(super) struct Nowhere;

impl Elsewhere for Nowhere {
    fn add_conditions(&mut self, rule: &Rule, left: &mut Dependencies) {
        for condition in &rule.conditions {
            left.add_condition(condition);
        }
    }

    fn add_expression(&mut self, expression: &Expression, left: &mut Dependencies) {
        left.add_expression(expression);
    }

    fn add_environment(&mut self, _: &EnvRule) -> bool {
        false
    }

    fn add_addresses(&mut self, _: &[Subnet]) -> bool {
        false
    }

    fn add_host_access(&mut self, _: &HostAccess) -> bool {
        false
    }
    fn add_set_cookie(&mut self) -> bool {
        false
    }
}
