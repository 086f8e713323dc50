//! A site of one host and one redirect, `/moved`, that lies in the table.

use crate::artefact::filter::Filter;
use crate::artefact::index::{Case, ListBuilder};
use crate::artefact::item::{self, Slot};
use crate::artefact::key::Key;
use crate::artefact::program::{Parts, Program};
use crate::artefact::shared::SharedBuilder;
use crate::artefact::table::{Content, EmbeddedTable, Entry, Redirects};
use crate::handler::Runtime;
use crate::model::rules::{Place, Redirect, RedirectListId, RedirectMatcher};
use crate::model::site::{Host, Site};

/// The generation of [`encoded`].
pub const GENERATION: u64 = 7;
const LIST: RedirectListId = RedirectListId(0);

fn entry() -> Entry {
    let redirect = Redirect {
        place: Place { file: 0, line: 1 },
        matcher: RedirectMatcher::Prefix(b"/moved".to_vec()),
        status: 301,
        target: b"https://www.example.com/new".to_vec(),
        expression: None,
    };
    let mut redirects = Redirects::default();
    let is_added = redirects.push(0, &redirect, &mut SharedBuilder::default());
    assert_eq!(is_added, Ok(true));
    Entry {
        key: Key::redirect(LIST, b"/moved"),
        content: Content::Redirects(redirects),
    }
}

fn host() -> Host {
    Host {
        redirects: LIST,
        ..Host::new(b"www.example.com", b"/var/www")
    }
}

/// The bytes of `rules.bin` and `table.bin`.
pub fn encoded() -> (Vec<u8>, Vec<u8>) {
    (
        program_of_generation(GENERATION),
        table_of_generation(GENERATION),
    )
}

/// The bytes of a `rules.bin`.
pub fn program_of_generation(generation: u64) -> Vec<u8> {
    let mut list = ListBuilder::new(1);
    list.key(Case::Exact, b"/moved");
    let parts = Parts {
        generation,
        site: Site {
            files: vec!["site.conf".to_owned()],
            hosts: vec![host()],
            ..Site::default()
        },
        redirects: vec![list.build().unwrap()],
        filter: Filter::new(vec![entry().key.fingerprint()]),
        ..Parts::default()
    };
    Program::encode(&parts).unwrap()
}

/// The bytes of a `table.bin`, perhaps one that goes with another program.
pub fn table_of_generation(generation: u64) -> Vec<u8> {
    EmbeddedTable::encode(generation, &[entry()]).unwrap()
}

/// The program and its table, loaded.
pub fn embedded() -> (Runtime, EmbeddedTable) {
    let (program, table) = encoded();
    let program = Runtime::load(&program).unwrap();
    (program, EmbeddedTable::load(&table).unwrap())
}

/// Names and entries in DynamoDB.
pub fn items(slot: Slot) -> Vec<(String, Vec<u8>)> {
    let entry = entry();
    let name = item::name(slot, &entry.key);
    vec![(name, entry.encode().unwrap())]
}
