//! Whether the arguments of a listed directive do anything by themselves.
//!
//! In: a check and the text after the name. Out: the text for the copy, or why there is none. Absent:
//! which directives are listed (`allowed`).

use std::collections::HashMap;

use edgewright_compiler::{asks_for_a_name, is_unanswerable, names_a_client};
use edgewright_engine::model::expression::{Expression, Subnet};
use edgewright_parser::directive::parse_directive;
use edgewright_parser::line::Line;
use edgewright_parser::source::FileId;
use edgewright_parser::syntax::{Flag, Kind};
use edgewright_parser::words::{self, RawArguments};

use super::allowed::Check;

/// Why a line is left out, for a person to read.
pub type Reason = &'static str;

/// Handlers that run a file as a program inside of the server.
const SCRIPT_HANDLERS: [&[u8]; 2] = [b"lua-script", b"lua-map-handler"];

/// The arguments as they may stand in a copy. `maps` says where copies of map files are, by the path
/// that is written.
///
/// # Errors
/// They would start, open or write something: what.
pub fn checked(
    check: Check,
    text: &[u8],
    maps: &HashMap<Vec<u8>, String>,
) -> Result<Vec<u8>, Reason> {
    if text.iter().any(|byte| matches!(byte, 0 | b'\n')) {
        return Err("it does not fit in one line");
    }
    if calls_a_file_function(text) {
        return Err(READS_A_FILE);
    }
    let words = words_of(text);
    if words.iter().any(|word| is_script_handler(word)) {
        return Err(RUNS_A_SCRIPT);
    }
    match check {
        Check::Condition => unless_files_are_read(text, words.first()),
        Check::Values => {
            let values = words.iter().filter_map(|word| word.strip_prefix(b"expr="));
            unless_files_are_read(text, values)
        }
        Check::RewriteCond => rewrite_cond(text),
        Check::RewriteMap => rewrite_map(&words, maps),
        Check::RewriteRule => rewrite_rule(text),
        Check::Target => without_sockets(text),
        Check::Require => require(&words, text),
        Check::RequireAlias => require_alias(&words, text),
        Check::Clients => Ok(without_names(&words, text)),
        Check::Proxies => Ok(proxies(&words, text)),
        Check::Words => Ok(text.to_vec()),
    }
}

const READS_A_FILE: Reason = "it reads a file while answering";
const RUNS_A_SCRIPT: Reason = "it runs a script";
const MAKES_A_HANDLER: Reason = "what its `H=` names may run or open something";

/// The words of a text, as `ap_getword_conf` makes them.
pub fn words_of(text: &[u8]) -> Vec<Vec<u8>> {
    let line = Line::from_text(FileId(0), text);
    let words = words::split(&line, 0..line.text().len());
    words.into_iter().map(|word| word.value).collect()
}

fn is_script_handler(word: &[u8]) -> bool {
    SCRIPT_HANDLERS
        .iter()
        .any(|handler| word.eq_ignore_ascii_case(handler))
}

/// `%{file:…}` and `%{filesize:…}`, wherever a text may be an expression.
fn calls_a_file_function(text: &[u8]) -> bool {
    let starts = text.windows(2).enumerate().filter(|(_, two)| *two == b"%{");
    let mut names = starts.map(|(at, _)| {
        let rest = text[at + 2..].trim_ascii_start().to_ascii_lowercase();
        let end = rest.iter().position(|byte| !byte.is_ascii_alphanumeric());
        let end = end.unwrap_or(rest.len());
        let is_called = rest[end..].trim_ascii_start().starts_with(b":");
        is_called && matches!(&rest[..end], b"file" | b"filesize")
    });
    names.any(|is_file| is_file)
}

/// A condition that asks for a file's content. One that cannot be read is refused by Apache; it is
/// taken for one that does if it may be.
fn opens_a_file(text: &[u8]) -> bool {
    let read = [Expression::parse(text), Expression::parse_string(text)];
    if read.iter().all(Result::is_err) {
        return text
            .to_ascii_lowercase()
            .windows(4)
            .any(|four| four == b"file");
    }
    read.iter().flatten().any(Expression::opens_files)
}

/// `text`, unless one of its expressions asks for a file's content.
fn unless_files_are_read<'t>(
    text: &[u8],
    expressions: impl IntoIterator<Item = &'t (impl AsRef<[u8]> + ?Sized + 't)>,
) -> Result<Vec<u8>, Reason> {
    let mut expressions = expressions.into_iter();
    if expressions.any(|expression| opens_a_file(expression.as_ref())) {
        return Err(READS_A_FILE);
    }
    Ok(text.to_vec())
}

