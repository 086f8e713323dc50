//! Count in = count out for each target: what it carries is in its files, the rest is left out with a reason.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use edgewright_compiler::export::function::{Dependence, FunctionOptions, FunctionPackage, Stack};
use edgewright_compiler::export::item::Item;
use edgewright_compiler::export::{Built, Export, Function, Table, export};
use edgewright_compiler::testing::MemoryLoader;
use edgewright_compiler::{
    BuildFolder, Class, Compilation, Encoded, Input, ReadOptions, Reading, compile, read,
};
use edgewright_engine::artefact::index::ListIndex;
use edgewright_engine::artefact::program::Program;
use edgewright_engine::artefact::redirect::RedirectView;
use edgewright_engine::artefact::rule::RuleView;
use edgewright_engine::artefact::table::{Content, EmbeddedTable, Entry};
use edgewright_engine::model::rules::Place;

/// Every class of unit, some of them twice.
const SAMPLE: &str = "RewriteEngine On\nRewriteMap m txt:/conf/m.txt\n\
    RewriteRule ^/a$ http://o/x [R=301,L]\nRewriteRule ^/A/(b|c)$ /d [NC]\n\
    RewriteRule ^/a$ http://o/x [R=301,L]\nRewriteRule ^/old/(.*) ${m:$1}\n\
    Redirect gone /g\nRedirectMatch 302 ^/q$ /r\nRewriteRule ^(.*)z /b\n\
    RewriteRule ^/v$ - [C]\nRewriteRule ^/w$ /c\n\
    <IfDefine NO>\nRewriteRule ^/i$ /b\n</IfDefine>\n\
    RewriteCond %{REMOTE_HOST} x\nRewriteRule ^/n$ /b\n";

/// The lines of what an entry holds.
fn places(entry: &Entry) -> Vec<Place> {
    match &entry.content {
        Content::Rules(rules) => rules.iter().map(|rule| rule.item.place).collect(),
        Content::Redirects(list) => {
            let redirects = list.view().iter().flatten();
            redirects.map(|keyed| keyed.redirect.place).collect()
        }
        Content::Value(value) => vec![value.place],
        Content::Decision(_) => Vec::new(),
    }
}

fn in_function(folder: &BuildFolder) -> BTreeSet<Place> {
    let table = EmbeddedTable::load(folder.get("table.bin").unwrap()).unwrap();
    let keyed = table.entries().flat_map(places);
    keyed.chain(in_program(folder)).collect()
}

fn in_program(folder: &BuildFolder) -> BTreeSet<Place> {
    let program = Program::load(folder.get("rules.bin").unwrap()).unwrap();
    let rules = program.rule_lists().flat_map(ListIndex::kept);
    let redirects = program.redirect_lists().flat_map(ListIndex::kept);
    let shared = program.shared();
    let rules = rules.map(|(_, record)| RuleView::written(record, shared).unwrap().place);
    let redirects =
        redirects.map(|(_, record)| RedirectView::written(record, shared).unwrap().place);
    rules.chain(redirects).collect()
}

fn in_table(folder: &BuildFolder) -> BTreeSet<Place> {
    let text = std::str::from_utf8(folder.get("table.jsonl").unwrap()).unwrap();
    let items = Item::parse_all(text).unwrap().into_iter();
    let entries = items.map(|item| Entry::decode(item.bytes().unwrap()).unwrap());
    entries.flat_map(|entry| places(&entry)).collect()
}

/// The sample, compiled.
struct Sample {
    reading: Reading,
    compilation: Compilation,
    encoded: Encoded,
}

impl Sample {
    fn built(&self) -> Built<'_> {
        Built {
            reading: &self.reading,
            compilation: &self.compilation,
            encoded: &self.encoded,
        }
    }
}

fn sample() -> Sample {
    let loader = MemoryLoader::new()
        .with("/conf/httpd.conf", SAMPLE)
        .with("/conf/m.txt", "one /1\none /2\ntwo /2\n");
    let input = Input::MainConfig(vec![b"/conf/httpd.conf".to_vec()]);
    let reading = read(&input, &loader, &ReadOptions::default());
    let compilation = compile(&reading).unwrap();
    let encoded = compilation.encode().unwrap();
    Sample {
        reading,
        compilation,
        encoded,
    }
}

/// Exports the sample to `target`, whose files hold the lines that `held` finds in them.
fn check(
    target: &dyn Export,
    held: impl FnOnce(&BuildFolder) -> BTreeSet<Place>,
    files: &[&str],
    expected: (usize, usize),
) {
    let sample = sample();
    let (built, reading) = (sample.built(), &sample.reading);
    let mut folder = BuildFolder::default();
    let exported = export(target, built, &mut folder).unwrap();
    let names: Vec<&str> = exported.files.iter().map(|file| file.name).collect();
    assert_eq!(names, files);
    let left_out: BTreeSet<Place> = exported.left_out.iter().map(|one| one.place).collect();
    assert_eq!((exported.carried, exported.left_out.len()), expected);
    assert_eq!(
        exported.carried + exported.left_out.len(),
        reading.units.len()
    );
    assert!(exported.left_out.iter().all(|one| !one.reason.is_empty()));
    let held = held(&folder);
    let units = reading
        .units
        .iter()
        .zip(&sample.compilation.account.verdicts);
    for (unit, verdict) in units {
        let (place, class) = (unit.place, verdict.class);
        let is_carried = !left_out.contains(&place);
        // A rule that is not answered surely may be in a file all the same, to say so.
        if class != Class::NotExpressible {
            assert_eq!(held.contains(&place), is_carried, "{place:?} {class:?}");
        }
    }
}

#[test]
fn the_function_carries_what_can_be_answered() {
    check(&Function, in_function, &["rules.bin", "table.bin"], (10, 4));
}

#[test]
fn the_table_carries_what_a_look_up_finds() {
    check(&Table, in_table, &["table.jsonl"], (6, 8));
}

#[test]
fn the_package_of_the_function_carries_what_the_function_does() {
    let files = ["index.mjs", "edgewright.json", "rules.bin", "table.bin"];
    let stack = Stack::new(FunctionOptions::default(), Dependence::default()).unwrap();
    check(&FunctionPackage(&stack), in_function, &files, (10, 4));
}

#[test]
fn a_package_with_its_table_in_dynamodb_has_none() {
    let options = FunctionOptions {
        table: Some("redirects".to_owned()),
        ..FunctionOptions::default()
    };
    let stack = Stack::new(options, Dependence::default()).unwrap();
    let built = sample();
    let mut folder = BuildFolder::default();
    let exported = export(&FunctionPackage(&stack), built.built(), &mut folder).unwrap();
    let names: Vec<&str> = exported.files.iter().map(|file| file.name).collect();
    assert_eq!(names, ["index.mjs", "edgewright.json", "rules.bin"]);
    let settings = std::str::from_utf8(folder.get("edgewright.json").unwrap()).unwrap();
    assert!(settings.contains("\"name\": \"redirects\""), "{settings}");
}
