//! How expressions and `SetEnvIf` see a request.
//!
//! In: a record and the run it belongs to. Out: the traits of `expression` and `environment`.
//! Absent: what an expression means.

use crate::budget::Budget;
use crate::model::expression::Expression;
use crate::model::outcome::{Header, HeaderText};
use crate::model::rules::{Condition, FileTest};
use crate::model::site::{EnvRule, FileKind};
use crate::source::Source;

use super::environment::{self, EnvironmentContext};
use super::expression::{self, ExpressionContext};
use super::record::{OK, Record};
use super::rule::RuleContext;
use super::symbolic::Unknown;
use super::variable::unknown;
use super::{Halt, NAMES_A_STEP, Run};
use crate::model::variable::{Named, header_of};

/// A record as an expression sees it.
struct View<'r, 'a, S> {
    run: &'r mut Run<'a, S>,
    record: &'r mut Record<'a>,
    vary: Vec<Vec<u8>>,
}

impl<S: Source> ExpressionContext for View<'_, '_, S> {
    type Stop = Halt;

    fn variable(&mut self, name: &[u8]) -> Result<Vec<u8>, Halt> {
        if let Some(header) = header_of(name) {
            let value = self.run.header(header, self.record);
            return Ok(value.unwrap_or_default());
        }
        match name {
            b"DOCUMENT_URI" => Ok(self.record.uri.clone()),
            b"HTTP2" => Ok(b"off".to_vec()),
            b"REQUEST_STATUS" => Ok(self.record.status.to_string().into_bytes()),
            b"CONTENT_TYPE" => match &self.record.sending {
                Some(sending) => Ok(sending.content_type.value().unwrap_or_default().to_vec()),
                None => Ok(self.run.type_so_far(self.record)?.unwrap_or_default()),
            },
            // There is none before a file is found.
            b"HANDLER" if !self.record.file_type.is_found() => Ok(Vec::new()),
            b"HANDLER" | b"REQUEST_LOG_ID" | b"CONN_LOG_ID" | b"LAST_MODIFIED" => {
                Err(unknown(name))
            }
            _ => match Named::of(name) {
                Some(named) => self.run.named_variable(named, self.record),
                None => Ok(Vec::new()),
            },
        }
    }

    fn request_header(&self, name: &[u8]) -> Option<Vec<u8>> {
        self.run.header(name, self.record)
    }

    fn response_header(&self, name: &[u8]) -> Option<Vec<u8>> {
        if let Some(sending) = &self.record.sending {
            let value = sending.header(name);
            self.run.reads(value.unwrap_or_default());
            return value.map(<[u8]>::to_vec);
        }
        let location = self.record.location.clone();
        let location = location.filter(|_| name.eq_ignore_ascii_case(b"Location"));
        self.run.reads(location.as_deref().unwrap_or_default());
        location
    }

    fn vary(&mut self, name: &[u8]) {
        self.vary.push(name.to_vec());
    }

    fn note(&self, _name: &[u8]) -> Option<Vec<u8>> {
        None
    }

    fn environment(&self, name: &[u8]) -> Option<Vec<u8>> {
        let value = self.run.environment(name, self.record);
        Some(value).filter(|value| !value.is_empty() || self.record.environment.get(name).is_some())
    }

    fn process_environment(&self, _name: &[u8]) -> Option<Vec<u8>> {
        None
    }

    fn client_address(&self) -> &[u8] {
        self.run.depends_on(Unknown::Client);
        self.run.request.client
    }

    fn file_test(&mut self, test: Option<FileTest>, path: &[u8]) -> Result<bool, Halt> {
        Ok(match test {
            Some(test) => self.run.is_such_a_file(test, path),
            None => self.run.stat(path).is_some(),
        })
    }

    fn uri_subrequest(&mut self, uri: &[u8]) -> Result<bool, Halt> {
        Ok(self.record.may_look_ahead() && self.run.subrequest_uri(self.record, uri)?.status < 400)
    }

    fn file_subrequest(&mut self, path: &[u8]) -> Result<bool, Halt> {
        let found = self.run.subrequest_file(self.record, path)?;
        let kind = self.run.stat(found.filename());
        Ok(found.status == OK && matches!(kind, Some(FileKind::File | FileKind::Empty)))
    }

    fn budget(&self) -> &Budget {
        self.run.budget
    }

    fn spend(&self, steps: usize) -> Result<(), Halt> {
        self.run.spend(steps)
    }

    fn unsupported(&self, what: &str) -> Halt {
        Halt::Unsupported(what.to_owned())
    }
}

impl<S: Source> EnvironmentContext for View<'_, '_, S> {
    fn headers(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.run.all_headers(self.record)
    }

