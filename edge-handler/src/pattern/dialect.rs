//! A pattern's text, from the PCRE2 release Apache runs with to the one linked here.
//!
//! In: the text as PCRE2 10.42 with `DUPNAMES` and Apache's options reads it. Out: text that
//! PCRE2 10.45 reads the same way without them, or what 10.42 would reject. Absent: compiling it,
//! and checks both releases make alike.
//!
//! What differs, and is settled here: the `pcre2` crate has no `DOLLAR_ENDONLY` and no `DUPNAMES`
//! and takes UTF-8 only; 10.43 to 10.45 gave `{,n}` and `{ 1,2 }` a meaning, allowed lookbehind of
//! variable length, longer group names, `(?[`, `(?a`, `(?r`, `(*scs:`, and blanks in `\x{ }`.

mod escape;
mod frame;

use self::frame::{Flags, Frame, Kind};
use super::lexer::{Ending, Lexer, Opening, Quoting, Spacing, Takes, Token, is_name_byte};
use super::matching::PatternError;
use super::syntax::{Direction, Greed};
use crate::pattern::PatternOptions;

/// How many steps a match may take before it counts as no match: Apache's, which is PCRE2's
/// default (`MATCH_LIMIT`). A match that runs into it takes a good part of a second.
const MATCH_LIMIT: u32 = 10_000_000;

/// The longest group name, in bytes (`MAX_NAME_SIZE` of 10.42).
const MAX_NAME: usize = 32;

/// How deep groups may nest (`PARENS_NEST_LIMIT`).
const MAX_NESTING: usize = 250;

/// Items that may stand at the very beginning of a pattern, without their values.
const LEADING_ITEMS: [&[u8]; 20] = [
    b"UTF",
    b"UCP",
    b"NO_AUTO_POSSESS",
    b"NO_START_OPT",
    b"NO_DOTSTAR_ANCHOR",
    b"NO_JIT",
    b"NOTEMPTY",
    b"NOTEMPTY_ATSTART",
    b"LIMIT_HEAP",
    b"LIMIT_MATCH",
    b"LIMIT_DEPTH",
    b"LIMIT_RECURSION",
    b"CR",
    b"LF",
    b"CRLF",
    b"ANYCRLF",
    b"ANY",
    b"NUL",
    b"BSR_ANYCRLF",
    b"BSR_UNICODE",
];

/// A translated pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Translation {
    /// The text for PCRE2 10.45.
    pub text: String,
    /// For every byte of `text`, where in the original it comes from.
    origins: Vec<usize>,
    /// Length of the original.
    length: usize,
}

impl Translation {
    /// The same pattern with a limit of its own for the tries at each place of a subject.
    #[must_use]
    pub fn with_limit(self, tries: u64) -> Self {
        let limit = format!("(*LIMIT_MATCH={MATCH_LIMIT})");
        let text = self
            .text
            .replacen(&limit, &format!("(*LIMIT_MATCH={tries})"), 1);
        Self { text, ..self }
    }

    /// Where in the original the byte at `offset` of the translation comes from.
    pub fn source_offset(&self, offset: usize) -> usize {
        self.origins.get(offset).copied().unwrap_or(self.length)
    }
}

/// Translates a pattern.
///
/// # Errors
/// What 10.42 rejects and 10.45 would not; everything else is left to the compiler.
pub fn translate(pattern: &[u8], options: PatternOptions) -> Result<Translation, PatternError> {
    let mut translator = Translator::new(pattern, options);
    translator.leading_items()?;
    translator.emit_str("(?J)");
    translator.body()?;
    Ok(translator.finish())
}

