//! The set that a character class stands for.
//!
//! In: a lexer behind the `[`. Out: the set, and the lexer behind the `]`; nothing where PCRE2 has to be asked. Absent: the
//! items of a class; see `lexer`.

use crate::pattern::lexer::{ClassItem, Lexer, named};
use crate::pattern::set::{NONE, Set};
use crate::pattern::syntax::{Case, Sense};

/// Reads a character class; its `[` or `[^` is taken already.
pub(in crate::pattern) fn class(lexer: &mut Lexer<'_>, sense: Sense, case: Case) -> Option<Set> {
    if sense == Sense::Positive && lexer.is_lone_posix() {
        return None;
    }
    let mut set = NONE;
    loop {
        match lexer.class_item()? {
            ClassItem::Close => break,
            ClassItem::Byte(low) => {
                let high = range_end(lexer, low)?;
                (low..=high).for_each(|byte| set.insert(byte));
            }
            ClassItem::Set(kind) => add(lexer, &mut set, kind)?,
            ClassItem::Posix(sense, name) => add(lexer, &mut set, posix(sense, name, case)?)?,
            ClassItem::Quote | ClassItem::Other => return None,
        }
    }
    Some(with_sense(sense, case.of(set)))
}

/// Adds a kind of bytes. PCRE2 refuses most of what looks like a range from there.
fn add(lexer: &Lexer<'_>, set: &mut Set, kind: Set) -> Option<()> {
    set.union(&kind);
    (!begins_range(lexer)).then_some(())
}

fn begins_range(lexer: &Lexer<'_>) -> bool {
    lexer.rest.first() == Some(&b'-') && lexer.rest.get(1) != Some(&b']')
}

/// The last byte of a range that begins with `low`; `low` itself when it is none.
fn range_end(lexer: &mut Lexer<'_>, low: u8) -> Option<u8> {
    if !begins_range(lexer) {
        return Some(low);
    }
    lexer.class_item()?;
    match lexer.class_item()? {
        ClassItem::Byte(high) if low <= high => Some(high),
        ClassItem::Byte(_)
        | ClassItem::Set(_)
        | ClassItem::Posix(..)
        | ClassItem::Quote
        | ClassItem::Other
        | ClassItem::Close => None,
    }
}

/// Where case is ignored, `[:lower:]` and `[:upper:]` both mean any letter.
fn posix(sense: Sense, name: &[u8], case: Case) -> Option<Set> {
    let set = named(name)?;
    let is_cased = matches!(name, b"lower" | b"upper");
    Some(with_sense(sense, if is_cased { case.of(set) } else { set }))
}

fn with_sense(sense: Sense, set: Set) -> Set {
    match sense {
        Sense::Positive => set,
        Sense::Negative => set.complement(),
    }
}
