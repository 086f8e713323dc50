//! A configuration made harmless: other ports, no logs, no user, no modules that act by themselves.
//!
//! In: the text of one configuration file, and what is known about its lines. Out: the text of a
//! copy. Absent: writing it. What is not named here stays byte for byte.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use edgewright_compiler::{Input, Reading, is_unanswerable, names_a_client};
use edgewright_edge_handler::site::Host;

use super::install::Installation;

/// Directives about the process, its logs and its connections: a copy has its own, or none.
const DROPPED: &[&str] = &[
    "listen",
    "namevirtualhost",
    "pidfile",
    "errorlog",
    "errorlogformat",
    "loglevel",
    "customlog",
    "transferlog",
    "globallog",
    "forensiclog",
    "scriptlog",
    "cookielog",
    "dumpioinput",
    "dumpiooutput",
    "user",
    "group",
    "suexecusergroup",
    "chrootdir",
    "mutex",
    "scoreboardfile",
    "coredumpdirectory",
    "defaultruntimedir",
    "serverroot",
    "proxyremote",
    "proxyremotematch",
    "noproxy",
    "keepalive",
    "acceptfilter",
    "protocols",
    "loadfile",
];

/// Modules that only answer: they start no program, open no connection, change no file.
pub const HARMLESS_MODULES: &[&str] = &[
    "access_compat",
    "actions",
    "alias",
    "allowmethods",
    "auth_basic",
    "auth_digest",
    "authn_anon",
    "authn_core",
    "authn_file",
    "authz_core",
    "authz_groupfile",
    "authz_host",
    "authz_owner",
    "authz_user",
    "autoindex",
    "brotli",
    "cache",
    "deflate",
    "dir",
    "env",
    "expires",
    "filter",
    "headers",
    "include",
    "lbmethod_byrequests",
    "lua",
    "macro",
    "mime",
    "mime_magic",
    "mpm_event",
    "mpm_prefork",
    "mpm_worker",
    "negotiation",
    "proxy",
    "proxy_balancer",
    "proxy_http",
    "ratelimit",
    "remoteip",
    "reqtimeout",
    "rewrite",
    "setenvif",
    "slotmem_shm",
    "socache_shmcb",
    "speling",
    "ssl",
    "status",
    "substitute",
    "unique_id",
    "unixd",
    "userdir",
    "usertrack",
    "version",
    "vhost_alias",
    "log_config",
];

/// What is known about the lines of one file.
#[derive(Debug, Default)]
pub struct Facts<'r> {
    /// Hosts by the line of their `<VirtualHost>`.
    pub hosts: HashMap<u32, &'r Host>,
    /// Folders with copies of what an `Include` line led to, by line.
    pub inclusions: HashMap<u32, PathBuf>,
    /// Ports of the configuration, and those that stand for them.
    pub ports: Ports,
    /// Paths to be replaced by others.
    pub folders: Vec<(Vec<u8>, Vec<u8>)>,
}

/// Ports of the configuration, and those that stand for them on this machine.
#[derive(Debug, Clone, Default)]
pub struct Ports {
    /// Each port that is served, and its stand-in.
    pub served: Vec<(u16, u16)>,
    /// Directives that make a host speak TLS; empty where there is no TLS.
    pub tls: String,
}

impl Ports {
    /// The stand-in; a port that is not served stays, and nobody listens there.
    fn local(&self, written: u16) -> u16 {
        let found = self.served.iter().find(|(port, _)| *port == written);
        found.map_or(written, |(_, local)| *local)
    }
}

