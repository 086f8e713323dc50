//! Every budget beside its figure.
//!
//! In: [`Figures`]. Out: a table. Absent: what is behind a figure; see [`super::tables`].

use std::fmt::Write as _;

use super::{Figures, ratio, size, thousands, time};
use crate::lookup;
use crate::lookups::OURS;

const MIB: f64 = 1024.0 * 1024.0;

/// One line: what, the budget in words, the figure in words, whether it holds.
struct Budget {
    layer: &'static str,
    what: &'static str,
    budget: String,
    figure: String,
    holds: bool,
}

/// Writes the table.
pub fn write(text: &mut String, figures: &Figures) {
    let mut budgets = Vec::new();
    lookups(&mut budgets, figures);
    decisions(&mut budgets, figures);
    worst_and_growth(&mut budgets, figures);
    stages(&mut budgets, figures);
    let holding = budgets.iter().filter(|budget| budget.holds).count();
    let _ = writeln!(
        text,
        "## Budgets\n\n{holding} of {} hold.\n\n| Layer | What | Budget | Figure | |\n|---|---|---|---|---|",
        budgets.len()
    );
    for Budget {
        layer,
        what,
        budget,
        figure,
        holds,
    } in budgets
    {
        let mark = if holds { "holds" } else { "**does not hold**" };
        let _ = writeln!(text, "| {layer} | {what} | {budget} | {figure} | {mark} |");
    }
    text.push('\n');
}

fn lookups(budgets: &mut Vec<Budget>, figures: &Figures) {
    let Some(lookups) = &figures.lookups else {
        return;
    };
    let (Some(ours), Some(perfect), Some(map)) = (
        named(&lookups.exact, OURS),
        named(&lookups.exact, "ptr_hash + verify"),
        named(&lookups.exact, "hashbrown + rapidhash"),
    ) else {
        return;
    };
    let mut times = |what, figure: f64, limit: f64, budget: String| {
        budgets.push(Budget {
            layer: "lookup",
            what,
            budget,
            figure: time(figure),
            holds: figure <= limit,
        });
    };
    let floor = perfect.hit.p50;
    times(
        "60k exact, hit p50",
        ours.hit.p50,
        1.5 * floor,
        format!("1.5 × ptr_hash = {}", time(1.5 * floor)),
    );
    let floor = map.miss.p50;
    times(
        "60k exact, miss p50",
        ours.miss.p50,
        2.0 * floor,
        format!("2 × hashbrown = {}", time(2.0 * floor)),
    );
    if let Some(ours) = named(&lookups.mixed, OURS) {
        times(
            "60k mixed, hit p50",
            ours.hit.p50,
            150.0,
            "150 ns".to_owned(),
        );
        times(
            "60k mixed, miss p50",
            ours.miss.p50,
            80.0,
            "80 ns".to_owned(),
        );
        if let Some(rival) = named(&lookups.mixed, "redirectionio, all cached") {
            let faster = rival.hit.p50 / ours.hit.p50;
            budgets.push(Budget {
                layer: "lookup",
                what: "60k mixed, beside redirectionio with all its regexes cached",
                budget: "300 × faster".to_owned(),
                figure: format!("{} ×", ratio(faster)),
                holds: faster >= 300.0,
            });
        }
    }
    if let Some(memory) = &figures.memory {
        for (what, held, limit) in [
            ("60k exact, memory", memory.exact.get(OURS), 3.5),
            ("60k mixed, memory", memory.mixed.get(OURS), 12.0),
        ] {
            let held = bytes(held.copied().unwrap_or(0));
            budgets.push(Budget {
                layer: "lookup",
                what,
                budget: format!("{limit} MiB"),
                figure: size(held),
                holds: held <= limit * MIB,
            });
        }
    }
}

fn named<'a>(rows: &'a [lookup::Figures], name: &str) -> Option<&'a lookup::Figures> {
    rows.iter().find(|row| row.name == name)
}

