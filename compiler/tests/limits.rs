//! Limits on the work a configuration may ask for: where reading stops, and what is said then.
//!
//! In: small configurations in memory, and small limits. Out: the diagnostic and its line, or silence one
//! step before.

use edgewright_compiler::limits::{ANALYSIS_LIMITED, LIMIT_REACHED};
use edgewright_compiler::testing::MemoryLoader;
use edgewright_compiler::{Input, Limit, Limits, ReadOptions, Reading, compile, read};
use edgewright_parser::load::{Bound, Bounds};

fn reading(loader: &MemoryLoader, limits: Limits) -> Reading {
    let input = Input::MainConfig(vec![b"/conf/httpd.conf".to_vec()]);
    let options = ReadOptions {
        limits,
        ..ReadOptions::default()
    };
    read(&input, loader, &options)
}

fn site(config: &str) -> MemoryLoader {
    MemoryLoader::new().with("/conf/httpd.conf", config)
}

/// With `most` of `limit` everything is read; with one less, reading stops at `place` (`file:line`).
fn check(name: &str, loader: &MemoryLoader, limit: Limit, most: u64, place: Option<&str>) {
    let reached = |most| {
        let reading = reading(loader, Limits::default().with(limit, most));
        let said = reading.limit_reached().cloned();
        let place = said.as_ref().and_then(|said| said.span).map(|span| {
            let place = reading.sources.place(span);
            reading.sources.display(place)
        });
        let count = reading.diagnostics.iter();
        let count = count.filter(|said| said.code == LIMIT_REACHED).count();
        (said, place, count)
    };
    assert_eq!(reached(most).0, None, "{name}: enough");
    let (said, at, count) = reached(most - 1);
    assert_eq!((at.as_deref(), count), (place, 1), "{name}: one less");
    let help = said.map(|said| said.help.join("\n")).unwrap_or_default();
    let option = format!("`--max {}=", limit.name());
    assert!(help.contains(&option), "{name}: {help}");
}

const DOUBLING: &str = "Define A aaaa\nDefine B ${A}${A}\nDefine C ${B}${B}\nRewriteRule ${C} /\n";

const MACROS: &str = "\
<Macro One $x>
RewriteRule ^/$x$ /new
</Macro>
<Macro Two $x>
Use One $x
Use One $x$x
</Macro>
Use Two ab
Use Two cd
";

#[test]
fn what_variables_and_macros_make() {
    // 8 and 16 bytes, and once more the 16.
    let doubling = site(DOUBLING);
    let place = Some("/conf/httpd.conf:4");
    check("variables", &doubling, Limit::ExpandedBytes, 40, place);
    let place = Some("/conf/httpd.conf:3");
    let defined = site("Define A aaaa\nDefine B ${A}${A}\nDefine C ${B}${B}\n");
    check("values", &defined, Limit::ExpandedBytes, 24, place);
    // Each `Use Two` makes two lines, and each of them one.
    let place = Some("/conf/httpd.conf:6");
    check("lines", &site(MACROS), Limit::ExpandedLines, 8, place);
    // The second `Use` of the second `Use Two`.
    check(
        "bytes",
        &site(MACROS),
        Limit::ExpandedBytes,
        macro_bytes(),
        place,
    );
}

/// Bytes of the lines that [`MACROS`] makes, with the note of how each was reached.
fn macro_bytes() -> u64 {
    let made = ["Use One ab", "Use One abab", "RewriteRule ^/ab$ /new"];
    let lines = made.map(str::len).iter().sum::<usize>() + "RewriteRule ^/abab$ /new".len();
    let nesting = 2 * size_of::<edgewright_parser::source::Span>();
    u64::try_from(2 * (lines + nesting)).unwrap_or_default()
}

