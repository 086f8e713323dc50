//! Lines that do something else than they look like.
//!
//! In: the rules, conditions and redirects of a [`Site`]. Out: findings. Absent: what takes a request
//! to see; see [`super::chains`].
//!
//! Errs towards silence: each slip is told from the text of one line (and its conditions), and what is
//! said about it holds for every request, or for the URL given with it.

use std::collections::HashMap;

use edgewright_engine::model::rules::{
    Condition, FileTest, Piece, RedirectListId, Rule, RuleFlags, RuleSetId, Template, Test,
};
use edgewright_engine::model::site::Site;
use edgewright_engine::model::variable::Variable;
use edgewright_engine::pattern::Pattern;
use edgewright_engine::pattern::syntax::{Node, Syntax};

use super::decoded::Line;
use super::escapes::Maps;
use super::redirect_paths::Folders;
use super::{
    Finding, conditions, decoded, directories, escapes, flags, open, redirect_paths, references,
    rules, slashes, targets,
};
use crate::reading::Position;
use crate::redundant::always_holds;
use crate::replay::{Shows, Tries};
use crate::witness::Aiming;

pub(super) fn find(site: &Site, aiming: &Aiming<'_>) -> Vec<Finding> {
    let contexts = Contexts::of(site);
    let maps = Maps::of(site);
    let mut found = Vec::new();
    for (position, rule) in rules(site) {
        let slip = Slip {
            rule,
            context: contexts.of_position(position),
            position,
            aiming,
        };
        found.extend(slip.all(site, &maps));
    }
    let folders = Folders::of(site);
    let lists = (0..).map(RedirectListId).zip(&site.redirect_lists);
    for (list, redirects) in lists {
        for (at, redirect) in redirects.iter().enumerate() {
            let position = Position::Redirect(list, at);
            let line = Line {
                place: redirect.place,
                position,
                aiming,
            };
            let paths = redirect_paths::of_redirect(redirect, &line, &folders, list);
            let is_path = paths.is_none();
            found.extend(paths);
            let opens = open::of_redirect(redirect, &line).filter(|_| is_path);
            if opens.is_none() && is_path {
                found.extend(targets::of_redirect(redirect, &line));
            }
            found.extend(opens);
            found.extend(slashes::of_redirect(redirect, &line));
            let decoded = decoded::of_matcher(&line, &redirect.matcher);
            found.extend(decoded.into_iter().flatten());
            found.extend(
                references::of_redirect(redirect, position)
                    .into_iter()
                    .flatten(),
            );
        }
    }
    found
}

/// Where a rule stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    Server,
    /// A directory, with `RewriteBase`.
    Based,
    /// A directory without it.
    Baseless,
}

struct Contexts(HashMap<RuleSetId, Context>);

impl Contexts {
    fn of(site: &Site) -> Self {
        let mut contexts = HashMap::new();
        for rewriting in directories(site) {
            let context = match (&rewriting.base, &rewriting.directory) {
                (None, Some(_)) => Context::Baseless,
                _ => Context::Based,
            };
            contexts.insert(rewriting.rules, context);
        }
        Self(contexts)
    }

    fn of_position(&self, position: Position) -> Context {
        let Position::Rule(set, _) = position else {
            return Context::Server;
        };
        self.0.get(&set).copied().unwrap_or(Context::Server)
    }
}

/// One rule, looked at from all sides.
pub(super) struct Slip<'a> {
    pub rule: &'a Rule,
    pub context: Context,
    pub position: Position,
    pub aiming: &'a Aiming<'a>,
}

