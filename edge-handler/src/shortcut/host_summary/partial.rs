//! What is known about a request that was not evaluated: what every evaluation of it would find.
//!
//! In: a plain request and its host. Out: [`Partial`], a [`Knowledge`]. Absent: maps, files, look ahead, and whatever a
//! rule may have changed: those are [`Unclear`].

use std::borrow::Cow;

use crate::artefact::rule::DetailsView;
use crate::budget::Budget;
use crate::evaluate::knowledge::{Decides, Knowledge};
use crate::model::normalized::NormalizedRequest;
use crate::model::request::Request;
use crate::model::rules::{Condition, Marks, Piece, RuleFlags, Template, Test, text_holds};
use crate::model::site::Host;
use crate::model::subject::About;
use crate::model::variable::{Named, Variable};
use crate::pattern::matching::Captures;

/// Only an evaluation can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unclear;

/// A plain request, and the host that answers it.
pub(super) struct Known<'k> {
    pub host: &'k Host,
    pub plain: &'k NormalizedRequest<'k>,
    pub request: &'k Request<'k>,
}

impl<'k> Known<'k> {
    /// What a variable stands for that is the same all along the way: until a rule applies. `None` for any other.
    fn variable(&self, name: &[u8]) -> Option<Cow<'k, [u8]>> {
        let variable = Variable::of(name)?;
        if let Some(about) = About::of_variable(variable) {
            return Some(about.text(self.plain, self.request));
        }
        let Variable::Named(named) = variable else {
            return None;
        };
        Some(Cow::Borrowed(match named {
            Named::RequestUri => self.plain.path,
            Named::Https if self.host.tls => b"on",
            Named::Https => b"off",
            Named::RequestMethod => b"GET",
            _ => return None,
        }))
    }
}

/// What is known by the time one rule is tried: the request, and the groups of the rule's pattern and conditions.
pub(super) struct Partial<'k, 'g> {
    known: &'g Known<'k>,
    /// `$N`, of the path; none for a negated pattern.
    groups: Option<&'g Captures>,
    /// `%N`, and the text they are of.
    matched: Option<(Captures, Cow<'k, [u8]>)>,
    /// Thousands of conditions may ask about one header: it is looked for once.
    subject: Option<(&'k Template, Cow<'k, [u8]>)>,
    marks: Marks,
    budget: &'g Budget,
}

impl<'k, 'g> Partial<'k, 'g> {
    pub fn new(
        known: &'g Known<'k>,
        groups: &'g Captures,
        flags: RuleFlags,
        budget: &'g Budget,
    ) -> Self {
        Self {
            known,
            groups: (!flags.contains(RuleFlags::NEGATED)).then_some(groups),
            matched: None,
            subject: None,
            marks: Marks::default(),
            budget,
        }
    }

    /// The request.
    pub fn known(&self) -> &'g Known<'k> {
        self.known
    }

    /// What a test string stands for that is one thing, and known.
    fn subject(&mut self, template: &'k Template) -> Result<Cow<'k, [u8]>, Unclear> {
        if let Some((known, text)) = &self.subject
            && **known == *template
        {
            return Ok(text.clone());
        }
        let Some(Piece::Variable(name)) = template.text().only_piece() else {
            return Err(Unclear);
        };
        let text = self.known.variable(name).ok_or(Unclear)?;
        self.subject = Some((template, text.clone()));
        Ok(text)
    }
}

impl<'k> Knowledge<'k> for Partial<'k, '_> {
    type Unknown = Unclear;

    fn next_worth_asking(&mut self, rule: &DetailsView<'k>, at: usize) -> Result<usize, Unclear> {
        let (Some(screen), Some(condition)) = (rule.screen_about(at), rule.conditions.get(at))
        else {
            return Ok(at);
        };
        if !screen.has(&self.marks) {
            let text = self.subject(&condition.subject)?;
            self.marks = screen.mark(&text, self.budget);
        }
        Ok(screen.next(at, &self.marks))
    }

    fn holds(&mut self, condition: &'k Condition) -> Result<bool, Unclear> {
        let text = self.subject(&condition.subject)?;
        let answer = match &condition.test {
            Test::Regex(pattern) => {
                let mut groups = Captures::default();
                let answer = pattern.find(&text, &mut groups, self.budget);
                if answer && !condition.negated {
                    self.matched = Some((groups, text));
                }
                answer
            }
            Test::Equal(_) | Test::Compare(..) | Test::Integer(..) => {
                text_holds(&condition.test, condition.no_case, &text, self.budget)
            }
            Test::File(_) | Test::SubrequestUri | Test::SubrequestFile | Test::Expression(_) => {
                return Err(Unclear);
            }
        };
        Ok(answer != condition.negated)
    }

    /// A redirect tells nobody what it varies by.
    fn looked_at(&mut self, _decides: Decides) {}

    /// Rules are counted where they are found, results have a longest length.
    fn spend(&self, _steps: usize) -> Result<(), Unclear> {
        Ok(())
    }

    fn rule_group(&mut self, number: u8, out: &mut Vec<u8>) -> Result<(), Unclear> {
        if let Some(groups) = self.groups {
            out.extend_from_slice(groups.text(usize::from(number), self.known.plain.path));
        }
        Ok(())
    }

    fn condition_group(&mut self, number: u8, out: &mut Vec<u8>) -> Result<(), Unclear> {
        if let Some((groups, text)) = &self.matched {
            out.extend_from_slice(groups.text(usize::from(number), text));
        }
        Ok(())
    }

    fn variable(&mut self, name: &'k [u8], out: &mut Vec<u8>) -> Result<(), Unclear> {
        out.extend_from_slice(&self.known.variable(name).ok_or(Unclear)?);
        Ok(())
    }

    fn map(&mut self, _name: &'k [u8], _key: &[u8], _out: &mut Vec<u8>) -> Result<bool, Unclear> {
        Err(Unclear)
    }
}
