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
    /// Directives of the virtual host, a section being one piece.
    pub host: Vec<String>,
    /// `.htaccess` files: their directory below the document root (with a slash at the end, or
    /// empty) and their directives.
    pub htaccess: BTreeMap<String, Vec<String>>,
}

impl RuleSet {
    /// A random one.
    pub fn random(random: &mut Random) -> Self {
        let mut set = Self::default();
        let shape = random.below(10);
        set.host.push("RewriteEngine On".to_owned());
        if shape < 6 {
            set.host.extend(directives(random, Context::Server));
        }
        if shape >= 4 {
            let mut lines = own_engine(random);
            lines.extend(directives(random, Context::Directory));
            set.htaccess.insert(String::new(), lines);
        }
        if random.percent(20) {
            let mut lines = own_engine(random);
            lines.extend(directives(random, Context::Directory));
            set.htaccess.insert("sub/".to_owned(), lines);
        }
        let setting = word(random, "settings").replace(" ; ", "\n");
        // An error document from another server cannot be had here.
        let is_proxied = setting.starts_with("ErrorDocument") && set.has_proxy();
        if random.percent(25) && !is_proxied {
            set.host.push(setting);
        }
        if random.percent(12) {
            set.host.push(section(random));
        }
        set
    }

    fn has_proxy(&self) -> bool {
        let all = self.host.iter().chain(self.htaccess.values().flatten());
        let flags = all
            .filter_map(|line| line.rsplit('"').nth(1))
            .filter(|flags| flags.starts_with('['));
        flags
            .flat_map(|flags| flags.trim_matches(['[', ']']).split(','))
            .any(|flag| flag == "P")
    }

    /// Every rule set with one piece less.
    pub fn smaller(&self) -> Vec<Self> {
        let mut all = Vec::new();
        for at in 0..self.host.len() {
            let mut less = self.clone();
            less.host.remove(at);
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

    /// The virtual host's configuration; `address` is `<VirtualHost>`'s argument.
    pub fn virtual_host(&self, address: &str, document_root: &str, map_file: &str) -> String {
        let directives = self.host.join("\n").replace(DOCUMENT_ROOT, document_root);
        format!(
            "<VirtualHost {address}>\nServerName {HOST}:80\nServerAlias alias.test *.wild.test\n\
             DocumentRoot {document_root}\nRewriteMap m txt:{map_file}\nRewriteMap lower int:tolower\n\
             RewriteMap upper int:toupper\nRewriteMap esc int:escape\nRewriteMap unesc int:unescape\n\
             <Directory {document_root}>\nAllowOverride All\nOptions FollowSymLinks\n</Directory>\n\
             {directives}\n</VirtualHost>\n"
        )
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

fn section(random: &mut Random) -> String {
    let opening = word(random, "sections");
    let name = opening
        .trim_start_matches('<')
        .split([' ', '>'])
        .next()
        .unwrap_or_default();
    let inside = match random.below(4) {
        0 => "RewriteEngine Off".to_owned(),
        1 => "Require all denied".to_owned(),
        2 if name.starts_with("Location") => "Redirect 302 http://s.test/%{REQUEST_URI}".to_owned(),
        _ => format!("RewriteEngine On\n{}", rule(random, Context::Directory)),
    };
    format!("{opening}\n{inside}\n</{name}>")
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
    lines.join("\n")
}

fn condition(random: &mut Random) -> String {
    if random.percent(4) {
        return format!("RewriteCond expr {}", word(random, "expressions"));
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
        host: Some(host),
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
            let set = RuleSet::random(&mut random);
            let pieces = |set: &RuleSet| {
                set.host.len()
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
