//! From a line to its words.
//!
//! In: a stretch of a [`Line`]. Out: [`Word`]s as `ap_getword_conf` makes them ([`split`]), and the
//! raw arguments of `RewriteRule` and `RewriteCond` ([`raw_arguments`]). Absent: what the words mean.

use std::ops::Range;

use nom::branch::alt;
use nom::bytes::complete::{take_till1, take_while, take_while_m_n, take_while1};
use nom::character::complete::{char, one_of};
use nom::combinator::{consumed, opt, recognize};
use nom::multi::fold_many0;
use nom::sequence::preceded;
use nom::{IResult, Parser};

use crate::bytes::{is_space, trim_start};
use crate::line::Line;
use crate::source::Spanned;
use crate::syntax::Word;

/// What is left of a text, and what was found in it.
type Found<'a, T> = IResult<&'a [u8], T>;

/// The words in `range` of the line's text (`ap_getword_conf`, until nothing is left).
///
/// The span of a quoted word is what stands between the quotes. A word may be empty: `""`.
pub fn split(line: &Line, range: Range<usize>) -> Vec<Word> {
    let mut words = Words::new(line, range);
    std::iter::from_fn(|| words.take()).collect()
}

/// Takes words one at a time.
#[derive(Debug, Clone)]
pub struct Words<'a> {
    line: &'a Line,
    at: usize,
    end: usize,
}

impl<'a> Words<'a> {
    /// The words in `range` of the line's text.
    pub fn new(line: &'a Line, range: Range<usize>) -> Self {
        let end = range.end.min(line.text().len());
        let mut words = Self {
            line,
            at: range.start.min(end),
            end,
        };
        words.skip_spaces();
        words
    }

    /// What was not taken yet; white space before it is skipped.
    pub fn rest(&self) -> Range<usize> {
        self.at..self.end
    }

    /// The next word; `None` when nothing is left.
    pub fn take(&mut self) -> Option<Word> {
        let text = &self.line.text()[self.at..self.end];
        let (left, content) = conf_word(text).ok()?;
        let end = self.end - left.len();
        let start = self.at + content.offset;
        let span = self.line.span(start..start + content.length);
        self.at = end;
        self.skip_spaces();
        Some(Spanned {
            value: content.value,
            span,
        })
    }

    fn skip_spaces(&mut self) {
        let text = &self.line.text()[self.at..self.end];
        self.at += text.iter().take_while(|&&byte| is_space(byte)).count();
    }
}

/// A word's value, and which bytes of what was parsed it was made from.
struct Content {
    value: Vec<u8>,
    offset: usize,
    length: usize,
}

/// One word of a text that begins with no white space; an empty text has none.
fn conf_word(text: &[u8]) -> Found<'_, Content> {
    alt((quoted_word, bare_word)).parse(text)
}

/// `"…"` or `'…'`; without its end it goes to the end of the text.
fn quoted_word(text: &[u8]) -> Found<'_, Content> {
    let (text, quote) = quote_mark(text)?;
    let piece = |text| quoted_piece(text, quote);
    let (left, (written, value)) = consumed(fold_many0(piece, Vec::new, joined)).parse(text)?;
    let (left, _) = opt(byte(quote)).parse(left)?;
    let content = Content {
        value,
        offset: 1,
        length: written.len(),
    };
    Ok((left, content))
}

/// A stretch without escapes, one escape (of the quote mark or a backslash), or a lone backslash.
fn quoted_piece(text: &[u8], quote: u8) -> Found<'_, &[u8]> {
    let plain = take_while1(move |byte| byte != quote && byte != b'\\');
    let escaped = preceded(byte(b'\\'), alt((byte(quote), byte(b'\\'))));
    alt((plain, escaped, byte(b'\\'))).parse(text)
}

/// Up to the next white space; only `\\` is an escape.
fn bare_word(text: &[u8]) -> Found<'_, Content> {
    let (left, written) = take_till1(is_space).parse(text)?;
    let plain = take_while1(|byte| byte != b'\\');
    let escaped = preceded(byte(b'\\'), byte(b'\\'));
    let piece = alt((plain, escaped, byte(b'\\')));
    let (_, value) = fold_many0(piece, Vec::new, joined).parse(written)?;
    Ok((
        left,
        Content {
            value,
            offset: 0,
            length: written.len(),
        },
    ))
}

