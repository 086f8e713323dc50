//! One condition (`apply_rewrite_cond`).
//!
//! In: a condition, a record, the groups found so far. Out: whether it holds; a matching regular
//! expression leaves its groups behind. Absent: how conditions combine; see `rule`.

use crate::model::outcome::Event;
use crate::model::rules::{Condition, FileTest, Test, text_holds};
use crate::model::site::FileKind;
use crate::model::subject::Subject;
use crate::source::Source;

use super::record::Record;
use super::rule::RuleContext;
use super::{Halt, Run};

impl<'a, S: Source> Run<'a, S> {
    pub(super) fn apply_rewrite_cond(
        &mut self,
        condition: &'a Condition,
        record: &mut Record<'a>,
        context: &mut RuleContext<'a>,
    ) -> Result<bool, Halt> {
        if let Some(answer) = self.assumed(condition, record.args.as_deref()) {
            return Ok(take_assumed(answer, condition, context));
        }
        let mut input = Vec::new();
        if !matches!(condition.test, Test::Expression(_)) {
            self.expand_into(&condition.subject, record, context, &mut input)?;
        }
        let answer = self.ask(condition, &input, record, context)?;
        let holds = answer != condition.negated;
        self.trace(condition.place, || {
            let text = shown(condition, &input);
            if holds {
                Event::Held(text)
            } else {
                Event::Failed(text)
            }
        });
        if answer && !condition.negated && matches!(condition.test, Test::Regex(_)) {
            std::mem::swap(&mut context.condition.captures, &mut context.scratch);
            context.condition.source = input;
            context.condition.set = true;
            context.condition.assumed = false;
        }
        Ok(holds)
    }

    fn ask(
        &mut self,
        condition: &'a Condition,
        input: &[u8],
        record: &mut Record<'a>,
        context: &mut RuleContext<'a>,
    ) -> Result<bool, Halt> {
        Ok(match &condition.test {
            Test::Regex(pattern) => pattern.find(input, &mut context.scratch, self.budget),
            Test::Equal(_) | Test::Compare(..) | Test::Integer(..) => {
                text_holds(&condition.test, condition.no_case, input, self.budget)
            }
            Test::File(test) => self.is_such_a_file(*test, input),
            Test::SubrequestUri => {
                !input.is_empty()
                    && record.may_look_ahead()
                    && self.subrequest_uri(record, input)?.status < 400
            }
            Test::SubrequestFile => {
                !input.is_empty() && record.may_look_ahead() && {
                    let found = self.subrequest_file(record, input)?;
                    found.status < 300 && self.stat(found.filename()).is_some()
                }
            }
            Test::Expression(expression) => {
                self.ask_expression(expression, condition, record, context)?
            }
        })
    }

    pub(super) fn is_such_a_file(&mut self, test: FileTest, path: &[u8]) -> bool {
        let kind = self.stat(path);
        match test {
            FileTest::Regular => matches!(kind, Some(FileKind::File | FileKind::Empty)),
            FileTest::NotEmpty => kind == Some(FileKind::File),
            // Directories are executable; files that are served rarely are, and nothing knows.
            FileTest::Directory | FileTest::Executable => kind == Some(FileKind::Directory),
            FileTest::Link => false,
        }
    }
}

/// The answer is assumed. Where a pattern matched, what its groups matched is not known.
fn take_assumed(answer: bool, condition: &Condition, context: &mut RuleContext<'_>) -> bool {
    if let Some(Subject::Header(name)) = Subject::of(&condition.subject) {
        context.vary_this.push(name);
    }
    if answer && !condition.negated && matches!(condition.test, Test::Regex(_)) {
        context.condition.set = true;
        context.condition.assumed = true;
    }
    answer != condition.negated
}

fn shown(condition: &Condition, input: &[u8]) -> Vec<u8> {
    match &condition.test {
        Test::Expression(expression) => expression.source.clone(),
        _ => input.to_vec(),
    }
}
