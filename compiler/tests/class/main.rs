//! The class of a viewer: requests of one class get one answer, and JavaScript computes the class that Rust does.
//!
//! In: configurations, written and random; requests of different viewers. Out: what differs. Absent: CloudFront.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod chained;
mod corpus;
mod covered;
mod javascript;
mod random;
mod sound;
mod traffic;
mod viewer;

use edgewright_compiler::testing::MemoryLoader;
use edgewright_compiler::{Input, ReadOptions, Reading, read};

/// What stands in `/srv/map.txt`.
const MAP: &str = "192.0.2.1 a\n198.51.100.7 b\n::1 5\ncurl tool\nde b\n";

fn reading(text: &str) -> Reading {
    let loader = MemoryLoader::new()
        .with("/conf/httpd.conf", text)
        .with("/srv/map.txt", MAP);
    let input = Input::MainConfig(vec![b"/conf/httpd.conf".to_vec()]);
    read(&input, &loader, &ReadOptions::default())
}
