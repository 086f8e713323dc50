//! The program requests are answered with: the packaged one, until the table says otherwise.
//!
//! In: the packaged program and the table. Out: the program of the generation that is live. Absent:
//! writing generations; that is the command line's `deploy`.
//!
//! The table's ledger names the live generation. When that is another than ours, its program is
//! read; and only when all of it is there and sound, requests that begin from then on use it, with
//! its filter and its entries. A request that has begun ends with the program it began with. So no
//! request ever sees half a generation.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant};

use super::dynamodb::{Consistency, Fault, FaultKind};
use super::guard::guarded;
use super::journal::{Journal, Kind};
use super::ledger::GenerationId;
use super::store::Store;
use crate::artefact::item::Slot;
use crate::artefact::key::Key;
use crate::artefact::table::Entry;
use crate::handler::Runtime;

/// A look in the background is given up after this long, so that the next one can begin.
const LONGEST_LOOK: Duration = Duration::from_secs(30);

/// A generation that was removed makes requests look at once, but no more often than this.
const BETWEEN_URGENT_LOOKS: Duration = Duration::from_secs(1);

/// A program that requests are answered with, and where its entries lie.
#[derive(Debug)]
pub struct InUse {
    /// The program.
    pub runtime: Arc<Runtime>,
    /// `None` for the packaged program, until the ledger was read.
    slot: Option<Slot>,
}

impl InUse {
    fn generation(&self) -> GenerationId {
        GenerationId(self.runtime.generation())
    }
}

/// The live program, and what keeps it so.
#[derive(Debug)]
pub struct Live {
    store: Store,
    interval: Duration,
    in_use: RwLock<Arc<InUse>>,
    looks: Mutex<Looks>,
}

#[derive(Debug)]
struct Looks {
    next: NextLook,
    /// When the last one ended.
    ended: Option<Instant>,
}

/// When the ledger is looked at again.
#[derive(Debug, Clone, Copy)]
enum NextLook {
    /// Somebody looks.
    Now,
    /// At this time; what the Region had a moment before will do.
    At(Instant),
    /// As soon as there is a request: the generation in use was removed.
    AtOnce,
}

impl Live {
    /// Begins with `packaged`, and looks at the ledger every `interval`.
    pub fn new(packaged: Runtime, store: Store, interval: Duration) -> Self {
        let in_use = InUse {
            runtime: Arc::new(packaged),
            slot: None,
        };
        Self {
            store,
            interval,
            in_use: RwLock::new(Arc::new(in_use)),
            looks: Mutex::new(Looks {
                next: NextLook::At(Instant::now() + interval),
                ended: None,
            }),
        }
    }

    /// A request gave up waiting.
    pub fn gave_up(&self) {
        self.store.gave_up();
    }

    /// The program for a request that begins now.
    pub fn in_use(&self) -> Arc<InUse> {
        let in_use = self.in_use.read();
        Arc::clone(&in_use.unwrap_or_else(PoisonError::into_inner))
    }

    /// The entry of `key` for a program in use; `None` when there is none.
    ///
    /// # Errors
    /// See [`FaultKind`]. After [`FaultKind::Pruned`] the next request looks at the ledger at once.
    pub async fn entry(&self, in_use: &InUse, key: &Key) -> Result<Option<Arc<Entry>>, Fault> {
        let entry = self.entry_of(in_use, key).await;
        if let Err(fault) = &entry
            && fault.kind == FaultKind::Pruned
        {
            self.look_at_once();
        }
        entry
    }

    async fn entry_of(&self, in_use: &InUse, key: &Key) -> Result<Option<Arc<Entry>>, Fault> {
        let generation = in_use.generation();
        let slot = if let Some(slot) = in_use.slot {
            slot
        } else {
            let slot = self.store.slot(generation).await?;
            self.use_from_now(Arc::clone(&in_use.runtime), slot);
            slot
        };
        self.store.entry((generation, slot), key).await
    }

    fn use_from_now(&self, runtime: Arc<Runtime>, slot: Slot) {
        let in_use = InUse {
            runtime,
            slot: Some(slot),
        };
        *self.in_use.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(in_use);
    }

    /// Looks at the ledger, and switches to the generation that is live. Where nothing was ever made live, nothing changes.
    ///
    /// # Errors
    /// The table failed, or the generation is not whole. The program stays.
    pub async fn look(&self, consistency: Consistency) -> Result<(), Fault> {
        let table = self.store.table();
        let Some(ledger) = table.ledger(consistency).await? else {
            return Ok(());
        };
        let Some(live) = &ledger.live else {
            return Ok(());
        };
        let generation = live.generation;
        let known = ledger.whole(generation).ok_or_else(|| {
            let message = format!("the live generation {generation} is not whole");
            Fault::new(FaultKind::Item, message)
        })?;
        let in_use = self.in_use();
        let runtime = match (in_use.generation() == generation, in_use.slot) {
            (true, Some(slot)) if slot == known.slot => return Ok(()),
            (true, _) => Arc::clone(&in_use.runtime),
            (false, _) => Arc::new(table.program(generation, known).await?),
        };
        self.use_from_now(runtime, known.slot);
        Ok(())
    }

    /// Looks in the background when it is time to; the request at hand does not wait. Lambda stops
    /// the process between requests, so a look may end during a later one.
    pub fn look_if_due(self: &Arc<Self>, journal: &Arc<Journal>) {
        // Without a runtime nothing was ever waited for, and there is nobody to wait.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        let Some(consistency) = self.begin() else {
            return;
        };
        let (live, journal) = (Arc::clone(self), Arc::clone(journal));
        runtime.spawn(async move {
            let look = guarded(tokio::time::timeout(LONGEST_LOOK, live.look(consistency)));
            let complaint = match look.await {
                Ok(Ok(Ok(()))) => None,
                Ok(Ok(Err(fault))) => Some(fault.message),
                Ok(Err(_)) => Some("the look at the table took too long".to_owned()),
                Err(_) => Some("a panic, told above".to_owned()),
            };
            if let Some(complaint) = complaint {
                journal.note(Kind::Refresh, None, &complaint);
            }
            let now = Instant::now();
            *live.looks() = Looks {
                next: NextLook::At(now + live.interval),
                ended: Some(now),
            };
        });
    }

    /// How to look, once, when it is time to.
    fn begin(&self) -> Option<Consistency> {
        let mut looks = self.looks();
        let due = match looks.next {
            NextLook::AtOnce => Some(Consistency::Strong),
            NextLook::At(time) if time <= Instant::now() => Some(Consistency::Eventual),
            NextLook::At(_) | NextLook::Now => None,
        };
        if due.is_some() {
            looks.next = NextLook::Now;
        }
        due
    }

    /// Has the next request look, unless somebody looks, or has just looked: then it would learn nothing new.
    fn look_at_once(&self) {
        let mut looks = self.looks();
        let is_recent = looks
            .ended
            .is_some_and(|ended| ended.elapsed() < BETWEEN_URGENT_LOOKS);
        if !is_recent && matches!(looks.next, NextLook::At(_)) {
            looks.next = NextLook::AtOnce;
        }
    }

    fn looks(&self) -> MutexGuard<'_, Looks> {
        self.looks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