fn decisions(budgets: &mut Vec<Budget>, figures: &Figures) {
    let Some(decisions) = &figures.decisions else {
        return;
    };
    let mut times = |layer, what, figure: f64, limit: f64| {
        budgets.push(Budget {
            layer,
            what,
            budget: time(limit),
            figure: time(figure),
            holds: figure <= limit,
        });
    };
    times("decide", "seed-sized, hit p50", decisions.hit.p50, 500.0);
    times("decide", "seed-sized, miss p50", decisions.miss.p50, 150.0);
    times("decide", "seed-sized, hit p99", decisions.hit.p99, 5_000.0);
    times(
        "decide",
        "seed-sized, miss p99",
        decisions.miss.p99,
        5_000.0,
    );
    times(
        "handle",
        "event bytes to response bytes, hit p50",
        decisions.handle_hit.p50,
        5_000.0,
    );
    times(
        "handle",
        "event bytes to response bytes, miss p50",
        decisions.handle_miss.p50,
        5_000.0,
    );
    if let Some(memory) = &figures.memory {
        budgets.push(Budget {
            layer: "decide",
            what: "seed-sized, allocations on a miss",
            budget: "0".to_owned(),
            figure: memory.decide_miss.to_string(),
            holds: memory.decide_miss == 0,
        });
    }
    for (what, ours, apache) in [
        (
            "beside Apache over loopback, hit",
            decisions.hit,
            decisions.apache_hit,
        ),
        (
            "beside Apache over loopback, miss",
            decisions.miss,
            decisions.apache_miss,
        ),
    ] {
        let faster = apache.p50 / ours.p50;
        budgets.push(Budget {
            layer: "decide",
            what,
            budget: "10,000 × faster".to_owned(),
            figure: format!("{} × ({})", ratio(faster), time(apache.p50)),
            holds: faster >= 10_000.0,
        });
    }
    let (hit, miss) = (decisions.reads_hit, decisions.reads_miss);
    budgets.push(Budget {
        layer: "table",
        what: "DynamoDB reads, hit",
        budget: "1".to_owned(),
        figure: format!(
            "none {}, one {}, most {} of {} requests",
            hit.none, hit.one, hit.most, hit.requests
        ),
        holds: hit.most <= 1,
    });
    #[expect(clippy::cast_precision_loss, reason = "counts of requests are small")]
    let wasted = 100.0 * (miss.requests - miss.none) as f64 / miss.requests.max(1) as f64;
    budgets.push(Budget {
        layer: "table",
        what: "DynamoDB reads, miss",
        budget: "0, but for 0.4 % of requests".to_owned(),
        figure: format!("0, but for {wasted:.2} %"),
        holds: wasted <= 0.4,
    });
}

fn worst_and_growth(budgets: &mut Vec<Budget>, figures: &Figures) {
    for worst in figures.worst.iter().flatten() {
        budgets.push(Budget {
            layer: "worst case",
            what: name_of(&worst.set),
            budget: "1 ms".to_owned(),
            figure: time(worst.time),
            holds: worst.time <= 1e6,
        });
    }
    let (Some(first), Some(last)) = (figures.growth.first(), figures.growth.last()) else {
        return;
    };
    if first.rules == last.rules {
        return;
    }
    for (what, growth) in [
        (
            "1k to 1M mixed rules, decide, hit p50",
            last.hit / first.hit,
        ),
        (
            "1k to 1M mixed rules, decide, miss p50",
            last.miss / first.miss,
        ),
    ] {
        budgets.push(Budget {
            layer: "growth",
            what,
            budget: "2 ×".to_owned(),
            figure: format!("{growth:.1} ×"),
            holds: growth <= 2.0,
        });
    }
    let seconds = last.read + last.compile;
    budgets.push(Budget {
        layer: "compile",
        what: "1M mixed rules, read and compile",
        budget: "20 s, 2 GiB".to_owned(),
        figure: format!("{seconds:.1} s, {} MiB", thousands(last.peak)),
        holds: seconds <= 20.0 && last.peak <= 2048.0,
    });
}

/// The sets are few and known.
fn name_of(set: &str) -> &'static str {
    let sets = edgewright_benches::set::adversarial::NAMES;
    sets.iter()
        .copied()
        .find(|name| *name == set)
        .unwrap_or("a set")
}

fn stages(budgets: &mut Vec<Budget>, figures: &Figures) {
    let Some(stages) = &figures.stages else {
        return;
    };
    let mut milliseconds = |layer, what, figure: f64, limit: f64| {
        budgets.push(Budget {
            layer,
            what,
            budget: time(limit * 1e6),
            figure: time(figure * 1e6),
            holds: figure <= limit,
        });
    };
    milliseconds(
        "start",
        "seed-sized, program bytes to ready",
        stages.program,
        5.0,
    );
    milliseconds("compile", "seed-sized, parse alone", stages.parse, 100.0);
    milliseconds(
        "compile",
        "seed-sized, read, parse, analyse, lower",
        stages.read + stages.compile,
        1_000.0,
    );
    if let Some(memory) = &figures.memory {
        let held = bytes(memory.seed_warm);
        budgets.push(Budget {
            layer: "start",
            what: "seed-sized, warm heap, table embedded",
            budget: "16 MiB".to_owned(),
            figure: size(held),
            holds: held <= 16.0 * MIB,
        });
    }
}

#[expect(clippy::cast_precision_loss, reason = "memory is far below 2^52 bytes")]
pub(super) fn bytes(count: i64) -> f64 {
    count as f64
}
