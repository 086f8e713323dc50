//! Node's `Map`, the likeliest rival inside Lambda@Edge: the rules as an object of JavaScript.
//!
//! In: rules. Out: [`Figures`], nothing where there is no Node. Absent: patterns.

use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use edgewright_benches::set::{Placed, Set};
use serde::Deserialize;
use serde_json::json;

use crate::lookup::{Figures, paths};
use crate::timing::{Times, percentile};

/// Times chunks of 32 lookups, seven rounds, as the others are.
const PROGRAM: &str = "
const { keys, hits, misses } = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const begun = process.hrtime.bigint();
const map = new Map(keys.map((key, at) => [key, at]));
const build = Number(process.hrtime.bigint() - begun) / 1e6;
let sink = 0;
function round(paths) {
  const times = [];
  for (let start = 0; start + 32 <= paths.length; start += 32) {
    const begun = process.hrtime.bigint();
    for (let at = start; at < start + 32; at++) if (map.get(paths[at]) !== undefined) sink++;
    times.push(Number(process.hrtime.bigint() - begun) / 32);
  }
  return times;
}
for (let warm = 0; warm < 20; warm++) { round(hits); round(misses); }
const rounds = Array.from({ length: 7 }, () => [round(hits), round(misses)]);
const median = side => rounds[0][side].map((_, at) =>
  rounds.map(round => round[side][at]).sort((a, b) => a - b)[3]);
console.log(JSON.stringify({ build, hit: median(0), miss: median(1), sink }));
";

#[derive(Deserialize)]
struct Output {
    build: f64,
    hit: Vec<f64>,
    miss: Vec<f64>,
}

/// Times the literal rules.
pub fn run(rules: &[Placed]) -> Result<Option<Figures>> {
    let set = Set::of_rules(rules);
    let keys: Vec<String> = rules.iter().map(Placed::base).collect();
    let input = json!({"keys": keys, "hits": paths(&set.hits), "misses": paths(&set.misses)});
    let node = Command::new("node")
        .args(["-e", PROGRAM])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut node) = node else {
        eprintln!("   no Node: its row is left out");
        return Ok(None);
    };
    let mut stdin = node.stdin.take().context("no pipe")?;
    stdin.write_all(input.to_string().as_bytes())?;
    drop(stdin);
    let output: Output = serde_json::from_slice(&node.wait_with_output()?.stdout)?;
    let times = |mut chunks: Vec<f64>| Times {
        p50: percentile(&mut chunks, 50),
        p99: percentile(&mut chunks, 99),
        max: percentile(&mut chunks, 100),
    };
    Ok(Some(Figures {
        name: "Map of Node".to_owned(),
        note: "exact keys only; strings already decoded".to_owned(),
        build_ms: output.build,
        hit: times(output.hit),
        miss: times(output.miss),
        found: 100,
    }))
}
