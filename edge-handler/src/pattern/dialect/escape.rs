//! Backslash escapes and character classes of a pattern.
//!
//! In: a translator that stands before one. Out: it stands after it, the text copied or replaced.
//! Absent: groups and quantifiers.

use super::{PatternError, Translator, quantifier};

impl Translator<'_> {
    /// A backslash and what belongs to it.
    pub(super) fn escape(&mut self) -> Result<(), PatternError> {
        let rest = self.rest();
        match rest.get(1) {
            Some(b'Q') => self.quoted(Literals::Counted),
            Some(b'E') => self.copy(2),
            Some(b'N') if rest.get(2) == Some(&b'{') && quantifier(&rest[2..]).is_none() => {
                if !rest[3..].starts_with(b"U+") {
                    let message = "PCRE2 does not support \\F, \\L, \\l, \\N{name}, \\U, or \\u";
                    return self.error(self.at + 2, message);
                }
                self.braced(2)?;
                self.frame().item(Some(1));
            }
            Some(b'x') => {
                self.hexadecimal()?;
                self.frame().item(Some(1));
            }
            Some(b'p' | b'P') if self.flags.caseless => {
                // Since 10.43 a caseless `\p{Lu}` means letters of any case.
                self.emit_str("(?-i:");
                self.braced(2)?;
                self.emit_str(")");
                self.frame().item(Some(1));
            }
            Some(b'o' | b'p' | b'P') => {
                self.braced(2)?;
                self.frame().item(Some(1));
            }
            Some(b'g' | b'k') => self.reference()?,
            Some(b'c') => {
                self.control()?;
                self.frame().item(Some(1));
            }
            Some(b'1'..=b'9') => {
                let digits = rest[1..]
                    .iter()
                    .take_while(|byte| byte.is_ascii_digit())
                    .count();
                self.copy(1 + digits);
                // More than one digit is most likely a character in octal.
                self.frame().item((digits > 1).then_some(1));
            }
            Some(b'R' | b'X') => {
                self.copy(2);
                self.frame().item(Some(1));
                self.frame().vary();
            }
            Some(b'b' | b'B' | b'A' | b'z' | b'Z' | b'G' | b'K') => {
                self.copy(2);
                self.frame().item(Some(0));
            }
            Some(byte) if *byte >= 0x80 => {
                self.at += 1;
                self.copy_byte();
                self.frame().item(Some(1));
            }
            _ => {
                self.copy(2);
                self.frame().item(Some(1));
            }
        }
        Ok(())
    }

    /// `\xHH` or `\x{…}`. Without digits it is a NUL, which 10.45 wants to see written.
    fn hexadecimal(&mut self) -> Result<(), PatternError> {
        match self.rest().get(2) {
            Some(byte) if *byte == b'{' || byte.is_ascii_hexdigit() => self.braced(2),
            _ => {
                self.copy(2);
                self.emit_str("00");
                Ok(())
            }
        }
    }

    /// `\c` and what it makes a control character of, which must be ASCII.
    fn control(&mut self) -> Result<(), PatternError> {
        if self.rest().get(2).is_some_and(|byte| *byte >= 0x80) {
            let message = "\\c must be followed by a printable ASCII character";
            return self.error(self.at + 2, message);
        }
        self.copy(3);
        Ok(())
    }

    /// An escape of `length` bytes that may have `{…}` after it. Blanks inside came with 10.43,
    /// except for properties.
    fn braced(&mut self, length: usize) -> Result<(), PatternError> {
        let property = matches!(self.rest().get(1), Some(b'p' | b'P'));
        self.copy(length);
        if self.rest().first() != Some(&b'{') {
            // The one letter of `\pL`.
            self.copy(usize::from(property));
            return Ok(());
        }
        let inside = self.rest().iter().take_while(|byte| **byte != b'}');
        if !property && inside.clone().any(|byte| matches!(byte, b' ' | b'\t')) {
            return self.error(self.at, "blanks inside the braces of an escape");
        }
        let inside = inside.count();
        self.copy(inside + 1);
        Ok(())
    }

    /// `\g` and `\k` in all their forms.
    fn reference(&mut self) -> Result<(), PatternError> {
        let end = match self.rest().get(2) {
            Some(b'{') => {
                self.frame().item(None);
                return self.braced(2);
            }
            Some(b'<') => b'>',
            Some(b'\'') => b'\'',
            _ => {
                self.copy(2);
                let is_number = |byte: &&u8| byte.is_ascii_digit() || matches!(byte, b'+' | b'-');
                let number = self.rest().iter().take_while(is_number).count();
                self.copy(number);
                self.frame().item(None);
                return Ok(());
            }
        };
        self.copy(3);
        let name = self.rest().iter().take_while(|byte| **byte != end).count();
        self.copy(name + 1);
        self.frame().item(None);
        Ok(())
    }

    /// `\Q…\E`. Bytes that need an escape leave the quotation and enter it again.
    fn quoted(&mut self, literals: Literals) {
        self.copy(2);
        while !self.rest().is_empty() {
            if self.rest().starts_with(b"\\E") {
                self.copy(2);
                return;
            }
            let escaped = !self.utf && self.rest()[0] >= 0x80;
            if escaped {
                self.emit_str("\\E");
            }
            self.copy_byte();
            if escaped {
                self.emit_str("\\Q");
            }
            if literals == Literals::Counted {
                self.frame().item(Some(1));
            }
        }
    }

    /// A character class.
    pub(super) fn class(&mut self) -> Result<(), PatternError> {
        if self.rest().starts_with(b"[[:<:]]") || self.rest().starts_with(b"[[:>:]]") {
            // The beginning and the end of a word.
            self.copy(7);
            self.frame().item(Some(0));
            return Ok(());
        }
        self.copy_byte();
        if self.rest().first() == Some(&b'^') {
            self.copy_byte();
        }
        if self.rest().first() == Some(&b']') {
            self.copy_byte();
        }
        while let Some(byte) = self.rest().first() {
            match byte {
                b']' => break,
                b'\\' => self.class_escape()?,
                b'[' => match posix_name(self.rest()) {
                    Some(length) => self.copy(length),
                    None => self.copy_byte(),
                },
                _ => self.copy_byte(),
            }
        }
        self.copy_byte();
        self.frame().item(Some(1));
        Ok(())
    }

    fn class_escape(&mut self) -> Result<(), PatternError> {
        match self.rest().get(1) {
            Some(b'Q') => self.quoted(Literals::NotCounted),
            Some(b'x') => self.hexadecimal()?,
            Some(b'o' | b'p' | b'P' | b'N') => self.braced(2)?,
            Some(b'c') => self.control()?,
            Some(byte) if *byte >= 0x80 => {
                self.at += 1;
                self.copy_byte();
            }
            _ => self.copy(2),
        }
        Ok(())
    }
}

/// Do the literals of a quotation count towards a lookbehind's length?
#[derive(Clone, Copy, PartialEq, Eq)]
enum Literals {
    Counted,
    NotCounted,
}

/// The length of `[:name:]` and kin at the start of `text`, if it is one.
fn posix_name(text: &[u8]) -> Option<usize> {
    let mark = *text.get(1).filter(|byte| b":.=".contains(byte))?;
    let inside = &text[2..];
    let length = inside
        .iter()
        .take_while(|byte| !matches!(byte, b']' | b'\\' | b'['))
        .count();
    let closed = length > 0 && inside[length - 1] == mark && inside.get(length) == Some(&b']');
    closed.then_some(length + 3)
}
