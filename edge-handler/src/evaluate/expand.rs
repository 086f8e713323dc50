//! Expansion of substitutions and test strings (`do_expand`).
//!
//! In: a template and what it refers to. Out: bytes appended to a buffer; for a substitution also
//! where its deciding `?` came from. Absent: parsing templates; what a variable holds (`variable`); the order of pieces
//! and conditions (`knowledge`).

use super::symbolic::Unknown;
use crate::artefact::rule::{DetailsView, RuleView};
use crate::model::rules::{Condition, Extras, MapId, Marks, RuleFlags, Template};
use crate::model::site::{Map, MapKind};
use crate::model::subject::About;
use crate::source::Source;

use super::backreference::escape_backreference;
use super::cookie::set_cookie;
use super::knowledge::{Decides, Knowledge, QuestionMark, expand};
use super::map_function::map_function;
use super::record::Record;
use super::rule::{Groups, RuleContext};
use super::{BYTES_A_STEP, Halt, NAMES_A_STEP, Run, Trace};

/// So many bytes are escaped or put into another case in the time of a step.
const ESCAPED_A_STEP: usize = 2;

/// The longest value of a variable, in bytes. Apache has no limit but its memory.
const LONGEST_VALUE: usize = 1 << 20;

/// All of a request is known, as it is by now.
pub(super) struct Full<'r, 'a, S> {
    run: &'r mut Run<'a, S>,
    record: &'r mut Record<'a>,
    context: &'r mut RuleContext<'a>,
    /// How groups are escaped, if they are.
    escaping: Option<Escaping<'a>>,
    marks: Marks,
}

impl<'r, 'a, S: Source> Full<'r, 'a, S> {
    pub fn new(
        run: &'r mut Run<'a, S>,
        record: &'r mut Record<'a>,
        context: &'r mut RuleContext<'a>,
        escaping: Option<Escaping<'a>>,
    ) -> Self {
        Self {
            run,
            record,
            context,
            escaping,
            marks: Marks::default(),
        }
    }

    /// Appends a group, escaped as the flags of the rule say.
    fn group(
        &self,
        groups: &Groups,
        subject: &[u8],
        number: u8,
        out: &mut Vec<u8>,
    ) -> Result<(), Halt> {
        let before = out.len();
        append_group(groups, subject, number, self.escaping, out);
        if self.escaping.is_some() {
            self.run.spend((out.len() - before) / ESCAPED_A_STEP)?;
        }
        Ok(())
    }
}

impl<'a, S: Source> Knowledge<'a> for Full<'_, 'a, S> {
    type Unknown = Halt;

    fn next_worth_asking(&mut self, rule: &DetailsView<'a>, at: usize) -> Result<usize, Halt> {
        if self.run.options.trace != Trace::Off || !self.run.source.may_pass_over() {
            return Ok(at);
        }
        let about_one_text = |condition: &&Condition| About::of(&condition.subject).is_some();
        let screen = rule.screen_about(at);
        let condition = rule.conditions.get(at).filter(about_one_text);
        let (Some(screen), Some(condition)) = (screen, condition) else {
            return Ok(at);
        };
        if !screen.has(&self.marks) {
            let mut text = Vec::new();
            self.run
                .expand_into(&condition.subject, self.record, self.context, &mut text)?;
            self.context.vary_this.clear();
            self.marks = screen.mark(&text, self.run.budget);
        }
        Ok(screen.next(at, &self.marks))
    }

    fn holds(&mut self, condition: &'a Condition) -> Result<bool, Halt> {
        let holds = self
            .run
            .apply_rewrite_cond(condition, self.record, self.context)?;
        if condition.no_vary {
            self.context.vary_this.clear();
        }
        Ok(holds)
    }

    fn looked_at(&mut self, decides: Decides) {
        let RuleContext {
            vary, vary_this, ..
        } = self.context;
        match decides {
            Decides::Yes => vary.append(vary_this),
            Decides::No => vary_this.clear(),
        }
    }

    fn spend(&self, steps: usize) -> Result<(), Halt> {
        self.run.spend(steps)
    }

    fn rule_group(&mut self, number: u8, out: &mut Vec<u8>) -> Result<(), Halt> {
        self.group(&self.context.rule, &self.context.uri, number, out)
    }

    fn condition_group(&mut self, number: u8, out: &mut Vec<u8>) -> Result<(), Halt> {
        let groups = &self.context.condition;
        if groups.set && groups.assumed {
            self.run.depends_on(Unknown::Condition);
        }
        self.group(groups, &groups.source, number, out)
    }

    fn variable(&mut self, name: &'a [u8], out: &mut Vec<u8>) -> Result<(), Halt> {
        self.run
            .lookup_variable(name, self.record, self.context, out)
    }

    fn map(&mut self, name: &'a [u8], key: &[u8], out: &mut Vec<u8>) -> Result<bool, Halt> {
        self.run.lookup_map(name, key, out)
    }
}

impl<'a, S: Source> Run<'a, S> {
    /// Expands a text without escaping.
    pub(super) fn expand_into(
        &mut self,
        template: &'a Template,
        record: &mut Record<'a>,
        context: &mut RuleContext<'a>,
        out: &mut Vec<u8>,
    ) -> Result<(), Halt> {
        let before = out.len();
        let mut known = Full::new(self, record, context, None);
        expand(
            template.text(),
            &mut known,
            &mut QuestionMark::unwatched(),
            out,
        )?;
        self.spend(out.len().saturating_sub(before) / BYTES_A_STEP)
    }