fn rewrite_cond(text: &[u8]) -> Result<Vec<u8>, Reason> {
    let line = Line::from_text(FileId(0), text);
    let Some(arguments) = raw(&line) else {
        return Ok(text.to_vec());
    };
    let of = |range: std::ops::Range<usize>| line.text().get(range).unwrap_or_default();
    let is_expression = of(arguments.first).eq_ignore_ascii_case(b"expr");
    let pattern = of(arguments.second);
    let pattern = pattern.strip_prefix(b"!").unwrap_or(pattern);
    unless_files_are_read(text, is_expression.then_some(pattern))
}

fn raw(line: &Line) -> Option<RawArguments> {
    words::raw_arguments(line, 0..line.text().len())
}

/// The socket of a target goes, and what stands behind it stays: that is what the engine answers.
fn rewrite_rule(text: &[u8]) -> Result<Vec<u8>, Reason> {
    let line = Line::from_text(FileId(0), text);
    let Some(arguments) = raw(&line) else {
        return without_sockets(text);
    };
    handler_of_rule(text)?;
    let text = line.text();
    let (before, rest) = text.split_at(arguments.second.start);
    let (target, after) = rest.split_at(arguments.second.len());
    Ok([before, &without_sockets(target)?, after].concat())
}

/// `H=` has the last word about what answers, so nothing may be left to the request.
fn handler_of_rule(text: &[u8]) -> Result<(), Reason> {
    let line = Line::from_text(FileId(0), &[b"RewriteRule ", text].concat());
    let Ok(reading) = parse_directive(&line) else {
        // Apache refuses the line.
        let flags = text.to_ascii_lowercase();
        let may_be_one = flags.windows(2).any(|two| two == b"h=" || two == b"r=");
        return if may_be_one {
            Err(MAKES_A_HANDLER)
        } else {
            Ok(())
        };
    };
    let Kind::RewriteRule(rule) = reading.directive.kind else {
        return Ok(());
    };
    for flag in &rule.flags {
        let Flag::Handler(name) = &flag.value else {
            continue;
        };
        if is_script_handler(name) {
            return Err(RUNS_A_SCRIPT);
        }
        let lower = name.to_ascii_lowercase();
        if lower.starts_with(b"proxy:") || name.iter().any(|byte| b"$%\\".contains(byte)) {
            return Err(MAKES_A_HANDLER);
        }
    }
    Ok(())
}

/// `unix:/path|` goes.
fn without_sockets(text: &[u8]) -> Result<Vec<u8>, Reason> {
    let mut out = text.to_vec();
    while let Some(start) = find_socket(&out) {
        let Some(length) = out[start..].iter().position(|byte| *byte == b'|') else {
            return Err("it opens a socket");
        };
        out.drain(start..=start + length);
    }
    Ok(out)
}

fn find_socket(text: &[u8]) -> Option<usize> {
    let is_it = |five: &[u8]| five.eq_ignore_ascii_case(b"unix:");
    text.windows(5).position(is_it)
}

/// Text maps are read from a copy; a program is not started, a database not asked.
fn rewrite_map(words: &[Vec<u8>], maps: &HashMap<Vec<u8>, String>) -> Result<Vec<u8>, Reason> {
    let [name, source, ..] = words else {
        // Apache refuses the line, and says so.
        return Ok(Vec::new());
    };
    let colon = source.iter().position(|byte| *byte == b':');
    let (kind, rest) = source.split_at(colon.map_or(0, |at| at + 1));
    let kind = kind.to_ascii_lowercase();
    let source = match kind.as_slice() {
        b"int:" => [b"int:", rest].concat(),
        b"prg:" => return Err("it starts a program"),
        b"dbd:" | b"fastdbd:" => return Err("it asks a database"),
        kind if kind.starts_with(b"dbm:") || kind.starts_with(b"dbm=") => {
            // A copy is a text file with the same entries.
            let copy = copy_of(rest, maps).map_err(|_| "it opens a DBM file")?;
            [b"txt:", copy].concat()
        }
        b"txt:" | b"rnd:" => [kind.as_slice(), copy_of(rest, maps)?].concat(),
        _ => [b"txt:", copy_of(source, maps)?].concat(),
    };
    Ok([quoted(name), quoted(&source)].join(&b' '))
}

fn copy_of<'m>(path: &[u8], maps: &'m HashMap<Vec<u8>, String>) -> Result<&'m [u8], Reason> {
    let copy = maps.get(path).map(String::as_bytes);
    copy.ok_or("its file was not read")
}

