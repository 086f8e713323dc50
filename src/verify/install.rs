//! The Apache of this machine.
//!
//! In: the environment. Out: [`Installation`]. Absent: starting it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

const PROGRAMS: [&str; 5] = [
    "/usr/sbin/apache2",
    "/usr/sbin/httpd",
    "/usr/local/apache2/bin/httpd",
    "/usr/local/sbin/httpd",
    "/opt/homebrew/bin/httpd",
];

const MODULES: [&str; 7] = [
    "/usr/lib/apache2/modules",
    "/usr/lib64/httpd/modules",
    "/usr/lib/httpd/modules",
    "/usr/local/apache2/modules",
    "/usr/local/libexec/apache24",
    "/opt/homebrew/lib/httpd/modules",
    "/usr/libexec/apache2",
];

const MISSING: &str = "there is no Apache on this machine to compare with\n\
    install it: `apt install apache2-bin`, `dnf install httpd mod_lua`, `apk add apache2 apache2-lua`\n\
    or name one: EDGEWRIGHT_APACHE=/path/to/httpd EDGEWRIGHT_APACHE_MODULES=/path/to/modules";

/// A program and its modules.
#[derive(Debug, Clone)]
pub struct Installation {
    /// The program.
    pub program: PathBuf,
    /// The folder of its modules.
    pub modules: PathBuf,
    /// Its name and version: `Apache/2.4.71`.
    pub version: String,
}

impl Installation {
    /// Looks in the usual places, after `EDGEWRIGHT_APACHE` and `EDGEWRIGHT_APACHE_MODULES`.
    ///
    /// # Errors
    /// There is none, or it lacks a module this program needs.
    pub fn find() -> Result<Self> {
        let program = first("EDGEWRIGHT_APACHE", &PROGRAMS).context(MISSING)?;
        let modules = first("EDGEWRIGHT_APACHE_MODULES", &MODULES).context(MISSING)?;
        let output = Command::new(&program).arg("-v").output();
        let output = output.with_context(|| format!("cannot run {}", program.display()))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut words = text.split_whitespace();
        let version = words.find(|word| word.starts_with("Apache/"));
        let found = Self {
            program,
            version: version.unwrap_or("Apache").to_owned(),
            modules,
        };
        for module in ["headers", "lua"] {
            if found.module(module).is_none() {
                bail!(
                    "{} lacks mod_{module}, which is needed to see what it serves: install it",
                    found.modules.display()
                );
            }
        }
        Ok(found)
    }

    /// The file of a module, named without `mod_`, if it is there.
    pub fn module(&self, name: &str) -> Option<PathBuf> {
        let file = self.modules.join(format!("mod_{name}.so"));
        file.is_file().then_some(file)
    }
}

fn first(variable: &str, known: &[&str]) -> Option<PathBuf> {
    let named = std::env::var_os(variable).map(PathBuf::from);
    let mut all = named.into_iter().chain(known.iter().map(PathBuf::from));
    all.find(|path| Path::exists(path))
}
