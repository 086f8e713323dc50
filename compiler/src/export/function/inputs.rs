//! Where each input of the rules comes from at each trigger, and what the cache key holds for it.
//!
//! In: an [`Input`], [`FunctionOptions`]. Out: [`Source`], and lines for a person. Absent: finding the inputs; see
//! `crate::inputs`.

use edgewright_engine::model::forwarded_for::{FORWARDED_FOR, ForwardedFor};
use edgewright_engine::model::header_names::{is_hidden, is_told_at_origin_request};
use edgewright_engine::model::trigger::Trigger;

use super::options::{FunctionOptions, Origin};
use super::stack::Stack;
use crate::class::{Copies, ViewerClass};
use crate::export::manifest::Readers;
use crate::export::proxied::Server;
use crate::inputs::Input;

/// How the viewer connected, which CloudFront tells at origin-request.
pub const SCHEME_HEADER: &str = "CloudFront-Forwarded-Proto";

/// The header that carries the viewer's host past a bucket's own.
pub const HOST_HEADER: &str = Copies::HEADER;

/// What stands in the column of origin-request when the trigger cannot be used.
const IMPOSSIBLE: &str = "impossible: no cache key holds it";

/// Where an input comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// At origin-request, for a person.
    pub at_origin: String,
    /// At viewer-request, for a person.
    pub at_viewer: String,
    /// What the cache key holds at the chosen trigger.
    pub key: Key,
    /// What a person should know beside.
    pub note: Option<&'static str>,
}

/// A part of the cache key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    /// Nothing.
    None,
    /// A header.
    Header(String),
    /// All cookies.
    Cookies,
    /// The whole query.
    Query,
    /// The viewer's class.
    Class,
}

impl Source {
    fn new(at_origin: impl Into<String>, at_viewer: impl Into<String>, key: Key) -> Self {
        Self {
            at_origin: at_origin.into(),
            at_viewer: at_viewer.into(),
            key,
            note: None,
        }
    }

    /// Of `input`, with `trigger` chosen and, where there is one, a class of viewers.
    pub fn of(
        input: &Input,
        (trigger, class): (Trigger, Option<&ViewerClass>),
        options: &FunctionOptions,
    ) -> Self {
        if let Some(class) = class.filter(|class| !class.raw.contains(input)) {
            let is_untold = matches!(input, Input::Time(_)) && class.marks.time.is_none();
            return if is_untold {
                Self::of_cookies()
            } else {
                Self::in_class(Self::at_origin_request(input, options))
            };
        }
        let mut source = Self::at_origin_request(input, options);
        let always = matches!(input, Input::Host | Input::Query);
        if trigger == Trigger::ViewerRequest && !always {
            source.key = Key::None;
        }
        if trigger == Trigger::ViewerRequest && options.origin == Origin::Bucket {
            // A bucket refuses the viewer's host, must not get the query, and has no use for another header.
            source.key = Key::None;
        }
        source
    }

    /// Of a header that the origin is to get.
    pub fn wanted(name: &str) -> Self {
        Self::new("in the key", "the event", Key::Header(name.to_owned()))
    }

    /// Of the time, where nothing but the lifetime of cookies depends on it.
    fn of_cookies() -> Self {
        let at_origin = "the clock; answers with cookies are not kept";
        Self::new(at_origin, "the clock", Key::None)
    }

    /// Of an input that guards alone look at.
    fn in_class(whole: Self) -> Self {
        Self {
            at_origin: "in the class of viewers, which the key holds".to_owned(),
            key: Key::Class,
            note: whole.note.filter(|_| whole.key == Key::None),
            ..whole
        }
    }

    fn at_origin_request(input: &Input, options: &FunctionOptions) -> Self {
        let scheme = format!("not told: always {} (--scheme)", options.scheme.name());
        match input {
            Input::Host if options.origin == Origin::Bucket => Self::new(
                format!("{HOST_HEADER}, in the key; a CloudFront Function copies Host there"),
                "Host",
                Key::Header(HOST_HEADER.to_owned()),
            ),
            Input::Host => Self::new("Host, in the key", "Host", Key::Header("Host".to_owned())),
            Input::Scheme => {
                let key = Key::Header(SCHEME_HEADER.to_owned());
                Self::new(format!("{SCHEME_HEADER}, in the key"), scheme, key)
            }
            Input::Query => Self::new("all of it, in the key", "the event", Key::Query),
            Input::Method => Self::new(
                "the event; only GET and HEAD are kept",
                "the event",
                Key::None,
            ),
            Input::Cookies => Self {
                note: Some("nearly every viewer has other cookies: few answers are shared"),
                ..Self::new("all of them, in the key", "Cookie", Key::Cookies)
            },
            Input::Header(name) => Self::of_header(name, options),
            Input::BareMark => Self::new("not told", "not told", Key::None),
            Input::Client => Self::new(IMPOSSIBLE, "the event's clientIp", Key::None),
            Input::Time(_) => Self::new(IMPOSSIBLE, "the clock", Key::None),
            Input::Choice | Input::UniqueId => {
                Self::new(IMPOSSIBLE, "the function's own", Key::None)
            }
            Input::GetOrHead | Input::AnyHeader => Self::new(IMPOSSIBLE, "the event", Key::None),
        }
    }

