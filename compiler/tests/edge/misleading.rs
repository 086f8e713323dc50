//! Programs and tables whose checksum holds but whose content nobody compiled: loading and answering
//! may fail, and must not panic.

use edgewright_compiler::Encoded;
use edgewright_compiler::lower::lower;
use edgewright_compiler::redundant::Redundant;
use edgewright_engine::artefact::envelope::Format;
use edgewright_engine::artefact::program::Program;
use edgewright_engine::artefact::table::EmbeddedTable;
use edgewright_engine::evaluate::Options;
use edgewright_engine::handler::Runtime;
use edgewright_engine::handler::handle;
use edgewright_engine::model::request::Request;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::samples;
use crate::site::{Parts, redirect, rule};

fn format_of(file: &[u8]) -> Format {
    Format {
        magic: *file.first_chunk().unwrap(),
        version: u16::from_le_bytes([file[4], file[5]]),
    }
}

/// `file` with some bytes of its payload changed and a checksum that holds.
fn mislead(file: &[u8], changes: &[(Index, u8)], cut: Option<Index>) -> Vec<u8> {
    let format = format_of(file);
    let mut payload = format.open(file).unwrap().to_vec();
    for (at, byte) in changes {
        let at = at.index(payload.len());
        payload[at] = *byte;
    }
    if let Some(cut) = cut {
        payload.truncate(cut.index(payload.len()));
    }
    format.seal(&payload)
}

fn files() -> (Vec<u8>, Vec<u8>) {
    let parts = Parts {
        server: vec![
            rule(1, "^/a/?$", "/b/${m:a}", &["L"]),
            rule(2, "^/a/(.*)$", "/b/$1", &["R", "L"]),
            rule(3, "^/A/b", "/b", &["R", "NC"]),
            rule(4, "!^/c", "-", &["C"]),
            rule(5, "b", "http://o/%{HTTP_HOST}", &["R", "L"]),
            rule(8, "/old-shop/", "/b", &["R"]),
            rule(9, r"\.(?:php|asp)$", "/b", &["R", "NC"]),
        ],
        redirects: vec![redirect(6, "/a/b", "/c"), redirect(7, "^/q$", "/r")],
        ..Parts::default()
    };
    let lowered = lower(&parts.site(), &Redundant::default()).unwrap();
    let encoded = Encoded::of(&lowered.parts, &lowered.entries).unwrap();
    (encoded.program.concat(), encoded.table.concat())
}

fn answer_all(runtime: &Runtime, table: &EmbeddedTable) {
    let options = Options {
        most_steps: 1_000,
        ..Options::default()
    };
    for target in samples::REPEATED {
        let _ = handle(
            runtime,
            table,
            &Request::get(b"h", target.as_bytes()),
            &options,
        );
    }
}

fn changes() -> impl Strategy<Value = Vec<(Index, u8)>> {
    prop::collection::vec((any::<Index>(), any::<u8>()), 1..4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn programs(changes in changes(), cut in prop::option::weighted(0.1, any::<Index>())) {
        let (program, table) = files();
        if let Ok(runtime) = Runtime::load(&mislead(&program, &changes, cut)) {
            answer_all(&runtime, &EmbeddedTable::load(&table).unwrap());
        }
    }

    #[test]
    fn tables(changes in changes(), cut in prop::option::weighted(0.1, any::<Index>())) {
        let (program, table) = files();
        if let Ok(table) = EmbeddedTable::load(&mislead(&table, &changes, cut)) {
            answer_all(&Runtime::load(&program).unwrap(), &table);
        }
    }

    #[test]
    fn anything(payload in prop::collection::vec(any::<u8>(), 0..400)) {
        let (program, table) = files();
        let _ = Program::load(&format_of(&program).seal(&payload));
        let _ = EmbeddedTable::load(&format_of(&table).seal(&payload));
        let _ = Program::load(&payload);
    }
}
