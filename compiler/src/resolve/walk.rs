//! Carrying directives out, in order (`ap_walk_config`).
//!
//! In: the tree of what was read. Out: servers and sections, filled. Absent: what each directive
//! does; that is in the files beside this one.

use std::borrow::Cow;

use edgewright_engine::model::rules::Place;
use edgewright_engine::model::site::{Section as SiteSection, SectionId, SectionKind};
use edgewright_parser::diagnostic::{Diagnostic, Severity};
use edgewright_parser::source::Origin;
use edgewright_parser::syntax::{Directive, Kind, Word};

use super::Resolver;
use super::context::{Context, Verdict, judge, judge_arguments};
use super::scope::{Rewrite, Scope, Server};
use super::section::{Complaint, Opener};
use crate::load::{Item, Refused, Section, Skipped};
use crate::reading::{Unit, UnitKind, UnitStatus, is_condition, unit_kind};
use crate::registry::directives::{Around, Overrides};
use crate::registry::families::Family;
use crate::spans::in_site;

/// Where directives land.
pub(crate) struct Target<'t> {
    /// The server around them.
    pub(crate) server: &'t mut Server,
    /// The section around them; `None` outside of sections.
    pub(crate) section: Option<&'t mut Scope>,
    /// What is around them.
    pub(crate) context: Context,
}

impl Target<'_> {
    /// The settings that apply per directory.
    pub(crate) fn scope(&mut self) -> &mut Scope {
        match &mut self.section {
            Some(section) => section,
            None => &mut self.server.scope,
        }
    }

    /// The rewrite directives of the innermost section, or of the server.
    pub(crate) fn rewrite(&mut self) -> &mut Rewrite {
        // A directive anywhere in a virtual host gives the host a configuration of its own
        // (`ap_set_config_vectors`).
        self.server.rewrite.present = true;
        match &mut self.section {
            Some(section) => {
                section.rewrite.present = true;
                &mut section.rewrite
            }
            None => &mut self.server.rewrite,
        }
    }

    /// The same place with the borrow cut short.
    pub(crate) fn again(&mut self) -> Target<'_> {
        Target {
            server: self.server,
            section: self.section.as_deref_mut(),
            context: self.context,
        }
    }
}