    fn of_header(name: &str, options: &FunctionOptions) -> Self {
        let scheme = format!("{} (--scheme)", options.scheme.name());
        match name {
            "x-forwarded-proto" if options.forwarded_proto => Self::new(
                format!("{SCHEME_HEADER}, in the key"),
                scheme,
                Key::Header(SCHEME_HEADER.to_owned()),
            ),
            "x-forwarded-proto" => Self {
                note: Some("rules see no such header; --forwarded-proto puts the scheme there"),
                ..hidden()
            },
            _ if is_hidden(name) => Self {
                note: Some("rules see no such header"),
                ..hidden()
            },
            FORWARDED_FOR => Self {
                note: (options.forwarded_for == ForwardedFor::AsSent).then_some(
                    "rules see what the viewer sent; did a balancer in front of the server name the viewer there, say so \
                     with --forwarded-for append or replace",
                ),
                ..Self::new(IMPOSSIBLE, forwarded_for(options.forwarded_for), Key::None)
            },
            _ if !is_told_at_origin_request(name) => Self::new(IMPOSSIBLE, "the event", Key::None),
            "user-agent" | "referer" => Self {
                note: Some("nearly every viewer has another: few answers are shared"),
                ..Self::new("in the key", "the event", Key::Header(name.to_owned()))
            },
            _ => Self::new("in the key", "the event", Key::Header(name.to_owned())),
        }
    }
}

fn forwarded_for(how: ForwardedFor) -> &'static str {
    match how {
        ForwardedFor::AsSent => "the event",
        ForwardedFor::Append => "the event, with its clientIp appended",
        ForwardedFor::Replace => "the event's clientIp",
    }
}

fn hidden() -> Source {
    Source::new("hidden by CloudFront", "hidden by CloudFront", Key::None)
}

/// The inputs of the rules, where each comes from, and who reads it.
pub fn table(stack: &Stack) -> String {
    let (inputs, trigger) = (&stack.dependence().inputs, stack.trigger());
    if inputs.is_empty() {
        return String::new();
    }
    let chosen = |column: Trigger| {
        let mark = if column == trigger { " (chosen)" } else { "" };
        format!("{}{mark}", column.name())
    };
    let head = [
        "the rules look at".to_owned(),
        chosen(Trigger::OriginRequest),
        chosen(Trigger::ViewerRequest),
        "read by".to_owned(),
    ];
    let mut rows = vec![head];
    let mut notes = String::new();
    for (input, readers) in inputs {
        let source = Source::of(input, (trigger, stack.class()), stack.options());
        rows.push([
            input.to_string(),
            source.at_origin,
            source.at_viewer,
            read_by(readers),
        ]);
        if let Some(note) = source.note {
            notes += &format!("  {input}: {note}\n");
        }
    }
    aligned(&rows) + &notes
}

/// `3 lines, first conf/www.conf:12`.
pub fn read_by(Readers { count, first }: &Readers) -> String {
    match first {
        None => "the configuration".to_owned(),
        Some(first) if *count == 1 => first.clone(),
        Some(first) => format!("{count} lines, the first {first}"),
    }
}

/// The servers that rules proxy to and that CloudFront cannot send requests to: what becomes of such
/// a request, and what can be done.
pub fn proxied(stack: &Stack) -> String {
    let (servers, trigger) = (&stack.dependence().proxied, stack.trigger());
    let is_known = |server: &Server| {
        let Server::Named(name) = server else {
            return false;
        };
        let mut known = stack.options().proxy_to.iter();
        trigger == Trigger::OriginRequest && known.any(|host| host.eq_ignore_ascii_case(name))
    };
    let line = |(server, readers): (&Server, &Readers)| {
        let remedy = match (trigger, server) {
            (Trigger::OriginRequest, Server::FromRequest) => {
                "name each with --proxy-to HOST".to_owned()
            }
            (Trigger::OriginRequest, Server::Named(name)) => {
                format!("--proxy-to {name} hands them over")
            }
            (Trigger::ViewerRequest, _) => {
                "only at origin-request could they be handed over".to_owned()
            }
        };
        format!(
            "  proxied to {server} ({}): such requests go to the origin as they came; {remedy}\n",
            read_by(readers)
        )
    };
    let unknown = servers.iter().filter(|(server, _)| !is_known(server));
    unknown.map(line).collect()
}

