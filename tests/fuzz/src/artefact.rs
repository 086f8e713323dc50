//! A damaged `rules.bin` or `table.bin` with a checksum that holds: refused, or it decides.

use edgewright_engine::artefact::envelope::Format;
use edgewright_engine::artefact::table::EmbeddedTable;
use edgewright_engine::evaluate::Options;
use edgewright_engine::handler::Runtime;
use edgewright_engine::handler::handle;
use edgewright_engine::model::request::Request;

use crate::builds;
use crate::configuration::FIXED;
use crate::damage::damaged;

/// Requests that rules and redirects of the builds are about.
const AIMED: [&str; 8] = [
    "/moved",
    "/keyed/3",
    "/section/a/b",
    "/old.php?id=3",
    "/map/one",
    "/s17/two",
    "/s50/x?y",
    "/s49/deep/path",
];

/// Bytes before the payload; see `envelope`.
const HEADER: usize = 20;

pub fn run(data: &[u8]) {
    let Some((choice, edits)) = data.split_first() else {
        return;
    };
    let builds = builds::all();
    let build = &builds[usize::from(choice >> 1) % builds.len()];
    let loaded = if choice & 1 == 0 {
        load(&resealed(&build.rules, edits), &build.table)
    } else {
        load(&build.rules, &resealed(&build.table, edits))
    };
    if let Some((program, table)) = loaded {
        decide(&program, &table);
    }
}

/// `file` with a damaged payload, and a header that does not show it.
fn resealed(file: &[u8], edits: &[u8]) -> Vec<u8> {
    let (header, payload) = file.split_at(HEADER);
    let format = Format {
        magic: [header[0], header[1], header[2], header[3]],
        version: u16::from_le_bytes([header[4], header[5]]),
    };
    format.seal(&damaged(payload, edits))
}

fn load(program: &[u8], table: &[u8]) -> Option<(Runtime, EmbeddedTable)> {
    let program = Runtime::load(program).ok()?;
    Some((program, EmbeddedTable::load(table).ok()?))
}

fn decide(program: &Runtime, table: &EmbeddedTable) {
    let options = Options {
        most_steps: 3_000,
        ..Options::default()
    };
    let aimed = AIMED.map(|target| ("h.test", target));
    for (host, target) in FIXED.into_iter().chain(aimed) {
        let request = Request::get(host.as_bytes(), target.as_bytes());
        let _ = handle(program, table, &request, &options);
    }
}

/// That the requests reach what they are aimed at: without that the target would try nothing.
#[cfg(test)]
#[test]
fn aimed_requests_are_answered() {
    let answered = |build: &builds::Build, target: &&str| {
        let answer = build.edge(&Request::get(b"h.test", target.as_bytes()));
        !answer.unchanged
    };
    for target in &AIMED {
        let builds = builds::all();
        assert!(
            builds.iter().any(|build| answered(build, target)),
            "{target}"
        );
    }
}
