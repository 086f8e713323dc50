//! Random rule sets, and requests aimed at them.
//!
//! In: random numbers. Out: [`RuleSet`]s: directives in server, directory and `.htaccess` context, and
//! what of `mod_alias` and the core interferes with them. Absent: running them.
//!
//! Patterns, substitutions, files and requests all draw from one small vocabulary, so that rules meet
//! one another's results, files, and requests. Every directive is one that Apache accepts.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::random::Random;
use crate::record::latin_1;
use crate::wire::Request;

/// The host that every rule set is for.
pub const HOST: &str = "h.test";

/// Stands for the document root in a rule set's text.
pub const DOCUMENT_ROOT: &str = "@ROOT@";

/// Files below every document root: name and content.
pub const FILES: &[(&str, &str)] = &[
    ("b", "B"),
    ("c", "C"),
    ("empty", ""),
    ("index.html", "INDEX"),
    ("x.php", "PHP"),
    ("sub/b", "SUB-B"),
    ("sub/index.html", "SUB-INDEX"),
    ("sub/deep/x.html", "DEEP"),
    ("noindex/f", "F"),
];

/// The text map `m` of every rule set.
pub const MAP: &str =
    "a b\nb /sub/b\nx http://m.test/x\nsub a b\nq /c?k=1\n# comment\nc\tval%20ue\n";

/// A configuration in pieces that can be left out one by one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RuleSet {
    /// Directives before the virtual host.
    pub main: Vec<String>,
    /// Directives of the virtual host, a section being one piece.
    pub host: Vec<String>,
    /// Directives of another virtual host at the same address, `second.test`.
    pub second: Vec<String>,
    /// `.htaccess` files: their directory below the document root (with a slash at the end, or
    /// empty) and their directives.
    pub htaccess: BTreeMap<String, Vec<String>>,
}

impl RuleSet {
    /// A random one, on a server with these directives before its virtual hosts.
    pub fn random(random: &mut Random, main: &[String]) -> Self {
        let mut set = Self {
            main: main.to_vec(),
            ..Self::default()
        };
        let shape = random.below(10);
        if random.percent(93) {
            set.host.push("RewriteEngine On".to_owned());
        }
        if shape < 6 {
            set.host.extend(directives(random, Context::Server));
        }
        if shape >= 4 {
            set.htaccess.insert(String::new(), htaccess(random));
        }
        for directory in ["sub/", "sub/deep/"] {
            if random.percent(16) {
                set.htaccess.insert(directory.to_owned(), htaccess(random));
            }
        }
        while random.percent(45) {
            set.host.push(setting(random));
        }
        if random.percent(18) {
            set.host.push(section(random, Context::Server));
        }
        while random.percent(40) {
            set.host.push(headers(random, Context::Server));
        }
        if random.percent(15) {
            set.second = directives(random, Context::Server);
            set.second.insert(0, "RewriteEngine On".to_owned());
        }
        set
    }

    /// Random directives before the virtual hosts, which inherit of them what they want.
    pub fn random_main(random: &mut Random) -> Vec<String> {
        let mut main = Vec::new();
        if random.percent(50) {
            return main;
        }
        if random.percent(60) {
            main.push("RewriteEngine On".to_owned());
        }
        if random.percent(60) {
            main.push(format!(
                "RewriteOptions {}",
                word(random, "directory options")
            ));
        }
        main.extend(directives(random, Context::Server));
        if random.percent(30) {
            main.push(section(random, Context::Server));
        }
        while random.percent(25) {
            main.push(headers(random, Context::Server));
        }
        main.retain(|piece| !piece.contains(DOCUMENT_ROOT));
        main
    }

    /// Does a line about headers set a cookie?
    pub fn sets_cookies_by_header(&self) -> bool {
        let own = [&self.main, &self.host, &self.second].into_iter();
        let mut pieces = own.chain(self.htaccess.values()).flatten();
        pieces.any(|piece| piece.contains("Set-Cookie"))
    }