/// The copy of one file. Names of modules that were left out are added to `left_out`.
pub fn copy(
    text: &[u8],
    facts: &Facts<'_>,
    installation: &Installation,
    left_out: &mut Vec<String>,
) -> Vec<u8> {
    let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < lines.len() {
        let length = 1 + lines[at..]
            .iter()
            .take_while(|line| is_continued(line))
            .count();
        let physical = &lines[at..lines.len().min(at + length)];
        let number = u32::try_from(at + 1).unwrap_or(u32::MAX);
        let whole = physical.concat();
        let name = first_word(&whole).to_ascii_lowercase();
        let replaced = match name.as_slice() {
            b"<virtualhost" => virtual_host(facts, number, &lines[at..]),
            b"include" | b"includeoptional" => Some(inclusion(facts, number)),
            b"loadmodule" => Some(load_module(&whole, installation, left_out)),
            b"rewritemap" if is_program(&whole) => Some(Vec::new()),
            b"allow" if allows_by_name(&whole) => Some(b"Allow from all".to_vec()),
            b"require" if asks_who(&whole) => Some(b"Require all granted".to_vec()),
            name if is_dropped(name) => Some(Vec::new()),
            _ => None,
        };
        match replaced {
            Some(text) => {
                out.extend(text);
                out.extend(std::iter::repeat_n(b'\n', physical.len()));
            }
            None if facts.folders.is_empty() => out.extend(whole),
            None => out.extend(relocated(whole, &facts.folders)),
        }
        at += length;
    }
    out
}

fn is_continued(line: &&[u8]) -> bool {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line).ends_with(b"\\")
}

fn first_word(line: &[u8]) -> &[u8] {
    let line = line.trim_ascii_start();
    let end = line
        .iter()
        .position(|byte| byte.is_ascii_whitespace() || *byte == b'>');
    &line[..end.unwrap_or(line.len())]
}

fn is_dropped(name: &[u8]) -> bool {
    // mod_ssl and mod_md: certificates are not there, and a host that speaks TLS gets another.
    let tls = name.starts_with(b"ssl") || name.starts_with(b"md");
    // mod_remoteip: the client is known here, and names of proxies are not looked up.
    tls || name.starts_with(b"remoteip") || DROPPED.iter().any(|dropped| dropped.as_bytes() == name)
}

/// `prg:` and `dbd:` maps: a program is started, a database is asked.
fn is_program(line: &[u8]) -> bool {
    let lower = line.to_ascii_lowercase();
    [&b"prg:"[..], b"dbd:", b"fastdbd:"]
        .iter()
        .any(|kind| lower.windows(kind.len()).any(|window| window == *kind))
}

/// `Require valid-user` and kin: there are no users here, and no names of clients, and the engine takes
/// everybody for one who may come in.
fn asks_who(line: &[u8]) -> bool {
    words(line)
        .nth(1)
        .is_some_and(|provider| is_unanswerable(&provider.to_ascii_lowercase()))
}

/// `Allow from name.test`, likewise.
fn allows_by_name(line: &[u8]) -> bool {
    words(line).skip(2).any(names_a_client)
}

fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    let words = line.split(u8::is_ascii_whitespace);
    words.filter(|word| !word.is_empty())
}

/// `<VirtualHost>` with its ports changed. A host without name of its own would take the port from
/// there, so it gets its name with the port it had.
fn virtual_host(facts: &Facts<'_>, number: u32, lines: &[&[u8]]) -> Option<Vec<u8>> {
    let host = facts.hosts.get(&number)?;
    let mut text = String::from("<VirtualHost");
    for address in &host.addresses {
        let _ = match address.port {
            None => write!(text, " *"),
            Some(port) => write!(text, " *:{}", facts.ports.local(port)),
        };
    }
    text.push('>');
    if host.tls {
        text += &facts.ports.tls;
    }
    let mut text = text.into_bytes();
    let port = host.addresses.first().and_then(|address| address.port);
    if let (Some(port), false, false) = (port, host.name.is_empty(), may_be_named(lines)) {
        text.extend(b"\nServerName ");
        text.extend(&host.name);
        text.extend(format!(":{port}").bytes());
    }
    Some(text)
}

/// Does the section that `lines` begin with name its host, or hold lines from elsewhere?
fn may_be_named(lines: &[&[u8]]) -> bool {
    let names = lines
        .iter()
        .map(|line| first_word(line).to_ascii_lowercase());
    let mut inside = names.take_while(|name| name.as_slice() != b"</virtualhost");
    inside.any(|name| {
        matches!(
            name.as_slice(),
            b"servername" | b"use" | b"include" | b"includeoptional"
        )
    })
}

