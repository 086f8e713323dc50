//! What all readers of patterns read alike: escapes of one byte or of a kind of bytes, classes, numbers of repetitions.
//!
//! In: the rest of a pattern, which is moved on. Out: an [`Item`], a [`Set`] or numbers, or nothing where PCRE2 has to be
//! asked. Absent: what stands around: groups, alternatives, places.

use super::set::{DIGITS, NONE, SPACES, Set, WORDS};

/// Larger numbers of repetitions are not read.
const MOST_REPETITIONS: u32 = 1_000;

/// One byte, or a set of which one byte is meant.
pub(super) enum Item {
    /// A byte that stands for itself.
    Byte(u8),
    /// One byte of a set.
    Set(Set),
}

/// Takes the next byte.
pub(super) fn next(rest: &mut &[u8]) -> Option<u8> {
    let (first, others) = rest.split_first()?;
    *rest = others;
    Some(*first)
}

/// Takes a text, if it comes next.
pub(super) fn take(rest: &mut &[u8], text: &[u8]) -> Option<()> {
    *rest = rest.strip_prefix(text)?;
    Some(())
}

/// Takes the text up to `end`, and `end` too.
pub(super) fn until<'a>(rest: &mut &'a [u8], end: u8) -> Option<&'a [u8]> {
    let at = memchr::memchr(end, rest)?;
    let (text, others) = rest.split_at(at);
    *rest = others.get(1..)?;
    Some(text)
}

/// What an escape means both inside and outside of classes; its backslash is taken already.
pub(super) fn escape(rest: &mut &[u8]) -> Option<Item> {
    let byte = next(rest)?;
    if let Some(set) = kind(byte) {
        return Some(Item::Set(set));
    }
    Some(Item::Byte(match byte {
        b'a' => 0x07,
        b'e' => 0x1b,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'0' => octal(rest),
        b'x' => hexadecimal(rest)?,
        b'c' => {
            let letter = next(rest).filter(|byte| matches!(byte, b' '..=b'~'))?;
            letter.to_ascii_uppercase() ^ 0x40
        }
        byte if byte.is_ascii() && !byte.is_ascii_alphanumeric() => byte,
        _ => return None,
    }))
}

/// Up to two octal digits behind `\0`.
fn octal(rest: &mut &[u8]) -> u8 {
    let digits = digits(rest, |byte| matches!(byte, b'0'..=b'7'));
    digits
        .iter()
        .fold(0, |value, digit| value * 8 + (digit - b'0'))
}

/// `HH` or `{…}` behind `\x`, one byte's value.
fn hexadecimal(rest: &mut &[u8]) -> Option<u8> {
    let text = match take(rest, b"{") {
        Some(()) => until(rest, b'}')?,
        None => digits(rest, |byte| byte.is_ascii_hexdigit()),
    };
    let digits = std::str::from_utf8(text).ok()?;
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    u8::from_str_radix(digits, 16).ok().filter(|_| plain)
}

/// Takes two digits at most.
fn digits<'a>(rest: &mut &'a [u8], is_digit: impl Fn(u8) -> bool) -> &'a [u8] {
    let count = rest.iter().take(2).take_while(|byte| is_digit(**byte));
    let (digits, others) = rest.split_at(count.count());
    *rest = others;
    digits
}

/// A character class; its `[` is taken already. `cased` adds the other cases of letters where case is ignored.
pub(super) fn class(rest: &mut &[u8], cased: impl Fn(Set) -> Set) -> Option<Set> {
    if matches!(
        rest,
        [b':' | b'.' | b'=', ..] | [b'[', b':', b'<' | b'>', ..]
    ) {
        return None;
    }
    let negated = take(rest, b"^").is_some();
    let mut set = NONE;
    let mut is_first = true;
    loop {
        let byte = next(rest)?;
        if byte == b']' && !is_first {
            break;
        }
        is_first = false;
        match class_item(rest, byte, &cased)? {
            Item::Byte(low) => {
                let high = range_end(rest, low, &cased)?;
                (low..=high).for_each(|byte| set.insert(byte));
            }
            Item::Set(kind) => {
                set.union(&kind);
                // PCRE2 refuses most of what looks like a range from here.
                if rest.first() == Some(&b'-') && rest.get(1) != Some(&b']') {
                    return None;
                }
            }
        }
    }
    let set = cased(set);
    Some(if negated { set.complement() } else { set })
}

