//! From a directive back to text.
//!
//! In: a [`Directive`]. Out: a line that reads as the same directive. Absent: the layout and the
//! spelling of the original, and the lines around it.

use crate::bytes::is_space;
use crate::directive::is_status;
use crate::syntax::{
    Arguments, Directive, Flag, Kind, Redirect, RedirectFrom, RewriteCond, RewriteMap, RewriteRule,
    Switch,
};

/// One line without a line feed, with which [`crate::parse_directive`] gives an equal name and kind.
///
/// There is no way to write an argument of `RewriteRule` that contains both kinds of quote mark and
/// white space; only the end of a file, or a variable, can make one.
pub fn print(directive: &Directive) -> Vec<u8> {
    let mut line = Vec::new();
    name(&mut line, directive);
    match &directive.kind {
        Kind::RewriteEngine(Switch::On) => word(&mut line, b"On"),
        Kind::RewriteEngine(Switch::Off) => word(&mut line, b"Off"),
        Kind::RewriteOptions(options) => options
            .iter()
            .for_each(|option| rewrite_option(&mut line, &option.value)),
        Kind::RewriteBase(base) => word(&mut line, &base.value),
        Kind::RewriteMap(map) => rewrite_map(&mut line, map),
        Kind::RewriteCond(cond) => rewrite_cond(&mut line, cond),
        Kind::RewriteRule(rule) => rewrite_rule(&mut line, rule),
        Kind::Redirect(it) => redirect(&mut line, &directive.name.value, it),
        Kind::Open(arguments) => raw(&mut line, arguments, b">"),
        Kind::Other(arguments) => raw(&mut line, arguments, b""),
        Kind::Close => {}
    }
    line
}

fn name(line: &mut Vec<u8>, directive: &Directive) {
    let mut name = directive.name.value.clone();
    let ends_here = match &directive.kind {
        Kind::Close => true,
        Kind::Open(arguments) => arguments.raw.value.is_empty(),
        _ => false,
    };
    if ends_here || (name.ends_with(b">") && name.len() > 1) {
        name.push(b'>');
    }
    if name.starts_with(b"#") {
        quoted(line, &name);
    } else {
        word(line, &name);
    }
}

fn raw(line: &mut Vec<u8>, arguments: &Arguments, end: &[u8]) {
    if !arguments.raw.value.is_empty() {
        space(line);
        line.extend_from_slice(&arguments.raw.value);
        line.extend_from_slice(end);
    }
}

/// An option is split into words twice.
fn rewrite_option(line: &mut Vec<u8>, option: &[u8]) {
    let mut inner = Vec::new();
    word(&mut inner, option);
    word(line, &inner);
}

fn rewrite_map(line: &mut Vec<u8>, map: &RewriteMap) {
    word(line, &map.name.value);
    word(line, &map.source.value);
    if let Some(options) = &map.options {
        word(line, &options.value);
    }
}

fn rewrite_cond(line: &mut Vec<u8>, cond: &RewriteCond) {
    raw_argument(line, &cond.test_string.value);
    raw_argument(line, &cond.written.value);
    let flags = [
        (cond.no_case, b"NC"),
        (cond.or_next, b"OR"),
        (cond.no_vary, b"NV"),
    ];
    let set = flags.iter().filter(|(is_set, _)| *is_set);
    flag_list(line, set.map(|(_, name)| name.to_vec()));
}

fn rewrite_rule(line: &mut Vec<u8>, rule: &RewriteRule) {
    let mark: &[u8] = if rule.negated { b"!" } else { b"" };
    raw_argument(line, &[mark, &rule.pattern.value].concat());
    raw_argument(line, &rule.substitution.value);
    flag_list(line, rule.flags.iter().map(|flag| rule_flag(&flag.value)));
}

fn flag_list(line: &mut Vec<u8>, flags: impl Iterator<Item = Vec<u8>>) {
    let flags: Vec<_> = flags.collect();
    if !flags.is_empty() {
        let list = flags.join(&b","[..]);
        raw_argument(line, &[b"[", list.as_slice(), b"]"].concat());
    }
}