/// A line that was not followed leads nowhere here either.
fn inclusion(facts: &Facts<'_>, number: u32) -> Vec<u8> {
    let folder = facts.inclusions.get(&number);
    folder.map_or_else(Vec::new, |folder| {
        format!("Include \"{}\"", folder.display()).into_bytes()
    })
}

fn load_module(line: &[u8], installation: &Installation, left_out: &mut Vec<String>) -> Vec<u8> {
    let text = String::from_utf8_lossy(line);
    let mut words = text.split_whitespace().skip(1);
    let (Some(symbol), Some(path)) = (words.next(), words.next()) else {
        return line.trim_ascii_end().to_vec();
    };
    let file = path
        .trim_matches('"')
        .rsplit('/')
        .next()
        .unwrap_or_default();
    let name = file.strip_suffix(".so").unwrap_or(file);
    let name = name.strip_prefix("mod_").unwrap_or(name);
    match installation.module(name) {
        Some(file) if HARMLESS_MODULES.contains(&name) => {
            format!("LoadModule {symbol} \"{}\"", file.display()).into_bytes()
        }
        _ => {
            if !HARMLESS_MODULES.contains(&name) && !left_out.iter().any(|known| known == name) {
                left_out.push(name.to_owned());
            }
            Vec::new()
        }
    }
}

/// `text` with paths replaced.
pub fn relocated(text: Vec<u8>, folders: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    folders.iter().fold(text, |text, (from, to)| {
        let mut out = Vec::with_capacity(text.len());
        let mut rest = text.as_slice();
        while let Some(at) = find(rest, from) {
            let after = &rest[at + from.len()..];
            let whole = after
                .first()
                .is_none_or(|byte| !byte.is_ascii_alphanumeric() && !b"-_.".contains(byte));
            out.extend(&rest[..at]);
            out.extend(if whole { to } else { from });
            rest = after;
        }
        out.extend(rest);
        out
    })
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    if wanted.is_empty() {
        return None;
    }
    text.windows(wanted.len())
        .position(|window| window == wanted)
}

/// Does the configuration load its modules itself? As the compiler decides it: one that loads
/// neither of the two modules whose directives are looked for is only a part of one.
pub fn loads_its_modules(reading: &Reading, input: &Input) -> bool {
    if matches!(input, Input::Htaccess(_) | Input::DocumentRoot(_)) {
        return false;
    }
    let mut lines = reading
        .sources
        .iter()
        .flat_map(|source| source.bytes.split(|byte| *byte == b'\n'));
    lines.any(|line| {
        let name = first_word(line);
        let symbol = line.trim_ascii_start().get(name.len()..).map(first_word);
        name.eq_ignore_ascii_case(b"loadmodule")
            && matches!(symbol, Some(b"rewrite_module" | b"alias_module"))
    })
}

