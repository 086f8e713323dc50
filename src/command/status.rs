//! `edgewright status`: the generations of a table.
//!
//! In: a table. Out: text. Absent: changing anything.

use anyhow::{Context, Result};

use super::{Exit, block_on, say};
use crate::args::Status;
use crate::dynamodb::{Known, Pointer, now, status};
use crate::summary::thousands;

/// Prints the generations and which is live.
///
/// # Errors
/// DynamoDB refuses.
pub fn run(arguments: &Status) -> Result<Exit> {
    let target = arguments.table.home();
    let (pointer, known) =
        block_on(status(&target))?.with_context(|| format!("table {}", target.table))?;
    match pointer {
        None => say(&format!(
            "nothing was ever deployed into table {}\n",
            target.table
        ))?,
        Some(pointer) => say(&table(pointer, &known, now()))?,
    }
    Ok(Exit::Clean)
}

fn table(pointer: Pointer, known: &[Known], now: u64) -> String {
    let mut text = format!("{:16}  {:>12}  {:>10}\n", "generation", "entries", "whole");
    for one in known {
        let note = if one.id == pointer.live {
            format!("  live since {}", ago(now, pointer.since))
        } else if Some(one.id) == pointer.previous {
            "  live before".to_owned()
        } else {
            String::new()
        };
        let (entries, whole) = (thousands(one.entries), ago(now, one.since));
        text += &format!("{:016x}  {entries:>12}  {whole:>10}{note}\n", one.id);
    }
    text
}

/// `3 min ago`.
fn ago(now: u64, then: u64) -> String {
    let seconds = now.saturating_sub(then);
    match seconds {
        0..120 => format!("{seconds} s ago"),
        120..7_200 => format!("{} min ago", seconds / 60),
        7_200..172_800 => format!("{} h ago", seconds / 3_600),
        _ => format!("{} d ago", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_live_generation_is_marked() {
        let known = [1, 2, 3].map(|id| Known {
            id,
            entries: 60_000 + id,
            since: 1_000 * id,
        });
        let pointer = Pointer {
            live: 2,
            previous: Some(3),
            since: 9_000,
        };
        assert_eq!(
            table(pointer, &known, 9_060),
            "\
generation             entries       whole
0000000000000001        60,001     2 h ago
0000000000000002        60,002  117 min ago  live since 60 s ago
0000000000000003        60,003  101 min ago  live before
"
        );
    }
}
