//! `<IfModule>`, `<IfDefine>`, `<IfVersion>`, `<IfFile>`, `<IfDirective>`, `<IfSection>`.
//!
//! In: the section's arguments, and what the server knows when it reads them. Out: whether it is
//! true, or a reason why it is not. Absent: reading or skipping what is in it.

use crate::syntax::Arguments;

use super::reader::Reader;
use super::version;
use crate::registry::directives;

/// The conditional sections, in lower case.
const NAMES: [&[u8]; 6] = [
    b"<ifmodule",
    b"<ifdefine",
    b"<ifversion",
    b"<iffile",
    b"<ifdirective",
    b"<ifsection",
];

/// True for the name of a section that is settled while reading, written with its `<`.
pub fn is_conditional(name: &[u8]) -> bool {
    NAMES.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Asks the section (`start_cond_section` of `core.c`, `start_ifversion` of `mod_version.c`).
///
/// # Errors
/// What Apache says to arguments it cannot use.
pub(super) fn holds(
    reader: &Reader<'_>,
    name: &[u8],
    arguments: &Arguments,
) -> Result<bool, String> {
    let words: Vec<&[u8]> = arguments
        .words
        .iter()
        .map(|word| word.value.as_slice())
        .collect();
    let lower = name.to_ascii_lowercase();
    if lower == b"<ifversion" {
        return version::holds(&words, &reader.version, reader.regex);
    }
    let (negated, subject) = match words.as_slice() {
        [b"!", subject, ..] => (true, *subject),
        [first, ..] if arguments.raw.value.starts_with(b"!") => {
            (true, first.get(1..).unwrap_or_default())
        }
        [subject, ..] => (false, *subject),
        [] => (false, b"".as_slice()),
    };
    if subject.is_empty() {
        return Err(format!(
            "`{}>` needs an argument",
            String::from_utf8_lossy(name)
        ));
    }
    let found = match lower.as_slice() {
        b"<ifmodule" => reader.modules.has(subject),
        b"<ifdefine" => reader.defines.has(subject),
        b"<iffile" => reader.files.kind(subject).is_some(),
        b"<ifsection" => is_known(reader, &[b"<", subject].concat()),
        _ => is_known(reader, subject),
    };
    Ok(found != negated)
}

/// `ap_exists_directive`: some loaded module has a directive of that name.
fn is_known(reader: &Reader<'_>, name: &[u8]) -> bool {
    let has = |module: &&str| reader.modules.has(module.as_bytes());
    directives::find(name).is_some_and(|known| known.modules.iter().any(has))
}
