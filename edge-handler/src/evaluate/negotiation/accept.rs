//! What a client takes: `Accept` and its kind, and the types of files, which are written alike (`get_entry`).
//!
//! In: the text of a header or a type. Out: [`Accepted`]s. Absent: comparing them with files; see `choice`.

/// One thing that a client takes, or the type of a file (`accept_rec`).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Accepted {
    /// In lower case.
    pub name: Vec<u8>,
    pub quality: f32,
    pub level: f32,
    pub charset: Vec<u8>,
}

/// What Apache takes for HTML besides `text/html`, and the second with a higher level.
pub(super) const PARSED: [&[u8]; 2] = [b"text/x-server-parsed-html", b"text/x-server-parsed-html3"];

/// `do_header_line`.
pub(super) fn header_line(line: &[u8]) -> Vec<Accepted> {
    let mut rest = line;
    let mut all = Vec::new();
    while !rest.is_empty() {
        all.push(entry(&mut rest));
    }
    all
}

/// One entry, which is taken off the text (`get_entry`).
pub(super) fn entry(rest: &mut &[u8]) -> Accepted {
    let name = token(rest, White::Ends).to_ascii_lowercase();
    let level = match name.as_slice() {
        b"text/html" => 2.0,
        name if name == PARSED[0] => 2.0,
        name if name == PARSED[1] => 3.0,
        _ => 0.0,
    };
    let mut found = Accepted {
        name,
        quality: 1.0,
        level,
        charset: Vec::new(),
    };
    while let Some(after) = rest.strip_prefix(b";") {
        *rest = after;
        found.set(token(rest, White::Stays));
    }
    *rest = rest.strip_prefix(b",").unwrap_or(rest);
    found
}

impl Accepted {
    /// Something with a quality, without parameters.
    pub fn named(name: &[u8], quality: f32) -> Self {
        Self {
            name: name.to_vec(),
            quality,
            level: 0.0,
            charset: Vec::new(),
        }
    }

    /// One parameter, `name = value`.
    fn set(&mut self, parameter: &[u8]) {
        let ends = |byte: &u8| is_space(*byte) || *byte == b'=';
        let Some(end) = parameter.iter().position(ends) else {
            return;
        };
        let (name, value) = parameter.split_at(end);
        let start = value.iter().position(|byte| !ends(byte));
        let value = start.and_then(|start| value.get(start..)).unwrap_or(b"");
        let value = match value.strip_prefix(b"\"") {
            Some(quoted) => until(quoted, |byte| matches!(byte, b'\n' | b'\r' | b'"')),
            None => until(value, is_space),
        };
        match name.to_ascii_lowercase().as_slice() {
            b"q" | b"qs" => self.quality = quality(value),
            b"level" => self.level = leading_number(value),
            b"charset" => self.charset = value.to_ascii_lowercase(),
            _ => {}
        }
    }
}

/// Does white space end a token?
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum White {
    Ends,
    Stays,
}

/// A token, which is taken off the text with the white space after it (`ap_get_token`).
pub(super) fn token<'t>(rest: &mut &'t [u8], white: White) -> &'t [u8] {
    let text = rest.trim_ascii_start();
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        if matches!(byte, b';' | b',') || white == White::Ends && is_space(*byte) {
            break;
        }
        at += 1;
        if *byte == b'"' {
            let quoted = text.get(at..).unwrap_or_default();
            let end = quoted.iter().position(|byte| *byte == b'"');
            at += end.map_or(quoted.len(), |end| end + 1);
        }
    }
    let (token, after) = text.split_at(at);
    *rest = skip_space(after);
    token
}

fn skip_space(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|byte| !is_space(*byte));
    start.and_then(|start| text.get(start..)).unwrap_or(b"")
}

fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0x0b
}

fn until(text: &[u8], ends: impl Fn(u8) -> bool) -> &[u8] {
    let end = text.iter().position(|byte| ends(*byte));
    text.get(..end.unwrap_or(text.len())).unwrap_or(text)
}

/// A quality (`atoq`): what is none is 1.
fn quality(text: &[u8]) -> f32 {
    let text = skip_space(text);
    let fraction = match text {
        [b'.', rest @ ..] | [b'0', b'.', rest @ ..] => rest,
        [b'0', ..] => return 0.0,
        _ => return 1.0,
    };
    let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit());
    let mut thousandths: u16 = 0;
    for (digit, weight) in digits.zip([100, 10, 1]) {
        thousandths += u16::from(digit - b'0') * weight;
    }
    f32::from(thousandths) / 1000.0
}

/// `atoi`, as far as a level goes.
fn leading_number(text: &[u8]) -> f32 {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit());
    let step = |number: u16, digit: &u8| {
        number
            .saturating_mul(10)
            .saturating_add(u16::from(digit - b'0'))
    };
    f32::from(digits.fold(0, step))
}

#[cfg(test)]
mod tests {
    use super::header_line;

    fn check(line: &str, expected: &[(&str, f32, f32)]) {
        let found = header_line(line.as_bytes());
        let found: Vec<_> = found
            .iter()
            .map(|one| (String::from_utf8_lossy(&one.name), one.quality, one.level))
            .collect();
        let found: Vec<_> = found.iter().map(|(name, q, l)| (&**name, *q, *l)).collect();
        assert_eq!(found, expected, "{line}");
    }

    #[test]
    fn lines_are_read() {
        check("", &[]);
        check("en", &[("en", 1.0, 0.0)]);
        check("EN-us, de;q=0.5", &[("en-us", 1.0, 0.0), ("de", 0.5, 0.0)]);
        check("a b;q=.25", &[("a", 1.0, 0.0), ("b", 0.25, 0.0)]);
        check("text/html;level=1;q=0", &[("text/html", 0.0, 1.0)]);
        check("text/html", &[("text/html", 1.0, 2.0)]);
        check("a;q=\"0.125\";x", &[("a", 0.125, 0.0)]);
        check("a ; Q = 0.3 ,", &[("a", 0.3, 0.0)]);
        check("a;q=2", &[("a", 1.0, 0.0)]);
        check(",a", &[("", 1.0, 0.0), ("a", 1.0, 0.0)]);
        check("a\"b;c\"d", &[("a\"b;c\"d", 1.0, 0.0)]);
    }
}
