//! `edgewright status`: the generations of a table.
//!
//! In: a table. Out: text. Absent: changing anything.

use anyhow::{Context, Result};

use edgewright_engine::lambda::ledger::{Ledger, State};

use super::{Exit, block_on, say};
use crate::args::Status;
use crate::dynamodb::{Absent, Replica as _, now, open};
use crate::summary::thousands;

/// Prints the generations and which is live.
///
/// # Errors
/// DynamoDB refuses.
pub fn run(arguments: &Status) -> Result<Exit> {
    let options = &arguments.table;
    let work = async {
        let tables = open(&options.home(), &options.region, Absent::Refuse).await?;
        let copies = tables.others.iter().map(|other| other.region().to_owned());
        let copies: Vec<String> = copies.collect();
        Ok::<_, anyhow::Error>((tables.ledger().await?, copies))
    };
    let (ledger, copies) = block_on(work)?.with_context(|| format!("table {}", options.table))?;
    if ledger.generations.is_empty() {
        say(&format!(
            "nothing was ever deployed into table {}\n",
            options.table
        ))?;
        return Ok(Exit::Clean);
    }
    say(&table(&ledger, &copies, now()))?;
    Ok(Exit::Clean)
}

fn table(ledger: &Ledger, copies: &[String], now: u64) -> String {
    let copies = match copies {
        [] => String::new(),
        copies => format!(", copied to {}", copies.join(", ")),
    };
    let mut text = format!("written to in {}{copies}\n", ledger.home);
    text += &format!("{:16}  {:>12}  state\n", "generation", "entries");
    let mut known: Vec<_> = ledger.generations.iter().collect();
    known.sort_by_key(|(_, known)| known.slot);
    let live = ledger.live.as_ref();
    for (generation, known) in known {
        let since = ago(now, known.changed);
        let state = match (known.state, live) {
            (State::Whole, Some(live)) if live.generation == *generation => {
                format!("live since {}", ago(now, live.since))
            }
            (State::Whole, Some(live)) if live.previous == Some(*generation) => {
                format!("live before, until {since}")
            }
            (State::Whole, _) => format!("whole, {since}"),
            (State::Coming, _) => {
                format!("not whole: a deploy that began {since} is at work, or broke off")
            }
            (State::Going, _) => format!("being removed, {since}"),
        };
        text += &format!("{generation}  {:>12}  {state}\n", thousands(known.entries));
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
    use edgewright_engine::artefact::item::Slot;
    use edgewright_engine::lambda::ledger::{GenerationId, Known, Live};

    use super::*;

    #[test]
    fn the_live_generation_is_marked() {
        let mut ledger = Ledger::new("us-east-1");
        let states = [
            State::Whole,
            State::Whole,
            State::Whole,
            State::Coming,
            State::Going,
        ];
        for (number, state) in (1..).zip(states) {
            let known = Known {
                slot: Slot(number),
                state,
                entries: 60_000 + number,
                pieces: 1,
                changed: 1_000 * number,
            };
            ledger.generations.insert(GenerationId(number), known);
        }
        ledger.live = Some(Live {
            generation: GenerationId(2),
            revision: 9,
            since: 9_000,
            previous: Some(GenerationId(3)),
        });
        assert_eq!(
            table(&ledger, &["eu-west-1".to_owned()], 9_060),
            "\
written to in us-east-1, copied to eu-west-1
generation             entries  state
0000000000000001        60,001  whole, 2 h ago
0000000000000002        60,002  live since 60 s ago
0000000000000003        60,003  live before, until 101 min ago
0000000000000004        60,004  not whole: a deploy that began 84 min ago is at work, or broke off
0000000000000005        60,005  being removed, 67 min ago
"
        );
    }
}