    /// Every rule set with one piece less.
    pub fn smaller(&self) -> Vec<Self> {
        let mut all = Vec::new();
        for at in 0..self.main.len() {
            let mut less = self.clone();
            less.main.remove(at);
            all.push(less);
        }
        for at in 0..self.host.len() {
            let mut less = self.clone();
            less.host.remove(at);
            all.push(less);
        }
        for at in 0..self.second.len() {
            let mut less = self.clone();
            less.second.remove(at);
            all.push(less);
        }
        for (directory, lines) in &self.htaccess {
            let mut without = self.clone();
            without.htaccess.remove(directory);
            all.push(without);
            for at in 0..lines.len() {
                let mut less = self.clone();
                if let Some(lines) = less.htaccess.get_mut(directory) {
                    lines.remove(at);
                }
                all.push(less);
            }
        }
        all
    }

    /// The virtual hosts' configuration; `address` is `<VirtualHost>`'s argument.
    pub fn virtual_host(&self, address: &str, document_root: &str, map_file: &str) -> String {
        let names = format!("ServerName {HOST}:80\nServerAlias alias.test *.wild.test\n");
        let second = "ServerName second.test\nServerAlias *.second.test\n";
        let mut text = framed(address, &names, &self.host, map_file);
        if !self.second.is_empty() {
            text += &framed(address, second, &self.second, map_file);
        }
        text.replace(DOCUMENT_ROOT, document_root)
    }

    /// Every file below the document root with its content, `.htaccess` files included.
    pub fn files(&self, document_root: &str) -> Vec<(String, String)> {
        let fixed = FILES
            .iter()
            .map(|(name, content)| ((*name).to_owned(), (*content).to_owned()));
        let own = self.htaccess.iter().map(|(directory, lines)| {
            let text = lines.join("\n").replace(DOCUMENT_ROOT, document_root) + "\n";
            (format!("{directory}.htaccess"), text)
        });
        fixed.chain(own).collect()
    }
}

/// A virtual host with what every one of them has.
fn framed(address: &str, names: &str, directives: &[String], map_file: &str) -> String {
    let directives = directives.join("\n");
    format!(
        "<VirtualHost {address}>\n{names}DocumentRoot {DOCUMENT_ROOT}\n\
         RewriteMap m txt:{map_file}\nRewriteMap same rnd:{map_file}\n\
         RewriteMap lower int:tolower\nRewriteMap upper int:toupper\n\
         RewriteMap esc int:escape\nRewriteMap unesc int:unescape\n\
         <Directory {DOCUMENT_ROOT}>\nAllowOverride All\nOptions FollowSymLinks\n</Directory>\n\
         {directives}\n</VirtualHost>\n"
    )
}

/// The sections of `vocabulary.txt`.
static VOCABULARY: LazyLock<BTreeMap<&str, Vec<&str>>> = LazyLock::new(|| {
    let mut sections = BTreeMap::new();
    let mut section = "";
    for line in include_str!("vocabulary.txt").lines() {
        let name = line
            .strip_prefix('[')
            .and_then(|line| line.strip_suffix(']'));
        match name.filter(|name| {
            name.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b' ')
        }) {
            Some(name) if !sections.contains_key(name) => section = name,
            _ => sections.entry(section).or_insert_with(Vec::new).push(line),
        }
    }
    sections
});

/// An entry of a section; one that does not exist has only an empty entry.
fn word(random: &mut Random, section: &str) -> &'static str {
    VOCABULARY
        .get(section)
        .map_or("", |entries| random.pick(entries))
}

/// An entry with atoms filled in.
fn phrase(random: &mut Random, section: &str) -> String {
    let text = word(random, section);
    // The one mail address among the substitutions holds no atom.
    if text.contains("mailto:") {
        return text.to_owned();
    }
    let mut parts = Vec::new();
    for part in text.split(DOCUMENT_ROOT) {
        let mut filled = String::new();
        for character in part.chars() {
            match character {
                '@' => filled += word(random, "atoms"),
                _ => filled.push(character),
            }
        }
        parts.push(filled);
    }
    parts.join(DOCUMENT_ROOT)
}

