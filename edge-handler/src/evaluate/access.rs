//! Who may come in (`mod_authz_core.c`, `mod_authz_host.c`, `mod_access_compat.c`).
//!
//! In: a record whose settings are merged. Out: whether it is refused. Absent: users, which the edge does not
//! know: such a question is taken as answered for the client. No client has a name at the edge, as for an Apache that
//! finds none for an address.

use super::symbolic::Unknown;
use crate::model::expression::Subnet;
use crate::model::site::access::{
    Client, Demand, HostAccess, Join, Methods, Order, Requirement, Satisfy, names,
};
use crate::source::Source;

use super::record::Record;
use super::{Halt, Run};
use crate::model::outcome::Refusal;

/// What a requirement comes to (`authz_status`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Granted,
    Denied,
    Neutral,
}

impl<'a, S: Source> Run<'a, S> {
    /// The status for a request that may not come in, and who keeps it out. (The middle of `ap_process_request_internal`.)
    pub(super) fn refusal(
        &mut self,
        record: &mut Record<'a>,
    ) -> Result<Option<(u16, Refusal)>, Halt> {
        let access = record.settings.host_access();
        let refused = self.refused_by_checker(access, record);
        let satisfy = access.and_then(|access| of_method(&access.satisfy, record.method));
        match (satisfy.unwrap_or(Satisfy::All), refused) {
            (Satisfy::Any, None) => return Ok(None),
            (Satisfy::All, Some(refused)) => return Ok(Some(refused)),
            (Satisfy::All, None) | (Satisfy::Any, Some(_)) => {}
        }
        let Some(requirement) = record.settings.requirement() else {
            return Ok(None);
        };
        let verdict = self.apply_authz_sections(requirement, Join::All, record)?;
        Ok((verdict != Verdict::Granted).then_some((403, Refusal::Requirement)))
    }

    /// The first status of those who check access (`ap_run_access_checker`): `AllowMethods`, `SSLRequireSSL`, then
    /// `Order`, `Allow` and `Deny`.
    fn refused_by_checker(
        &self,
        access: Option<&HostAccess>,
        record: &Record<'a>,
    ) -> Option<(u16, Refusal)> {
        let methods = record.settings.methods();
        if methods.is_some_and(|methods| !names(methods, record.method)) {
            return Some((405, Refusal::Method));
        }
        if record.settings.requires_tls() && !self.host.tls {
            return Some((403, Refusal::WithoutTls));
        }
        let admitted = access.is_none_or(|access| self.check_dir_access(access, record));
        (!admitted).then_some((403, Refusal::Client))
    }

    /// What a requirement says to a request, being a member of a group that is joined by `parent`.
    fn apply_authz_sections(
        &mut self,
        requirement: &Requirement,
        parent: Join,
        record: &mut Record<'a>,
    ) -> Result<Verdict, Halt> {
        if !requirement.is_for(record.method) {
            return Ok(match parent {
                Join::All => Verdict::Granted,
                Join::Any => Verdict::Neutral,
            });
        }
        let verdict = match &requirement.demand {
            Demand::Group(join, members) => self.apply_group(*join, members, record)?,
            // It neither keeps the client out nor lets it in.
            Demand::Unanswerable if requirement.negated => Verdict::Neutral,
            demand if self.check_authorization(demand, record)? => Verdict::Granted,
            _ => Verdict::Denied,
        };
        Ok(match verdict {
            Verdict::Granted if requirement.negated => Verdict::Denied,
            Verdict::Denied if requirement.negated => Verdict::Neutral,
            verdict => verdict,
        })
    }

    /// The first that decides; of others the first that says anything.
    fn apply_group(
        &mut self,
        join: Join,
        members: &[Requirement],
        record: &mut Record<'a>,
    ) -> Result<Verdict, Halt> {
        let deciding = match join {
            Join::All => Verdict::Denied,
            Join::Any => Verdict::Granted,
        };
        let mut result = Verdict::Neutral;
        for member in members {
            let verdict = self.apply_authz_sections(member, join, record)?;
            if verdict == deciding {
                return Ok(verdict);
            }
            if result == Verdict::Neutral {
                result = verdict;
            }
        }
        Ok(result)
    }

    /// What one `Require` asks (the providers' `check_authorization`).
    fn check_authorization(
        &mut self,
        demand: &Demand,
        record: &mut Record<'a>,
    ) -> Result<bool, Halt> {
        Ok(match demand {
            Demand::Granted | Demand::Unanswerable => true,
            Demand::Denied | Demand::Name | Demand::Group(..) => false,
            Demand::Environment(known) => known.iter().any(|name| self.is_set(name, record)),
            Demand::Method(methods) => names(methods, record.method),
            Demand::Expression(expression) => self.expression_holds(expression, record)?,
            Demand::Address(subnets) => subnets.iter().any(|subnet| self.comes_from(subnet)),
            Demand::Local => self.comes_from(&LOOPBACK) || self.comes_from(&LOOPBACK_6),
        })
    }

    /// `Order`, `Allow`, `Deny`.
    fn check_dir_access(&self, access: &HostAccess, record: &Record<'a>) -> bool {
        let named = |(methods, client): &(Methods, Client)| {
            methods.contain(record.method) && self.is_client(client, record)
        };
        let allowed = || access.allow.iter().any(named);
        let denied = || access.deny.iter().any(named);
        match of_method(&access.order, record.method).unwrap_or(Order::DenyAllow) {
            Order::DenyAllow => allowed() || !denied(),
            Order::AllowDeny | Order::MutualFailure => allowed() && !denied(),
        }
    }

    /// Does the client belong to those an `Allow` or `Deny` names (`find_allowdeny`)?
    fn is_client(&self, client: &Client, record: &Record<'a>) -> bool {
        match client {
            Client::All => true,
            Client::Name => false,
            Client::With(name) => self.is_set(name, record),
            Client::Without(name) => !self.is_set(name, record),
            Client::Address(subnet) => self.comes_from(subnet),
        }
    }

    /// Is a variable set? What it holds while decisions are found out says whether that is known.
    fn is_set(&self, name: &[u8], record: &Record<'a>) -> bool {
        let value = record.environment.get(name);
        self.reads(value.unwrap_or_default());
        value.is_some()
    }

    fn comes_from(&self, subnet: &Subnet) -> bool {
        self.depends_on(Unknown::Client);
        subnet.contains(self.request.client)
    }
}

const LOOPBACK: Subnet = Subnet::V4(0x7F00_0000, 0xFF00_0000);
const LOOPBACK_6: Subnet = Subnet::V6(1, u128::MAX);

/// What holds for a method: the last that was said.
fn of_method<T: Copy>(said: &[(Methods, T)], method: &[u8]) -> Option<T> {
    let mut said = said.iter().rev();
    let found = said.find(|(methods, _)| methods.contain(method));
    found.map(|(_, what)| *what)
}
