//! A request that no rule is about costs no allocation: they are counted.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has to fail"
)]

use edgewright_compiler::testing::MemoryLoader;
use edgewright_compiler::{Input, ReadOptions, compile, read};
use edgewright_engine::artefact::table::EmbeddedTable;
use edgewright_engine::evaluate::Options;
use edgewright_engine::handler::Runtime;
use edgewright_engine::handler::{Decision, decide};
use edgewright_engine::model::request::Request;
use edgewright_test_support::allocations::{Counting, counted};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const CONFIG: &str = "
    RewriteEngine On
    RewriteCond %{HTTP_HOST} !^www\\.example\\.com$ [NC]
    RewriteRule ^(.*)$ http://www.example.com$1 [R=301,L]
    RewriteRule ^/old/page$ /new/page [R=301,L]
    RewriteRule ^/Old/Other$ /new/other [R=301,L,NC]
    RewriteRule ^/section/(.*)$ /part/$1 [R=301,L]
    RewriteRule \\.cfm$ /retired [R=301,L]
    RewriteRule ^(?!/(?:products|news)).*\\.jsp$ /moved [R=301,L]
    Redirect 301 /gone http://www.example.com/
";

#[test]
fn a_miss_allocates_nothing() {
    let loader = MemoryLoader::new().with("/rules.conf", CONFIG);
    let input = Input::VirtualHostInclude(vec![b"/rules.conf".to_vec()]);
    let compiled = compile(&read(&input, &loader, &ReadOptions::default())).unwrap();
    let encoded = compiled.encode().unwrap();
    let (program, table) = (
        Runtime::load(&encoded.program.concat()).unwrap(),
        EmbeddedTable::load(&encoded.table.concat()).unwrap(),
    );
    let options = Options::default();
    let count = |target: &str, expected: &dyn Fn(&Decision) -> bool| {
        let request = Request::get(b"www.example.com", target.as_bytes());
        let (decision, allocations) = counted(|| decide(&program, &table, &request, &options));
        assert!(expected(&decision), "{target} {decision:?}");
        allocations
    };
    let untouched = |decision: &Decision| *decision == Decision::Unchanged;
    for target in [
        "/products/list",
        "/assets/app.js?v=17",
        "/a/b/c/d/e/f.html",
        "/old/pages",
    ] {
        // Patterns are compiled when they are first used.
        count(target, &untouched);
        assert_eq!(count(target, &untouched), 0, "{target}");
    }
    let answered = |decision: &Decision| matches!(decision, Decision::Answer(_));
    count("/old/page", &answered);
    assert!(
        count("/old/page", &answered) <= 2,
        "a hit: the key and the Location"
    );
}
