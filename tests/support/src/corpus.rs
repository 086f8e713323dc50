//! Real public configurations of third parties, which are not committed.
//!
//! In: the folder `shared` beside the repository; `EDGEWRIGHT_SHARED` names another one. Out: the corpus in it. Absent: what its
//! files say.

use std::path::{Path, PathBuf};

/// The corpus; `None`, with a word about it, where there is none.
///
/// # Panics
/// There is none on CI.
pub fn corpus() -> Option<PathBuf> {
    let shared = std::env::var_os("EDGEWRIGHT_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let corpus = shared.join("corpus");
    if corpus.is_dir() {
        return Some(corpus);
    }
    let place = corpus.display();
    assert!(std::env::var_os("CI").is_none(), "no corpus at {place}");
    eprintln!("no corpus at {place}: nothing was tested");
    None
}
