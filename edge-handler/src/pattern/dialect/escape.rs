//! Bytes, escapes and classes of a pattern.
//!
//! In: a translator whose lexer took one. Out: the text, copied or replaced. Absent: groups and quantifiers.

use super::{PatternError, Translator};
use crate::pattern::lexer::{ClassItem, Quoting};

impl Translator<'_> {
    /// What stands for one byte, as an item.
    pub(super) fn byte(&mut self, end: usize) {
        match self.rest() {
            // A brace that begins no quantifier in 10.42.
            [b'{', ..] => {
                self.emit_str("\\{");
                self.at += 1;
            }
            _ => self.copy_escape(end),
        }
        self.frame().item(Some(1));
    }

    /// Copies a byte or an escape inside or outside of a class.
    fn copy_escape(&mut self, end: usize) {
        if matches!(self.rest(), [b'\\', 0x80..=0xff, ..]) {
            self.at += 1;
        }
        let is_bare = self.rest().starts_with(b"\\x") && end == self.at + 2;
        self.copy_to(end);
        if is_bare {
            // Without digits it is a NUL, which 10.45 wants to see written.
            self.emit_str("00");
        }
    }

    /// A byte of `\Q…\E`. One that needs an escape leaves the quotation and enters it again.
    pub(super) fn quoted_byte(&mut self) {
        self.copy_quoted();
        self.frame().item(Some(1));
    }

    fn copy_quoted(&mut self) {
        let escaped = !self.utf && self.rest().first().is_some_and(|byte| !byte.is_ascii());
        if escaped {
            self.emit_str("\\E");
        }
        self.copy_byte();
        if escaped {
            self.emit_str("\\Q");
        }
    }

    /// An escape that no reader knows.
    pub(super) fn other_escape(&mut self) -> Result<(), PatternError> {
        let end = self.end();
        match self.rest() {
            [_, b'N', b'{', name @ ..] if !name.starts_with(b"U+") => {
                let message = "PCRE2 does not support \\F, \\L, \\l, \\N{name}, \\U, or \\u";
                return self.error(self.at + 2, message);
            }
            [_, b'p' | b'P', ..] if self.flags.caseless => {
                // Since 10.43 a caseless `\p{Lu}` means letters of any case.
                self.emit_str("(?-i:");
                self.copy_to(end);
                self.emit_str(")");
            }
            _ => {
                self.check_escape(end)?;
                self.copy_to(end);
            }
        }
        self.frame().item(Some(1));
        Ok(())
    }

    fn check_escape(&self, end: usize) -> Result<(), PatternError> {
        match self.rest() {
            [_, b'p' | b'P', ..] => Ok(()),
            [_, b'c', 0x80..=0xff, ..] => {
                let message = "\\c must be followed by a printable ASCII character";
                self.error(self.at + 2, message)
            }
            _ => self.check_braces(end),
        }
    }

    /// Blanks inside the braces of an escape came with 10.43, except for properties.
    pub(super) fn check_braces(&self, end: usize) -> Result<(), PatternError> {
        let token = self.source.get(self.at..end).unwrap_or_default();
        match token {
            [b'\\', _, b'{', inside @ ..] if inside.iter().any(|byte| b" \t".contains(byte)) => {
                self.error(self.at + 2, "blanks inside the braces of an escape")
            }
            _ => Ok(()),
        }
    }

    /// A character class, which the lexer has opened.
    pub(super) fn class(&mut self) -> Result<(), PatternError> {
        self.copy_to(self.end());
        loop {
            let quoting = self.lexer.quoting;
            let Some(item) = self.lexer.class_item() else {
                break;
            };
            let end = self.end();
            match (item, quoting) {
                (ClassItem::Byte(_), Quoting::Quoted) => self.copy_quoted(),
                (ClassItem::Byte(_), Quoting::None) => self.copy_escape(end),
                (ClassItem::Other, _) => {
                    self.check_escape(end)?;
                    self.copy_to(end);
                }
                (ClassItem::Set(_) | ClassItem::Posix(..) | ClassItem::Quote, _) => {
                    self.copy_to(end);
                }
                (ClassItem::Close, _) => {
                    self.copy_to(end);
                    break;
                }
            }
            self.lexer.rest = self.rest();
        }
        self.frame().item(Some(1));
        Ok(())
    }
}
