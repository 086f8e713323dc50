//! The files beside the function: whatever is in them, the function starts and replies.

use std::cell::OnceCell;
use std::fs;
use std::path::Path;

use edgewright_engine::lambda::configuration::{Configuration, FILE_NAME, Table};
use edgewright_engine::lambda::event::Event;
use edgewright_engine::lambda::function::Function;

use crate::builds;
use crate::damage::damaged;
use crate::safety;

const EVENT: &[u8] = include_bytes!("../../../edge-handler/tests/events/viewer-get.json");

thread_local! {
    /// A folder of the function's files, one for each thread.
    static FOLDER: OnceCell<tempfile::TempDir> = const { OnceCell::new() };
}

/// `data`: the text of the configuration up to a NUL, a choice, and edits of `rules.bin` or `table.bin`.
pub fn run(data: &[u8]) {
    let mut parts = data.splitn(2, |byte| *byte == 0);
    let text = parts.next().unwrap_or_default();
    let files = parts.next().unwrap_or_default();
    if names_other_files(text) {
        return;
    }
    FOLDER.with(|folder| {
        let folder = folder.get_or_init(|| tempfile::tempdir().unwrap()).path();
        let write = |name: &str, bytes: &[u8]| fs::write(folder.join(name), bytes).unwrap();
        write(FILE_NAME, text);
        let (rules, table) = program_files(files);
        write("rules.bin", &rules);
        write("table.bin", &table);
        let function = Function::load(folder, |_| None, builds::journal());
        let reply = function.handle_at_once(EVENT).unwrap();
        let event = Event::parse(EVENT).unwrap();
        safety::check_shape(event.request, &reply);
    });
}

/// True if the configuration names a file outside the folder: what is there is not for a fuzzer.
fn names_other_files(text: &[u8]) -> bool {
    let Ok(configuration) = Configuration::parse(text) else {
        return false;
    };
    let table = match &configuration.table {
        Table::Embedded(table) => table.file.as_path(),
        Table::DynamoDb(_) => Path::new("table.bin"),
    };
    let is_outside = |path: &Path| path.file_name() != Some(path.as_os_str());
    is_outside(&configuration.program) || is_outside(table)
}

fn program_files(choices: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (choice, edits) = choices.split_first().unwrap_or((&0, &[]));
    let builds = builds::all();
    let build = &builds[usize::from(choice >> 2) % builds.len()];
    match choice % 4 {
        0 => (build.rules.clone(), build.table.clone()),
        1 => (damaged(&build.rules, edits), build.table.clone()),
        2 => (build.rules.clone(), damaged(&build.table, edits)),
        _ => (edits.to_vec(), build.table.clone()),
    }
}