fn joined(mut value: Vec<u8>, piece: &[u8]) -> Vec<u8> {
    value.extend_from_slice(piece);
    value
}

/// `"` or `'`.
fn quote_mark(text: &[u8]) -> Found<'_, u8> {
    one_of("\"'").map(|mark| mark as u8).parse(text)
}

/// Exactly this byte.
fn byte<'a>(
    wanted: u8,
) -> impl Parser<&'a [u8], Output = &'a [u8], Error = nom::error::Error<&'a [u8]>> {
    recognize(char(char::from(wanted)))
}

/// Where the arguments of `RewriteRule` and `RewriteCond` are in the line's text, without quote
/// marks. Nothing in them is unescaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawArguments {
    /// The pattern, or the test string.
    pub first: Range<usize>,
    /// The substitution, or the condition pattern.
    pub second: Range<usize>,
    /// The flags. Whatever follows them is not read.
    pub third: Option<Range<usize>>,
}

/// The raw arguments in `range` of the line's text (`parseargline`); `None` if the second is missing.
///
/// A first argument in quotes makes do without a second: Apache takes that for an empty one.
pub fn raw_arguments(line: &Line, range: Range<usize>) -> Option<RawArguments> {
    let end = range.end.min(line.text().len());
    let text = &line.text()[range.start.min(end)..end];
    let place = |argument: &Argument<'_>| {
        let start = end - argument.content_and_left;
        start..start + argument.content.len()
    };
    let (left, first) = raw_argument(text).ok()?;
    if first.ended == Ended::ByText {
        return None;
    }
    let (left, second) = raw_argument(left).ok()?;
    let third = match second.ended {
        Ended::ByMark if !trim_start(left).is_empty() => raw_argument(left).ok(),
        _ => None,
    };
    Some(RawArguments {
        first: place(&first),
        second: place(&second),
        third: third.map(|(_, third)| place(&third)),
    })
}

/// What stands behind the flags and is not read; `None` if there is nothing.
pub(crate) fn after_raw_arguments(line: &Line, arguments: &RawArguments) -> Option<Range<usize>> {
    let third = arguments.third.as_ref()?;
    let text = line.text();
    // One more byte belongs to the argument: the space or the quote mark that ended it.
    let left = trim_start(text.get(third.end + 1..)?);
    (!left.is_empty()).then(|| text.len() - left.len()..text.len())
}

/// The word that is `range` of the line's text as it stands.
pub(crate) fn raw_word(line: &Line, range: Range<usize>) -> Word {
    Spanned {
        value: line.text()[range.clone()].to_vec(),
        span: line.span(range),
    }
}

/// One raw argument.
struct Argument<'a> {
    content: &'a [u8],
    /// How many bytes there are from the content's first to the end of the text.
    content_and_left: usize,
    ended: Ended,
}

/// What an argument ended at.
#[derive(PartialEq, Eq)]
enum Ended {
    /// The white space after it, or its closing quote mark.
    ByMark,
    /// The end of the text.
    ByText,
}

/// White space, then an argument, then the byte that ends it.
fn raw_argument(text: &[u8]) -> Found<'_, Argument<'_>> {
    let (text, quote) = preceded(take_while(is_space), opt(quote_mark)).parse(text)?;
    let ends = move |byte| quote.map_or_else(|| is_space(byte), |quote| byte == quote);
    let plain = take_while1(move |byte| byte != b'\\' && !ends(byte));
    let escaped_space = recognize((byte(b'\\'), take_while_m_n(1, 1, is_space)));
    let piece = alt((plain, escaped_space, byte(b'\\')));
    let (left, content) = recognize(fold_many0(piece, || (), |(), _| ())).parse(text)?;
    let (left, mark) = opt(take_while_m_n(1, 1, ends)).parse(left)?;
    let ended = if mark.is_some() {
        Ended::ByMark
    } else {
        Ended::ByText
    };
    let argument = Argument {
        content,
        content_and_left: text.len(),
        ended,
    };
    Ok((left, argument))
}