/// Does a pattern match at the start of a subject only, as far as its tokens show: it begins with `^`, and all its
/// alternatives stand in groups?
pub fn is_at_start(pattern: &[u8]) -> bool {
    let mut depth = 0_usize;
    let mut lexer = Lexer::new(pattern);
    while let Some(token) = lexer.next() {
        match token {
            Token::Class(_) => lexer.skip_class(),
            Token::Open(_) | Token::Options(_, Ending::Colon) => depth += 1,
            Token::Close => depth = depth.saturating_sub(1),
            Token::Bar if depth == 0 => return false,
            _ => {}
        }
    }
    pattern.starts_with(b"^")
}

struct Translator<'a> {
    source: &'a [u8],
    /// Where the token to come begins that is not copied yet.
    at: usize,
    lexer: Lexer<'a>,
    text: String,
    origins: Vec<usize>,
    end_only: bool,
    utf: bool,
    flags: Flags,
    frames: Vec<Frame>,
}

impl<'a> Translator<'a> {
    fn new(source: &'a [u8], options: PatternOptions) -> Self {
        Self {
            source,
            at: 0,
            lexer: Lexer::new(source),
            text: String::with_capacity(source.len() + 40),
            origins: Vec::with_capacity(source.len() + 40),
            end_only: options.contains(PatternOptions::DOLLAR_END_ONLY),
            utf: false,
            flags: Flags {
                caseless: options.contains(PatternOptions::CASELESS),
                ..Flags::default()
            },
            frames: vec![Frame::outermost()],
        }
    }

    fn finish(self) -> Translation {
        Translation {
            text: self.text,
            origins: self.origins,
            length: self.source.len(),
        }
    }

