//! Rules with long lists of conditions: those that cannot hold are passed over, and the answer is that of an
//! evaluation that asks each of them.

use edgewright_compiler::lower::lower;
use edgewright_compiler::redundant::Redundant;
use edgewright_engine::model::request::Request;
use edgewright_engine::model::rules::{Condition, Rule};
use proptest::prelude::*;
use proptest::sample::select;

use crate::direct_redirect::check;
use crate::fetching::Edge;
use crate::site::{Parts, condition, rule};

/// Most are alike, so that there are stretches of them.
const CONDITIONS: &[(&str, &str)] = &[
    ("%{HTTP_USER_AGENT}", "(bot)-one"),
    ("%{HTTP_USER_AGENT}", "^bot-(two)"),
    ("%{HTTP_USER_AGENT}", "(?i)Spam"),
    ("%{HTTP_USER_AGENT}", "three|four"),
    ("%{HTTP_USER_AGENT}", "!five"),
    ("%{HTTP_REFERER}", "spam-(s)ix"),
];

const AGENTS: &[&str] = &[
    "",
    "bot",
    "a bot-one",
    "bot-two",
    "SPAMMER",
    "four",
    "five bot-two spam",
];

fn a_condition() -> impl Strategy<Value = Condition> {
    let usual = prop::bool::weighted(0.95);
    (
        0..CONDITIONS.len(),
        usual,
        any::<bool>(),
        prop::bool::weighted(0.97),
    )
        .prop_map(|(at, usual, no_vary, or_next)| {
            let at = if usual { at.min(2) } else { at };
            let (subject, pattern) = CONDITIONS[at];
            Condition {
                no_vary,
                or_next,
                ..condition(subject, pattern)
            }
        })
}

fn a_rule() -> impl Strategy<Value = Rule> {
    let flags: &[&[&str]] = &[&["R", "L"], &["F"], &["L"]];
    let conditions = prop::collection::vec(a_condition(), 10..50);
    (select(&["^/a", "(.*)"][..]), select(flags), conditions).prop_map(
        |(pattern, flags, conditions)| {
            let substitution = if flags == ["F"] { "-" } else { "/c/%1" };
            Rule {
                conditions,
                ..rule(1, pattern, substitution, flags)
            }
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_passed_over_does_not_hold(server in prop::collection::vec(a_rule(), 1..3), root in prop::collection::vec(a_rule(), 0..2)) {
        let site = Parts { server, root, ..Parts::default() }.site();
        let edge = Edge::new(lower(&site, &Redundant::default()).unwrap());
        for agent in AGENTS {
            let headers: &[(&[u8], &[u8])] =
                &[(b"User-Agent", agent.as_bytes()), (b"Referer", b"http://spam-six/")];
            for headers in [headers, &headers[..1]] {
                let request = Request { headers, ..Request::get(b"h", b"/a/b") };
                check(&edge, &request)?;
            }
        }
    }
}
