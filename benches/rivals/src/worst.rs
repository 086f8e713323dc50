//! Section `worst`: sets and requests made to be slow.
//!
//! In: nothing. Out: the slowest request of each set. Absent: the sets; see
//! `edgewright_benches::set::adversarial`.

use anyhow::Result;
use edgewright_benches::operation::decide;
use edgewright_benches::set::adversarial;
use edgewright_benches::site::Site;
use serde::{Deserialize, Serialize};

use crate::decide::decisions;
use crate::timing::alone;

/// The slowest request of a set.
#[derive(Debug, Serialize, Deserialize)]
pub struct Worst {
    /// The set.
    pub set: String,
    /// Nanoseconds.
    pub time: f64,
    /// The beginning of its target.
    pub target: String,
}

/// Runs the section.
pub fn run() -> Result<Vec<Worst>> {
    adversarial::all().map(slowest).collect()
}

fn slowest((name, set): (&'static str, edgewright_benches::set::Set)) -> Result<Worst> {
    eprintln!("   {name}");
    let site = Site::build(&set.config())?;
    let mut worst = Worst {
        set: name.to_owned(),
        time: 0.0,
        target: String::new(),
    };
    for request in &set.hits {
        decide(&site, request);
        let time = alone(decisions(&site, std::slice::from_ref(request))).p50;
        if time > worst.time {
            worst.time = time;
            worst.target = String::from_utf8_lossy(&request.target.line())
                .chars()
                .take(40)
                .collect();
        }
    }
    Ok(worst)
}
