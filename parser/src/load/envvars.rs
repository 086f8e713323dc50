//! Variables that the script which starts the server gives it: Debian's `envvars`.
//!
//! In: the text of a shell script, and the folder of the configuration. Out: the variables it exports. Absent:
//! running any of it. What is no simple assignment is passed over, and its variable stays unknown.

use std::collections::{BTreeMap, BTreeSet};

/// The name of the script, beside the main configuration.
pub(super) const FILE: &[u8] = b"envvars";

/// How many bytes all values may have together: each may repeat the ones before.
const MOST_BYTES: usize = 1 << 16;

/// The variables that `script` exports, when the configuration is in `folder`.
pub(super) fn exported(script: &[u8], folder: &[u8]) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut shell = Shell::default();
    // Debian starts a second server from `/etc/apache2-NAME`, and sets this in a way that is no simple assignment.
    let name = folder.rsplit(|byte| *byte == b'/').next();
    let suffix = name.and_then(|name| name.strip_prefix(b"apache2"));
    shell.set(b"SUFFIX", Some(suffix.unwrap_or_default().to_vec()));
    for line in script.split(|byte| *byte == b'\n') {
        shell.line(line.trim_ascii());
    }
    let Shell { values, names, .. } = shell;
    let exported = values.into_iter().filter(|(name, _)| names.contains(name));
    exported
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

/// What a shell knows after some lines.
#[derive(Default)]
struct Shell {
    /// `None` for a value that only a shell knows.
    values: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    /// Names that are exported.
    names: BTreeSet<Vec<u8>>,
    /// `if`, `case` and loops that are open: whether they are carried out is not known.
    open: usize,
    bytes: usize,
}

impl Shell {
    fn line(&mut self, line: &[u8]) {
        let first = line.split(u8::is_ascii_whitespace).next();
        match first.unwrap_or_default() {
            b"if" | b"case" | b"for" | b"while" | b"until" if !ends_itself(line) => self.open += 1,
            b"fi" | b"esac" | b"done" => self.open = self.open.saturating_sub(1),
            _ if self.open > 0 || line.starts_with(b"#") => {}
            b"export" => self.export(&line[b"export".len()..]),
            b"unset" => self.unset(&line[b"unset".len()..]),
            b":" => self.set_default(&line[1..]),
            _ => self.assign(line, false),
        }
    }

    /// `export NAME`, `export NAME=VALUE`, several of them.
    fn export(&mut self, mut rest: &[u8]) {
        while let Some(start) = rest.iter().position(|byte| !byte.is_ascii_whitespace()) {
            rest = &rest[start..];
            let end = name_length(rest);
            if end == 0 {
                return;
            }
            if rest.get(end) == Some(&b'=') {
                self.assign(rest, true);
                // What follows a value is rarely another assignment: a comment at most.
                return;
            }
            self.names.insert(rest[..end].to_vec());
            rest = &rest[end..];
        }
    }

    fn unset(&mut self, rest: &[u8]) {
        for name in rest.split(u8::is_ascii_whitespace) {
            self.values.remove(name);
            self.names.remove(name);
        }
    }

    /// `: ${NAME:=VALUE}`.
    fn set_default(&mut self, rest: &[u8]) {
        let rest = rest.trim_ascii();
        let inner = rest
            .strip_prefix(b"\"")
            .and_then(|rest| rest.strip_suffix(b"\""))
            .unwrap_or(rest);
        let inner = inner
            .strip_prefix(b"${")
            .and_then(|inner| inner.strip_suffix(b"}"));
        let Some(inner) = inner else { return };
        let end = name_length(inner);
        let (name, rest) = inner.split_at(end);
        let value = rest.strip_prefix(b":=").or(rest.strip_prefix(b"="));
        let is_empty = match self.values.get(name) {
            Some(known) => known.as_ref().is_some_and(Vec::is_empty),
            None => true,
        };
        if let Some(value) = value.filter(|_| is_empty) {
            let value = self.value(value);
            self.set(name, value);
        }
    }

    /// `NAME=VALUE`.
    fn assign(&mut self, text: &[u8], exports: bool) {
        let end = name_length(text);
        if end == 0 || text.get(end) != Some(&b'=') {
            return;
        }
        let value = self.value(&text[end + 1..]);
        let name = &text[..end];
        self.set(name, value);
        if exports {
            self.names.insert(name.to_vec());
        }
    }

