//! Directives that change answers in Apache and are not followed here.
//!
//! In: a directive's name and words, and what rules look at. Out: what it changes, and the finding that says so. Absent:
//! directives that change nothing about redirects. Which directives are named here stands in `registry/directives.txt`.

use std::collections::BTreeSet;

use edgewright_engine::model::expression::Subnet;
use edgewright_engine::model::header_names::{may_be_changed, may_be_sent};
use edgewright_parser::diagnostic::Diagnostic;
use edgewright_parser::source::Span;

use super::Resolver;
use super::headers::{asks_for_type, has_unknown_value, is_unknown_in_request};
use super::scope::is_below_home;
use super::types::makes_maps;
use crate::dependencies::Dependencies;
use crate::registry::directives::{self, Verdict};

/// With which first words a directive changes answers.
#[derive(Debug, Clone, Copy)]
enum When {
    /// Whatever they are.
    Always,
    /// With one of these.
    With(&'static [&'static str]),
    /// With any but these: what Apache does by itself.
    Without(&'static [&'static str]),
}

use When::{Always, With, Without};

/// A name in lower case, when it changes answers, and how: the headline of the finding.
type Named = (&'static str, When, &'static str);

const SCRIPT: &str = "a script decides, which the edge does not run";
const COOKIE: &str = "it adds a cookie to answers";
const REDIRECTS_LOGINS: &str =
    "it redirects who logs in, or has not, and nobody logs in at the edge";
const MASS_HOSTING: &str =
    "the document root depends on the server's address, which the edge does not know";
const ADDRESS: &str = "it takes the client's address from a header";
const AS_IS: &str = "Apache answers by what is in such a file, which is read for a handler only";
const AS_IS_TYPE: &[&str] = &["httpd/send-as-is"];
const OF_ITS_OWN: &[&str] = &[
    "balancer-manager",
    "form-login-handler",
    "form-logout-handler",
    "imap-file",
    "ldap-status",
    "server-info",
    "server-status",
    "type-map",
];

/// The same without type maps, whose extensions are followed.
const OF_ITS_OWN_BY_NAME: &[&str] = OF_ITS_OWN.split_at(OF_ITS_OWN.len() - 1).0;

