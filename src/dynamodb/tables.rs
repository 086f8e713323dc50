//! A table in all of its Regions: the ledger is changed in one, and seen in all.
//!
//! In: replicas. Out: the ledger changed by one decision, and waiting for it elsewhere. Absent: the decisions; see `ledger`.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use edgewright_engine::lambda::ledger::Ledger;

use super::ledger::{Refusal, move_home};
use super::replica::Replica;
use super::write::Backoff;

/// Another Region has what was written here after a second or so; rarely after minutes.
const LONGEST_WAIT: Duration = Duration::from_mins(10);
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// So often a change is decided again because somebody else changed the ledger.
const ATTEMPTS: u32 = 30;

/// Waits until a Region is looked at again.
///
/// # Errors
/// It was waited too long since `begun`: what `late` says.
pub async fn before_next_look(begun: Instant, late: impl FnOnce() -> String) -> Result<()> {
    if begun.elapsed() > LONGEST_WAIT {
        bail!(late());
    }
    tokio::time::sleep(BETWEEN_LOOKS).await;
    Ok(())
}

/// A table in all of its Regions.
#[derive(Debug)]
pub struct Tables<R> {
    /// The one that is written to.
    pub home: R,
    /// The Regions that copy it.
    pub others: Vec<R>,
}

impl<R: Replica> Tables<R> {
    /// The ledger; an empty one where nothing was ever deployed.
    ///
    /// # Errors
    /// The table cannot be read, or another Region is written to: [`Refusal::OtherHome`].
    pub async fn ledger(&self) -> Result<Ledger> {
        let home = self.home.region();
        match self.home.ledger().await? {
            None => Ok(Ledger::new(home)),
            Some(ledger) if ledger.home == home => Ok(ledger),
            Some(ledger) => Err(Refusal::OtherHome(ledger.home).into()),
        }
    }

    /// Changes the ledger as `decide` says, and gives what else that says. Where somebody else changed it meanwhile, it is
    /// decided again.
    ///
    /// # Errors
    /// What `decide` refuses; the table cannot be read or written.
    pub async fn change<T>(
        &self,
        mut decide: impl FnMut(&Ledger) -> Result<(Option<Ledger>, T), Refusal>,
    ) -> Result<(Ledger, T)> {
        for attempt in 0..ATTEMPTS {
            let before = self.ledger().await?;
            let (after, told) = decide(&before)?;
            let Some(after) = after else {
                return Ok((before, told));
            };
            if self.put(&after, before.revision).await? {
                return Ok((after, told));
            }
            tokio::time::sleep(Backoff::default().wait(attempt.min(4))).await;
        }
        bail!("others change the table's ledger all the time: run this again")
    }

    /// An answer may be lost on its way, and the client asks once more: what we find then may be our own.
    async fn put(&self, after: &Ledger, seen: u64) -> Result<bool> {
        let is_written = self.home.put_ledger(after, seen).await?;
        Ok(is_written || self.home.ledger().await?.as_ref() == Some(after))
    }

    /// Waits until every Region has this ledger, or a later one.
    ///
    /// # Errors
    /// A Region does not get it, or has one that was begun in another Region at the same time.
    pub async fn wait_for(&self, ledger: &Ledger) -> Result<()> {
        for replica in [&self.home].into_iter().chain(&self.others) {
            let begun = Instant::now();
            loop {
                let there = replica.ledger().await;
                let there = there.with_context(|| replica.region().to_owned())?;
                match there {
                    Some(there)
                        if there.home != ledger.home && there.revision >= ledger.revision =>
                    {
                        return Err(Refusal::OtherHome(there.home).into());
                    }
                    Some(there) if there.revision >= ledger.revision => break,
                    Some(_) | None => {}
                }
                before_next_look(begun, || {
                    let region = replica.region();
                    format!("{region}: the ledger did not arrive; run this again")
                })
                .await?;
            }
        }
        Ok(())
    }

    /// Writes to the Region of `home` from now on. The change is made where the table was written to before: a deploy that
    /// is at work there is told.
    ///
    /// # Errors
    /// The Region that was written to is none of the table's any more; it cannot be written, or does not pass it on.
    pub async fn move_home(&self) -> Result<()> {
        let Some(ledger) = self.home.ledger().await? else {
            return Ok(());
        };
        if ledger.home == self.home.region() {
            return Ok(());
        }
        let mut others = self.others.iter();
        let before = others.find(|replica| replica.region() == ledger.home);
        let before =
            before.with_context(|| format!("the table is no longer in {}", ledger.home))?;
        for _ in 0..ATTEMPTS {
            let Some(ledger) = before.ledger().await? else {
                break;
            };
            let Some(after) = move_home(&ledger, self.home.region()) else {
                return self.wait_for(&ledger).await;
            };
            if before.put_ledger(&after, ledger.revision).await? {
                return self.wait_for(&after).await;
            }
        }
        bail!(
            "the ledger in {} could not be changed: run this again",
            ledger.home
        )
    }
}