    fn rest(&self) -> &'a [u8] {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn error<T>(&self, offset: usize, message: &str) -> Result<T, PatternError> {
        Err(PatternError {
            offset: offset.min(self.source.len()),
            message: message.to_owned(),
        })
    }

    fn emit_str(&mut self, text: &str) {
        self.text.push_str(text);
        self.origins.resize(self.text.len(), self.at);
    }

    /// Copies the next byte as one literal character or part of syntax.
    fn copy_byte(&mut self) {
        let Some(byte) = self.rest().first() else {
            return;
        };
        match byte {
            0x80.. if self.utf => self.copy_character(),
            0x80.. => self.emit_str(&format!("\\x{byte:02x}")),
            _ => self.emit_str(char::from(*byte).encode_utf8(&mut [0; 4])),
        }
        self.at += 1;
    }

    /// In UTF mode a character stands as it is; the last byte of it is left to the caller.
    fn copy_character(&mut self) {
        let rest = self.rest();
        let character = rest
            .utf8_chunks()
            .next()
            .and_then(|chunk| chunk.valid().chars().next());
        match character {
            Some(character) => {
                self.emit_str(character.encode_utf8(&mut [0; 4]));
                self.at += character.len_utf8() - 1;
            }
            // Not UTF-8: PCRE2 rejects the pattern, and so it does a surrogate.
            None => self.emit_str("\\x{d800}"),
        }
    }

    /// Copies up to the byte at `end`; in UTF mode up to the end of the character.
    fn copy_to(&mut self, end: usize) {
        while self.at < end {
            self.copy_byte();
        }
    }

    /// Copies text without effect on matching up to the byte at `end`; bytes that are not ASCII become `_`.
    fn copy_inert(&mut self, end: usize) {
        while self.at < end {
            let shown = match self.rest().first() {
                Some(byte) if byte.is_ascii() => char::from(*byte),
                Some(_) | None => '_',
            };
            self.emit_str(shown.encode_utf8(&mut [0; 4]));
            self.at += 1;
        }
    }

    fn leading_items(&mut self) -> Result<(), PatternError> {
        self.emit_str(&format!("(*LIMIT_MATCH={MATCH_LIMIT})"));
        while let Some(item) = self.rest().strip_prefix(b"(*") {
            let length = item.iter().take_while(|byte| **byte != b')').count();
            let name = item[..length].split(|byte| *byte == b'=').next();
            let name = name.unwrap_or_default();
            if !LEADING_ITEMS.contains(&name) {
                break;
            }
            self.utf |= name == b"UTF";
            self.copy_to((self.at + length + 3).min(self.source.len()));
        }
        if self.utf && std::str::from_utf8(self.source).is_err() {
            return self.error(self.at, "UTF-8 error");
        }
        Ok(())
    }

    fn body(&mut self) -> Result<(), PatternError> {
        self.lexer.rest = self.rest();
        loop {
            let quoting = self.lexer.quoting;
            let Some(token) = self.lexer.next() else {
                return Ok(());
            };
            match (token, quoting) {
                (Token::Byte(_), Quoting::Quoted) => self.quoted_byte(),
                _ => self.token(token)?,
            }
            // A character may be longer than the byte that the lexer took.
            self.lexer.rest = self.rest();
        }
    }

    /// Where the token that the lexer took ends.
    fn end(&self) -> usize {
        self.source.len() - self.lexer.rest.len()
    }

    fn token(&mut self, token: Token<'a>) -> Result<(), PatternError> {
        let end = self.end();
        match token {
            Token::Byte(_) => self.byte(end),
            Token::Set(_) | Token::Dot => self.item(end, Some(1)),
            Token::Caret | Token::Place(_) | Token::Keep | Token::Other(Takes::Nothing) => {
                self.item(end, Some(0));
            }
            Token::Dollar => self.dollar(),
            Token::Bar => {
                self.copy_to(end);
                self.frame().next_branch();
            }
            Token::Class(_) => return self.class(),
            Token::Open(opening) => return self.open(opening),
            Token::Close => return self.close(),
            Token::Options(letters, ending) => return self.options(letters, ending),
            Token::Quantifier(times, Greed::Greedy | Greed::Lazy | Greed::Possessive) => {
                self.copy_to(end);
                if times.least == times.most {
                    self.frame().repeat(times.least);
                } else {
                    self.frame().vary();
                }
            }
            Token::Reference(_) => {
                self.check_braces(end)?;
                self.item(end, None);
            }
            Token::Call => return self.call(),
            Token::Quote => self.copy_to(end),
            Token::Ignored | Token::Control => self.copy_inert(end),
            Token::Other(Takes::Character) => return self.other_escape(),
            Token::Other(Takes::Varying) => {
                self.item(end, Some(1));
                self.frame().vary();
            }
        }
        Ok(())
    }

    /// Copies an item that takes so much text.
    fn item(&mut self, end: usize, length: Option<u32>) {
        self.copy_to(end);
        self.frame().item(length);
    }

    /// The innermost open group; the outermost frame is never closed.
    fn frame(&mut self) -> &mut Frame {
        if self.frames.is_empty() {
            self.frames.push(Frame::outermost());
        }
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    fn set_flags(&mut self, flags: Flags) {
        self.lexer.spacing = if flags.extended {
            Spacing::Ignored
        } else {
            Spacing::Literal
        };
        self.flags = flags;
    }

    fn dollar(&mut self) {
        if self.end_only && !self.flags.multiline {
            self.emit_str("\\z");
            self.at += 1;
        } else {
            self.copy_byte();
        }
        self.frame().item(Some(0));
    }

    fn open(&mut self, opening: Opening<'a>) -> Result<(), PatternError> {
        let kind = match opening {
            Opening::Plain
            | Opening::Joined
            | Opening::Atomic
            | Opening::Reset
            | Opening::Condition => Kind::Plain,
            Opening::Named(name) => {
                self.check_name(name)?;
                Kind::Plain
            }
            Opening::Look(Direction::Ahead, _)
            | Opening::LooseLook(Direction::Ahead)
            | Opening::Definition => Kind::Lookahead,
            Opening::Look(Direction::Behind, _) | Opening::LooseLook(Direction::Behind) => {
                Kind::Lookbehind
            }
            Opening::Alphabetic(b"scs" | b"scan_substring") => {
                let end = self.end() - 1;
                return self.error(end, "(*alpha_assertion) not recognized");
            }
            Opening::Alphabetic(name) => alphabetic(name),
        };
        self.push(kind)
    }

    /// Opens a group.
    fn push(&mut self, kind: Kind) -> Result<(), PatternError> {
        if self.frames.len() > MAX_NESTING {
            return self.error(self.at, "parentheses are too deeply nested");
        }
        let in_lookbehind = self.frame().in_lookbehind(kind);
        let frame = Frame::new(kind, in_lookbehind, self.flags, self.at);
        self.copy_to(self.end());
        self.frames.push(frame);
        Ok(())
    }

    fn close(&mut self) -> Result<(), PatternError> {
        self.copy_byte();
        if self.frames.len() < 2 {
            return Ok(());
        }
        let Some(mut frame) = self.frames.pop() else {
            return Ok(());
        };
        self.set_flags(frame.flags);
        let length = frame.close();
        if frame.is_broken_lookbehind() {
            return self.error(frame.start, "lookbehind assertion is not fixed length");
        }
        let parent = self.frame();
        parent.item(length);
        if frame.varies() {
            parent.vary();
        }
        Ok(())
    }

    fn check_name(&self, name: &[u8]) -> Result<(), PatternError> {
        let is_name = name.iter().all(|byte| is_name_byte(*byte));
        if is_name && name.len() > MAX_NAME {
            let before = if self.rest().starts_with(b"(?P") {
                4
            } else {
                3
            };
            let message = "subpattern name is too long (maximum 32 code units)";
            return self.error(self.at + before + MAX_NAME + 1, message);
        }
        Ok(())
    }

    /// `(?R)`, `\g<1>` and their variants.
    fn call(&mut self) -> Result<(), PatternError> {
        let end = self.end();
        let is_group = self.rest().starts_with(b"(?");
        let is_open = is_group && self.source.get(end - 1) != Some(&b')');
        if is_open && self.lexer.rest.first() == Some(&b'(') {
            let message = "(?R (recursive pattern call) must be closed";
            return self.error(end, message);
        }
        self.item(end, None);
        Ok(())
    }

    /// `(?flags)` and `(?flags:`.
    fn options(&mut self, letters: &[u8], ending: Ending) -> Result<(), PatternError> {
        let mut flags = self.flags;
        let mut on = true;
        for (at, letter) in letters.iter().enumerate() {
            match letter {
                b'^' => flags = Flags::default(),
                b'-' => on = false,
                b'm' => flags.multiline = on,
                b'x' => flags.extended = on,
                b'i' => flags.caseless = on,
                b's' | b'n' | b'J' | b'U' => {}
                _ => {
                    let message = "unrecognized character after (? or (?-";
                    return self.error(self.at + 2 + at, message);
                }
            }
        }
        match ending {
            Ending::Colon => self.push(Kind::Plain)?,
            Ending::Close | Ending::Missing => self.copy_to(self.end()),
        }
        self.set_flags(flags);
        Ok(())
    }
}