#[test]
fn files_that_are_visited() {
    let includes = site("Include a.conf\nInclude *.inc\nInclude a.conf\n")
        .with("/conf/a.conf", "RewriteRule a b\n")
        .with("/conf/b.inc", "RewriteRule c d\n");
    // The file itself and `a.conf`; a folder, its three names and the one that fits; `a.conf` again.
    let last = Some("/conf/httpd.conf:3");
    check("the same file again", &includes, Limit::Files, 8, last);
    let twice = "Include a.conf\nInclude a.conf\n";
    let fan = site("Include a.conf\nInclude a.conf\n")
        .with("/conf/a.conf", "Include b.conf\nInclude b.conf\n")
        .with("/conf/b.conf", "RewriteRule a b\n");
    check("a fan", &fan, Limit::Files, 7, Some("/conf/a.conf:2"));
    let bytes = u64::try_from(twice.len() * 3 + 4 * "RewriteRule a b\n".len());
    check(
        "its bytes",
        &fan,
        Limit::FileBytes,
        bytes.unwrap_or_default(),
        Some("/conf/a.conf:2"),
    );
    let map = site("RewriteMap m txt:map.txt\nRewriteMap n txt:map.txt\n")
        .with("/conf/map.txt", "a b\nc d\n");
    check("a map", &map, Limit::Files, 2, Some("/conf/httpd.conf:1"));
    check(
        "bytes of a map",
        &map,
        Limit::FileBytes,
        58,
        Some("/conf/httpd.conf:1"),
    );
}

#[test]
fn document_roots() {
    let root = site("ServerName h\nDocumentRoot /www\n")
        .with("/www/a", "x")
        .with("/www/b/c", "x");
    // The configuration, two folders, three names in them.
    check(
        "a document root",
        &root,
        Limit::Files,
        6,
        Some("/conf/httpd.conf:2"),
    );
    let alias = site("ServerName h\nDocumentRoot /www\nAlias /x /other/\n")
        .with("/www/a", "x")
        .with("/other/b", "x");
    check(
        "an alias",
        &alias,
        Limit::Files,
        5,
        Some("/conf/httpd.conf:3"),
    );
}

#[test]
fn what_hosts_inherit() {
    let host = "<VirtualHost *:80>\nRewriteEngine On\nRewriteRule c d\nRedirect /r http://h/\n</VirtualHost>\n";
    let main = "RewriteRule a b\nRewriteRule b c\nRedirect /a http://h/\n";
    let all = site(&format!("RewriteOptions InheritDown\n{main}{host}{host}"));
    // Two rules and a redirect for each.
    check(
        "inherited",
        &all,
        Limit::InheritedRules,
        6,
        Some("/conf/httpd.conf:10"),
    );
    let own = reading(
        &site(&format!("{main}{host}{host}")),
        Limits::default().with(Limit::InheritedRules, 2),
    );
    assert_eq!(
        own.limit_reached(),
        None,
        "rules that are not inherited do not count"
    );
}

#[test]
fn nothing_of_a_part_is_compiled() {
    let reading = reading(
        &site(DOUBLING),
        Limits::default().with(Limit::ExpandedBytes, 39),
    );
    assert!(reading.units.is_empty());
    assert!(
        reading
            .site
            .rule_sets
            .iter()
            .all(|set| set.rules.is_empty())
    );
}

/// Notes of analyses that stopped, for `rules` that all match.
fn limited(limit: Limit, most: u64, rules: usize) -> Vec<String> {
    let lines: String = (0..rules)
        .map(|at| format!("RewriteRule ^/c{at}$ /c{}\n", at + 1))
        .collect();
    let config = format!("RewriteEngine On\n{lines}");
    let reading = reading(&site(&config), Limits::default().with(limit, most));
    let compiled = compile(&reading).map(|compiled| compiled.diagnostics);
    let notes = compiled.unwrap_or_default().into_iter();
    notes
        .filter(|said| said.code == ANALYSIS_LIMITED)
        .map(|said| said.headline)
        .collect()
}

#[test]
fn analyses_say_where_they_stopped() {
    assert_eq!(limited(Limit::AnalysisSteps, 1_000_000, 300), [""; 0]);
    let notes = limited(Limit::AnalysisSteps, 1, 300);
    assert_eq!(notes.len(), 1, "{notes:?}");
}

#[test]
fn the_parser_has_the_same_bounds() {
    let bounds = Bounds::default();
    for bound in [
        Bound::ExpandedBytes,
        Bound::ExpandedLines,
        Bound::Files,
        Bound::FileBytes,
    ] {
        assert_eq!(bounds.get(bound), Limit::from(bound).default_value());
    }
}