impl Slip<'_> {
    fn all(&self, site: &Site, maps: &Maps<'_>) -> Vec<Finding> {
        let mut found = vec![
            self.or_at_the_end(),
            self.query_in_pattern(),
            self.no_condition_at_all(),
            flags::without_effect(self),
        ];
        found.extend(targets::of_rule(self));
        if !self.rule.flags.contains(RuleFlags::NEGATED) {
            found.extend(decoded::of_pattern(&self.line(), &self.rule.pattern));
            found.extend(escapes::of_rule(self, maps));
            found.extend(open::of_rule(self));
            found.push(slashes::of_rule(self.rule, &self.line()));
        }
        found.extend(references::of_rule(self, site, maps));
        for condition in &self.rule.conditions {
            found.extend([
                unknown_variable(condition),
                self.asked(scheme_in_host(condition), condition),
                dot_in_host(condition),
                self.asked(question_mark_in_query(condition), condition),
                conditions::uri_without_slash(self, condition),
                self.file_in_server_context(condition),
            ]);
        }
        found.into_iter().flatten().collect()
    }

    /// Requests of which the rule sees what its pattern matches.
    pub fn tries(&self) -> Tries {
        Tries::Any(self.position, None)
    }

    /// Requests of which one has to show what is said.
    pub fn shown(&self) -> Tries {
        Tries::Shown(self.position)
    }

    /// The rule as a line that paths are compared with.
    pub fn line(&self) -> Line<'_> {
        Line {
            place: self.rule.place,
            position: self.position,
            aiming: self.aiming,
        }
    }

    /// What is said of a condition, with a request that it is asked about and that shows it.
    fn asked(&self, finding: Option<Finding>, condition: &Condition) -> Option<Finding> {
        let shows = if condition.negated {
            Shows::Holds
        } else {
            Shows::Fails
        };
        finding.map(|finding| finding.shows(shows, self.tries()))
    }

    /// A group that is left open never stops a rule.
    fn or_at_the_end(&self) -> Option<Finding> {
        let last = self.rule.conditions.last().filter(|last| last.or_next)?;
        let headline = "[OR] on the last condition: the rule applies whether it holds or not";
        Some(
            Finding::warning("or-on-last-condition", last.place, headline)
                .label("asked in vain")
                .help("remove [OR] from this condition")
                .habit()
                .shows(Shows::FailsFor(self.rule.place), self.tries()),
        )
    }

    /// A path holds no `?` unless it was sent as `%3F`.
    fn query_in_pattern(&self) -> Option<Finding> {
        let inside = !self.rule.flags.contains(RuleFlags::NEGATED);
        (inside && asks_for_question_mark(&self.rule.pattern)).then(|| {
            let headline = "the pattern asks for a query string, which it never sees";
            Finding::warning("query-in-pattern", self.rule.place, headline)
                .label("matches only where the path holds %3F")
                .help("ask for it before the rule: RewriteCond %{QUERY_STRING} ^name=value$")
        })
    }

    /// `!a [OR]` `!b`: everything is not one of them.
    fn no_condition_at_all(&self) -> Option<Finding> {
        let (first, second) = always_holds(&self.rule.conditions)?;
        let headline = "one of these conditions always holds: joined by [OR], they stop nothing";
        let mut finding = Finding::warning("always-true-conditions", first.place, headline)
            .label("when this does not hold")
            .help("remove [OR] if both are to hold");
        finding.others = vec![(second.place, "this does")];
        Some(finding)
    }

    /// In server context no file is known yet.
    fn file_in_server_context(&self, condition: &Condition) -> Option<Finding> {
        let asks = matches!(
            condition.test,
            Test::File(
                FileTest::Regular | FileTest::Directory | FileTest::NotEmpty | FileTest::Link
            )
        );
        let names = |name: &[u8]| {
            name.eq_ignore_ascii_case(b"REQUEST_FILENAME")
                || name.eq_ignore_ascii_case(b"SCRIPT_FILENAME")
        };
        let subject = condition.subject.text().only_piece();
        let alone = matches!(subject, Some(Piece::Variable(name)) if names(name));
        (self.context == Context::Server && asks && alone).then(|| {
            let headline = "in server context %{REQUEST_FILENAME} is the URL-path, not a file below the document root";
            Finding::warning("file-test-in-server-context", condition.place, headline)
                .label("asks for a file of that name at the root of the file system")
                .help("write %{DOCUMENT_ROOT}%{REQUEST_FILENAME}")
        })
    }
}

/// Every match holds a `?`.
pub(super) fn asks_for_question_mark(pattern: &Pattern) -> bool {
    let may_ask = pattern.text.contains(&b'?');
    let syntax = may_ask.then(|| pattern.syntax()).flatten();
    syntax.is_some_and(|syntax| syntax.root.requires(b'?'))
}

