//! A request that no rule is about costs no allocation: they are counted.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has to fail"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use edgewright_compiler::testing::MemoryLoader;
use edgewright_compiler::{Input, ReadOptions, compile, read};
use edgewright_engine::artefact::table::EmbeddedTable;
use edgewright_engine::evaluate::Options;
use edgewright_engine::handler::Runtime;
use edgewright_engine::handler::{Decision, decide};
use edgewright_engine::model::request::Request;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

#[expect(unsafe_code, reason = "an allocator cannot be written without")]
// SAFETY: everything is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promises are ours.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the caller's promises are ours.
        unsafe { System.dealloc(pointer, layout) }
    }
}

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
        let before = COUNT.get();
        let decision = decide(&program, &table, &request, &options);
        let allocations = COUNT.get() - before;
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