/// `text` without its line `number` (from 1), and without the whole section if it opens one.
/// Returns the directive's name.
pub fn without_line(text: &[u8], number: usize) -> Option<(Vec<u8>, String)> {
    let mut lines: Vec<Vec<u8>> = text
        .split_inclusive(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect();
    let at = number.checked_sub(1)?;
    let name = first_word(lines.get(at)?).to_vec();
    let continued = lines[at..]
        .iter()
        .take_while(|line| is_continued(&line.as_slice()))
        .count();
    let close = name
        .strip_prefix(b"<")
        .map(|section| [b"</", section].concat());
    let end = close.and_then(|close| {
        let mut rest = lines.iter().enumerate().skip(at);
        rest.find(|(_, line)| first_word(line).eq_ignore_ascii_case(&close))
    });
    let last = end.map_or(at + continued, |(end, _)| end);
    for line in lines.iter_mut().take(last + 1).skip(at) {
        *line = b"\n".to_vec();
    }
    Some((lines.concat(), String::from_utf8_lossy(&name).into_owned()))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]
    use std::path::PathBuf;

    use edgewright_compiler::testing::MemoryLoader;
    use edgewright_compiler::{Input, ReadOptions, read};

    use super::*;

    /// Copies `text` for port 4000 in place of 80; there are no modules here.
    fn check(name: &str, text: &str, expected: &str) {
        let loader = MemoryLoader::new().with("/c", text);
        let input = Input::MainConfig(vec![b"/c".to_vec()]);
        let reading = read(&input, &loader, &ReadOptions::default());
        let hosts = reading.site.hosts.iter();
        let hosts = hosts.filter_map(|host| Some((host.place?.line, host)));
        let facts = Facts {
            hosts: hosts.collect(),
            inclusions: HashMap::from([(1, PathBuf::from("/copies/1.d"))]),
            ports: Ports {
                served: vec![(80, 4000), (443, 4001)],
                tls: "\nSSLEngine on".to_owned(),
            },
            folders: vec![(b"/srv/www".to_vec(), b"/home/me/www".to_vec())],
        };
        let installation = Installation {
            program: PathBuf::new(),
            modules: PathBuf::from("/nowhere"),
            version: String::new(),
        };
        let copied = copy(text.as_bytes(), &facts, &installation, &mut Vec::new());
        assert_eq!(String::from_utf8(copied).unwrap(), expected, "{name}");
    }

    #[test]
    fn only_what_could_do_harm_is_changed() {
        let rules = "# a\nRewriteEngine On\nRewriteRule ^/a$ \\\n  /b [R]\n";
        check("rules stay", rules, rules);
        check(
            "ports go",
            "Listen 80\nLISTEN 8080 \\\n http\n# end",
            "\n\n\n# end",
        );
        check("logs go", "ErrorLog /x\nCustomLog |/bin/x common\n", "\n\n");
        check(
            "users go",
            "Require valid-user\nRequire ip 192.0.2.1\n",
            "Require all granted\nRequire ip 192.0.2.1\n",
        );
        check("TLS goes", "SSLEngine on\nSSLCertificateFile /c\n", "\n\n");
        check(
            "missing modules go",
            "LoadModule php_module m/php.so\n",
            "\n",
        );
        check(
            "programs go",
            "RewriteMap a prg:/bin/x\nRewriteMap b int:tolower\n",
            "\nRewriteMap b int:tolower\n",
        );
        check(
            "includes lead to copies",
            "Include conf/*.conf\nInclude other\n",
            "Include \"/copies/1.d\"\n\n",
        );
        check(
            "folders move",
            "DocumentRoot /srv/www\nAlias /a /srv/www2\n",
            "DocumentRoot /home/me/www\nAlias /a /srv/www2\n",
        );
    }

    #[test]
    fn virtual_hosts_answer_on_the_other_port() {
        check(
            "named",
            "<VirtualHost 192.0.2.1:80>\nServerName a.test\n</VirtualHost>\n",
            "<VirtualHost *:4000>\nServerName a.test\n</VirtualHost>\n",
        );
        check(
            "another port is nobody's",
            "<VirtualHost *:80 *:8080>\nServerName a.test\n</VirtualHost>\n",
            "<VirtualHost *:4000 *:8080>\nServerName a.test\n</VirtualHost>\n",
        );
    }

    #[test]
    fn hosts_with_tls_get_another_certificate() {
        check(
            "TLS",
            "<VirtualHost *:443>\nServerName a.test\nSSLEngine on\nSSLCertificateFile /c\n</VirtualHost>\n",
            "<VirtualHost *:4001>\nSSLEngine on\nServerName a.test\n\n\n</VirtualHost>\n",
        );
    }

    #[test]
    fn a_line_is_left_out_with_what_it_opens() {
        let without = |text: &str, line| {
            let (text, name) = without_line(text.as_bytes(), line).unwrap();
            (String::from_utf8(text).unwrap(), name)
        };
        assert_eq!(
            without("a\nFoo \\\n x\nb\n", 2),
            ("a\n\n\nb\n".into(), "Foo".into())
        );
        let section = "<Foo x>\ny\n</Foo>\nb\n";
        assert_eq!(without(section, 1), ("\n\n\nb\n".into(), "<Foo".into()));
    }
}
