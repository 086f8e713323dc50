//! The function's binary: where it is, and whether Lambda can run it.
//!
//! In: a path, or none. Out: [`Binary`]. Absent: building it.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use object::LittleEndian;
use object::elf::{DT_NEEDED, Dyn64, EM_X86_64, FileHeader64};
use object::read::elf::{Dyn as _, FileHeader as _};

/// Its name, in the package and where it is built.
pub const NAME: &str = "bootstrap";

/// What builds it.
const BUILD_COMMAND: &str = "cargo build --profile edge -p edgewright-engine --bin bootstrap";

/// What builds one for a first try from what the command line was built of.
const TRY_COMMAND: &str = "cargo build --release --bin bootstrap";

/// The C library of Amazon Linux 2023, on which Lambda runs Node.js 22 and 24.
const LAMBDA_GLIBC: Version = Version(2, 34);

/// What a program may ask to be loaded with it: the C library, and the compiler's, which Node.js needs too.
const LIBRARIES: [&str; 7] = [
    "libc.so.6",
    "libm.so.6",
    "libgcc_s.so.1",
    "libpthread.so.0",
    "libdl.so.2",
    "librt.so.1",
    "ld-linux-x86-64.so.2",
];

/// A version of the C library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(u32, u32);

impl std::fmt::Display for Version {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{}", self.0, self.1)
    }
}

/// A binary that Lambda can run.
#[derive(Debug)]
pub struct Binary {
    /// Where it was found.
    pub path: PathBuf,
    /// Its content.
    pub bytes: Vec<u8>,
    /// The newest symbols it asks the C library for; `None` when it asks for none.
    pub glibc: Option<Version>,
}

impl Binary {
    /// Reads the one at `path`, or else the one that [`BUILD_COMMAND`] made.
    ///
    /// # Errors
    /// There is none, or Lambda could not run it.
    pub fn find(path: Option<&Path>) -> Result<Self> {
        let path = match path {
            Some(path) => path.to_owned(),
            None => built()?,
        };
        let bytes = fs::read(&path).with_context(|| {
            format!(
                "cannot read {}: build it with\n  {BUILD_COMMAND}",
                path.display()
            )
        })?;
        let glibc = check(&bytes).with_context(|| path.display().to_string())?;
        Ok(Self { path, bytes, glibc })
    }
}

/// Beside this program, where both were installed; in cargo's folders, where both were built.
fn built() -> Result<PathBuf> {
    let program = std::env::current_exe().unwrap_or_default();
    let folder = program.parent().unwrap_or(Path::new(""));
    let places = [
        folder.join("../edge").join(NAME),
        folder.join(NAME),
        Path::new("target/edge").join(NAME),
    ];
    let found = places.into_iter().find(|place| place.is_file());
    found.with_context(|| {
        format!(
            "the function's binary is not built: name it with --bootstrap, or run\n  {BUILD_COMMAND}\n\
             or, for a first try, larger and slower, but built in seconds,\n  {TRY_COMMAND}"
        )
    })
}

/// The newest symbols asked of the C library.
///
/// # Errors
/// Not a program for 64-bit Linux on x86, or one that asks for more than Lambda has.
fn check(bytes: &[u8]) -> Result<Option<Version>> {
    let header = FileHeader64::<LittleEndian>::parse(bytes)
        .context("not a program for Linux on x86-64, which Lambda@Edge needs")?;
    if header.e_machine(LittleEndian) != EM_X86_64 {
        bail!("built for another processor: Lambda@Edge has x86-64 only");
    }
    let needed = needed(header, bytes).context("a damaged program")?;
    if let Some(other) = needed.iter().find(|name| !LIBRARIES.contains(&&***name)) {
        bail!("needs the library {other}, which Lambda does not have: link it statically");
    }
    let newest = newest_glibc(header, bytes).context("a damaged program")?;
    if let Some(version) = newest
        && version > LAMBDA_GLIBC
    {
        bail!(
            "needs glibc {version}, Lambda has {LAMBDA_GLIBC}: build it on an older system, or with \
             `cargo zigbuild --target x86_64-unknown-linux-gnu.{LAMBDA_GLIBC}`"
        );
    }
    Ok(newest)
}