/// Where rules stand: what a pattern sees begins with a slash, or does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Context {
    Server,
    Directory,
}

fn own_engine(random: &mut Random) -> Vec<String> {
    let mut lines = Vec::new();
    if random.percent(80) {
        lines.push("RewriteEngine On".to_owned());
    }
    if random.percent(20) {
        lines.push(format!("RewriteBase {}", word(random, "bases")));
    }
    if random.percent(15) {
        lines.push(format!(
            "RewriteOptions {}",
            word(random, "directory options")
        ));
    }
    lines
}

/// The lines of a `.htaccess` file.
fn htaccess(random: &mut Random) -> Vec<String> {
    let mut lines = own_engine(random);
    lines.extend(directives(random, Context::Directory));
    if random.percent(12) {
        lines.push(section(random, Context::Directory));
    }
    while random.percent(20) {
        lines.push(word(random, "htaccess settings").replace(" ; ", "\n"));
    }
    while random.percent(25) {
        lines.push(headers(random, Context::Directory));
    }
    lines
}

/// Lines about headers, perhaps in a section.
fn headers(random: &mut Random, context: Context) -> String {
    let mut lines = vec![header_line(random)];
    while random.percent(30) {
        lines.push(header_line(random));
    }
    let lines = lines.join("\n");
    if random.percent(65) {
        return lines;
    }
    let opening = opening(random, context);
    format!("{opening}\n{lines}\n</{}>", section_name(&opening))
}

/// A line of `mod_headers` or `mod_expires`.
fn header_line(random: &mut Random) -> String {
    if random.percent(20) {
        return word(random, "expires lines").to_owned();
    }
    if random.percent(25) {
        return request_header_line(random);
    }
    let (table, action) = (
        word(random, "header tables"),
        word(random, "header actions"),
    );
    let name = match word(random, "header names") {
        // What makes a `Location` is a documented difference.
        "Location" if !matches!(action, "edit" | "edit*" | "unset" | "note") => "X-A",
        name => name,
    };
    let value = header_value(random, action);
    let condition = header_condition(random);
    if action == "echo" {
        return format!(
            "Header {table} echo \"{}\"{condition}",
            word(random, "echoed headers")
        );
    }
    format!("Header {table} {action} {name}{value}{condition}")
}

/// A line that changes the request.
fn request_header_line(random: &mut Random) -> String {
    let action = word(random, "request header actions");
    let name = word(random, "request header names");
    let value = header_value(random, action);
    let condition = header_condition(random);
    format!("RequestHeader {action} {name}{value}{condition}")
}

/// What an action takes.
fn header_value(random: &mut Random, action: &str) -> String {
    match action {
        "unset" => String::new(),
        "edit" | "edit*" => format!(
            " \"{}\" \"{}\"",
            word(random, "header patterns"),
            word(random, "header values")
        ),
        _ => format!(" \"{}\"", word(random, "header values")),
    }
}

/// When a line about headers is carried out.
fn header_condition(random: &mut Random) -> String {
    match random.below(10) {
        0 | 1 => format!(" {}", word(random, "header conditions")),
        2 => format!(" \"expr={}\"", expression(random, 1).replace('"', "'")),
        _ => String::new(),
    }
}

fn setting(random: &mut Random) -> String {
    word(random, "settings").replace(" ; ", "\n")
}

/// A section; in a `.htaccess` file only some may stand.
fn section(random: &mut Random, context: Context) -> String {
    let opening = opening(random, context);
    let name = section_name(&opening);
    let inside = match random.below(5) {
        0 => "RewriteEngine Off".to_owned(),
        1 if context == Context::Server => "Require all denied".to_owned(),
        2 if name.starts_with("Location") => "Redirect 302 http://s.test/%{REQUEST_URI}".to_owned(),
        3 => redirect(random),
        _ => format!("RewriteEngine On\n{}", rule(random, Context::Directory)),
    };
    let otherwise = if name == "If" && random.percent(30) {
        format!("\n<Else>\n{}\n</Else>", redirect(random))
    } else {
        String::new()
    };
    format!("{opening}\n{inside}\n</{name}>{otherwise}")
}

