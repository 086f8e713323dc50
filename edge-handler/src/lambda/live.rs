//! The program requests are answered with: the packaged one, until the table says otherwise.
//!
//! In: the packaged program and the table. Out: the program of the generation that is live. Absent:
//! writing generations; that is the command line's `deploy`.
//!
//! The table's pointer names the live generation. When that is another than ours, its program is
//! read; and only when all of it is there and sound, requests that begin from then on use it, with
//! its filter and its entries. A request that has begun ends with the program it began with. So no
//! request ever sees half a generation.

use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use super::dynamodb::Fault;
use super::guard::guarded;
use super::journal::{Journal, Kind};
use super::store::Store;
use crate::handler::Runtime;

/// A look in the background is given up after this long, so that the next one can begin.
const LONGEST_LOOK: Duration = Duration::from_secs(30);

/// The live program, and what keeps it so.
#[derive(Debug)]
pub struct Live {
    store: Store,
    interval: Duration,
    runtime: RwLock<Arc<Runtime>>,
    /// When the pointer is to be looked at again; `None` while somebody looks.
    next_look: Mutex<Option<Instant>>,
}

impl Live {
    /// Begins with `packaged`, and looks at the pointer every `interval`.
    pub fn new(packaged: Runtime, store: Store, interval: Duration) -> Self {
        Self {
            store,
            interval,
            runtime: RwLock::new(Arc::new(packaged)),
            next_look: Mutex::new(Some(Instant::now() + interval)),
        }
    }

    /// Where entries are had from.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The program for a request that begins now.
    pub fn runtime(&self) -> Arc<Runtime> {
        let runtime = self.runtime.read();
        Arc::clone(&runtime.unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks at the pointer, and switches to the generation it names. Without a pointer, nothing
    /// changes.
    ///
    /// # Errors
    /// The table failed, or the generation is not whole. The program stays.
    pub async fn look(&self) -> Result<(), Fault> {
        let Some(generation) = self.store.table().live().await? else {
            return Ok(());
        };
        if generation == self.runtime().generation() {
            return Ok(());
        }
        let runtime = Arc::new(self.store.table().program(generation).await?);
        *self.runtime.write().unwrap_or_else(PoisonError::into_inner) = runtime;
        Ok(())
    }

    /// Looks in the background when it is time to; the request at hand does not wait. Lambda stops
    /// the process between requests, so a look may end during a later one.
    pub fn look_if_due(self: &Arc<Self>, journal: &Arc<Journal>) {
        // Without a runtime nothing was ever waited for, and there is nobody to wait.
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            return;
        };
        if !self.begin() {
            return;
        }
        let (live, journal) = (Arc::clone(self), Arc::clone(journal));
        runtime.spawn(async move {
            let look = guarded(tokio::time::timeout(LONGEST_LOOK, live.look()));
            let complaint = match look.await {
                Ok(Ok(Ok(()))) => None,
                Ok(Ok(Err(fault))) => Some(fault.message),
                Ok(Err(_)) => Some("the look at the table took too long".to_owned()),
                Err(_) => Some("a panic, told above".to_owned()),
            };
            if let Some(complaint) = complaint {
                journal.note(Kind::Refresh, None, &complaint);
            }
            live.set_next_look(Some(Instant::now() + live.interval));
        });
    }

    /// True, once, when it is time to look.
    fn begin(&self) -> bool {
        let next = self.next_look.lock();
        let mut next = next.unwrap_or_else(PoisonError::into_inner);
        let due = next.is_some_and(|next| next <= Instant::now());
        if due {
            *next = None;
        }
        due
    }

    fn set_next_look(&self, when: Option<Instant>) {
        *self
            .next_look
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = when;
    }
}
