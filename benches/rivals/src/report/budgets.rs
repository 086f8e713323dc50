//! Every budget beside its figure.
//!
//! In: [`Figures`]. Out: a table. Absent: what is behind a figure; see [`super::tables`].
//!
//! Machines differ by a factor of two from day to day. So a budget of time is a multiple of a floor that was measured in
//! the same section; nanoseconds are information.

use std::fmt::Write as _;

use super::{Figures, ratio, size, thousands, time};
use crate::decide::Decisions;
use crate::lookup;
use crate::lookups::{EXACT_HIT_FLOOR, EXACT_MISS_FLOOR, OURS};

const MIB: f64 = 1024.0 * 1024.0;

/// One line: what, the budget in words, the figure in words, whether it holds.
struct Budget {
    layer: &'static str,
    what: &'static str,
    budget: String,
    figure: String,
    holds: bool,
}

/// What a time may not exceed: a multiple of a floor.
#[derive(Clone, Copy)]
struct Floor {
    name: &'static str,
    time: f64,
}

impl Floor {
    /// `figure` may be `most` times the floor.
    fn budget(self, layer: &'static str, what: &'static str, figure: f64, most: f64) -> Budget {
        let times = figure / self.time;
        Budget {
            layer,
            what,
            budget: format!("{most} × {}", self.name),
            figure: format!(
                "{} × ({} / {})",
                hundredths(times),
                time(figure),
                time(self.time)
            ),
            holds: times <= most,
        }
    }
}

/// Writes the table.
pub fn write(text: &mut String, figures: &Figures) {
    let mut budgets = Vec::new();
    lookups(&mut budgets, figures);
    memory(&mut budgets, figures);
    if let Some(decisions) = &figures.decisions {
        decided(&mut budgets, decisions);
        beside_apache(&mut budgets, decisions);
        reads(&mut budgets, decisions);
    }
    worst(&mut budgets, figures);
    growth(&mut budgets, figures);
    stages(&mut budgets, figures);
    building(&mut budgets, figures);
    let holding = budgets.iter().filter(|budget| budget.holds).count();
    let _ = writeln!(
        text,
        "## Budgets\n\n{holding} of {} hold. A floor is the least that anybody needs for less: `ptr_hash` with a comparison finds one of\n\
         60,000 exact keys, `hashbrown` finds none.\n\n| Layer | What | Budget | Figure | |\n|---|---|---|---|---|",
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
    let (Some(ours), Some(mixed), Some(hit), Some(miss)) = (
        named(&lookups.exact, OURS),
        named(&lookups.mixed, OURS),
        named(&lookups.exact, EXACT_HIT_FLOOR),
        named(&lookups.exact, EXACT_MISS_FLOOR),
    ) else {
        return;
    };
    let (hit, miss) = (hit_floor(hit.hit.p50), miss_floor(miss.miss.p50));
    budgets.extend([
        hit.budget("lookup", "60k exact, hit p50", ours.hit.p50, 1.3),
        miss.budget("lookup", "60k exact, miss p50", ours.miss.p50, 1.5),
        hit.budget("lookup", "60k mixed, hit p50", mixed.hit.p50, 2.5),
        miss.budget("lookup", "60k mixed, miss p50", mixed.miss.p50, 6.0),
    ]);
    if let Some(rival) = named(&lookups.mixed, "redirectionio, all cached") {
        let faster = rival.hit.p50 / mixed.hit.p50;
        budgets.push(Budget {
            layer: "lookup",
            what: "60k mixed, beside redirectionio with all its regexes cached",
            budget: "200 × faster".to_owned(),
            figure: format!("{} ×", ratio(faster)),
            holds: faster >= 200.0,
        });
    }
}

fn hit_floor(time: f64) -> Floor {
    let name = "ptr_hash hit";
    Floor { name, time }
}

fn miss_floor(time: f64) -> Floor {
    let name = "hashbrown miss";
    Floor { name, time }
}

fn named<'a>(rows: &'a [lookup::Figures], name: &str) -> Option<&'a lookup::Figures> {
    rows.iter().find(|row| row.name == name)
}

