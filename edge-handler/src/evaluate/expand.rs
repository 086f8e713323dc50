//! Expansion of substitutions and test strings (`do_expand`).
//!
//! In: a template and what it refers to. Out: bytes appended to a buffer; for a substitution also
//! where its deciding `?` came from. Absent: parsing templates; what a variable holds (`variable`).

use crate::model::rules::{MapId, Piece, Rule, RuleFlags, Template};
use crate::model::site::{Map, MapKind};
use crate::source::{Source, Unknown};

use super::backreference::escape_backreference;
use super::cookie::set_cookie;
use super::map_function::map_function;
use super::record::Record;
use super::rule::{Groups, RuleContext};
use super::{BYTES_A_STEP, Halt, NAMES_A_STEP, Run};

/// So many bytes are escaped or put into another case in the time of a step.
const ESCAPED_A_STEP: usize = 2;

/// The longest value of a variable, in bytes. Apache has no limit but its memory.
const LONGEST_VALUE: usize = 1 << 20;

/// Where the `?` that starts the query string of a substitution came from. One that an expansion
/// brought in is not safe (CVE-2024-38474).
#[derive(Debug, Clone, Copy)]
pub(super) struct QuestionMark {
    tracking: bool,
    last_counts: bool,
    expanded: bool,
}

impl QuestionMark {
    /// What to track for a rule with these flags: the first `?`, with `QSL` the last.
    pub fn for_rule(flags: RuleFlags) -> Self {
        Self {
            tracking: !flags.contains(RuleFlags::UNSAFE_ALLOW_3F),
            last_counts: flags.contains(RuleFlags::QUERY_LAST),
            expanded: false,
        }
    }

    /// Did the deciding `?` come from an expansion?
    pub fn is_unsafe(self) -> bool {
        self.expanded
    }

    fn see(&mut self, text: &[u8], expanded: bool) {
        if self.tracking && text.contains(&b'?') {
            self.expanded = expanded;
            self.tracking = self.last_counts;
        }
    }
}

impl<'a, S: Source> Run<'a, S> {
    /// Expands a text without escaping.
    pub(super) fn expand_into(
        &mut self,
        template: &'a Template,
        record: &Record<'a>,
        context: &mut RuleContext<'a>,
        out: &mut Vec<u8>,
    ) -> Result<(), Halt> {
        let before = out.len();
        for piece in template.pieces() {
            self.expand_piece(piece, None, record, context, out)?;
        }
        self.spend(out.len().saturating_sub(before) / BYTES_A_STEP)
    }

    /// Expands a rule's substitution: groups are escaped as its flags say, `?` is watched.
    pub(super) fn expand_substitution(
        &mut self,
        rule: &'a Rule,
        record: &Record<'a>,
        context: &mut RuleContext<'a>,
        mark: &mut QuestionMark,
        out: &mut Vec<u8>,
    ) -> Result<(), Halt> {
        for piece in rule.substitution.pieces() {
            let start = out.len();
            self.expand_piece(piece, Some(rule), record, context, out)?;
            match piece {
                Piece::Escaped(_) => {}
                Piece::Literal(text) => mark.see(text, false),
                _ => mark.see(&out[start..], true),
            }
        }
        self.spend(out.len() / BYTES_A_STEP)
    }

    fn expand_piece(
        &mut self,
        piece: Piece<'a>,
        rule: Option<&'a Rule>,
        record: &Record<'a>,
        context: &mut RuleContext<'a>,
        out: &mut Vec<u8>,
    ) -> Result<(), Halt> {
        self.spend(1)?;
        match piece {
            Piece::Literal(text) => out.extend_from_slice(text),
            Piece::Escaped(byte) => out.push(byte),
            Piece::RuleGroup(number) => {
                let before = out.len();
                append_group(&context.rule, &context.uri, number, rule, out);
                if is_escaped(rule) {
                    self.spend((out.len() - before) / ESCAPED_A_STEP)?;
                }
            }
            Piece::ConditionGroup(number) => {
                let groups = &context.condition;
                if groups.set && groups.foretold {
                    self.source.looks_at(Unknown::Condition);
                }
                let before = out.len();
                append_group(groups, &groups.source, number, rule, out);
                if is_escaped(rule) {
                    self.spend((out.len() - before) / ESCAPED_A_STEP)?;
                }
            }
            Piece::Variable(name) => self.lookup_variable(name, record, context, out)?,
            Piece::Map { name, key, default } => {
                // What stands in braces is read once more for each that it stands in.
                self.spend(key.len() / BYTES_A_STEP)?;
                let mut text = Vec::new();
                for piece in key.pieces() {
                    self.expand_piece(piece, rule, record, context, &mut text)?;
                }
                if !self.lookup_map(name, &text, out)?
                    && let Some(default) = default
                {
                    for piece in default.pieces() {
                        self.expand_piece(piece, rule, record, context, out)?;
                    }
                }
            }
        }
        Ok(())
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

    /// A map of the host by its name; a later definition comes first in the list.
    fn map_named(&self, name: &[u8]) -> Option<(MapId, &'a Map)> {
        let maps = &self.host.rewrite.as_ref()?.maps;
        let (_, id) = maps.iter().find(|(known, _)| known == name)?;
        Some((*id, self.site.maps.get(id.0 as usize)?))
    }

    fn map_value(&self, id: MapId, key: &[u8]) -> Result<&'a [u8], Halt> {
        Ok(self.source.map_value(id, key)?.unwrap_or_default())
    }

    /// One of the alternatives of a random map (`select_random_value_part`). The choice is a
    /// function of the key and the caller's random number, so that a run can be repeated.
    fn choose<'v>(&self, value: &'v [u8], key: &[u8]) -> &'v [u8] {
        let alternatives: Vec<&[u8]> = value.split(|byte| *byte == b'|').collect();
        self.source.looks_at(Unknown::Chance);
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
        rule: &'a Rule,
        record: &mut Record<'a>,
        context: &mut RuleContext<'a>,
    ) -> Result<(), Halt> {
        for template in &rule.extras().environment {
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
        rule: &'a Rule,
        record: &Record<'a>,
        context: &mut RuleContext<'a>,
    ) -> Result<(), Halt> {
        for template in &rule.extras().cookies {
            let mut text = Vec::new();
            self.expand_into(template, record, context, &mut text)?;
            let Some(cookie) = set_cookie(&text, self.options.now) else {
                continue;
            };
            if cookie.expires() {
                self.source.looks_at(Unknown::Time);
            }
            self.spend(1 + self.cookies.len())?;
            if !self.cookies.iter().any(|known| known.name == cookie.name) {
                self.cookies.push(cookie);
            }
        }
        Ok(())
    }
}

/// Are groups escaped before they are put in (`B`)?
fn is_escaped(rule: Option<&Rule>) -> bool {
    rule.is_some_and(|rule| rule.flags.contains(RuleFlags::ESCAPE_BACKREFERENCES))
}

fn append_group(
    groups: &Groups,
    subject: &[u8],
    number: u8,
    rule: Option<&Rule>,
    out: &mut Vec<u8>,
) {
    if !groups.set {
        return;
    }
    let text = groups.captures.text(usize::from(number), subject);
    match rule.filter(|rule| is_escaped(Some(rule))) {
        Some(rule) => out.extend(escape_backreference(
            text,
            rule.extras().escapes.as_deref(),
            rule.extras().no_escapes.as_deref(),
            rule.flags,
        )),
        None => out.extend_from_slice(text),
    }
}
