//! The operations that are timed and counted, each on one request.
//!
//! In: a [`Site`] and a request. Out: what it becomes. Absent: measuring.

use std::sync::LazyLock;

use edgewright_engine::artefact::key::KeySpace;
use edgewright_engine::artefact::table::{Lookup, Probe, Table as _};
use edgewright_engine::budget::{Allowance, Budget, DECISION_STEPS};
use edgewright_engine::cloudfront::event;
use edgewright_engine::evaluate::Options;
use edgewright_engine::handler::{self, Decision};
use edgewright_engine::lambda::configuration::Configuration;
use edgewright_engine::lambda::event::Event;
use edgewright_engine::lambda::response::Reply;
use edgewright_engine::model::request::Request;
use edgewright_engine::model::trigger::Trigger;
use edgewright_engine::pattern::matching::Captures;
use edgewright_engine::source::{Find as _, Finder};

use crate::site::Site;

/// As the deployed function has them.
static OPTIONS: LazyLock<Options> = LazyLock::new(|| Options {
    allowance: Allowance::steps(DECISION_STEPS),
    ..Options::default()
});
static CONFIGURATION: LazyLock<Configuration> = LazyLock::new(Configuration::default);

/// From a path to what was decided about it, or else to a rule that matches it: table, index and patterns,
/// without conditions, substitution, or anything else of a request.
pub fn lookup(site: &Site, path: &[u8]) -> bool {
    let spot = Probe::of(&site.table, path);
    let sought = spot.sought(KeySpace::Decisions(site.host));
    let decision = spot.at.map(|at| site.table.decision(at, &sought));
    if matches!(decision, Some(Lookup::Found(_))) {
        return true;
    }
    let finder = Finder::knowing(site.runtime.program(), &site.table, spot);
    let Ok(Some(found)) = finder.rules(site.rules, path) else {
        return false;
    };
    let mut rules = found.walk().map_while(Result::ok);
    rules.any(|rule| {
        let budget = Budget::new(OPTIONS.allowance);
        let matches = rule.matches(path, &mut Captures::new(), &budget);
        matches.is_ok_and(|matches| matches)
    })
}

/// From target, host and headers to the outcome with the bytes of its `Location`.
pub fn decide(site: &Site, request: &Request<'_>) -> Decision {
    handler::decide(&site.runtime, &site.table, request, &OPTIONS)
}

/// The event CloudFront would make of `request`.
pub fn event(request: &Request<'_>) -> Vec<u8> {
    event::event(request, Trigger::OriginRequest)
        .unwrap_or_default()
        .into_bytes()
}

/// From the bytes of an event to the bytes of the reply. `None` when they are no event.
///
/// What the function adds around this is waiting for the table, catching panics, and the journal.
pub fn handle(site: &Site, event: &[u8]) -> Option<Reply> {
    let event = Event::parse(event).ok()?;
    let fields = event.fields().ok()?;
    let parts = fields.parts(event.trigger, &CONFIGURATION);
    let request = parts.request();
    Reply::of(&event, &fields, &decide(site, &request), &CONFIGURATION, 0).ok()
}