fn aligned(rows: &[[String; 4]]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or_default()
    };
    let widths = [width(0), width(1), width(2)];
    let line = |[input, origin, viewer, readers]: &[String; 4]| {
        format!(
            "  {input:0$}  {origin:1$}  {viewer:2$}  {readers}\n",
            widths[0], widths[1], widths[2]
        )
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]

    use std::collections::BTreeMap;

    use super::super::stack::Dependence;
    use super::*;
    use crate::testing::MemoryLoader;
    use crate::{ReadOptions, read};

    fn usual() -> FunctionOptions {
        FunctionOptions::default()
    }

    fn bucket() -> FunctionOptions {
        FunctionOptions {
            origin: Origin::Bucket,
            ..usual()
        }
    }

    fn forwarded() -> FunctionOptions {
        FunctionOptions {
            forwarded_proto: true,
            ..usual()
        }
    }

    fn named(name: &str) -> Input {
        Input::try_from(name.to_owned()).unwrap()
    }

    fn readers(count: usize, first: &str) -> Readers {
        let first = Some(first.to_owned());
        Readers { count, first }
    }

    #[test]
    fn every_input_has_a_source_at_each_trigger() {
        let inputs = [
            "host",
            "scheme",
            "query",
            "method",
            "a bare ?",
            "cookies",
            "header accept-encoding",
            "header accept-language",
            "header user-agent",
            "header x-forwarded-proto",
            "headers by pattern",
            "client address",
            "time to the hour",
            "chance",
        ];
        let mut inputs = inputs.map(|name| (named(name), Readers::default()));
        inputs[5].1 = readers(1, "a.conf:3");
        inputs[12].1 = readers(2, "a.conf:4");
        let dependence = Dependence {
            inputs: BTreeMap::from(inputs),
            ..Dependence::default()
        };
        let shown = table(&Stack::new(usual(), dependence).unwrap());
        for text in [
            "cookies                   all of them, in the key",
            "a.conf:3",
            "2 lines, the first a.conf:4",
            "header x-forwarded-proto: rules see no such header; --forwarded-proto",
        ] {
            assert!(shown.contains(text), "{text}\n{shown}");
        }
    }

    #[test]
    fn a_server_nobody_named_is_told_of() {
        let server = Server::Named("app.example".to_owned());
        let servers = BTreeMap::from([(server, readers(1, "a.conf:7"))]);
        let say = |trigger, known: &[&str]| {
            let options = FunctionOptions {
                trigger: Some(trigger),
                proxy_to: known.iter().copied().map(str::to_owned).collect(),
                ..usual()
            };
            let dependence = Dependence {
                proxied: servers.clone(),
                ..Dependence::default()
            };
            proxied(&Stack::new(options, dependence).unwrap())
        };
        let told = say(Trigger::OriginRequest, &[]);
        assert!(
            told.contains("a.conf:7") && told.contains("--proxy-to app.example"),
            "{told}"
        );
        assert_eq!(say(Trigger::OriginRequest, &["App.example"]), "");
        let told = say(Trigger::ViewerRequest, &["app.example"]);
        assert!(told.contains("only at origin-request"), "{told}");
    }

    #[test]
    fn the_lifetime_of_a_cookie_is_in_no_class() {
        let rule =
            "RewriteCond %{HTTP_COOKIE} !seen\nRewriteRule ^/a$ /b [R,L,CO=seen:1:.h.test:30]";
        let text = format!("ServerName h.test\nRewriteEngine On\n{rule}");
        let loader = MemoryLoader::new().with("/site.conf", &text);
        let input = crate::Input::MainConfig(vec![b"/site.conf".to_vec()]);
        let reading = read(&input, &loader, &ReadOptions::default());
        let class = ViewerClass::of(&reading.site).unwrap();
        let time = named("time to the second");
        let source = Source::of(&time, (Trigger::OriginRequest, Some(&class)), &usual());
        assert_eq!(source.key, Key::None);
        assert_eq!(
            source.at_origin,
            "the clock; answers with cookies are not kept"
        );
    }

    #[track_caller]
    fn check(input: &str, trigger: Trigger, options: &FunctionOptions, expected: &Key) {
        let source = Source::of(&named(input), (trigger, None), options);
        assert_eq!(source.key, *expected, "{input} {trigger:?} {options:?}");
    }

    #[test]
    fn the_key_holds_what_the_answer_depends_on() {
        use Trigger::{OriginRequest, ViewerRequest};
        let header = |name: &str| Key::Header(name.to_owned());
        let (usual, bucket) = (usual(), bucket());
        check("host", OriginRequest, &usual, &header("Host"));
        check("host", ViewerRequest, &usual, &header("Host"));
        check("host", OriginRequest, &bucket, &header(HOST_HEADER));
        check("host", ViewerRequest, &bucket, &Key::None);
        check("scheme", OriginRequest, &usual, &header(SCHEME_HEADER));
        check("scheme", ViewerRequest, &usual, &Key::None);
        check("query", ViewerRequest, &usual, &Key::Query);
        check("query", ViewerRequest, &bucket, &Key::None);
        check("cookies", OriginRequest, &usual, &Key::Cookies);
        check("cookies", ViewerRequest, &usual, &Key::None);
        check(
            "header accept-encoding",
            OriginRequest,
            &usual,
            &header("accept-encoding"),
        );
        check(
            "header x-forwarded-proto",
            OriginRequest,
            &usual,
            &Key::None,
        );
        check(
            "header x-forwarded-proto",
            OriginRequest,
            &forwarded(),
            &header(SCHEME_HEADER),
        );
        check("header x-amz-cf-id", OriginRequest, &usual, &Key::None);
        check("time to the second", ViewerRequest, &usual, &Key::None);
    }
}