fn memory(budgets: &mut Vec<Budget>, figures: &Figures) {
    let Some(memory) = &figures.memory else {
        return;
    };
    let held = |bytes: Option<&i64>| self::bytes(bytes.copied().unwrap_or(0));
    for (layer, what, held, limit) in [
        (
            "lookup",
            "60k exact, memory",
            held(memory.exact.get(OURS)),
            3.5,
        ),
        (
            "lookup",
            "60k mixed, memory",
            held(memory.mixed.get(OURS)),
            12.0,
        ),
        (
            "start",
            "seed-sized, warm heap, table embedded",
            bytes(memory.seed_warm),
            16.0,
        ),
    ] {
        budgets.push(Budget {
            layer,
            what,
            budget: format!("{limit} MiB"),
            figure: size(held),
            holds: held <= limit * MIB,
        });
    }
    for (layer, what, allocations, limit) in [
        (
            "decide",
            "seed-sized, allocations on a miss",
            memory.decide_miss,
            0,
        ),
        (
            "handle",
            "seed-sized, allocations on a miss",
            memory.handle_miss,
            4,
        ),
    ] {
        budgets.push(Budget {
            layer,
            what,
            budget: limit.to_string(),
            figure: allocations.to_string(),
            holds: allocations <= limit,
        });
    }
}

fn decided(budgets: &mut Vec<Budget>, decisions: &Decisions) {
    let (hit, miss) = (
        hit_floor(decisions.floor_hit.p50),
        miss_floor(decisions.floor_miss.p50),
    );
    let slowest = Floor {
        name: "p50",
        time: decisions.hit.p50,
    };
    budgets.extend([
        hit.budget("decide", "seed-sized, hit p50", decisions.hit.p50, 4.0),
        miss.budget("decide", "seed-sized, miss p50", decisions.miss.p50, 9.0),
        slowest.budget("decide", "seed-sized, hit p99", decisions.hit.p99, 3.0),
        // As it was before the request's way was made shorter: 27 times, and 86 times of which a quarter was to go.
        hit.budget(
            "handle",
            "event bytes to response bytes, hit p50",
            decisions.handle_hit.p50,
            27.0,
        ),
        miss.budget(
            "handle",
            "event bytes to response bytes, miss p50",
            decisions.handle_miss.p50,
            64.0,
        ),
    ]);
}

fn beside_apache(budgets: &mut Vec<Budget>, decisions: &Decisions) {
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
}

fn reads(budgets: &mut Vec<Budget>, decisions: &Decisions) {
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

/// A bound for whoever waits, far from what any machine needs.
fn worst(budgets: &mut Vec<Budget>, figures: &Figures) {
    for worst in figures.worst.iter().flatten() {
        budgets.push(Budget {
            layer: "worst case",
            what: name_of(&worst.set),
            budget: "1 ms".to_owned(),
            figure: time(worst.time),
            holds: worst.time <= 1e6,
        });
    }
}

fn growth(budgets: &mut Vec<Budget>, figures: &Figures) {
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
    let reading = Floor {
        name: "reading",
        time: last.read * 1e9,
    };
    let seconds = last.read + last.compile;
    budgets.push(reading.budget(
        "compile",
        "1M mixed rules, read and compile",
        seconds * 1e9,
        8.0,
    ));
    budgets.push(Budget {
        layer: "compile",
        what: "1M mixed rules, memory",
        budget: "2 GiB".to_owned(),
        figure: format!("{} MiB", thousands(last.peak)),
        holds: last.peak <= 2048.0,
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
    let parsing = Floor {
        name: "parsing",
        time: stages.parse * 1e6,
    };
    let whole = (stages.read + stages.compile) * 1e6;
    budgets.push(Budget {
        layer: "start",
        what: "seed-sized, program bytes to ready",
        budget: "5.0 ms".to_owned(),
        figure: time(stages.program * 1e6),
        holds: stages.program <= 5.0,
    });
    budgets.push(parsing.budget(
        "compile",
        "seed-sized, read, parse, analyse, lower",
        whole,
        13.3,
    ));
}

fn building(budgets: &mut Vec<Budget>, figures: &Figures) {
    let Some(building) = &figures.building else {
        return;
    };
    budgets.push(Budget {
        layer: "building",
        what: "the README's first command from an empty target folder",
        budget: "360 s of the processor".to_owned(),
        figure: format!("{:.0} s", building.processor),
        holds: building.processor <= 360.0,
    });
}

/// A ratio near its budget.
fn hundredths(value: f64) -> String {
    match value {
        v if v < 10.0 => format!("{v:.2}"),
        v => format!("{v:.1}"),
    }
}

#[expect(clippy::cast_precision_loss, reason = "memory is far below 2^52 bytes")]
pub(super) fn bytes(count: i64) -> f64 {
    count as f64
}