    /// Expands a rule's substitution: groups are escaped as its flags say, `?` is watched.
    pub(super) fn expand_substitution(
        &mut self,
        rule: &RuleView<'a>,
        details: &DetailsView<'a>,
        record: &mut Record<'a>,
        context: &mut RuleContext<'a>,
        mark: &mut QuestionMark,
        out: &mut Vec<u8>,
    ) -> Result<(), Halt> {
        let escaping = Escaping::of(rule.flags, details.extras());
        let mut known = Full::new(self, record, context, escaping);
        expand(rule.substitution(), &mut known, mark, out)?;
        self.spend(out.len() / BYTES_A_STEP)
    }

    /// Appends what a map says; false when it says nothing (`lookup_map`). A function of an empty
    /// key is an empty text, which is something; an empty value in a file is nothing.
    fn lookup_map(&mut self, name: &[u8], key: &[u8], out: &mut Vec<u8>) -> Result<bool, Halt> {
        let Some((id, map)) = self.map_named(name) else {
            return Ok(false);
        };
        let start = out.len();
        match &map.kind {
            MapKind::Text(_) => out.extend_from_slice(self.map_value(id, key)?),
            MapKind::Random(_) => {
                let value = self.map_value(id, key)?;
                out.extend_from_slice(self.choose(value, key));
            }
            MapKind::Function(function) => {
                self.spend(key.len() / ESCAPED_A_STEP)?;
                out.extend(map_function(*function, key));
                return Ok(true);
            }
            MapKind::Unavailable(why) => {
                let name = String::from_utf8_lossy(name);
                return Err(Halt::Unsupported(format!("RewriteMap {name}: {why}")));
            }
        }
        Ok(out.len() > start)
    }

    /// A map of the host by its name.
    fn map_named(&self, name: &[u8]) -> Option<(MapId, &'a Map)> {
        let maps = &self.host.rewrite.as_ref()?.maps;
        let id = *maps.get(name)?;
        Some((id, self.site.maps.get(id.0 as usize)?))
    }

    fn map_value(&self, id: MapId, key: &[u8]) -> Result<&'a [u8], Halt> {
        self.reads(key);
        Ok(self.source.map_value(id, key)?.unwrap_or_default())
    }

    /// One of the alternatives of a random map (`select_random_value_part`). The choice is a
    /// function of the key and the caller's random number, so that a run can be repeated.
    fn choose<'v>(&self, value: &'v [u8], key: &[u8]) -> &'v [u8] {
        let alternatives: Vec<&[u8]> = value.split(|byte| *byte == b'|').collect();
        self.depends_on(Unknown::Chance);
        let mixed = key.iter().fold(self.options.random, |sum, byte| {
            (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let count = alternatives.len().max(1) as u64;
        let chosen = usize::try_from((mixed >> 16) % count).unwrap_or(0);
        alternatives.get(chosen).copied().unwrap_or_default()
    }

    /// `E` (`do_expand_env`): set or, with `!`, unset variables.
    pub(super) fn expand_environment(
        &mut self,
        extras: &'a Extras,
        record: &mut Record<'a>,
        context: &mut RuleContext<'a>,
    ) -> Result<(), Halt> {
        for template in &extras.environment {
            let mut text = Vec::new();
            self.expand_into(template, record, context, &mut text)?;
            self.spend(1 + record.environment.len() / NAMES_A_STEP)?;
            if text.len() > LONGEST_VALUE {
                let reason = format!("a variable of more than {LONGEST_VALUE} bytes");
                return Err(Halt::Unsupported(reason));
            }
            if let Some(name) = text.strip_prefix(b"!") {
                record.environment.unset(name);
            } else {
                let colon = text.iter().position(|byte| *byte == b':');
                let (name, value) = text.split_at(colon.unwrap_or(text.len()));
                let value = value.strip_prefix(b":").unwrap_or_default();
                record.environment.set(name, value);
            }
        }
        Ok(())
    }

    /// `CO` (`do_expand_cookie`): the first cookie of a name is sent.
    pub(super) fn expand_cookies(
        &mut self,
        extras: &'a Extras,
        record: &mut Record<'a>,
        context: &mut RuleContext<'a>,
    ) -> Result<(), Halt> {
        for template in &extras.cookies {
            let mut text = Vec::new();
            self.expand_into(template, record, context, &mut text)?;
            let Some(cookie) = set_cookie(&text, self.options.now) else {
                continue;
            };
            if cookie.expires() {
                self.depends_on(Unknown::Time);
            }
            self.spend(1 + self.cookies.len())?;
            if !self.cookies.iter().any(|known| known.name == cookie.name) {
                self.cookies.push(cookie);
            }
        }
        Ok(())
    }
}

/// How groups are escaped before they are put in (`B`).
#[derive(Debug, Clone, Copy)]
pub(super) struct Escaping<'a> {
    flags: RuleFlags,
    extras: &'a Extras,
}

impl<'a> Escaping<'a> {
    /// How the groups of a rule are escaped; `None` where they are not.
    pub fn of(flags: RuleFlags, extras: &'a Extras) -> Option<Self> {
        let escapes = flags.contains(RuleFlags::ESCAPE_BACKREFERENCES);
        escapes.then_some(Self { flags, extras })
    }
}

fn append_group(
    groups: &Groups,
    subject: &[u8],
    number: u8,
    escaping: Option<Escaping<'_>>,
    out: &mut Vec<u8>,
) {
    if !groups.set {
        return;
    }
    let text = groups.captures.text(usize::from(number), subject);
    match escaping {
        Some(Escaping { flags, extras }) => out.extend(escape_backreference(
            text,
            extras.escapes.as_deref(),
            extras.no_escapes.as_deref(),
            flags,
        )),
        None => out.extend_from_slice(text),
    }
}