const NAMED: &[Named] = &[
    ("<luahookaccesschecker", Always, SCRIPT),
    ("<luahookauthchecker", Always, SCRIPT),
    ("<luahookcheckuserid", Always, SCRIPT),
    ("<luahookfixups", Always, SCRIPT),
    ("<luahookmaptostorage", Always, SCRIPT),
    ("<luahookpretranslatename", Always, SCRIPT),
    ("<luahooktranslatename", Always, SCRIPT),
    ("<luahooktypechecker", Always, SCRIPT),
    ("<luaquickhandler", Always, SCRIPT),
    (
        "action",
        Always,
        "it hands files to another URL, to which the rules apply again",
    ),
    (
        "addhandler",
        With(OF_ITS_OWN_BY_NAME),
        "Apache answers by what is in such a file, which is not read",
    ),
    ("addtype", With(AS_IS_TYPE), AS_IS),
    (
        "authbasicfake",
        Without(&["off"]),
        "it makes a header `Authorization` that rules may look at",
    ),
    ("authformloginrequiredlocation", Always, REDIRECTS_LOGINS),
    ("authformloginsuccesslocation", Always, REDIRECTS_LOGINS),
    ("authformlogoutlocation", Always, REDIRECTS_LOGINS),
    (
        "authmerging",
        Without(&["off"]),
        "it joins what a section requires with what sections around it do",
    ),
    ("authzdbdlogintoreferer", With(&["on"]), REDIRECTS_LOGINS),
    ("authzdbdredirectquery", Always, REDIRECTS_LOGINS),
    (
        "cacheenable",
        Always,
        "a cache may answer before any rule is asked",
    ),
    (
        "chrootdir",
        Always,
        "paths of files are those below another root",
    ),
    ("cookietracking", With(&["on"]), COOKIE),
    (
        "dav",
        Without(&["off"]),
        "it answers PUT, DELETE and other methods, which get a 405 here",
    ),
    (
        "directorycheckhandler",
        With(&["on"]),
        "a directory with a handler has no index and no slash added",
    ),
    ("forcetype", With(AS_IS_TYPE), AS_IS),
    (
        "httpprotocoloptions",
        With(&["unsafe", "registeredmethods", "require1.0"]),
        "it changes which requests get a 400 or a 501",
    ),
    (
        "identitycheck",
        With(&["on"]),
        "it asks the client's machine who the user is",
    ),
    (
        "limitinternalrecursion",
        Without(&["10"]),
        "it changes after how many internal redirects there is a 500",
    ),
    (
        "limitrequestfields",
        Without(&["100"]),
        "it changes with how many headers there is a 400",
    ),
    (
        "limitrequestfieldsize",
        Without(&["8190"]),
        "it changes how long a header may be before there is a 400",
    ),
    (
        "limitrequestline",
        Without(&["8190"]),
        "it changes how long a URL may be before there is a 414",
    ),
    ("luaauthzprovider", Always, SCRIPT),
    ("luahookaccesschecker", Always, SCRIPT),
    ("luahookauthchecker", Always, SCRIPT),
    ("luahookcheckuserid", Always, SCRIPT),
    ("luahookfixups", Always, SCRIPT),
    ("luahookmaptostorage", Always, SCRIPT),
    ("luahookpretranslatename", Always, SCRIPT),
    ("luahooktranslatename", Always, SCRIPT),
    ("luahooktypechecker", Always, SCRIPT),
    ("luamaphandler", Always, SCRIPT),
    ("luaquickhandler", Always, SCRIPT),
    (
        "mdrequirehttps",
        Without(&["off", "none"]),
        "it redirects http to https",
    ),
    (
        "passenv",
        Always,
        "it takes a variable from the server's environment, where the edge has none",
    ),
    (
        "protocolecho",
        With(&["on"]),
        "it answers with what it is sent",
    ),
    (
        "proxyblock",
        Always,
        "it answers 403 where another server would be asked",
    ),
    (
        "proxyexpressenable",
        With(&["on"]),
        "a DBM file says which server is asked",
    ),
    (
        "proxypassinherit",
        With(&["off"]),
        "virtual hosts do not have the `ProxyPass` lines of the main server",
    ),
    (
        "proxypassinterpolateenv",
        With(&["on"]),
        "variables in a `ProxyPass` line are replaced",
    ),
    (
        "qualifyredirecturl",
        With(&["on"]),
        "it makes REDIRECT_URL a whole URL",
    ),
    (
        "registerhttpmethod",
        Always,
        "it makes methods known that are refused here",
    ),
    ("remoteipinternalproxylist", Always, ADDRESS),
    ("remoteipproxiesheader", Always, ADDRESS),
    ("remoteipproxyprotocol", With(&["on"]), ADDRESS),
    ("remoteipproxyprotocolexceptions", Always, ADDRESS),
    ("remoteiptrustedproxylist", Always, ADDRESS),
    (
        "script",
        Always,
        "it hands requests with a method to a script",
    ),
    ("session", With(&["on"]), COOKIE),
    (
        "sethandler",
        With(OF_ITS_OWN),
        "Apache answers with a page of its own, or by what is in a file",
    ),
    (
        "sslrequire",
        Always,
        "it lets in only whose connection meets an expression",
    ),
    (
        "sslusername",
        Always,
        "it takes the user's name from a certificate, where the edge knows none",
    ),
    (
        "sslverifyclient",
        Without(&["none", "optional", "optional_no_ca"]),
        "it lets in only who has a certificate",
    ),
    (
        "stricthostcheck",
        With(&["on"]),
        "it answers 400 to names that no virtual host has",
    ),
    (
        "usecanonicalphysicalport",
        With(&["on"]),
        "it puts the port of the connection into URLs of the server",
    ),
    ("virtualdocumentrootip", Without(&["none"]), MASS_HOSTING),
    ("virtualscriptaliasip", Without(&["none"]), MASS_HOSTING),
];