    fn set(&mut self, name: &[u8], value: Option<Vec<u8>>) {
        let value = value.filter(|value| self.bytes + value.len() <= MOST_BYTES);
        self.bytes += value.as_ref().map_or(0, Vec::len);
        self.values.insert(name.to_vec(), value);
    }

    /// The value a word stands for; `None` where a shell would compute it.
    fn value(&self, word: &[u8]) -> Option<Vec<u8>> {
        let mut value = Vec::new();
        let mut quote = None;
        let mut at = 0;
        while let Some(byte) = word.get(at).copied() {
            at += 1;
            match (byte, quote) {
                (b'\'' | b'"', None) => quote = Some(byte),
                (_, Some(open)) if open == byte => quote = None,
                (_, Some(b'\'')) => value.push(byte),
                (b'$', _) => {
                    let (name, length) = variable(&word[at..])?;
                    if let Some(known) = self.values.get(name) {
                        value.extend_from_slice(known.as_deref()?);
                    }
                    at += length;
                }
                (b'\\', _) => {
                    value.push(*word.get(at)?);
                    at += 1;
                }
                (b' ' | b'\t' | b';', None) => break,
                (b'`', _) | (b'(' | b')' | b'&' | b'|' | b'<' | b'>', None) => return None,
                _ => value.push(byte),
            }
            if value.len() > MOST_BYTES {
                return None;
            }
        }
        quote.is_none().then_some(value)
    }
}

/// The name after a `$`, and how long it is with its braces; `None` for anything that is more than a name.
fn variable(text: &[u8]) -> Option<(&[u8], usize)> {
    let Some(inner) = text.strip_prefix(b"{") else {
        let end = name_length(text);
        return (end > 0).then(|| (&text[..end], end));
    };
    let end = name_length(inner);
    (end > 0 && inner.get(end) == Some(&b'}')).then(|| (&inner[..end], end + 2))
}

fn name_length(text: &[u8]) -> usize {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    if text.first().is_some_and(u8::is_ascii_digit) {
        return 0;
    }
    text.iter().take_while(|byte| is_name(byte)).count()
}

/// Does a line that opens something close it too?
fn ends_itself(line: &[u8]) -> bool {
    let mut words = line.split(|byte| byte.is_ascii_whitespace() || *byte == b';');
    words.any(|word| matches!(word, b"fi" | b"esac" | b"done"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(script: &str, expected: &[(&str, &str)]) {
        check_in("/etc/apache2", script, expected);
    }

    fn check_in(folder: &str, script: &str, expected: &[(&str, &str)]) {
        let found = exported(script.as_bytes(), folder.as_bytes());
        let expected = expected.iter();
        let expected =
            expected.map(|(name, value)| (name.as_bytes().into(), value.as_bytes().into()));
        assert_eq!(found, expected.collect(), "{script}");
    }

    #[test]
    fn simple_assignments_are_read() {
        check(
            "export A=/var/log/apache2$SUFFIX",
            &[("A", "/var/log/apache2")],
        );
        check_in("/etc/apache2-b", "export A=x$SUFFIX", &[("A", "x-b")]);
        check("A=1", &[]);
        check("A=1\nexport A", &[("A", "1")]);
        check(": ${A:=www-data}\nexport A", &[("A", "www-data")]);
        check("A=1\n: ${A:=2}\nexport A", &[("A", "1")]);
        check("export A='a $B' # why", &[("A", "a $B")]);
        check("B=b\nexport A=\"x ${B}y\"", &[("A", "x by")]);
        check("export A=a\\ b c", &[("A", "a b")]);
        check("export A=1\nunset A", &[]);
        check("# export A=1", &[]);
        check("\texport A=1; export B=2", &[("A", "1")]);
    }

    #[test]
    fn what_a_shell_computes_is_not_known() {
        check("export A=`date`", &[]);
        check("export A=$(date)", &[]);
        check("export A=\"${B##x}\"", &[]);
        check("export A='open", &[]);
        check("export A=1\nexport A=`date`", &[]);
        check("A=`date`\nexport B=x$A", &[]);
        check(
            "if [ -f x ] ; then\n export A=1\nfi\nexport B=2",
            &[("B", "2")],
        );
        check("if true; then export A=1; fi\nexport B=2", &[("B", "2")]);
        check("export 1=2", &[]);
        check("export =2\n=\n$\nexport A=$", &[]);
    }

    #[test]
    fn values_do_not_grow_without_end() {
        let script = format!("A={}\n{}export A", "x".repeat(64), "A=$A$A\n".repeat(64));
        assert!(exported(script.as_bytes(), b"/").is_empty());
    }
}
