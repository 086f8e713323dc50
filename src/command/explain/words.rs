//! What happened, in words.
//!
//! In: events of a trace. Out: text. Absent: which lines the events are about.

use edgewright_engine::model::outcome::{Event, Refusal, ServerEvent};

use super::lines::shown;

/// What an event is to a person.
pub fn effect(event: &Event) -> String {
    match event {
        Event::Held(text) => format!("holds for \"{}\"", shown(text)),
        Event::Failed(text) => format!("does not hold for \"{}\"", shown(text)),
        Event::Unmatched(text) => format!("does not match \"{}\"", shown(text)),
        Event::Stopped => "matched, but a condition does not hold".to_owned(),
        Event::Applied => "applied".to_owned(),
        Event::Rewrote(path) => format!("rewrote to {}", shown(path)),
        Event::Redirected(target) => format!("redirected to {}", shown(target)),
        Event::Answered(status) => format!("answered {status}"),
        Event::Proxied(url) => format!("proxied to {}", shown(url)),
        Event::Internal(url) => format!("started over with {}", shown(url)),
        Event::Server(event) => by_server(event),
    }
}

/// What the server did by itself: the module, and what it did.
fn by_server(event: &ServerEvent) -> String {
    match event {
        ServerEvent::AddedSlash => {
            "mod_dir: this is a folder, so its slash is added (DirectorySlash)".to_owned()
        }
        ServerEvent::TookIndex(path) => {
            format!(
                "mod_dir: took {} for the folder (DirectoryIndex)",
                shown(path)
            )
        }
        ServerEvent::TookFallback(path) => {
            format!("mod_dir: took {} (FallbackResource)", shown(path))
        }
        ServerEvent::TookVariant(path) => {
            format!("mod_negotiation: took {} (MultiViews)", shown(path))
        }
        ServerEvent::TookErrorDocument { status, target } => {
            format!("core: ErrorDocument {status} leads to {}", shown(target))
        }
        ServerEvent::Refused { status, reason } => {
            format!("{}: {status}, {}", module(*reason), why(*reason))
        }
    }
}

/// The module that refuses a request.
fn module(reason: Refusal) -> &'static str {
    match reason {
        Refusal::RequestLine
        | Refusal::HostName
        | Refusal::Path
        | Refusal::NoFile
        | Refusal::BrokenFile
        | Refusal::ClosedFolder
        | Refusal::EndlessRedirects => "core",
        Refusal::Method => "mod_allowmethods",
        Refusal::WithoutTls => "mod_ssl",
        Refusal::Client => "mod_access_compat",
        Refusal::Requirement => "mod_authz_core",
        Refusal::NoList => "mod_autoindex",
        Refusal::WithoutLinks | Refusal::EncodedQuestionMark | Refusal::NoPath => "mod_rewrite",
        Refusal::NoVariant => "mod_negotiation",
    }
}

fn why(reason: Refusal) -> &'static str {
    match reason {
        Refusal::RequestLine => "the request line is none, or too long",
        Refusal::HostName => "the request names no host, or what is no name of a host",
        Refusal::Path => "the path cannot be decoded, or leads above the root: write % as %25",
        Refusal::Method => "the method is not allowed (AllowMethods, TraceEnable)",
        Refusal::WithoutTls => "the host has no TLS (SSLRequireSSL)",
        Refusal::Client => "the client is kept out (Order, Allow, Deny)",
        Refusal::Requirement => "no Require lets the request in",
        Refusal::NoList => "the folder has no index, and Options has no Indexes",
        Refusal::NoFile => "there is no file of this name, or none for this method",
        Refusal::BrokenFile => "a .htaccess file has an error: `edgewright check` shows the line",
        Refusal::WithoutLinks => {
            "rules of a folder need Options FollowSymLinks or SymLinksIfOwnerMatch"
        }
        Refusal::ClosedFolder => "the path is too long, or leads to a closed folder",
        Refusal::EncodedQuestionMark => {
            "a rule made a question mark of %3F: add the flag UnsafeAllow3F if that is meant"
        }
        Refusal::NoPath => "a rule made what is neither a path nor a URL",
        Refusal::EndlessRedirects => {
            "ten internal redirects one after another: rules feed themselves"
        }
        Refusal::NoVariant => "no variant suits the client (MultiViews, type maps)",
    }
}

/// The directives that say so, in lower case.
pub fn directives(reason: Refusal) -> &'static [&'static str] {
    match reason {
        Refusal::Method => &["allowmethods", "traceenable"],
        Refusal::WithoutTls => &["sslrequiressl"],
        Refusal::Client => &["order", "allow", "deny", "satisfy"],
        Refusal::Requirement => &["require"],
        Refusal::NoList | Refusal::WithoutLinks => &["options"],
        Refusal::NoVariant
        | Refusal::RequestLine
        | Refusal::HostName
        | Refusal::Path
        | Refusal::NoFile
        | Refusal::BrokenFile
        | Refusal::ClosedFolder
        | Refusal::EncodedQuestionMark
        | Refusal::NoPath
        | Refusal::EndlessRedirects => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(event: &Event, expected: &str) {
        assert_eq!(effect(event), expected);
    }

    #[test]
    fn a_refusal_names_module_and_lines() {
        check(
            &Event::Server(ServerEvent::Refused {
                status: 403,
                reason: Refusal::Requirement,
            }),
            "mod_authz_core: 403, no Require lets the request in",
        );
        check(
            &Event::Server(ServerEvent::AddedSlash),
            "mod_dir: this is a folder, so its slash is added (DirectorySlash)",
        );
        assert_eq!(directives(Refusal::Requirement), ["require"]);
    }
}