/// What the directive changes that edgewright leaves as it is.
pub(crate) fn change(name: &[u8], words: &[&[u8]]) -> Option<&'static str> {
    let is = |index: usize, text: &str| is_word(words, index, text);
    let any = |text: &str| (0..words.len()).any(|index| is(index, text));
    match name {
        // What it edits or takes away is not there yet (`ap_headers_error_filter`).
        b"header" if adds_always(words) => {
            let header = words.get(2).copied().unwrap_or_default();
            is_location(header).then_some("it adds a second `Location` to redirects")
        }
        b"usecanonicalname" if is(0, "dns") => {
            Some("it asks a name server what the server is called, here it is called `ServerName`")
        }
        b"remoteipinternalproxy" | b"remoteiptrustedproxy" => {
            let is_name = |word: &&[u8]| Subnet::parse(word).is_none();
            let change = "a name server says which proxy is meant, so the client's address is not taken from the header";
            words.iter().any(is_name).then_some(change)
        }
        b"userdir" => {
            const SWITCHES: [&str; 4] = ["disable", "disabled", "enable", "enabled"];
            let is_switch = SWITCHES.iter().any(|switch| is(0, switch));
            let is_below_home = words.iter().any(|place| is_below_home(place));
            (!is_switch && is_below_home)
                .then_some("where the homes of users are is not known, so `/~` leads nowhere")
        }
        b"multiviewsmatch" if any("filters") => {
            Some("which extensions have a filter is not known, so no file is chosen")
        }
        b"forcetype" if is(0, "application/x-type-map") => {
            Some("Apache answers by what is in such a file, which is not read")
        }
        b"ssloptions" if any("strictrequire") || any("+strictrequire") => {
            Some("no `Satisfy Any` lets in whom TLS keeps out")
        }
        _ => {
            let row = NAMED.iter().find(|(named, ..)| named.as_bytes() == name);
            let (_, when, change) = row?;
            let changes = match when {
                Always => true,
                With(first) => first.iter().any(|word| is(0, word)),
                Without(first) => !first.iter().any(|word| is(0, word)),
            };
            changes.then_some(*change)
        }
    }
}

/// Is the word at `index` this one, in any case?
fn is_word(words: &[&[u8]], index: usize, text: &str) -> bool {
    let word = words.get(index);
    word.is_some_and(|word| word.eq_ignore_ascii_case(text.as_bytes()))
}

/// Does a `Header` line add to all answers, redirects and errors among them?
fn adds_always(words: &[&[u8]]) -> bool {
    let actions = ["set", "add", "append", "merge", "setifempty"];
    is_word(words, 0, "always") && actions.iter().any(|action| is_word(words, 1, action))
}

/// A header that Apache adds to answers of its own and the edge does not, as the line that does it says.
pub(crate) fn added_header(name: &[u8], words: &[&[u8]]) -> Option<&'static str> {
    let is = |index: usize, text: &str| is_word(words, index, text);
    match name {
        b"header" if is(0, "always") && has_unknown_value(words) => {
            Some("only a server knows the value of this header, answers of the edge do not have it")
        }
        b"header" if adds_always(words) && !may_have(words.get(2)) => {
            Some("CloudFront keeps this header for itself, answers of the edge do not have it")
        }
        b"header" if is(0, "always") && is(1, "echo") && asks_for_capitals(words.get(2)) => Some(
            "the edge has names of headers in lower case, as HTTP/2 has, and this pattern asks for capital letters",
        ),
        b"requestheader" if is_unknown_in_request(words) => Some(
            "only a server knows the value of this header, the origin gets it as the client sent it",
        ),
        b"requestheader" if !may_change(words.get(1)) => Some(
            "CloudFront keeps this header for itself, the origin gets it as CloudFront sends it",
        ),
        b"expiresdefault" if is_by_file(words.first()) => Some(BY_FILE),
        b"expiresbytype" if is_by_file(words.get(1)) => Some(BY_FILE),
        _ => None,
    }
}

