//! What has to end with this program: a server, and the folder it runs in.
//!
//! In: both. Out: [`Cleanup`], which ends them when it is dropped and when the program is told to
//! stop. Absent: starting them.

use std::io;
use std::process::{Child, Command};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tempfile::TempDir;

/// What a shell shows for a program that a signal ended.
const INTERRUPTED: i32 = 130;

/// Ends a server and removes its folder when it is dropped.
#[derive(Debug, Default)]
pub struct Cleanup {
    running: Arc<Mutex<Running>>,
}

#[derive(Debug, Default)]
struct Running {
    process: Option<Child>,
    folder: Option<TempDir>,
}

impl Running {
    fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            // It may be gone already; then there is nothing to end.
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    fn end(&mut self) {
        self.stop();
        self.folder.take();
    }
}

impl Cleanup {
    /// Looks after `folder`, also when the program is told to stop (SIGINT, SIGTERM, SIGHUP).
    pub fn of_folder(folder: TempDir) -> Self {
        let cleanup = Self::default();
        cleanup.running().folder = Some(folder);
        let running = Arc::clone(&cleanup.running);
        // Whoever else handles signals in this program would have to end it as well.
        let _ = ctrlc::set_handler(move || {
            lock(&running).end();
            std::process::exit(INTERRUPTED);
        });
        cleanup
    }

    /// Starts `command` and looks after it too; what was started before is ended.
    ///
    /// # Errors
    /// The program cannot be started.
    pub fn start(&self, command: &mut Command) -> io::Result<()> {
        // Under the lock, so that no signal comes between starting it and knowing of it.
        let mut running = self.running();
        running.stop();
        running.process = Some(command.spawn()?);
        Ok(())
    }

    /// Is the process still there?
    pub fn is_running(&self) -> bool {
        let mut running = self.running();
        let process = running.process.as_mut();
        process.is_some_and(|process| matches!(process.try_wait(), Ok(None)))
    }

    fn running(&self) -> MutexGuard<'_, Running> {
        lock(&self.running)
    }
}

fn lock(running: &Mutex<Running>) -> MutexGuard<'_, Running> {
    running.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Cleanup {
    fn drop(&mut self) {
        self.running().end();
    }
}
