//! What a month costs, for a person: in a few lines, with the other ways beside the one that is packed.
//!
//! In: a [`Stack`], what the cache answers, what a generation weighs. Out: text. Absent: printing it.

use edgewright_engine::model::trigger::Trigger;

use super::{Assumptions, Costs, Entries, Month, Prices, Way, Weight};
use crate::export::function::error::FunctionError;
use crate::export::function::stack::Stack;
use crate::figures::{count, thousands};
use crate::hits::Hits;

/// The months of whom there is no log: so many requests.
const MONTHS: [f64; 2] = [10e6, 100e6];

/// The shares that are worth comparing.
const SHARES: [(&str, f64); 3] = [("0 %", 0.0), ("50 %", 0.5), ("90 %", 0.9)];

/// What is compared: ways and what they are called, the packed one first.
pub(super) struct Ways {
    pub(super) named: Vec<(String, Way)>,
    assumed: Assumptions,
    prices: Prices,
    weight: Option<Weight>,
}

impl Ways {
    /// The ways that the rules allow.
    pub(super) fn of(stack: &Stack, weight: Option<Weight>) -> Result<Self, FunctionError> {
        let packed = (stack.trigger(), Entries::of(stack.options()));
        let mut triggers = Trigger::ALL;
        triggers.sort_by_key(|trigger| *trigger != packed.0);
        let entries = match packed.1 {
            Entries::Package => [Entries::Package, Entries::Table],
            Entries::Table => [Entries::Table, Entries::Package],
        };
        let mut named = Vec::new();
        for trigger in triggers {
            // Not where the rules forbid the other trigger.
            let Ok(stack) = stack.at(trigger) else {
                continue;
            };
            for entries in entries {
                let name = name(packed, (trigger, entries));
                named.push((name, Way::of(&stack, entries)?));
            }
        }
        Ok(Self {
            named,
            assumed: Assumptions::default(),
            prices: Prices::current().map_err(FunctionError::Prices)?,
            weight,
        })
    }

    pub(super) fn costs(&self, way: &Way, month: Month) -> Costs {
        way.costs(month, self.weight.as_ref(), &self.assumed, &self.prices)
    }

    /// What the costs are made of, of the packed way.
    pub(super) fn parts(&self, month: Month) -> String {
        let Some((_, way)) = self.named.first() else {
            return String::new();
        };
        let costs = self.costs(way, month);
        let mut parts = vec![
            ("CloudFront's requests", costs.requests),
            ("transfer", costs.transfer),
            ("Lambda@Edge's calls", costs.calls),
            ("their time", costs.duration),
        ];
        if way.has_viewer_function {
            parts.push(("CloudFront Function", costs.viewer_function));
        }
        if way.entries == Entries::Table {
            parts.push(("DynamoDB", costs.table()));
        }
        if costs.invalidations > 0.0 {
            parts.push(("invalidations", costs.invalidations));
        }
        let parts = parts.into_iter();
        let parts = parts.map(|(name, part)| format!("{name} {}", dollars(part)));
        parts.collect::<Vec<_>>().join(", ")
    }

    /// What is assumed, and how sure the prices are.
    pub(super) fn assumptions(&self) -> [String; 3] {
        let Assumptions {
            viewers,
            answer_bytes,
            call,
            call_with_read,
            call_with_read_at_viewer,
            generations,
            deploys: _,
            invalidated_paths: _,
        } = &self.assumed;
        let table = match &self.weight {
            Some(weight) => format!(
                "; a table holds {generations} generations of {}, with backups, and one deploy a month writes all of it",
                count(weight.items, "item")
            ),
            None => "; what a table holds is not counted".to_owned(),
        };
        let unchecked = self
            .named
            .iter()
            .flat_map(|(_, way)| way.unchecked(&self.prices));
        let mut unchecked: Vec<String> = unchecked.collect();
        unchecked.dedup();
        unchecked.sort();
        unchecked.dedup();
        let doubt = match &unchecked[..] {
            [] => String::new(),
            unchecked => format!("; not checked: {}", unchecked.join(", ")),
        };
        [
            format!(
                "assumed: a call takes {call} ms, with a read of a table {call_with_read} ms ({call_with_read_at_viewer} ms at viewer-request);"
            ),
            format!(
                "an answer has {} bytes; viewers are in {viewers}; `/*` is invalidated once{table};",
                thousands(*answer_bytes)
            ),
            format!(
                "without cold starts, the origin, logs; an account's free allowances are taken off; prices of {}{doubt}",
                self.prices.date
            ),
        ]
    }
}

/// What a way is called beside the packed one.
fn name(packed: (Trigger, Entries), way: (Trigger, Entries)) -> String {
    let (trigger, entries) = way;
    let place = match entries {
        Entries::Package => "the package",
        Entries::Table => "a table",
    };
    let mut options = Vec::new();
    if trigger != packed.0 {
        options.push(format!("--trigger {}", trigger.name()));
    }
    match (entries == packed.1, entries) {
        (true, _) => {}
        (false, Entries::Table) => options.push("--table NAME".to_owned()),
        (false, Entries::Package) => options.push("without --table".to_owned()),
    }
    let how = if options.is_empty() {
        "as packed".to_owned()
    } else {
        options.join(" ")
    };
    format!("{how}: {}, entries in {place}", trigger.name())
}

/// What months of 10 and of 100 million requests cost, at several shares that the cache answers: also at `own`, which is what
/// it answers of a made-up day.
///
/// # Errors
/// A Region is no name, or the price list is damaged.
pub fn of_a_made_up_month(
    stack: &Stack,
    own: Option<Hits>,
    weight: Option<Weight>,
) -> Result<String, FunctionError> {
    const CELL: usize = 17;
    let ways = Ways::of(stack, weight)?;
    let mut shares: Vec<(String, f64)> =
        SHARES.map(|(name, share)| (name.to_owned(), share)).into();
    shares.extend(own.map(|own| (format!("{} *", own.share()), own.rate())));
    let months = |share: f64| {
        MONTHS.map(|requests| Month {
            requests,
            answered: share,
        })
    };
    let titles: String = shares
        .iter()
        .map(|(name, _)| format!("{name:>CELL$}"))
        .collect();
    let mut text = format!(
        "  a month in US dollars, for 10 / 100 million requests, where the cache answers:\n{titles}\n"
    );
    for (name, way) in &ways.named {
        let cell = |share: f64| {
            let all = months(share).map(|month| dollars(ways.costs(way, month).total()));
            format!("{:>CELL$}", all.join(" / "))
        };
        let cells: String = match way.trigger {
            Trigger::OriginRequest => shares.iter().map(|(_, share)| cell(*share)).collect(),
            // The function is called for each request.
            Trigger::ViewerRequest => {
                let width = CELL * (shares.len() - 1);
                format!("{}{:width$}", cell(0.0), "  whatever it answers")
            }
        };
        text += &format!("{cells}  {name}\n");
    }
    let (share, answered) = match own {
        Some(own) => (own.share(), own.rate()),
        None => ("0 %".to_owned(), 0.0),
    };
    if own.is_some() {
        text += "  * what it answers of that made-up day\n";
    }
    let [_, most] = months(answered);
    text += &format!(
        "  as packed, 100 million at {share}: {}\n",
        ways.parts(most)
    );
    for line in ways.assumptions() {
        text += &format!("  {line}\n");
    }
    Ok(text)
}

/// `4.20`, `163`, `1,234`.
pub(super) fn dollars(amount: f64) -> String {
    if amount < 99.995 {
        format!("{amount:.2}")
    } else {
        thousands(format!("{amount:.0}").as_str())
    }
}