/// Does a pattern of names ask for capital letters? One behind a backslash is no letter.
fn asks_for_capitals(pattern: Option<&&[u8]>) -> bool {
    let pattern = pattern.copied().unwrap_or_default();
    let mut pairs = std::iter::once(b' ')
        .chain(pattern.iter().copied())
        .zip(pattern);
    let has_capitals = pairs.any(|(before, byte)| byte.is_ascii_uppercase() && before != b'\\');
    has_capitals && !pattern.starts_with(b"(?i)")
}

/// Says of what files are by their extensions, in lower case: languages, types, encodings, and how one of several files
/// is chosen.
pub(crate) fn is_about_types(name: &[u8]) -> bool {
    const NAMES: [&str; 17] = [
        "addcharset",
        "addencoding",
        "addlanguage",
        "addtype",
        "defaultlanguage",
        "forcelanguagepriority",
        "forcetype",
        "languagepriority",
        "modmimeusepathinfo",
        "multiviewsmatch",
        "removecharset",
        "removeencoding",
        "removehandler",
        "removelanguage",
        "removetype",
        "typesconfig",
        "addhandler",
    ];
    NAMES.iter().any(|named| named.as_bytes() == name)
}

/// The header of the request that `RequestHeader` gives a value that only a server knows, in lower case.
pub(crate) fn changed_header(name: &[u8], words: &[&[u8]]) -> Option<Vec<u8>> {
    if name != b"requestheader" || !is_unknown_in_request(words) {
        return None;
    }
    let header = words.get(1)?;
    let header = header.strip_suffix(b":").unwrap_or(header);
    Some(header.to_ascii_lowercase())
}

pub(crate) fn note(change: &str, span: Span) -> Diagnostic {
    Diagnostic::note("header-not-sent", change, span)
}

pub(crate) fn warning(change: &str, span: Span) -> Diagnostic {
    Diagnostic::warning("unfollowed-directive", change, span)
        .label("the edge may answer differently from Apache")
}

impl Resolver<'_> {
    /// Says of a directive that it is not followed, and how that matters.
    pub(crate) fn report_unfollowed(&mut self, name: &[u8], words: &[&[u8]], span: Span) {
        let verdict = directives::find(name).map(|known| known.verdict);
        if verdict == Some(Verdict::Harmless) {
            return;
        }
        if let Some(change) = change(name, words) {
            self.say(warning(change, span));
        } else if let Some(change) = added_header(name, words) {
            self.say(note(change, span));
        } else if is_about_types(name) {
            self.types.spans.push(span);
        }
        if makes_maps(name, words) {
            self.types.maps.push(span);
        }
        if name == b"requestheader" && asks_for_type(words) {
            self.types.asking.push(span);
        }
        if name == b"checkspelling" && is_word(words, 0, "on") {
            self.spelling.push(span);
        }
        if let Some(header) = changed_header(name, words) {
            self.changed_headers.push((header, span));
        }
    }

    /// Says of `CheckSpelling` that names are not looked for in document roots that nobody has looked into.
    pub(crate) fn report_spelling(&mut self) {
        let spelling = std::mem::take(&mut self.spelling);
        let tree = &self.site.tree;
        let mut roots = self.site.hosts.iter().map(|host| &host.document_root);
        if roots.all(|root| tree.is_known(root)) {
            return;
        }
        let change = "it redirects misspelled names to files that are there, and not every document root was read";
        for span in spelling {
            let help = "`--docroot FOLDER` gives a copy of one, with its .htaccess files";
            self.say(warning(change, span).help(help));
        }
    }

    /// Says which `RequestHeader` lines with unknown values change a header that a rule looks at.
    pub(crate) fn report_changed_headers(&mut self) {
        let changed = std::mem::take(&mut self.changed_headers);
        if changed.is_empty() {
            return;
        }
        let rules = self.site.rule_sets.iter().flat_map(|set| &set.rules);
        let asked: BTreeSet<Vec<u8>> = rules
            .flat_map(|rule| Dependencies::of_rule(rule).headers)
            .collect();
        let change = "only a server knows the value of this header, and rules look at it";
        for (_, span) in changed.iter().filter(|(header, _)| asked.contains(header)) {
            self.say(warning(change, *span));
        }
    }
}