    fn server_address(&self) -> Result<Vec<u8>, Halt> {
        self.run.named_variable(Named::ServerAddress, self.record)
    }

    fn is_symbolic(&self) -> bool {
        self.run.is_symbolic()
    }

    fn set_environment(&mut self, name: &[u8], value: Option<Vec<u8>>) {
        match value {
            Some(value) => self.record.environment.set(name, &value),
            None => self.record.environment.unset(name),
        }
    }
}

impl<'a, S: Source> Run<'a, S> {
    /// Every request header, `Host` included, in order.
    pub(super) fn all_headers(&self, record: &Record<'a>) -> Vec<(Vec<u8>, Vec<u8>)> {
        let Some(changed) = &record.incoming else {
            return self.client_headers();
        };
        let text = |header: &Header| match &header.value {
            HeaderText::Text(text) => Some((header.name.clone(), text.clone())),
            HeaderText::DateAfter(_) => None,
        };
        changed.all().iter().filter_map(text).collect()
    }

    /// Every header as the client sent it, `Host` included, in order, repeated ones joined.
    pub(super) fn client_headers(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        self.depends_on(Unknown::Header);
        let count = self.request.headers.len();
        if self.spend(1 + count * count / NAMES_A_STEP).is_err() {
            return Vec::new();
        }
        let host = self.host_header.iter();
        let mut all: Vec<_> = host.map(|host| (b"Host".to_vec(), host.clone())).collect();
        for (name, _) in self.request.headers {
            let known = all
                .iter()
                .any(|(known, _)| known.eq_ignore_ascii_case(name));
            if let Some(value) = self.client_header(name).filter(|_| !known) {
                all.push((name.to_vec(), value));
            }
        }
        all
    }

    fn view<'r>(&'r mut self, record: &'r mut Record<'a>) -> View<'r, 'a, S> {
        View {
            run: self,
            record,
            vary: Vec::new(),
        }
    }

    /// Does the expression of an `<If>` hold?
    pub(super) fn expression_holds(
        &mut self,
        expression: &Expression,
        record: &mut Record<'a>,
    ) -> Result<bool, Halt> {
        let mut view = self.view(record);
        let holds = expression::holds(expression, &mut view, &mut expression::Groups::default())?;
        let vary = view.vary;
        record.add_vary(vary);
        Ok(holds)
    }

    /// The text of the expression of a one-argument `Redirect` or `Alias`; `None` when it fails.
    pub(super) fn expression_text(
        &mut self,
        expression: &Expression,
        record: &mut Record<'a>,
    ) -> Result<Option<Vec<u8>>, Halt> {
        let mut view = self.view(record);
        expression::text(expression, &mut view, &mut expression::Groups::default())
    }

    /// `RewriteCond expr`: when it holds, the groups of its last regular expression are `%N`.
    pub(super) fn ask_expression(
        &mut self,
        expression: &Expression,
        condition: &Condition,
        record: &mut Record<'a>,
        context: &mut RuleContext<'a>,
    ) -> Result<bool, Halt> {
        let mut groups = expression::Groups::default();
        let mut view = self.view(record);
        let holds = expression::holds(expression, &mut view, &mut groups)?;
        let vary = view.vary;
        if !condition.no_vary {
            record.add_vary(vary);
        }
        if holds && !condition.negated {
            context.condition.set = groups.subject.is_some();
            context.condition.assumed = false;
            context.condition.source = groups.subject.unwrap_or_default();
            context.condition.captures = groups.captures;
        }
        Ok(holds)
    }

    /// Early header lines and `SetEnvIf` of the server, before anything else (`ap_run_post_read_request`): the URL-path is
    /// still encoded.
    pub(super) fn set_server_environment(
        &mut self,
        record: &mut Record<'a>,
        raw_path: &[u8],
    ) -> Result<(), Halt> {
        let rules = &self.host.environment;
        if rules.is_empty() && !self.has_early_headers() {
            return Ok(());
        }
        let decoded = std::mem::replace(&mut record.uri, raw_path.to_vec());
        let added = self.add_early_headers(record);
        let applied = added.and_then(|()| self.apply_environment(rules, record));
        record.uri = decoded;
        applied
    }

    /// `SetEnvIf` of sections.
    pub(super) fn set_directory_environment(
        &mut self,
        record: &mut Record<'a>,
    ) -> Result<(), Halt> {
        for rules in record.settings.set_env_if() {
            self.apply_environment(rules, record)?;
        }
        Ok(())
    }

    fn apply_environment(
        &mut self,
        rules: &[EnvRule],
        record: &mut Record<'a>,
    ) -> Result<(), Halt> {
        environment::apply(rules, &mut self.view(record))
    }
}