/// A name Apache does not know is empty, without a word.
fn unknown_variable(condition: &Condition) -> Option<Finding> {
    let unknown = unknown_name(&condition.subject)?;
    let shown = String::from_utf8_lossy(unknown);
    let help = match unknown.to_ascii_uppercase().strip_prefix(b"HTTP_") {
        Some(header) => format!("write %{{HTTP:{}}}", header_name(header)),
        None => format!("for an environment variable write %{{ENV:{shown}}}"),
    };
    let headline = format!("there is no variable %{{{shown}}}: it is always empty");
    Some(
        Finding::warning("unknown-variable", condition.place, headline)
            .label("asked about an empty text")
            .help(help),
    )
}

/// Is there a variable of that name? One that does not exist is empty, whatever the request.
fn is_variable(name: &[u8]) -> bool {
    match Variable::of(name) {
        Some(Variable::AheadUrl(ahead) | Variable::AheadFile(ahead)) => is_variable(ahead),
        found => found.is_some(),
    }
}

/// The first variable of a template that does not exist.
pub(super) fn unknown_name(template: &Template) -> Option<&[u8]> {
    template.pieces().find_map(|piece| match piece {
        Piece::Variable(name) if !is_variable(name) => Some(name),
        _ => None,
    })
}

/// `X_FORWARDED_PROTO` as `X-Forwarded-Proto`.
fn header_name(name: &[u8]) -> String {
    let words = name.split(|byte| *byte == b'_').map(|word| {
        let mut word = word.to_ascii_lowercase();
        if let Some(first) = word.first_mut() {
            first.make_ascii_uppercase();
        }
        String::from_utf8_lossy(&word).into_owned()
    });
    words.collect::<Vec<_>>().join("-")
}

pub(super) fn asks_about(condition: &Condition, names: &[&[u8]]) -> bool {
    matches!(condition.subject.text().only_piece(), Some(Piece::Variable(name))
        if names.iter().any(|known| name.eq_ignore_ascii_case(known)))
}

const HOST: [&[u8]; 3] = [b"HTTP_HOST", b"SERVER_NAME", b"HTTP:Host"];

/// A host name holds no `://`.
fn scheme_in_host(condition: &Condition) -> Option<Finding> {
    let holds_scheme = || match &condition.test {
        Test::Regex(pattern) => {
            let syntax = pattern.syntax();
            syntax.is_some_and(|syntax| syntax.root.writes(b"//"))
        }
        Test::Equal(text) => text.windows(2).any(|two| two == b"//"),
        _ => false,
    };
    (asks_about(condition, &HOST) && holds_scheme()).then(|| {
        let headline = "a host name is compared with a URL";
        Finding::warning("scheme-in-host", condition.place, headline)
            .label("holds no scheme and no slash")
            .help("write the name only, for example ^www\\.example\\.com$")
    })
}

/// `^www.example.com$`: the dots match any letter.
fn dot_in_host(condition: &Condition) -> Option<Finding> {
    let Test::Regex(pattern) = &condition.test else {
        return None;
    };
    let bare = || {
        let syntax = pattern.syntax();
        syntax.is_some_and(|syntax| syntax.root.any(&has_bare_dot))
    };
    (asks_about(condition, &HOST) && bare()).then(|| {
        Finding::note(
            "dot-in-host",
            condition.place,
            "a dot in a host name matches any character",
        )
        .label("not only a dot")
        .help("write \\. for a dot")
    })
}

/// A dot that matches any character stands between two parts of a name.
fn has_bare_dot(node: &Node) -> bool {
    let is_name =
        |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'-');
    node.parts().windows(3).any(|three| match three {
        [Node::Literal(before), Node::Set(set), Node::Literal(after)] => {
            set.is_dot() && is_name(before.bytes.last()) && is_name(after.bytes.first())
        }
        _ => false,
    })
}

/// `%{QUERY_STRING}` begins after the `?`.
fn question_mark_in_query(condition: &Condition) -> Option<Finding> {
    let Test::Regex(pattern) = &condition.test else {
        return None;
    };
    let begins = || {
        let syntax = pattern.syntax();
        let head = syntax.as_ref().and_then(Syntax::head);
        head.is_some_and(|head| head.requires_first(b'?'))
    };
    (asks_about(condition, &[b"QUERY_STRING"]) && !condition.negated && begins()).then(|| {
        let headline = "the query string does not hold the ? that it follows";
        Finding::warning("question-mark-in-query", condition.place, headline)
            .label("matches only where there are two")
            .help("leave out \\?")
    })
}