/// The last byte of a range that begins with `low`; `low` itself when it is none.
fn range_end(rest: &mut &[u8], low: u8, cased: &impl Fn(Set) -> Set) -> Option<u8> {
    if rest.first() != Some(&b'-') || rest.get(1) == Some(&b']') {
        return Some(low);
    }
    *rest = rest.get(1..)?;
    let byte = next(rest)?;
    match class_item(rest, byte, cased)? {
        Item::Byte(high) if low <= high => Some(high),
        Item::Byte(_) | Item::Set(_) => None,
    }
}

fn class_item(rest: &mut &[u8], byte: u8, cased: &impl Fn(Set) -> Set) -> Option<Item> {
    match (byte, rest.first()) {
        (b'\\', Some(b'b')) => {
            next(rest);
            Some(Item::Byte(0x08))
        }
        (b'\\', _) => escape(rest),
        (b'[', Some(b'.' | b'=')) => None,
        (b'[', Some(b':')) => posix_class(rest, cased),
        (byte, _) => Some(Item::Byte(byte)),
    }
}

/// `[:name:]` or `[:^name:]`; its `[` is taken already.
fn posix_class(rest: &mut &[u8], cased: &impl Fn(Set) -> Set) -> Option<Item> {
    let end = rest.windows(2).position(|pair| pair == b":]")?;
    let name = rest.get(1..end)?;
    let (name, negated) = match name.strip_prefix(b"^") {
        Some(name) => (name, true),
        None => (name, false),
    };
    let is_cased = matches!(name, b"lower" | b"upper");
    let set = named(name)?;
    // Where case is ignored, both mean any letter.
    let set = if is_cased { cased(set) } else { set };
    *rest = rest.get(end + 2..)?;
    Some(Item::Set(if negated { set.complement() } else { set }))
}

/// The set of a POSIX class.
fn named(name: &[u8]) -> Option<Set> {
    Some(match name {
        b"alnum" => Set::that(|byte| byte.is_ascii_alphanumeric()),
        b"alpha" => Set::that(|byte| byte.is_ascii_alphabetic()),
        b"ascii" => Set::that(|byte| byte.is_ascii()),
        b"blank" => Set::that(|byte| matches!(byte, b' ' | b'\t')),
        b"cntrl" => Set::that(|byte| byte.is_ascii_control()),
        b"digit" => DIGITS,
        b"graph" => Set::that(|byte| byte.is_ascii_graphic()),
        b"lower" => Set::that(|byte| byte.is_ascii_lowercase()),
        b"print" => Set::that(|byte| matches!(byte, b' '..=b'~')),
        b"upper" => Set::that(|byte| byte.is_ascii_uppercase()),
        b"xdigit" => Set::that(|byte| byte.is_ascii_hexdigit()),
        b"punct" => Set::that(|byte| byte.is_ascii_punctuation()),
        b"space" => SPACES,
        b"word" => WORDS,
        _ => return None,
    })
}

/// `\d`, `\s`, `\w`, `\h`, `\v` and their opposites.
fn kind(letter: u8) -> Option<Set> {
    let set = match letter.to_ascii_lowercase() {
        b'd' => DIGITS,
        b's' => SPACES,
        b'w' => WORDS,
        b'h' => Set::that(|byte| matches!(byte, b'\t' | b' ' | 0xa0)),
        b'v' => Set::that(|byte| matches!(byte, b'\n'..=b'\r' | 0x85)),
        _ => return None,
    };
    Some(if letter.is_ascii_uppercase() {
        set.complement()
    } else {
        set
    })
}

/// How often an item of a pattern is to match.
pub(super) enum Times {
    /// No quantifier follows the item.
    Once,
    /// A quantifier says at least and at most how often; `u32::MAX` for any number.
    Quantified(u32, u32),
}

/// Reads the quantifier, if one comes next, without what makes it lazy or possessive.
pub(super) fn times(rest: &mut &[u8]) -> Option<Times> {
    let times = match rest.first() {
        Some(b'*') => (0, u32::MAX),
        Some(b'+') => (1, u32::MAX),
        Some(b'?') => (0, 1),
        Some(b'{') => return braces(rest),
        _ => return Some(Times::Once),
    };
    next(rest);
    Some(Times::Quantified(times.0, times.1))
}

/// `{n}`, `{n,}` or `{n,m}`.
fn braces(rest: &mut &[u8]) -> Option<Times> {
    take(rest, b"{")?;
    let inside = std::str::from_utf8(until(rest, b'}')?).ok()?;
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse::<u32>().ok().filter(|_| digits)?;
        (number <= MOST_REPETITIONS).then_some(number)
    };
    let (least, most) = match inside.split_once(',') {
        None => (number(inside)?, number(inside)?),
        Some((least, "")) => (number(least)?, u32::MAX),
        Some((least, most)) => (number(least)?, number(most)?),
    };
    (least <= most).then_some(Times::Quantified(least, most))
}
