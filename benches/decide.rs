//! What one decision costs, on a configuration of the size this project began with.
//!
//! `decide/hit` takes requests that its rules were written for, `decide/miss` paths no rule is about;
//! each iteration is one request, the next in the list. The whole table is in memory.
//! `compile` is reading, analysing and lowering the same configuration.
#![expect(
    clippy::unwrap_used,
    reason = "a bench that cannot be set up should say so"
)]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use edgewright_compiler::testing::MemoryLoader;
use edgewright_compiler::{Input, ReadOptions, Reading, compile, read};
use edgewright_edge_handler::evaluate::Options;
use edgewright_edge_handler::handler::handle;
use edgewright_edge_handler::program::Program;
use edgewright_edge_handler::request::Request;
use edgewright_edge_handler::table::EmbeddedTable;
use edgewright_test_support::seed_site::{HOST, SEED_SIZED, SeedSite, generate};

criterion_group!(benches, decide, compile_all);
criterion_main!(benches);

fn decide(criterion: &mut Criterion) {
    let site = generate(SEED_SIZED);
    let compiled = compile(&reading(&site)).unwrap();
    let table = EmbeddedTable::encode(compiled.generation, &compiled.entries).unwrap();
    let (program, table) = (
        Program::load(&compiled.program).unwrap(),
        EmbeddedTable::load(&table).unwrap(),
    );
    let hits: Vec<String> = site.requests.iter().step_by(10).map(target).collect();
    let misses: Vec<String> = hits.iter().map(|path| format!("/assets{path}")).collect();
    for (name, targets) in [("decide/hit", hits), ("decide/miss", misses)] {
        let mut next = targets.iter().cycle();
        criterion.bench_function(name, |bencher| {
            bencher.iter(|| {
                let target = next.next().unwrap();
                let request = Request::get(HOST.as_bytes(), target.as_bytes());
                black_box(handle(&program, &table, &request, &Options::default()))
            });
        });
    }
}

fn compile_all(criterion: &mut Criterion) {
    let site = generate(SEED_SIZED);
    let mut group = criterion.benchmark_group("compile");
    group.sample_size(10);
    group.bench_function("read", |bencher| bencher.iter(|| black_box(reading(&site))));
    let reading = reading(&site);
    group.bench_function("compile", |bencher| {
        bencher.iter(|| black_box(compile(&reading).unwrap()));
    });
    group.finish();
}

fn reading(site: &SeedSite) -> Reading {
    let loader = MemoryLoader::new().with("/rules.conf", &site.config);
    read(
        &Input::VirtualHostInclude(vec![b"/rules.conf".to_vec()]),
        &loader,
        &ReadOptions::default(),
    )
}

fn target(request: &serde_json::Value) -> String {
    request["target"].as_str().unwrap().to_owned()
}