fn rule_flag(flag: &Flag) -> Vec<u8> {
    let with = |name: &str, value: &[u8]| [name.as_bytes(), b"=", value].concat();
    let with_number = |name: &str, number: u32| with(name, number.to_string().as_bytes());
    let plain: &str = match flag {
        Flag::EscapeBackreferences(Some(bytes)) => return with("B", bytes),
        Flag::EscapeExcept(bytes) => return with("BNE", bytes),
        Flag::Cookie(value) => return with("CO", value),
        Flag::Environment(value) => return with("E", value),
        Flag::Handler(value) => return with("H", value),
        Flag::MimeType(value) => return with("T", value),
        Flag::Next(Some(limit)) => return with_number("N", *limit),
        Flag::Redirect(Some(status)) => return with_number("R", u32::from(*status)),
        Flag::Skip(rules) => return with_number("S", *rules),
        Flag::EscapeBackreferences(None) => "B",
        Flag::EscapeNoPlus => "BNP",
        Flag::EscapeControls => "BCTLS",
        Flag::Chain => "C",
        Flag::DiscardPathInfo => "DPI",
        Flag::Ignored => "D-",
        Flag::End => "END",
        Flag::Forbidden => "F",
        Flag::Gone => "G",
        Flag::Last => "L",
        Flag::Next(None) => "N",
        Flag::NoCase => "NC",
        Flag::NoEscape => "NE",
        Flag::NoSubrequest => "NS",
        Flag::Proxy => "P",
        Flag::PassThrough => "PT",
        Flag::QueryAppend => "QSA",
        Flag::QueryDiscard => "QSD",
        Flag::QueryLast => "QSL",
        Flag::Redirect(None) => "R",
        Flag::UnsafePrefixStat => "UnsafePrefixStat",
        Flag::UnsafeAllow3F => "UnsafeAllow3F",
        Flag::Unc => "UNC",
    };
    plain.into()
}

/// The status is left out where it is the directive's own and leaving it out is not the section form.
fn redirect(line: &mut Vec<u8>, name: &[u8], redirect: &Redirect) {
    let own = if name.eq_ignore_ascii_case(b"RedirectPermanent") {
        301
    } else {
        302
    };
    let from = match &redirect.from {
        RedirectFrom::Path(from) | RedirectFrom::Regex(from) => Some(from),
        RedirectFrom::Section => None,
    };
    let is_short = redirect.status == own && from.is_some_and(|from| !is_status(&from.value));
    if !is_short {
        word(line, redirect.status.to_string().as_bytes());
    }
    for argument in [from, redirect.target.as_ref()].into_iter().flatten() {
        word(line, &argument.value);
    }
}

/// An argument as `parseargline` reads it: nothing is escaped, so the quotes have to fit.
fn raw_argument(line: &mut Vec<u8>, argument: &[u8]) {
    space(line);
    let mark = if is_bare(argument) {
        None
    } else {
        [b'"', b'\'']
            .into_iter()
            .find(|mark| !argument.contains(mark))
    };
    line.extend(mark);
    line.extend_from_slice(argument);
    line.extend(mark);
}

/// Not empty, no quote mark before it, every white space after a backslash, no backslash at its end.
fn is_bare(argument: &[u8]) -> bool {
    let mut before = None;
    let mut escaped_spaces = true;
    for &byte in argument {
        let escapes = before == Some(b'\\');
        escaped_spaces &= escapes || !is_space(byte);
        before = Some(byte);
    }
    escaped_spaces && !matches!(argument, [] | [b'"' | b'\'', ..] | [.., b'\\'])
}

/// A word as `ap_getword_conf` reads it, quoted if it must be.
fn word(line: &mut Vec<u8>, value: &[u8]) {
    space(line);
    let needs_quotes = match value {
        [] | [b'"' | b'\'', ..] => true,
        [.., last] => *last == b'\\' || value.iter().any(|&byte| is_space(byte)),
    };
    if needs_quotes {
        return quoted(line, value);
    }
    for (index, &byte) in value.iter().enumerate() {
        if byte == b'\\' && value.get(index + 1) == Some(&b'\\') {
            line.push(b'\\');
        }
        line.push(byte);
    }
}

fn quoted(line: &mut Vec<u8>, value: &[u8]) {
    line.push(b'"');
    for &byte in value {
        if matches!(byte, b'"' | b'\\') {
            line.push(b'\\');
        }
        line.push(byte);
    }
    line.push(b'"');
}

fn space(line: &mut Vec<u8>) {
    if !line.is_empty() {
        line.push(b' ');
    }
}