/// May an answer of the edge have a header of this name?
fn may_have(header: Option<&&[u8]>) -> bool {
    let name = header.copied().unwrap_or_default();
    let name = name.strip_suffix(b":").unwrap_or(name);
    is_location(name) || may_be_sent(name)
}

/// May the request to an origin have a header of this name that is not as it came?
fn may_change(header: Option<&&[u8]>) -> bool {
    let name = header.copied().unwrap_or_default();
    let name = name.strip_suffix(b":").unwrap_or(name);
    str::from_utf8(name).is_ok_and(may_be_changed)
}

fn is_location(header: &[u8]) -> bool {
    let name = header.strip_suffix(b":").unwrap_or(header);
    name.eq_ignore_ascii_case(b"location")
}

const BY_FILE: &str = "redirects of files that are there have Expires and Cache-Control by their last change, those of the edge have not";

/// Is a time reckoned from the last change of a file?
fn is_by_file(code: Option<&&[u8]>) -> bool {
    let first = code.and_then(|code| code.first());
    first.is_some_and(|first| first.eq_ignore_ascii_case(&b'm'))
}

#[cfg(test)]
mod tests {
    use super::{added_header, change, changed_header};
    use crate::registry::directives::{self, Verdict};

    /// Lines, and whether something is said about them. Each directive that is named has a line that says so.
    const LINES: &[(&str, bool)] = &[
        ("header always set Location http://x.test/", true),
        ("header Always Add set-cookie: a=b", false),
        ("header always edit Location ^http: https:", false),
        ("header always unset Location", false),
        ("header always set X-Frame-Options DENY", false),
        ("header always set X-Took %D", true),
        ("header always set Via: x", true),
        ("header set X-Took %D", false),
        ("header set Location http://x.test/", false),
        ("requestheader set X-A b early", false),
        ("requestheader set X-A b", false),
        ("requestheader set X-A t=%t", true),
        ("requestheader set Host x", true),
        ("limitinternalrecursion 5", true),
        ("limitinternalrecursion 10", false),
        ("limitinternalrecursion 10 10", false),
        ("limitrequestline 512", true),
        ("limitrequestline 8190", false),
        ("authmerging And", true),
        ("authmerging Off", false),
        ("usecanonicalname DNS", true),
        ("usecanonicalname On", false),
        ("usecanonicalphysicalport On", true),
        ("stricthostcheck On", true),
        ("stricthostcheck Off", false),
        ("documentroot /www", false),
        ("header", false),
        ("ssloptions +StdEnvVars", false),
        ("ssloptions +StdEnvVars +StrictRequire", true),
        ("expiresactive On", false),
        ("expiresdefault M60", true),
        ("expiresbytype text/html modification", true),
        ("expiresdefault A60", false),
        ("expiresactive Off", false),
        ("sethandler cgi-script", false),
        ("addhandler cgi-script .cgi", false),
        ("addhandler server-status .status", true),
        ("sslverifyclient optional", false),
        ("<luahookaccesschecker x", true),
        ("<luahookauthchecker x", true),
        ("<luahookcheckuserid x", true),
        ("<luahookfixups x", true),
        ("<luahookmaptostorage x", true),
        ("<luahookpretranslatename x", true),
        ("<luahooktranslatename x", true),
        ("<luahooktypechecker x", true),
        ("<luaquickhandler x", true),
        ("action x", true),
        ("authbasicfake x", true),
        ("authbasicfake off", false),
        ("authformloginrequiredlocation x", true),
        ("authformloginsuccesslocation x", true),
        ("authformlogoutlocation x", true),
        ("authzdbdlogintoreferer on", true),
        ("authzdbdlogintoreferer other", false),
        ("authzdbdredirectquery x", true),
        ("cacheenable x", true),
        ("chrootdir x", true),
        ("cookietracking on", true),
        ("cookietracking other", false),
        ("dav x", true),
        ("dav off", false),
        ("directorycheckhandler on", true),
        ("directorycheckhandler other", false),
        ("httpprotocoloptions unsafe", true),
        ("httpprotocoloptions other", false),
        ("identitycheck on", true),
        ("identitycheck other", false),
        ("limitrequestfields x", true),
        ("limitrequestfields 100", false),
        ("limitrequestfieldsize x", true),
        ("limitrequestfieldsize 8190", false),
        ("luaauthzprovider x", true),
        ("luahookaccesschecker x", true),
        ("luahookauthchecker x", true),
        ("luahookcheckuserid x", true),
        ("luahookfixups x", true),
        ("luahookmaptostorage x", true),
        ("luahookpretranslatename x", true),
        ("luahooktranslatename x", true),
        ("luahooktypechecker x", true),
        ("luamaphandler x", true),
        ("luaquickhandler x", true),
        ("mdrequirehttps x", true),
        ("mdrequirehttps off", false),
        ("passenv x", true),
        ("protocolecho on", true),
        ("protocolecho other", false),
        ("proxyblock x", true),
        ("proxyexpressenable on", true),
        ("proxyexpressenable other", false),
        ("proxypassinherit off", true),
        ("proxypassinherit other", false),
        ("proxypassinterpolateenv on", true),
        ("proxypassinterpolateenv other", false),
        ("qualifyredirecturl on", true),
        ("qualifyredirecturl other", false),
        ("registerhttpmethod x", true),
        ("remoteipinternalproxy proxy.test", true),
        ("remoteipinternalproxy 10 192.0.2.0/24", false),
        ("remoteiptrustedproxy proxy.test", true),
        ("remoteipinternalproxylist x", true),
        ("remoteipproxiesheader x", true),
        ("remoteipproxyprotocol on", true),
        ("remoteipproxyprotocol other", false),
        ("remoteipproxyprotocolexceptions x", true),
        ("remoteiptrustedproxylist x", true),
        ("script x", true),
        ("session on", true),
        ("session other", false),
        ("sethandler type-map .var", true),
        ("sslrequire x", true),
        ("sslusername x", true),
        ("sslverifyclient x", true),
        ("sslverifyclient none", false),
        ("userdir public_html", true),
        ("userdir /home/*/www public_html", true),
        ("userdir /home/*/www http://u.test/*", false),
        ("userdir disabled root", false),
        ("virtualdocumentroot /x", false),
        ("virtualdocumentrootip x", true),
        ("virtualdocumentrootip none", false),
        ("virtualscriptalias /x", false),
        ("virtualscriptaliasip x", true),
        ("virtualscriptaliasip none", false),
    ];