/// How a section begins.
fn opening(random: &mut Random, context: Context) -> String {
    match context {
        _ if random.percent(25) => format!("<If \"{}\">", expression(random, 2).replace('"', "'")),
        Context::Server => word(random, "sections").to_owned(),
        Context::Directory => word(random, "htaccess sections").to_owned(),
    }
}

/// What a section is closed by.
fn section_name(opening: &str) -> &str {
    let name = opening.trim_start_matches('<').split([' ', '>']).next();
    name.unwrap_or_default()
}

/// A random expression, at most so deep.
fn expression(random: &mut Random, depth: usize) -> String {
    let operand = |random: &mut Random| word(random, "operands");
    if depth > 0 && random.percent(40) {
        let (left, right) = (expression(random, depth - 1), expression(random, depth - 1));
        return match random.below(5) {
            0 => format!("!({left})"),
            1 => format!("{left} && {right}"),
            2 => format!("{left} || {right}"),
            3 => format!("({left}) && ({right})"),
            _ => format!("{left} || !{right}"),
        };
    }
    match random.below(8) {
        0 => "true".to_owned(),
        1 | 2 => format!("{} =~ {}", operand(random), word(random, "regexes")),
        3 => format!("{} !~ {}", operand(random), word(random, "regexes")),
        4 => format!("{} {}", word(random, "unary tests"), operand(random)),
        5 => format!("{} in {{ {}, 'b' }}", operand(random), operand(random)),
        _ => format!(
            "{} {} {}",
            operand(random),
            word(random, "operators"),
            operand(random)
        ),
    }
}

fn directives(random: &mut Random, context: Context) -> Vec<String> {
    let count = 1 + random.below(5);
    let piece = |_| {
        if random.percent(15) {
            redirect(random)
        } else {
            rule(random, context)
        }
    };
    (0..count).map(piece).collect()
}

fn redirect(random: &mut Random) -> String {
    let (status, atom) = (word(random, "redirect statuses"), word(random, "atoms"));
    match random.below(6) {
        0 => format!("Redirect {} /{atom}", word(random, "refusals")),
        1 => format!(
            "RedirectMatch {} \"{}\"",
            word(random, "refusals"),
            pattern(random, Context::Server)
        ),
        2 | 3 => format!(
            "RedirectMatch {status} ^/{atom}(.*)$ {}",
            word(random, "match targets")
        ),
        _ => format!(
            "Redirect {status} /{atom} {}",
            word(random, "redirect targets")
        ),
    }
}

/// A pattern; `^/` loses its slash in directory context.
fn pattern(random: &mut Random, context: Context) -> String {
    let text = phrase(random, "patterns");
    match context {
        Context::Server => text,
        Context::Directory => text.replacen("^/", "^", 1),
    }
}

/// A rule after its conditions.
fn rule(random: &mut Random, context: Context) -> String {
    let mut lines = Vec::new();
    while lines.len() < 3 && random.percent(35) {
        lines.push(condition(random));
    }
    let unwritten = lines.iter().position(|line| leaves_groups_unwritten(line));
    let negation = if random.percent(7) { "!" } else { "" };
    let (pattern, substitution) = (pattern(random, context), phrase(random, "substitutions"));
    let mut flags: Vec<&str> = Vec::new();
    for _ in 0..random.below(4) {
        let flag = word(random, "flags");
        if !flags.contains(&flag) {
            flags.push(flag);
        }
    }
    let flags = if flags.is_empty() {
        String::new()
    } else {
        format!(" \"[{}]\"", flags.join(","))
    };
    lines.push(format!(
        "RewriteRule \"{negation}{pattern}\" \"{substitution}\"{flags}"
    ));
    if let Some(unwritten) = unwritten {
        for line in &mut lines[unwritten + 1..] {
            *line = without_condition_groups(line);
        }
    }
    lines.join("\n")
}

