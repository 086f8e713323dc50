//! Runs this program under `valgrind --tool=callgrind` and reads what it counted.
//!
//! In: a folder to work in. Out: one number for each call of [`counted`]. Absent: what is counted.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::profile;

/// The function during which instructions are counted, as callgrind names it.
const COUNTED: &str = "gate::callgrind::counted";

const COUNTS: &str = "counts";

/// Does `work`. Callgrind counts while this runs, and writes the number down when it returns.
#[inline(never)]
pub fn counted(work: &mut dyn FnMut()) {
    work();
    // Something is left to do, so that the call above is no jump.
    black_box(());
}

/// Prepares in `folder`, then measures under valgrind there: the totals in the order of the calls.
///
/// Valgrind shows the program a processor of its own, so the real one hardly matters; the
/// environment is empty, so that neither does it.
pub fn count(folder: &Path) -> Result<Vec<u64>> {
    let program = std::env::current_exe()?;
    clear(folder)?;
    succeed(Command::new(&program).arg("prepare").arg(folder))?;
    let mut valgrind = Command::new("valgrind");
    valgrind
        .args(["--tool=callgrind", "--collect-atstart=no"])
        .arg(format!("--toggle-collect={COUNTED}"))
        .arg(format!("--dump-after={COUNTED}"))
        .arg(format!("--callgrind-out-file={COUNTS}"))
        .arg(&program)
        .args(["measure", "."])
        .current_dir(folder)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin");
    succeed(&mut valgrind)?;
    read(folder)
}

/// Removes what an earlier run counted.
fn clear(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(COUNTS) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Dumps are numbered from 1; the last, written at exit, has counted nothing.
fn read(folder: &Path) -> Result<Vec<u64>> {
    let mut totals = Vec::new();
    for number in 1.. {
        let file = folder.join(format!("{COUNTS}.{number}"));
        let Ok(text) = fs::read_to_string(&file) else {
            break;
        };
        let total = text.lines().find_map(|line| line.strip_prefix("totals: "));
        let total = total.with_context(|| format!("{}: no total", file.display()))?;
        totals.push(total.trim().parse()?);
    }
    Ok(totals)
}

/// What the count numbered `number`, from 1, went to: the `most` heaviest functions.
pub fn heaviest(folder: &Path, number: usize, most: usize) -> Result<Vec<(u64, String)>> {
    let file = folder.join(format!("{COUNTS}.{number}"));
    let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    let mut functions = profile::heaviest(&text);
    functions.truncate(most);
    Ok(functions)
}

/// What `program --version` says.
pub fn version(program: &str) -> Result<String> {
    let output = Command::new(program)
        .arg("--version")
        .output()
        .with_context(|| format!("{program} is needed"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn succeed(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .with_context(|| format!("{name} cannot be run"))?;
    if !output.status.success() {
        bail!(
            "{name}: {}\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(())
}