/// A word as `ap_getword_conf` reads it.
pub fn quoted(word: &[u8]) -> Vec<u8> {
    let mut out = vec![b'"'];
    for byte in word {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    out.push(b'"');
    out
}

/// A variable that nobody sets: a question for it is answered as one for a name that no client has, and no name
/// server is asked.
const NOBODY: &[u8] = b"edgewright-nobody";

/// The clients that `Allow` or `Deny` names: no client has a name.
fn without_names(words: &[Vec<u8>], text: &[u8]) -> Vec<u8> {
    let (from, clients) = words.split_at(words.len().min(1));
    if !clients.iter().any(|word| names_a_client(word)) {
        return text.to_vec();
    }
    let nobody = [b"env=", NOBODY].concat();
    let clients = clients.iter().map(|word| {
        if names_a_client(word) {
            nobody.as_slice()
        } else {
            word.as_slice()
        }
    });
    let words: Vec<&[u8]> = from.iter().map(Vec::as_slice).chain(clients).collect();
    words.join(&b' ')
}

/// An address that nobody has (RFC 5737).
const NO_ADDRESS: &[u8] = b"192.0.2.255";

/// The proxies whose word is taken. Where one has a name, which a name server would be asked for, nobody's word is
/// taken, as the engine does.
fn proxies(words: &[Vec<u8>], text: &[u8]) -> Vec<u8> {
    let are_addresses = words.iter().all(|word| Subnet::parse(word).is_some());
    if are_addresses {
        text.to_vec()
    } else {
        NO_ADDRESS.to_vec()
    }
}

/// `Require valid-user` and its variants: there are no users here, and the engine takes everybody for one who may come
/// in. `Require host` and its variant: no client has a name.
fn require(words: &[Vec<u8>], text: &[u8]) -> Result<Vec<u8>, Reason> {
    let asks_who = |word: &Vec<u8>| is_unanswerable(&word.to_ascii_lowercase());
    let names = |word: &Vec<u8>| asks_for_a_name(&word.to_ascii_lowercase());
    let is = |word: &Vec<u8>, name: &[u8]| word.eq_ignore_ascii_case(name);
    match words {
        [not, provider, ..] if is(not, b"not") && asks_who(provider) => {
            Err("it asks who the client is")
        }
        [provider, ..] if asks_who(provider) => Ok(b"all granted".to_vec()),
        [not, provider, ..] if is(not, b"not") && names(provider) => {
            Ok([b"not env ", NOBODY].concat())
        }
        [provider, ..] if names(provider) => Ok([b"env ", NOBODY].concat()),
        [provider, ..] if is(provider, b"expr") => {
            let expression = text.get(provider.len()..).unwrap_or_default().trim_ascii();
            let inner = expression
                .strip_prefix(b"\"")
                .and_then(|rest| rest.strip_suffix(b"\""));
            unless_files_are_read(text, [inner.unwrap_or(expression)])
        }
        _ => Ok(text.to_vec()),
    }
}

/// `<AuthzProviderAlias>`: the name stays, and what it stands for becomes what [`require`] makes of it.
fn require_alias(words: &[Vec<u8>], text: &[u8]) -> Result<Vec<u8>, Reason> {
    let [provider, alias, arguments @ ..] = words else {
        return Ok(text.to_vec());
    };
    let lower = provider.to_ascii_lowercase();
    let written = |provider: &[u8], argument: &[u8]| {
        let words = [provider.to_vec(), quoted(alias), argument.to_vec()];
        Ok(words.join(&b' '))
    };
    match lower.as_slice() {
        provider if is_unanswerable(provider) => written(b"all", b"granted"),
        provider if asks_for_a_name(provider) => written(b"env", NOBODY),
        b"expr" => unless_files_are_read(text, arguments),
        _ => Ok(text.to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(check: Check, text: &str, expected: Result<&str, Reason>) {
        let maps = HashMap::from([(b"/m.txt".to_vec(), "/copies/m".to_owned())]);
        let got = checked(check, text.as_bytes(), &maps);
        let got = got.map(|text| String::from_utf8_lossy(&text).into_owned());
        assert_eq!(got, expected.map(str::to_owned), "{text}");
    }

    #[test]
    fn arguments_are_kept_changed_or_refused() {
        use Check::{
            Clients, Condition, Proxies, Require, RequireAlias, RewriteCond, RewriteMap,
            RewriteRule, Target, Values, Words,
        };
        check(Words, "/a /b", Ok("/a /b"));
        check(Words, "lua-script .x", Err(RUNS_A_SCRIPT));
        check(Words, "\"Lua-Script\" .x", Err(RUNS_A_SCRIPT));
        check(Words, "/a%{file:/etc/passwd}", Err(READS_A_FILE));
        check(Condition, "\"file('/x') == 'a'\"", Err(READS_A_FILE));
        check(Condition, "\"filesize('/x') -eq 1\"", Err(READS_A_FILE));
        check(Condition, "\"-f '/x'\"", Ok("\"-f '/x'\""));
        check(
            Condition,
            "\"%{REQUEST_URI} =~ m#file(s)#\"",
            Ok("\"%{REQUEST_URI} =~ m#file(s)#\""),
        );
        check(Values, "set X \"expr=%{file:/x}\"", Err(READS_A_FILE));
        check(
            Values,
            "set X y \"expr=file('/x') == 'a'\"",
            Err(READS_A_FILE),
        );
        check(RewriteCond, "expr \"file('/x') == 'a'\"", Err(READS_A_FILE));
        check(
            RewriteCond,
            "%{REQUEST_URI} ^/file(s)$",
            Ok("%{REQUEST_URI} ^/file(s)$"),
        );
        check(RewriteMap, "m prg:/x", Err("it starts a program"));
        check(RewriteMap, "m PRG:/x", Err("it starts a program"));
        check(RewriteMap, "m \"dbd:select 1\"", Err("it asks a database"));
        check(RewriteMap, "m dbm=sdbm:/x", Err("it opens a DBM file"));
        check(
            RewriteMap,
            "m dbm=sdbm:/m.txt",
            Ok("\"m\" \"txt:/copies/m\""),
        );
        check(RewriteMap, "m txt:/dev/zero", Err("its file was not read"));
        check(RewriteMap, "m /m.txt", Ok("\"m\" \"txt:/copies/m\""));
        check(RewriteMap, "m rnd:/m.txt", Ok("\"m\" \"rnd:/copies/m\""));
        check(RewriteMap, "m int:tolower", Ok("\"m\" \"int:tolower\""));
        check(
            RewriteRule,
            "^/unix:(.*)|x unix:/s.sock|http://l/$1 [P]",
            Ok("^/unix:(.*)|x http://l/$1 [P]"),
        );
        check(RewriteRule, "^ UNIX:/s.sock [P]", Err("it opens a socket"));
        check(RewriteRule, "^ /x [H=lua-script]", Err(RUNS_A_SCRIPT));
        check(
            RewriteRule,
            "^ /x [L,handler=%1-script]",
            Err(MAKES_A_HANDLER),
        );
        check(RewriteRule, "^ /x [H=${m:a}]", Err(MAKES_A_HANDLER));
        check(RewriteRule, "^ /x [H=Proxy:fcgi://l]", Err(MAKES_A_HANDLER));
        check(
            RewriteRule,
            "^ /x [H=application/x-php]",
            Ok("^ /x [H=application/x-php]"),
        );
        check(
            RewriteRule,
            "^/lua-script /x [R]",
            Ok("^/lua-script /x [R]"),
        );
        check(
            Target,
            "\"proxy:unix:/run/php.sock|fcgi://l\"",
            Ok("\"proxy:fcgi://l\""),
        );
        check(Require, "valid-user", Ok("all granted"));
        check(Require, "not user ann", Err("it asks who the client is"));
        check(Require, "expr \"file('/x') == 'a'\"", Err(READS_A_FILE));
        check(RequireAlias, "user x ann", Ok("all \"x\" granted"));
        check(
            RequireAlias,
            "host x a.test",
            Ok("env \"x\" edgewright-nobody"),
        );
        check(RequireAlias, "ip x \"10 11\"", Ok("ip x \"10 11\""));
        check(
            RequireAlias,
            "expr x \"file('/x') == 'a'\"",
            Err(READS_A_FILE),
        );
        check(Require, "ip 192.0.2.1", Ok("ip 192.0.2.1"));
        check(Clients, "from a.test", Ok("from env=edgewright-nobody"));
        check(
            Clients,
            "from 10.1 a.test env=x",
            Ok("from 10.1 env=edgewright-nobody env=x"),
        );
        check(Require, "host a.test", Ok("env edgewright-nobody"));
        check(Proxies, "10 192.0.2.0/24", Ok("10 192.0.2.0/24"));
        check(Proxies, "10 proxy.test", Ok("192.0.2.255"));
        check(Require, "not host a.test", Ok("not env edgewright-nobody"));
        check(Require, "forward-dns a.test", Ok("env edgewright-nobody"));
        check(Clients, "from 192.0.2.1", Ok("from 192.0.2.1"));
    }
}