    fn is_said(line: &str) -> bool {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        let Some((name, words)) = words.split_first() else {
            return false;
        };
        change(name, words).is_some()
            || added_header(name, words).is_some()
            || changed_header(name, words).is_some()
    }

    #[test]
    fn knows_what_is_not_followed() {
        for (line, expected) in LINES {
            assert_eq!(is_said(line), *expected, "{line}");
        }
    }

    #[test]
    fn what_is_named_is_said_and_nothing_else_is() {
        // Said where they stand: `resolve/section.rs`.
        const SECTIONS: [&[u8]; 2] = [b"<proxy", b"<proxymatch"];
        // Followed but for one argument.
        const PARTLY: [&[u8]; 13] = [
            b"addhandler",
            b"expiresbytype",
            b"expiresdefault",
            b"forcetype",
            b"header",
            b"multiviewsmatch",
            b"removehandler",
            b"requestheader",
            b"sethandler",
            b"usecanonicalname",
            b"userdir",
            b"remoteipinternalproxy",
            b"remoteiptrustedproxy",
        ];
        for shown in directives::names().map(str::to_ascii_lowercase) {
            let name = shown.as_bytes();
            let line = |said: bool| {
                let named = format!("{shown} ");
                let mut lines = LINES.iter();
                lines.any(|(line, expected)| {
                    *expected == said && (*line == shown || line.starts_with(&named))
                })
            };
            let verdict = directives::find(name).map(|known| known.verdict);
            if SECTIONS.contains(&name) {
                assert_eq!(verdict, Some(Verdict::Named), "{shown}");
            } else if !PARTLY.contains(&name) {
                assert_eq!(verdict == Some(Verdict::Named), line(true), "{shown}");
            }
        }
    }
}
