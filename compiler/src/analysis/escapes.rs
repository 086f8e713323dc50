//! Targets whose special characters come out otherwise than they are written.
//!
//! In: a rule. Out: findings. Absent: `%` in a target; see [`super::targets`].

use std::collections::HashMap;

use edgewright_engine::model::rules::{Piece, Rule, RuleFlags, TemplateText};
use edgewright_engine::model::site::{Map, MapKind, Site, map::MapEntry};

use super::lints::Slip;
use super::{Finding, NO_REDIRECT};
use crate::replay::{Shows, Tries};
use crate::witness::Request;

pub(super) fn of_rule(slip: &Slip<'_>, maps: &Maps<'_>) -> Vec<Option<Finding>> {
    let mut found = vec![capture_in_query(slip)];
    if !slip.rule.flags.intersects(NO_REDIRECT) {
        found.push(fragment_escaped(slip));
        found.extend(of_map_values(slip, maps));
    }
    found
}

/// `/page#part` becomes `/page%23part`.
fn fragment_escaped(slip: &Slip<'_>) -> Option<Finding> {
    let rule = slip.rule;
    let mut pieces = rule.substitution.pieces();
    let writes = pieces.any(|piece| matches!(piece, Piece::Literal(text) if text.contains(&b'#')));
    (writes && !is_in_value(rule) && !rule.flags.contains(RuleFlags::NO_ESCAPE)).then(|| {
        let headline =
            "the # of the target is escaped: browsers look for a page with a # in its name";
        Finding::warning("fragment-escaped", rule.place, headline)
            .label("becomes %23")
            .help("add NE to its flags")
            .habit()
            .shows(Shows::Location(b"%23".to_vec()), slip.shown())
    })
}

/// `?id=https://x.test/#a`: the `#` is part of a value, where it has to be escaped.
fn is_in_value(rule: &Rule) -> bool {
    let source = rule.substitution.source.as_slice();
    let hash = source.iter().position(|byte| *byte == b'#');
    let before = source.get(..hash.unwrap_or_default()).unwrap_or_default();
    let query = before.splitn(2, |byte| *byte == b'?').nth(1);
    let value = query.and_then(|query| query.rsplit(|byte| b"&;".contains(byte)).next());
    let holds =
        |text: &[u8]| value.is_some_and(|value| value.windows(text.len()).any(|part| part == text));
    holds(b"=http:") || holds(b"=https:") || holds(b"=%{")
}

/// A query that holds a space is a 403.
fn capture_in_query(slip: &Slip<'_>) -> Option<Finding> {
    let rule = slip.rule;
    let escapes =
        rule.flags.contains(RuleFlags::ESCAPE_BACKREFERENCES) || rule.extras().escapes.is_some();
    if escapes || rule.flags.contains(RuleFlags::NO_SUBSTITUTION) {
        return None;
    }
    let group = group_in_query(rule.substitution.text())?;
    let request = slip.line().with_group(&rule.pattern, group, b"a b")?;
    let headline =
        format!("a space in what ${group} matched ends in a 403: a query string holds none");
    Some(
        Finding::note("capture-in-query", rule.place, headline)
            .label("is put into the query string as it was decoded")
            .help("add B to its flags")
            .habit()
            .shows(Shows::Status(403), Tries::only(request)),
    )
}

/// The first group of the pattern behind a `?`.
fn group_in_query(template: TemplateText<'_>) -> Option<u8> {
    let mut pieces = template.pieces();
    pieces.find(|piece| matches!(piece, Piece::Literal(text) if text.contains(&b'?')))?;
    pieces.find_map(|piece| match piece {
        Piece::RuleGroup(group) => Some(group),
        _ => None,
    })
}

/// Values of a map that do not come out as they are written.
fn of_map_values(slip: &Slip<'_>, maps: &Maps<'_>) -> Vec<Option<Finding>> {
    let lookups = slip
        .rule
        .substitution
        .pieces()
        .filter_map(|piece| match piece {
            Piece::Map { name, key, .. } => Some((name, key)),
            _ => None,
        });
    let mut found = Vec::new();
    for (name, key) in lookups {
        let Some(Piece::RuleGroup(group)) = key.only_piece() else {
            continue;
        };
        for value in maps.0.get(name).into_iter().flatten() {
            let request = slip
                .line()
                .with_group(&slip.rule.pattern, group, &value.entry.key);
            found.push(request.and_then(|request| value.finding(slip.rule, request)));
        }
    }
    found
}

/// What does not come out as it is written of the values of each map, by its name.
pub(super) struct Maps<'s>(HashMap<&'s [u8], Vec<Value<'s>>>);

impl<'s> Maps<'s> {
    /// Looks through the maps of `site`.
    pub fn of(site: &'s Site) -> Self {
        let maps = site.maps.iter().map(|map| (map.name.as_slice(), map));
        Self(maps.map(|(name, map)| (name, specials(map))).collect())
    }

    /// Is there a map of that name?
    pub fn has(&self, name: &[u8]) -> bool {
        self.0.contains_key(name)
    }
}

fn specials(map: &Map) -> Vec<Value<'_>> {
    let of_byte = |byte| {
        let mut special = entries(map)
            .iter()
            .filter(|entry| entry.value.contains(&byte));
        let entry = special.next()?;
        let others = special.count();
        Some(Value {
            byte,
            entry,
            others,
        })
    };
    [b'?', b'#'].into_iter().filter_map(of_byte).collect()
}

fn entries(map: &Map) -> &[MapEntry] {
    match &map.kind {
        MapKind::Text(entries) | MapKind::Random(entries) => entries,
        MapKind::Function(_) | MapKind::Unavailable(_) => &[],
    }
}

/// A value with a special character, and how many more there are.
pub(super) struct Value<'s> {
    byte: u8,
    entry: &'s MapEntry,
    others: usize,
}

impl Value<'_> {
    fn finding(&self, rule: &Rule, request: Request) -> Option<Finding> {
        let key = String::from_utf8_lossy(&self.entry.key);
        let more = match self.others {
            0 => String::new(),
            others => format!(", and of {others} more keys"),
        };
        let mut finding = if self.byte == b'?' {
            let headline = format!("the value of `{key}`{more} has a ?: Apache answers 403");
            Finding::warning("question-mark-in-map", rule.place, headline)
                .label("no ? but one written here begins a query string")
                .help("add UnsafeAllow3F to its flags, or write the ? here and what follows it into the map")
                .shows(Shows::Status(403), Tries::only(request))
        } else {
            if rule.flags.contains(RuleFlags::NO_ESCAPE) {
                return None;
            }
            let headline = format!("the value of `{key}`{more} has a #, which is escaped");
            Finding::warning("fragment-escaped", rule.place, headline)
                .label("becomes %23")
                .help("add NE to its flags")
                .shows(Shows::Location(b"%23".to_vec()), Tries::only(request))
        };
        finding.others = vec![(self.entry.place, "this entry")];
        Some(finding)
    }
}
