//! What keeps a rule from being answered at the edge as the server answered it.
//!
//! In: a [`Site`] and one of its rules. Out: the reason, for a person to read. Absent: what is done
//! about it: the rule stays, and a request that comes upon it is answered as unsupported, or as if
//! no file were there.

use std::collections::{HashMap, HashSet};

use edgewright_engine::model::rules::{Condition, Redirect, Rule, RuleSetId, Test};
use edgewright_engine::model::site::{MapKind, Requirement, Site};

use crate::dependencies::{Dependencies, Question};
use crate::resolve::asked_types::condition_asks;

/// Variables nobody knows at the edge.
const UNKNOWABLE: [&[u8]; 6] = [
    b"REMOTE_HOST",
    b"REMOTE_PORT",
    b"SCRIPT_USER",
    b"SCRIPT_GROUP",
    b"SERVER_ADDR",
    b"SERVER_SOFTWARE",
];

/// Environment variables that a server process is started with. Any others are taken for those of
/// requests, which directives set.
const PROCESS_ENVIRONMENT: [&[u8]; 10] = [
    b"HOME",
    b"HOSTNAME",
    b"LANG",
    b"LOGNAME",
    b"PATH",
    b"PWD",
    b"SHELL",
    b"SHLVL",
    b"TZ",
    b"USER",
];

/// How the names of what Debian's `envvars` exports begin.
const ENVVARS: &[u8] = b"APACHE_";

/// Variables that name who has logged in. The edge takes them as empty, which is right where nobody
/// can log in.
const LOGIN: [&[u8]; 2] = [b"REMOTE_USER", b"AUTH_TYPE"];

/// What a site cannot answer.
#[derive(Debug)]
pub struct Unsupported<'a> {
    files_known: bool,
    /// Some part of the site is not open to everybody.
    may_log_in: bool,
    /// Some host speaks TLS: elsewhere `%{SSL:…}` is empty.
    tls: bool,
    /// Rule sets of directories, which see the type of a file.
    of_directories: HashSet<RuleSetId>,
    unavailable_maps: HashMap<&'a [u8], &'a str>,
}

impl<'a> Unsupported<'a> {
    /// What `site` cannot answer.
    pub fn of(site: &'a Site) -> Self {
        let unavailable = site.maps.iter().filter_map(|map| match &map.kind {
            MapKind::Unavailable(why) => Some((map.name.as_slice(), why.as_str())),
            _ => None,
        });
        let rewrites = site.settings().filter_map(|own| own.rewrite.as_ref());
        let rewrites = rewrites.filter(|rewrite| rewrite.directory.is_some());
        let mut settings = site.settings();
        Self {
            files_known: !site.tree.known.is_empty(),
            may_log_in: settings.any(|settings| {
                let requirement = settings.requirement.as_ref();
                requirement.is_some_and(Requirement::is_unanswerable)
            }),
            tls: site.hosts.iter().any(|host| host.tls),
            of_directories: rewrites.map(|rewrite| rewrite.rules).collect(),
            unavailable_maps: unavailable.collect(),
        }
    }

    /// Why `rule` of a rule set cannot be answered surely; `None` when it can.
    pub fn of_rule(&self, set: RuleSetId, rule: &Rule) -> Option<String> {
        let sees_files = self.of_directories.contains(&set);
        let asks_for_type = !self.files_known && rule.conditions.iter().any(condition_asks);
        let reason = if sees_files && rule.conditions.iter().any(asks_for_handler) {
            Some("%{HANDLER} cannot be known at the edge")
        } else if sees_files && asks_for_type {
            Some(
                "it asks for the type of a file or folder, and no document root was read; name one with --docroot",
            )
        } else {
            None
        };
        let mentions = self.of_mentions(&Dependencies::of_rule(rule));
        mentions.or_else(|| reason.map(str::to_owned))
    }

    /// Why `redirect` cannot be answered surely; `None` when it can.
    pub fn of_redirect(&self, redirect: &Redirect) -> Option<String> {
        self.of_mentions(&Dependencies::of_redirect(redirect))
    }

    fn of_mentions(&self, mentions: &Dependencies) -> Option<String> {
        let map = |name: &Vec<u8>| {
            let why = self.unavailable_maps.get(name.as_slice())?;
            Some(format!("map {} cannot be asked: {why}", lossy(name)))
        };
        let variable = |name: &Vec<u8>| {
            let tls = self.tls && name.starts_with(b"SSL:");
            if UNKNOWABLE.contains(&name.as_slice()) || tls {
                return Some(format!("%{{{}}} cannot be known at the edge", lossy(name)));
            }
            let login = self.may_log_in && LOGIN.contains(&name.as_slice());
            login.then(|| format!("%{{{}}}: nobody has logged in at the edge", lossy(name)))
        };
        let environment = |name: &Vec<u8>| {
            let of_process =
                PROCESS_ENVIRONMENT.contains(&name.as_slice()) || name.starts_with(ENVVARS);
            let name = lossy(name);
            of_process.then(|| {
                format!(
                    "%{{ENV:{name}}} is a variable of the server process, and empty at the edge"
                )
            })
        };
        let question = |question: &Question| {
            match question {
            Question::Files if !self.files_known => Some(
                "it asks about files, and no document root was read; name one with --docroot"
                    .to_owned(),
            ),
            Question::Subrequest if !self.files_known => Some(
                "it asks what another request would find, and no document root was read; name one with --docroot"
                    .to_owned(),
            ),
            Question::Unknowable => {
                Some("it asks for something that only the server has".to_owned())
            }
            Question::Files
            | Question::Link
            | Question::Subrequest
            | Question::Client
            | Question::ComputedName => None,
        }
        };
        let maps = mentions.maps.iter().find_map(map);
        maps.or_else(|| mentions.variables.iter().find_map(variable))
            .or_else(|| mentions.environment.iter().find_map(environment))
            .or_else(|| mentions.questions.iter().find_map(question))
    }
}

fn asks_for_handler(condition: &Condition) -> bool {
    matches!(&condition.test, Test::Expression(expression) if expression.asks_for_handler())
}

fn lossy(name: &[u8]) -> std::borrow::Cow<'_, str> {
    String::from_utf8_lossy(name)
}
