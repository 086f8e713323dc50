//! The layers one by one, with criterion: `cargo bench -p edgewright-benches`.
//!
//! `hit` takes requests that a rule is for, `miss` paths no rule is about; each iteration is one
//! request, the next in the list. The whole table is in memory. Beside floors and rivals, with the
//! budgets: `scripts/bench`.
#![expect(
    clippy::unwrap_used,
    reason = "a bench that cannot be set up should say so"
)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use edgewright_benches::operation::{decide, event, handle, lookup};
use edgewright_benches::set::{self, RULES, Set};
use edgewright_benches::site::{Artefact, Site, reading};
use edgewright_compiler::compile;
use edgewright_parser::source::FileId;

criterion_group!(benches, lookups, decisions, stages);
criterion_main!(benches);

fn lookups(criterion: &mut Criterion) {
    for (name, rules) in [("exact", set::exact(RULES)), ("mixed", set::mixed(RULES))] {
        let set = Set::of_rules(&rules);
        let site = Site::build(&set.config()).unwrap();
        each(criterion, &format!("lookup/{name}/hit"), &set.hits, |hit| {
            lookup(&site, hit.target.path())
        });
        each(
            criterion,
            &format!("lookup/{name}/miss"),
            &set.misses,
            |miss| lookup(&site, miss.target.path()),
        );
    }
}

fn decisions(criterion: &mut Criterion) {
    let set = Set::seed_sized(RULES, 13_000);
    let site = Site::build(&set.config()).unwrap();
    for (name, requests) in [("hit", &set.hits), ("miss", &set.misses)] {
        each(criterion, &format!("decide/{name}"), requests, |request| {
            decide(&site, request)
        });
        let events: Vec<_> = requests.iter().map(event).collect();
        each(criterion, &format!("handle/{name}"), &events, |event| {
            handle(&site, event)
        });
    }
}

fn each<T, R>(
    criterion: &mut Criterion,
    name: &str,
    requests: &[T],
    mut operation: impl FnMut(&T) -> R,
) {
    let mut next = requests.iter().cycle();
    criterion.bench_function(name, |bencher| {
        bencher.iter(|| black_box(operation(black_box(next.next().unwrap()))));
    });
}

/// The stages from text to a loaded program, each on the whole seed-sized configuration.
fn stages(criterion: &mut Criterion) {
    let config = Set::seed_sized(RULES, 13_000).config();
    let text = config.as_bytes();
    let mut group = criterion.benchmark_group("seed-sized");
    group.sample_size(10);
    group.bench_function("parse", |bencher| {
        bencher.iter(|| edgewright_parser::parse(FileId(0), black_box(text)));
    });
    group.bench_function("read", |bencher| bencher.iter(|| reading(&config)));
    let reading = reading(&config);
    group.bench_function("compile", |bencher| {
        bencher.iter(|| compile(black_box(&reading)).unwrap());
    });
    let artefact = Artefact::build(&config).unwrap();
    group.bench_function("start", |bencher| {
        bencher.iter(|| Site::load(black_box(&artefact)).unwrap());
    });
    group.finish();
}