/// The libraries that are loaded with the program.
fn needed(header: &FileHeader64<LittleEndian>, bytes: &[u8]) -> object::Result<Vec<String>> {
    let sections = header.sections(LittleEndian, bytes)?;
    let Some((entries, names)) = sections.dynamic(LittleEndian, bytes)? else {
        return Ok(Vec::new());
    };
    let names = sections.strings(LittleEndian, bytes, names)?;
    let needed = entries
        .iter()
        .filter(|entry| entry.d_tag(LittleEndian) == DT_NEEDED);
    let name = |entry: &Dyn64<LittleEndian>| {
        let name = entry.string(LittleEndian, names)?;
        Ok(String::from_utf8_lossy(name).into_owned())
    };
    needed.map(name).collect()
}

fn newest_glibc(
    header: &FileHeader64<LittleEndian>,
    bytes: &[u8],
) -> object::Result<Option<Version>> {
    let sections = header.sections(LittleEndian, bytes)?;
    let Some((mut libraries, names)) = sections.gnu_verneed(LittleEndian, bytes)? else {
        return Ok(None);
    };
    let names = sections.strings(LittleEndian, bytes, names)?;
    let mut newest = None;
    while let Some((_, mut versions)) = libraries.next()? {
        while let Some(version) = versions.next()? {
            newest = newest.max(glibc_version(version.name(LittleEndian, names)?));
        }
    }
    Ok(newest)
}

/// `GLIBC_2.34`, `GLIBC_2.2.5`.
fn glibc_version(name: &[u8]) -> Option<Version> {
    let text = str::from_utf8(name).ok()?.strip_prefix("GLIBC_")?;
    let mut numbers = text.split('.').map(|number| number.parse().ok());
    Some(Version(numbers.next()??, numbers.next()??))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]

    use super::*;

    #[test]
    fn names_of_versions_are_read() {
        let cases: [(&[u8], Option<Version>); 5] = [
            (b"GLIBC_2.34", Some(Version(2, 34))),
            (b"GLIBC_2.2.5", Some(Version(2, 2))),
            (b"GLIBC_PRIVATE", None),
            (b"GCC_3.0", None),
            (b"GLIBC_2", None),
        ];
        for (name, expected) in cases {
            assert_eq!(glibc_version(name), expected);
        }
        assert!(Version(2, 4) < Version(2, 34));
    }

    /// This test's own program, changed: what is said of it.
    fn check_changed(change: impl FnOnce(&mut Vec<u8>), message: &str) {
        let mut bytes = fs::read(std::env::current_exe().unwrap()).unwrap();
        change(&mut bytes);
        let error = format!("{:#}", check(&bytes).unwrap_err());
        assert!(error.contains(message), "{error}");
    }

    #[test]
    fn a_program_for_linux_says_what_it_needs() {
        let bytes = fs::read(std::env::current_exe().unwrap()).unwrap();
        let header = FileHeader64::<LittleEndian>::parse(&bytes[..]).unwrap();
        assert!(newest_glibc(header, &bytes).unwrap() >= Some(Version(2, 2)));
    }

    #[test]
    fn what_lambda_cannot_run_is_refused() {
        check_changed(Vec::clear, "not a program for Linux");
        check_changed(|bytes| bytes[18] = 183, "another processor");
        check_changed(|bytes| newer(bytes), "needs glibc 9.");
        check_changed(
            |bytes| everywhere(bytes, b"libc.so.6", b"libx.so.6"),
            "needs the library libx.so.6",
        );
    }

    /// Every version of the C library it names becomes 9.
    fn newer(bytes: &mut [u8]) {
        everywhere(bytes, b"GLIBC_2.", b"GLIBC_9.");
    }

    fn everywhere<const N: usize>(bytes: &mut [u8], from: &[u8; N], to: &[u8; N]) {
        for at in 0..bytes.len() - N {
            if &bytes[at..at + N] == from {
                bytes[at..at + N].copy_from_slice(to);
            }
        }
    }

    #[test]
    fn every_cut_of_a_program_is_no_panic() {
        let bytes = fs::read(std::env::current_exe().unwrap()).unwrap();
        for length in (0..4096).chain((4096..bytes.len()).step_by(bytes.len() / 100)) {
            _ = check(&bytes[..length]);
        }
    }
}