/// What a group is that is named in letters.
fn alphabetic(name: &[u8]) -> Kind {
    match name {
        b"plb"
        | b"positive_lookbehind"
        | b"nlb"
        | b"negative_lookbehind"
        | b"naplb"
        | b"non_atomic_positive_lookbehind" => Kind::Lookbehind,
        b"pla"
        | b"positive_lookahead"
        | b"nla"
        | b"negative_lookahead"
        | b"napla"
        | b"non_atomic_positive_lookahead" => Kind::Lookahead,
        _ => Kind::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::Pattern;

    /// `accepted` is what PCRE2 10.42 says, asked with `DUPNAMES`, `DOTALL` and `DOLLAR_ENDONLY`.
    fn check(pattern: &str, accepted: bool) {
        let result = Pattern::new(pattern, PatternOptions::default()).check();
        assert_eq!(result.is_ok(), accepted, "{pattern}: {result:?}");
    }

    #[test]
    fn what_10_42_accepts_is_accepted() {
        for pattern in [
            "a{,3}",
            "a{ 1,2}",
            "{",
            "(?<=a|bc)d",
            r"(?<=(a)\1)d",
            "(?<=(?=b|c){1,2}a)",
            r"(?<=\C)a",
            "(?<=a{3}b{2,2})c",
            "(?<=(?:b{2}c|d{3}))e",
            "(?<=(?:(?<nn>ab)|cd))e",
            "(?<=[[:<:]]b|c)a",
            r"(?<=\141)a",
            r"(?<=(?:\x41|b))c",
            "(?<n>a)(?&n)(b)",
            "(?<=(?=a*)b)c",
            "(?<=(?(?=a)b))c",
            "(?^)a",
            r"\p{ L}",
            r"\x",
            r"[\x]",
            "(?C1)a",
            "(?C'a''b')a",
            "(*MARK:é)a",
            "(?#é$)a",
            "(?(VERSION>=10.43)yes|no)",
            "(?<n>a)(?<n>b)",
            "(*UTF)é",
        ] {
            check(pattern, true);
        }
    }

    #[test]
    fn what_10_42_rejects_is_rejected() {
        for pattern in [
            "a$?b",
            "a$+",
            "a(?<=b*)",
            "(?<=(?:a|bc))d",
            "(?<=(?:b{2}c|d{2}))e",
            r"(?<=\R)d",
            r"(?<=\X)a",
            "(?<!a?)b",
            "(*plb:a+)b",
            "(?<=(?(?=a)b|cd))e",
            r"\x{ 41}",
            r"\g{ 1}(a)",
            r"\N{U+41}",
            r"\N{,3}",
            "(?aD)a",
            "(?r)a",
            "(?[a])",
            r"[a-\d]",
            "(?<aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa>x)",
            "(*TURKISH_CASING)a",
            "(*CASELESS_RESTRICT)a",
            "(*scs:(1)a)",
            r"\x{}",
            r"\o{}",
            "[[:foo:]]",
            "[:alpha:]",
            r"\c",
            r"\cé",
            r"(?=a\K)",
            "a**",
            "(",
            ")",
            "[a",
            r"\8",
        ] {
            check(pattern, false);
        }
    }

    fn matches(pattern: &str, subject: &str, expected: bool) {
        let pattern = Pattern::new(pattern, PatternOptions::default());
        assert_eq!(pattern.is_match(subject.as_bytes()), expected, "{subject}");
    }

    #[test]
    fn characters_and_bytes_are_kept_apart() {
        matches("(*UTF)^é.x$", "éyx", true);
        matches("(*UTF)^é.x$", "ééx", true);
        matches("^é.x$", "éyx", true);
        matches("^é.x$", "ééx", false);
        matches(r"(*UTF)^\Qé.\E[é-ë]a$", "é.êa", true);
        matches(r"^\Qé.\E[é]{2}a$", "é.éa", true);
        matches(r"(*UTF)^\é(*MARK:é)(?#é)ab$", "éab", true);
        matches("(?x)^ a # é\n b$", "ab", true);
    }

    fn check_offset(pattern: &[u8], offset: usize) {
        let error = Pattern::new(pattern, PatternOptions::default()).check();
        let found = error.map_err(|error| error.offset);
        assert_eq!(found, Err(offset), "{}", String::from_utf8_lossy(pattern));
    }

    #[test]
    fn errors_point_into_the_original() {
        check_offset(b"ab(", 3);
        check_offset(b"\xc3\xa9{,2}$**", 7);
        check_offset(b"a(?<=b*)", 1);
        check_offset(b"(?r)", 2);
        check_offset(b"a(*scs:(1)a)", 6);
        check_offset(b"a(?i-r)", 5);
        check_offset(b"a(?R(", 4);
        check_offset(br"a\N{x}", 3);
        check_offset(b"a\\c\xe9", 3);
    }
}
