//! Directives that change answers in Apache and are not followed here.
//!
//! In: a directive's name and words, and what rules look at. Out: what it changes, and the warning.
//! Absent: directives that change nothing about redirects.

use std::collections::BTreeSet;

use edgewright_parser::diagnostic::Diagnostic;
use edgewright_parser::source::Span;

use super::Resolver;
use crate::mentions::Mentions;

/// What the directive changes that edgewright leaves as it is.
pub(crate) fn change(name: &[u8], words: &[&[u8]]) -> Option<&'static str> {
    let is = |index: usize, text: &str| {
        let word = words.get(index);
        word.is_some_and(|word| word.eq_ignore_ascii_case(text.as_bytes()))
    };
    match name {
        // What it edits or takes away is not there yet (`ap_headers_error_filter`).
        b"header" if is(0, "always") => {
            let adds = ["set", "add", "append", "merge", "setifempty"].map(|action| is(1, action));
            let header = words.get(2).copied().unwrap_or_default();
            (adds.contains(&true) && is_ours(header)).then_some("it adds a header to redirects")
        }
        // An earlier hook than any rule's (`ap_headers_early`).
        b"requestheader" if words.last().is_some_and(|word| word == b"early") => {
            Some("it changes a header of the request before rules see it")
        }
        b"limitinternalrecursion" if !is(0, "10") => {
            Some("it changes after how many internal redirects there is a 500")
        }
        b"limitrequestline" if !is(0, "8190") => {
            Some("it changes how long a URL may be before there is a 414")
        }
        b"authmerging" if !is(0, "off") => {
            Some("it joins what a section requires with what sections around it do")
        }
        b"usecanonicalname" if is(0, "dns") => {
            Some("it asks a name server what the server is called, here it is called `ServerName`")
        }
        b"usecanonicalphysicalport" if is(0, "on") => {
            Some("it puts the port of the connection into URLs of the server")
        }
        b"stricthostcheck" if is(0, "on") => {
            Some("it answers 400 to names that no virtual host has")
        }
        _ => None,
    }
}

/// The header of the request that `RequestHeader` changes after the rules, in lower case: they see it
/// after an internal redirect (`ap_headers_fixup`).
pub(crate) fn changed_header(name: &[u8], words: &[&[u8]]) -> Option<Vec<u8>> {
    if name != b"requestheader" || words.last().is_some_and(|word| word == b"early") {
        return None;
    }
    let header = words.get(1)?;
    let header = header.strip_suffix(b":").unwrap_or(header);
    Some(header.to_ascii_lowercase())
}

pub(crate) fn warning(change: &str, span: Span) -> Diagnostic {
    Diagnostic::warning("unfollowed-directive", change, span)
        .label("the edge may answer otherwise than Apache")
}

impl Resolver<'_> {
    /// Says which `RequestHeader` lines change a header that a rule looks at.
    pub(crate) fn report_changed_headers(&mut self) {
        let changed = std::mem::take(&mut self.changed_headers);
        if changed.is_empty() {
            return;
        }
        let rules = self.site.rule_sets.iter().flat_map(|set| &set.rules);
        let asked: BTreeSet<Vec<u8>> = rules
            .flat_map(|rule| Mentions::of_rule(rule).headers)
            .collect();
        let change = "it changes a header that rules look at again after an internal redirect";
        for (_, span) in changed.iter().filter(|(header, _)| asked.contains(header)) {
            self.say(warning(change, *span));
        }
    }
}

/// A header that answers of rules have.
fn is_ours(header: &[u8]) -> bool {
    let name = header.strip_suffix(b":").unwrap_or(header);
    name.eq_ignore_ascii_case(b"location") || name.eq_ignore_ascii_case(b"set-cookie")
}

#[cfg(test)]
mod tests {
    use super::change;

    #[test]
    fn knows_what_is_not_followed() {
        let cases = [
            ("header always set Location http://x.test/", true),
            ("header Always Add set-cookie: a=b", true),
            ("header always edit Location ^http: https:", false),
            ("header always unset Location", false),
            ("header always set X-Frame-Options DENY", false),
            ("header set Location http://x.test/", false),
            ("requestheader set X-A b early", true),
            ("requestheader set X-A b", false),
            ("requestheader unset X-A early", true),
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
        ];
        for (line, expected) in cases {
            let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
            let change = change(words[0], &words[1..]);
            assert_eq!(change.is_some(), expected, "{line}");
        }
    }
}