/// Whether `%1` after this condition is memory that Apache never wrote: an expression that was true
/// without a match leaves its groups as they were on the stack (docs/deviations.md), so there is
/// nothing to compare with.
fn leaves_groups_unwritten(condition: &str) -> bool {
    condition
        .strip_prefix("RewriteCond expr ")
        .is_some_and(|expression| {
            !expression.contains("=~")
                || ["&&", "||", "!"]
                    .iter()
                    .any(|sign| expression.contains(sign))
        })
}

/// The line with the rule's groups in place of its conditions': `$1` for `%1`.
fn without_condition_groups(line: &str) -> String {
    let mut text = line.to_owned();
    for digit in '0'..='9' {
        text = text.replace(&format!("%{digit}"), &format!("${digit}"));
    }
    text
}

fn condition(random: &mut Random) -> String {
    if random.percent(3) {
        return format!("RewriteCond expr {}", word(random, "expressions"));
    }
    if random.percent(5) {
        let expression = expression(random, 2).replace('"', "'");
        return format!("RewriteCond expr \"{expression}\"");
    }
    let (test_string, pattern) = (
        phrase(random, "test strings"),
        word(random, "condition patterns"),
    );
    format!(
        "RewriteCond {test_string} {pattern}{}",
        word(random, "condition flags")
    )
}

/// A random request for any rule set.
pub fn request(random: &mut Random) -> Request {
    let mut path = phrase(random, "paths");
    while random.percent(22) {
        path = mutate(&path, random);
    }
    let target = path + word(random, "queries");
    let host = latin_1(word(random, "hosts"));
    let mut headers = Vec::new();
    while random.percent(20) {
        let header = word(random, "headers").split_once(": ");
        headers.extend(header.map(|(name, value)| (latin_1(name), latin_1(value))));
    }
    let method = latin_1(word(random, "methods"));
    Request {
        method,
        target: latin_1(&target),
        host: Some(host).filter(|_| !random.percent(1)),
        headers,
    }
}

/// Changes one place of a path. The first byte stays a slash: Apache refuses the request line
/// otherwise, whatever the rules.
fn mutate(path: &str, random: &mut Random) -> String {
    let (from, to) = word(random, "mutations")
        .split_once(' ')
        .unwrap_or_default();
    let places: Vec<usize> = path.match_indices(from).map(|(at, _)| at).collect();
    if places.is_empty() {
        return path.to_owned();
    }
    let at = random.pick(&places);
    let changed = format!("{}{to}{}", &path[..at], &path[at + from.len()..]);
    if changed.starts_with('/') {
        changed
    } else {
        path.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::{RuleSet, VOCABULARY};
    use crate::random::Random;

    #[test]
    fn every_section_that_is_asked_for_is_there() {
        let code = include_str!("rule_sets.rs");
        let asked = code
            .match_indices("(random, \"")
            .map(|(at, start)| &code[at + start.len()..]);
        let names: Vec<&str> = asked.filter_map(|rest| rest.split('"').next()).collect();
        assert!(names.len() > 15);
        for name in names {
            assert!(VOCABULARY.contains_key(name), "[{name}]");
        }
    }

    #[test]
    fn smaller_sets_lose_one_piece_each() {
        let mut random = Random::new(9);
        for _ in 0..100 {
            let main = RuleSet::random_main(&mut random);
            let set = RuleSet::random(&mut random, &main);
            let pieces = |set: &RuleSet| {
                set.main.len()
                    + set.host.len()
                    + set.second.len()
                    + set
                        .htaccess
                        .values()
                        .map(|lines| lines.len() + 1)
                        .sum::<usize>()
            };
            assert!(set.smaller().iter().all(|less| pieces(less) < pieces(&set)));
        }
    }
}
