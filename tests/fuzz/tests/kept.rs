//! Every kept input is tried, with its target's limit on memory.
//!
//! In: `fuzz/kept/TARGET/`, where an input goes that a fuzzer found to fail, or that shows a new one
//! what inputs look like. Absent: making others; see `scripts/fuzz`.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use edgewright_test_fuzz::{TARGETS, Target};

fn check(target: Target) {
    let folder = Path::new("../../fuzz/kept").join(target.name);
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} has no inputs", folder.display());
    for file in files {
        // Shown only when the test fails.
        println!("{}", file.display());
        let data = fs::read(&file).unwrap();
        assert!(
            data.len() <= target.longest_input,
            "{} is too long",
            file.display()
        );
        target.run(&data);
    }
}

macro_rules! kept {
    ($($name:ident: $target:ident;)*) => {
        $(#[test]
        fn $name() {
            check(edgewright_test_fuzz::$target);
        })*

        #[test]
        fn every_target_is_here() {
            let here = [$(edgewright_test_fuzz::$target.name),*];
            assert_eq!(TARGETS.map(|target| target.name), here);
        }
    };
}

kept! {
    configuration: CONFIGURATION;
    artefact: ARTEFACT;
    request: REQUEST;
    event: EVENT;
    log_line: LOG_LINE;
    launcher: LAUNCHER;
}
