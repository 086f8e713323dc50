//! Where a directive stands, and whether it may.
//!
//! In: a directive's name and the sections around it. Out: Apache's verdict. Absent: what it does there.

use edgewright_parser::diagnostic::Diagnostic;
use edgewright_parser::source::Span;
use edgewright_parser::syntax::{Kind, Word};

use crate::load::not_allowed;
use crate::registry::directives::{self, Around, Expected, Known, Overrides, Stands};
use crate::registry::families::Family;
use crate::registry::modules::Modules;

/// Where a directive stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Context {
    /// The sections around it.
    pub(crate) around: Around,
    /// What `AllowOverride` says, in a `.htaccess` file.
    pub(crate) overrides: Overrides,
}

impl Context {
    /// Outside any section of the server's files.
    pub(crate) fn server(around: Around) -> Self {
        Self {
            around,
            overrides: Overrides::empty(),
        }
    }

    /// A `.htaccess` file.
    pub(crate) fn htaccess(overrides: Overrides) -> Self {
        Self {
            around: Around::HTACCESS,
            overrides,
        }
    }

    /// The same with more allowed.
    pub(crate) fn with(self, overrides: Overrides) -> Self {
        Self {
            overrides: self.overrides | overrides,
            ..self
        }
    }

    /// Inside one more section.
    pub(crate) fn inside(self, section: Around) -> Self {
        Self {
            around: self.around | section,
            ..self
        }
    }

    /// True inside a section with settings of its own.
    pub(crate) fn in_section(self) -> bool {
        self.around.intersects(Around::SECTION)
    }

    /// True in a `.htaccess` file.
    pub(crate) fn in_htaccess(self) -> bool {
        self.around.contains(Around::HTACCESS)
    }
}

/// What Apache does with a directive.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// Apache carries the directive out.
    Accepted,
    /// Apache passes over the directive: why.
    Ignored(Diagnostic),
    /// A module that is not httpd's own, and taken for loaded, carries it out.
    Foreign(&'static Family),
    /// Apache does not start, or answers 500 for the directory: why.
    Refused(Diagnostic),
}

/// Apache's verdict on a directive called `name`, before its own function is asked
/// (`ap_walk_config_sub`, `invoke_cmd`, `ap_check_cmd_context`).
pub(crate) fn judge(name: &Word, context: Context, modules: &Modules) -> Verdict {
    let Some(known) = directives::find(&name.value) else {
        return unknown(name, context, modules);
    };
    if !modules.have(known) {
        return not_loaded(name, known, context);
    }
    if let Some(complaint) = misplaced(name, known, context) {
        let lenient = context.overrides.contains(Overrides::NONFATAL_OVERRIDE);
        return match (context.in_htaccess(), lenient) {
            (true, true) => Verdict::Ignored(complaint),
            _ => Verdict::Refused(complaint),
        };
    }
    Verdict::Accepted
}

/// Apache's verdict on the number of arguments of a directive without a grammar of its own.
pub(crate) fn judge_arguments(name: &Word, kind: &Kind, span: Span) -> Option<Diagnostic> {
    let Kind::Other(arguments) = kind else {
        return None;
    };
    let shown = shown(name);
    let words: Vec<&[u8]> = arguments
        .words
        .iter()
        .map(|word| word.value.as_slice())
        .collect();
    let headline = match &directives::find(&name.value)?.arguments {
        Expected::OwnGrammar => return None,
        Expected::Flag => {
            let on_or_off = |word: &&[u8]| {
                word.eq_ignore_ascii_case(b"on") || word.eq_ignore_ascii_case(b"off")
            };
            if words.first().is_some_and(on_or_off) {
                return None;
            }
            format!("`{shown}` must be `On` or `Off`")
        }
        Expected::Words(range) => {
            let given = words.iter().take_while(|word| !word.is_empty()).count();
            if range.contains(&words.len()) && given >= *range.start() {
                return None;
            }
            format!(
                "`{shown}` takes {}, not {given}",
                counted(*range.start(), *range.end())
            )
        }
    };
    Some(Diagnostic::error("wrong-argument-count", headline, span))
}

fn counted(least: usize, most: usize) -> String {
    match (least, most) {
        (0, 0) => "no arguments".to_owned(),
        (1, 1) => "one argument".to_owned(),
        (least, most) if least == most => format!("{least} arguments"),
        (least, usize::MAX) => format!("at least {least} arguments"),
        (least, most) => format!("{least} to {most} arguments"),
    }
}

fn unknown(name: &Word, context: Context, modules: &Modules) -> Verdict {
    let shown = shown(name);
    let headline = format!("`{shown}` is no directive of httpd's own modules");
    if modules.has_foreign() {
        let note = Diagnostic::note("unknown-directive", headline, name.span);
        return Verdict::Ignored(note.label("taken for one of another module's"));
    }
    if let Some(family) = modules.family_of(&name.value) {
        return Verdict::Foreign(family);
    }
    let mut complaint = Diagnostic::error("unknown-directive", headline, name.span)
        .label("misspelled, or of a module that is not loaded");
    if name.value.starts_with(b"\xef\xbb\xbf") {
        complaint = complaint.help("remove the byte order mark at the start of the file");
    }
    refused_or_ignored(complaint, context)
}

fn not_loaded(name: &Word, known: &Known, context: Context) -> Verdict {
    let module = known.modules.first().copied().unwrap_or_default();
    let module = module.strip_suffix(".c").unwrap_or(module);
    let headline = format!("`{}` needs {module}, which is not loaded", shown(name));
    let symbol = module.strip_prefix("mod_").unwrap_or(module);
    let complaint = Diagnostic::error("unknown-directive", headline, name.span).help(format!(
        "add `LoadModule {symbol}_module modules/{module}.so`"
    ));
    refused_or_ignored(complaint, context)
}

fn refused_or_ignored(complaint: Diagnostic, context: Context) -> Verdict {
    if context.overrides.contains(Overrides::NONFATAL_UNKNOWN) {
        return Verdict::Ignored(complaint);
    }
    Verdict::Refused(complaint)
}

fn misplaced(name: &Word, known: &Known, context: Context) -> Option<Diagnostic> {
    let shown = shown(name);
    if context.in_htaccess() && !known.overrides.intersects(context.overrides) {
        let error = not_allowed(name);
        return Some(if known.overrides.is_empty() {
            error.label("it may only stand in the server's own files")
        } else {
            error
        });
    }
    let wrong_level = match known.stands {
        _ if context.in_htaccess() => false,
        Stands::Anywhere => false,
        Stands::Server => context.in_section(),
        Stands::Section => !context.in_section(),
    };
    let foreign_requirement = context.around.contains(Around::REQUIREMENTS)
        && !known.overrides.contains(Overrides::AUTH_CONFIG);
    if wrong_level || foreign_requirement || known.never_in.intersects(context.around) {
        let headline = format!("`{shown}` cannot stand here");
        let label = match known.stands {
            Stands::Section => "it belongs into a section such as `<Directory>`",
            _ if context.around.contains(Around::VIRTUAL_HOST) && !context.in_section() => {
                "it belongs outside of virtual hosts"
            }
            _ => "it belongs outside of sections",
        };
        return Some(Diagnostic::error("misplaced-directive", headline, name.span).label(label));
    }
    None
}

fn shown(name: &Word) -> String {
    String::from_utf8_lossy(&name.value).into_owned()
}