impl Resolver<'_> {
    /// Carries out everything, in order.
    pub(crate) fn walk(&mut self, items: Vec<Item>, target: &mut Target<'_>) {
        for item in items {
            if self.reader.is_stopped() {
                return;
            }
            match item {
                Item::Directive(directive) => self.walk_directive(*directive, target),
                Item::Section(section) => self.walk_section(*section, target),
                Item::Refused(refused) => self.walk_refused(*refused, target),
                Item::Skipped(skipped) => self.walk_skipped(&skipped),
            }
        }
    }

    fn walk_directive(&mut self, directive: Directive, target: &mut Target<'_>) {
        let kind = unit_kind(&directive.name.value);
        let origin = directive.origin.clone();
        if let Err(refusal) = self.admitted(&directive.name, target.context) {
            self.count_refused(&directive.name.value, &origin, refusal);
            return;
        }
        let complaint = judge_arguments(&directive.name, &directive.kind, origin.span);
        let done = match complaint {
            Some(complaint) => Err(complaint),
            None => self.carry_out(directive, target),
        };
        if let Err(complaint) = done {
            let reason = Cow::Owned(complaint.headline.clone());
            self.say(complaint);
            if let Some(kind) = kind {
                self.count(kind, origin, UnitStatus::Rejected(reason));
            }
        }
    }

    /// Whether the directive may stand here; what is to be said is said.
    pub(crate) fn admitted(&mut self, name: &Word, context: Context) -> Result<(), Refusal> {
        let listed = context.around.contains(Around::HTACCESS)
            && self
                .override_list
                .iter()
                .any(|listed| listed.eq_ignore_ascii_case(&name.value));
        let context = if listed {
            context.with(Overrides::ALL)
        } else {
            context
        };
        let (complaint, refusal) = match judge(name, context, &self.reader.modules) {
            Verdict::Accepted => return Ok(()),
            Verdict::Foreign(family) => {
                self.say_family(name, family);
                return Err(Refusal::Ignored(format!("it is for {}", family.module)));
            }
            Verdict::Ignored(mut complaint) => {
                complaint.severity = complaint.severity.min(Severity::Warning);
                let reason = complaint.headline.clone();
                (complaint, Refusal::Ignored(reason))
            }
            Verdict::Refused(complaint) => {
                let reason = complaint.headline.clone();
                (complaint, Refusal::Refused(reason))
            }
        };
        self.say(complaint);
        Err(refusal)
    }

    /// Says once that the module of `name` is taken for loaded.
    fn say_family(&mut self, name: &Word, family: &'static Family) {
        if !self.families.insert(family.module) {
            return;
        }
        let shown = String::from_utf8_lossy(&name.value);
        let headline = format!(
            "`{shown}` is for {}, which is taken for loaded",
            family.module
        );
        let note = Diagnostic::note("module-assumed", headline, name.span)
            .label("nothing here says which modules the server has")
            .help("`--unknown-directive error` reads the file as a server without the module does");
        self.say(note);
    }

    fn count_refused(&mut self, name: &[u8], origin: &Origin, refusal: Refusal) {
        if let Some(kind) = unit_kind(name) {
            let status = match refusal {
                Refusal::Ignored(reason) => UnitStatus::Skipped(reason.into()),
                Refusal::Refused(reason) => UnitStatus::Rejected(reason.into()),
            };
            self.count(kind, origin.clone(), status);
        }
    }

    /// A line the parser refused.
    fn walk_refused(&mut self, refused: Refused, target: &mut Target<'_>) {
        let admitted = self.admitted_name(&refused, target.context);
        let reason = admitted.err().unwrap_or_else(|| {
            let reason = refused.error.headline.clone();
            self.say(refused.error);
            reason
        });
        if refused.name.eq_ignore_ascii_case(b"RewriteCond") {
            self.counts.conditions += 1;
        }
        if unit_kind(&refused.name) == Some(UnitKind::Rule) {
            let rewrite = target.rewrite();
            rewrite.present = true;
            rewrite.pending.clear();
        }
        if let Some(kind) = unit_kind(&refused.name) {
            self.count(kind, refused.origin, UnitStatus::Rejected(reason.into()));
        }
        self.pass_over(refused.items, "the section around it cannot be read");
    }

    fn admitted_name(&mut self, refused: &Refused, context: Context) -> Result<(), String> {
        let name = Word {
            value: refused.name.clone(),
            span: refused.origin.span,
        };
        match self.admitted(&name, context) {
            Ok(()) => Ok(()),
            Err(Refusal::Ignored(reason) | Refusal::Refused(reason)) => Err(reason),
        }
    }

    /// Counts a line that Apache does not look at, if it counts.
    pub(crate) fn walk_skipped(&mut self, skipped: &Skipped) {
        if is_condition(&skipped.name) {
            self.counts.conditions += 1;
        }
        if let Some(kind) = unit_kind(&skipped.name) {
            let reason = Cow::Owned(skipped.reason.to_string());
            self.count(kind, skipped.origin.clone(), UnitStatus::Skipped(reason));
        }
    }

    /// Counts what is in a section that is not looked at.
    pub(crate) fn pass_over(&mut self, items: Vec<Item>, reason: &str) {
        for item in items {
            let (name, origin, inside) = match item {
                Item::Directive(directive) => (directive.name.value, directive.origin, Vec::new()),
                Item::Section(section) => (Vec::new(), section.open.origin, section.items),
                Item::Refused(refused) => (refused.name, refused.origin, refused.items),
                Item::Skipped(skipped) => {
                    self.walk_skipped(&skipped);
                    continue;
                }
            };
            if is_condition(&name) {
                self.counts.conditions += 1;
            }
            if let Some(kind) = unit_kind(&name) {
                self.count(
                    kind,
                    origin,
                    UnitStatus::Rejected(Cow::Owned(reason.to_owned())),
                );
            }
            self.pass_over(inside, reason);
        }
    }

    fn walk_section(&mut self, section: Section, target: &mut Target<'_>) {
        let name = &section.open.name;
        if self.admitted(name, target.context).is_err() {
            self.pass_over(section.items, "the section around it is not allowed here");
            return;
        }
        let result = match &section.open.kind {
            Kind::Open(arguments) => super::section::opener(&name.value, arguments, self.regex),
            _ => Ok(Opener::Foreign),
        };
        let result = result.and_then(|opener| self.narrowed(opener, target.context));
        match result {
            Ok(opener) => {
                let span = section.open.origin.span;
                let late = match &section.open.kind {
                    Kind::Open(arguments) => super::section::excess(&name.value, arguments),
                    _ => None,
                };
                self.enter(opener, section, target);
                if let Some((code, headline)) = late {
                    self.say(Diagnostic::error(code, headline, span));
                }
            }
            Err((code, headline)) => {
                self.say(Diagnostic::error(code, headline, section.open.origin.span));
                self.pass_over(section.items, "the section around it cannot be read");
            }
        }
    }

    /// A `<Limit>` within the one around it.
    fn narrowed(&self, opener: Opener, context: Context) -> Result<Opener, Complaint> {
        match opener {
            Opener::Limit(methods) => {
                let narrowed = super::limit::limited(&self.methods, &methods, context);
                let complaint = |headline| ("bad-argument", headline);
                narrowed.map(Opener::Limit).map_err(complaint)
            }
            opener => Ok(opener),
        }
    }

    /// Adds a unit; its number.
    pub(crate) fn count(&mut self, kind: UnitKind, origin: Origin, status: UnitStatus) -> usize {
        let place = self.place(&origin);
        self.units.push(Unit {
            place,
            origin,
            kind,
            status,
        });
        self.units.len() - 1
    }

    /// Adds a unit that stands where later positions say.
    pub(crate) fn count_placed(&mut self, kind: UnitKind, origin: Origin) -> usize {
        self.count(kind, origin, UnitStatus::Placed(Vec::new()))
    }

    /// File and line of a directive.
    pub(crate) fn place(&self, origin: &Origin) -> Place {
        in_site(self.reader.sources.place(origin.span))
    }

    /// Adds a diagnostic.
    pub(crate) fn say(&mut self, diagnostic: Diagnostic) {
        self.reader.diagnostics.push(diagnostic);
    }

    /// Adds a section to the site.
    pub(crate) fn add_section(
        &mut self,
        place: Place,
        kind: SectionKind,
        scope: Scope,
    ) -> SectionId {
        let settings = self.settled(scope);
        let id = SectionId(u32::try_from(self.site.sections.len()).unwrap_or(u32::MAX));
        self.site.sections.push(SiteSection {
            place,
            kind,
            settings,
        });
        id
    }
}

/// Why a directive is not carried out.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// Apache passes over it.
    Ignored(String),
    /// Apache refuses it.
    Refused(String),
}
