//! Lines that ask for the time, when nobody told the server's time zone.
//!
//! In: a [`Reading`]. Out: one warning, at the first of these lines. Absent: what local time is; see the evaluator.

use edgewright_engine::model::rules::Place;
use edgewright_engine::model::site::{EnvAttribute, SectionKind, Site};
use edgewright_parser::diagnostic::Diagnostic;

use crate::dependencies::Dependencies;
use crate::reading::Reading;
use crate::spans::Spans;

/// Warns of `%{TIME_HOUR}` and its variants where the server's time zone is unknown.
pub(crate) fn unknown_zone(reading: &Reading) -> Option<Diagnostic> {
    if reading.site.time_zone.is_some() {
        return None;
    }
    let places = places(&reading.site);
    let (first, others) = places.split_first()?;
    let headline = match others.len() {
        0 => "the time is asked for, and taken in UTC".to_owned(),
        more => format!(
            "the time is asked for in {} lines, and taken in UTC",
            more + 1
        ),
    };
    let span = Spans::of(reading).at(*first)?;
    Some(
        Diagnostic::warning("server-time-zone", headline, span)
            .label("Apache takes the time of the server's zone")
            .help("`--timezone ZONE` says which that is: `timedatectl` prints it on the server; `--timezone UTC` if it is UTC"),
    )
}

/// The lines, in order.
fn places(site: &Site) -> Vec<Place> {
    let rules = site.rule_sets.iter().flat_map(|set| &set.rules);
    let rules = rules.map(|rule| (rule.place, Dependencies::of_rule(rule)));
    let redirects = site.redirect_lists.iter().flatten();
    let redirects = redirects.map(|redirect| (redirect.place, Dependencies::of_redirect(redirect)));
    let all = rules.chain(redirects).chain(of_sections(site));
    let asking = all.filter(|(_, mentions)| asks_for_time(mentions));
    let mut places: Vec<Place> = asking.map(|(place, _)| place).collect();
    places.sort_unstable();
    places.dedup();
    places
}

/// What each section asks before it applies, and to set variables.
fn of_sections(site: &Site) -> impl Iterator<Item = (Place, Dependencies)> {
    site.sections.iter().map(|section| {
        let mut mentions = Dependencies::default();
        if let SectionKind::If(expression) | SectionKind::ElseIf(expression) = &section.kind {
            mentions.add_expression(expression);
        }
        for rule in &section.settings.set_env_if {
            if let EnvAttribute::Expression(expression) = &rule.attribute {
                mentions.add_expression(expression);
            }
        }
        (section.place, mentions)
    })
}

/// Seconds are the same in every zone.
fn asks_for_time(mentions: &Dependencies) -> bool {
    let mut names = mentions.variables.iter();
    names.any(|name| name.starts_with(b"TIME") && name != b"TIME_SEC")
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]
    use edgewright_engine::model::site::TimeZone;

    use crate::input::{Input, ReadOptions};
    use crate::testing::MemoryLoader;
    use crate::{compile, read};

    /// The lines that are warned of in a server's configuration.
    fn warned(lines: &str, time_zone: Option<TimeZone>) -> Vec<(u32, String)> {
        let text = format!("ServerName h\nRewriteEngine On\n{lines}");
        let loader = MemoryLoader::new().with("/c", text);
        let options = ReadOptions {
            time_zone,
            ..ReadOptions::default()
        };
        let reading = read(&Input::MainConfig(vec![b"/c".to_vec()]), &loader, &options);
        let found = compile(&reading).unwrap().diagnostics.into_iter();
        let found = found.filter(|one| one.code == "server-time-zone");
        let line = |span| reading.sources.place(span).line;
        found
            .map(|one| (one.span.map_or(0, line), one.headline))
            .collect()
    }

    fn check(lines: &str, expected: Option<u32>) {
        let found = warned(lines, None);
        assert_eq!(found.first().map(|(line, _)| *line), expected, "{lines}");
        assert!(found.len() < 2, "{lines}");
        assert!(
            warned(lines, Some(TimeZone::default())).is_empty(),
            "{lines}"
        );
    }

    #[test]
    fn the_first_line_that_asks_for_the_time_is_named() {
        let rule = "RewriteRule ^/a$ /b [R,L]";
        check(&format!("RewriteCond %{{TIME_HOUR}} >12\n{rule}"), Some(4));
        check(
            &format!("{rule}\nRewriteRule ^/c$ /%{{TIME}} [R,L]"),
            Some(4),
        );
        check(
            &format!("RewriteCond expr \"%{{TIME_WDAY}} -eq 0\"\n{rule}"),
            Some(4),
        );
        check(
            "<If \"%{TIME_YEAR} -gt 2030\">\nRedirect /x /y\n</If>",
            Some(3),
        );
        check(&format!("RewriteCond %{{TIME_SEC}} >12\n{rule}"), None);
        check("RewriteRule ^/a$ - [CO=n:v:d:5]", None);
        check(rule, None);
    }

    #[test]
    fn lines_are_counted() {
        let line = "RewriteRule ^/c$ /%{TIME} [R,L]\n";
        let found = warned(&line.repeat(2).replacen("/c", "/d", 1), None);
        let (_, headline) = found.first().unwrap();
        assert!(headline.contains("in 2 lines"), "{headline}");
    }
}
