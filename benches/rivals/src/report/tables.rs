//! What is behind the budgets: every contender, with ratios.
//!
//! In: [`Figures`]. Out: tables. Absent: what was promised; see [`super::budgets`].

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::budgets::bytes;
use super::{Figures, ratio, size, thousands, time};
use crate::lookup;
use crate::lookups::OURS;

/// Writes the tables.
pub fn write(text: &mut String, figures: &Figures) {
    if let Some(lookups) = &figures.lookups {
        let memory = figures.memory.as_ref();
        let _ = writeln!(
            text,
            "## Lookup: does a rule match this path?\n\n\
             Only that is timed, for us and for them: no conditions, no `Location`. The sets are those of `benches/src/set.rs`:\n\
             exact is 60,000 literal rules; mixed is 60 % literal, 25 % `^/a/b/(.*)$`, 5 % numbered pages, 5 % with languages,\n\
             4.9 % dated, 0.1 % unanchored. A ratio says how many times longer than ours. \"Found\" is the share of the hits that\n\
             the contender can express.\n"
        );
        contenders(
            text,
            "Exact, 60,000 rules",
            &lookups.exact,
            memory.map(|memory| &memory.exact),
        );
        contenders(
            text,
            "Mixed, 60,000 rules",
            &lookups.mixed,
            memory.map(|memory| &memory.mixed),
        );
    }
    decisions(text, figures);
    worst(text, figures);
    growth(text, figures);
    building(text, figures);
}

fn contenders(
    text: &mut String,
    title: &str,
    rows: &[lookup::Figures],
    memory: Option<&BTreeMap<String, i64>>,
) {
    let _ = writeln!(
        text,
        "### {title}\n\n| | hit p50 | | miss p50 | | hit p99 | memory | built in | found | |\n|---|---|---|---|---|---|---|---|---|---|"
    );
    let ours = rows.iter().find(|row| row.name == OURS);
    for row in rows {
        let times = |other: f64, ours: Option<f64>| match ours {
            Some(ours) if row.name != OURS => format!("{} ×", ratio(other / ours)),
            _ => String::new(),
        };
        let held = memory.and_then(|memory| memory.get(&row.name));
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} % | {} |",
            row.name,
            time(row.hit.p50),
            times(row.hit.p50, ours.map(|ours| ours.hit.p50)),
            time(row.miss.p50),
            times(row.miss.p50, ours.map(|ours| ours.miss.p50)),
            time(row.hit.p99),
            held.map_or("–".to_owned(), |held| size(bytes(*held))),
            time(row.build_ms * 1e6),
            row.found,
            row.note,
        );
    }
    text.push('\n');
}

fn decisions(text: &mut String, figures: &Figures) {
    let Some(decisions) = &figures.decisions else {
        return;
    };
    let _ = writeln!(
        text,
        "## Decide and handle: a whole request\n\n\
         Seed-sized: 60,000 rules and 13,000 conditions, more than half of them redundant or interfering. A hit carries the\n\
         headers that conditions ask for. Decide is from target, host and headers to the outcome with the bytes of its\n\
         `Location`; handle from the bytes of a CloudFront event to the bytes of the reply; Apache's is the whole request over\n\
         loopback on an open connection, with the same rules.\n\n\
         | | p50 | p99 | longest |\n|---|---|---|---|"
    );
    for (name, times) in [
        ("decide, hit", decisions.hit),
        ("decide, miss", decisions.miss),
        ("handle, hit", decisions.handle_hit),
        ("handle, miss", decisions.handle_miss),
        ("Apache, hit", decisions.apache_hit),
        ("Apache, miss", decisions.apache_miss),
        ("floor of a hit: ptr_hash", decisions.floor_hit),
        ("floor of a miss: hashbrown", decisions.floor_miss),
    ] {
        let _ = writeln!(
            text,
            "| {name} | {} | {} | {} |",
            time(times.p50),
            time(times.p99),
            time(times.max)
        );
    }
    text.push('\n');
    if let Some(memory) = &figures.memory {
        let (program, table) = memory.files;
        let count = |bytes: usize| size(bytes_of(bytes));
        let _ = writeln!(
            text,
            "Memory: `rules.bin` {}, `table.bin` {}; loaded {}, after every request once {}. Allocations of a request, at most: \
             decide {} on a hit, {} on a miss; handle {} and {}.\n",
            count(program),
            count(table),
            size(bytes(memory.seed_cold)),
            size(bytes(memory.seed_warm)),
            memory.decide_hit,
            memory.decide_miss,
            memory.handle_hit,
            memory.handle_miss,
        );
    }
    if let Some(stages) = &figures.stages {
        let milliseconds = |value: f64| time(value * 1e6);
        let _ = writeln!(
            text,
            "Stages: parse {}; read, parsing included, {}; compile {}; load program {}; load program and table {}.\n",
            milliseconds(stages.parse),
            milliseconds(stages.read),
            milliseconds(stages.compile),
            milliseconds(stages.program),
            milliseconds(stages.start),
        );
    }
}

#[expect(clippy::cast_precision_loss, reason = "files are far below 2^52 bytes")]
fn bytes_of(count: usize) -> f64 {
    count as f64
}

fn worst(text: &mut String, figures: &Figures) {
    let Some(worst) = &figures.worst else {
        return;
    };
    text.push_str("## Worst cases\n\nThe slowest request of each set.\n\n| Set | Decide | Its target |\n|---|---|---|\n");
    for row in worst {
        let target = row.target.replace('|', "\\|");
        let _ = writeln!(text, "| {} | {} | `{target}` |", row.set, time(row.time));
    }
    text.push('\n');
}

fn growth(text: &mut String, figures: &Figures) {
    if figures.growth.is_empty() {
        return;
    }
    text.push_str("## Growth\n\n![Time for one request against the number of rules](growth.svg)\n\n| Mixed rules | decide, hit | decide, miss | read | compile | memory at most | rules.bin | table.bin |\n|---|---|---|---|---|---|---|---|\n");
    for row in &figures.growth {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {:.1} s | {:.1} s | {} MiB | {} | {} |",
            thousands(bytes_of(row.rules)),
            time(row.hit),
            time(row.miss),
            row.read,
            row.compile,
            thousands(row.peak),
            size(bytes_of(row.files.0)),
            size(bytes_of(row.files.1)),
        );
    }
    text.push_str("\nOurs is from request to `Location`; the rivals' lines are only the match, Apache's the whole request.\n");
}

fn building(text: &mut String, figures: &Figures) {
    let Some(building) = &figures.building else {
        return;
    };
    let _ = writeln!(
        text,
        "\n## Building\n\nThe README's first command, from an empty target folder: {:.0} s of the processor, {:.0} s until its output.",
        building.processor, building.elapsed,
    );
}
