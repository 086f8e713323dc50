//! Headers of an answer that the server makes itself: a redirect, an error (`ap_send_error_response`,
//! `ap_headers_error_filter`, `expires_filter`).
//!
//! In: the lines that apply, the status, and what they ask about the request. Out: [`Finished`]. Absent: headers of files,
//! and of requests (`incoming`); `Location`, which no line can reach in such an answer; how a request is asked
//! (`context`); the answer on its way (`sending`), and its tables of headers (`lines`).

mod context;
mod incoming;
mod lines;
mod origin;
mod sending;

use crate::budget::Budget;
use crate::model::expression::Expression;
use crate::model::outcome::{ContentType, HeaderText};
use crate::model::page::has_none;
use crate::model::site::Settings;
use crate::model::site::headers::{
    Expires, HeaderAction, HeaderCondition, HeaderLine, HeaderPart, HeaderTable, HeaderValue,
    Lifetime, LifetimeFrom,
};
use crate::pattern::Pattern;
use crate::pattern::matching::{Captures, substitute};
pub(crate) use lines::Lines;
pub(crate) use sending::{Before, Finished, Sending};
use sending::{CONTENT_TYPE, is_space};

/// So many matches of `edit*` are replaced in one header.
const MOST_EDITS: usize = 1_000;

/// So many headers are looked through in a step.
const HEADERS_A_STEP: usize = 16;

/// A header of a request.
pub(crate) type NameAndValue = (Vec<u8>, Vec<u8>);

/// What `Header` lines ask about a request.
pub(crate) trait HeaderContext {
    /// Why an answer cannot be had.
    type Stop;

    /// An environment variable.
    fn environment(&mut self, name: &[u8]) -> Result<Option<Vec<u8>>, Self::Stop>;

    /// The type of the file that the request is about, as far as it is known by now.
    fn file_type(&mut self) -> Result<ContentType, Self::Stop>;

    /// A variable of the TLS connection; `None` where it has no value.
    fn tls(&mut self, name: &[u8]) -> Result<Option<Vec<u8>>, Self::Stop>;

    /// Does an expression hold? `sending` is the answer so far, which then varies by what the expression reads.
    fn holds(&mut self, expression: &Expression, sending: &mut Sending)
    -> Result<bool, Self::Stop>;

    /// The text of an expression; empty where its evaluation fails.
    fn text(
        &mut self,
        expression: &Expression,
        sending: &mut Sending,
    ) -> Result<Vec<u8>, Self::Stop>;

    /// Every header of the request, in order.
    fn request_headers(&mut self) -> Result<Vec<NameAndValue>, Self::Stop>;

    /// Takes steps off the budget.
    fn spend(&mut self, steps: usize) -> Result<(), Self::Stop>;

    /// What the decision may still take.
    fn budget(&self) -> &Budget;
}

/// What applies to an answer: the lines and lifetimes of all sections, the outermost first.
#[derive(Debug)]
pub(crate) struct Applying<'a> {
    lines: Vec<&'a HeaderLine>,
    /// Of the sections that have lines of `mod_expires`.
    expires: Vec<&'a Expires>,
    /// What texts have without a charset; `None` where nothing is added.
    default_charset: Option<&'a [u8]>,
}

impl<'a> Applying<'a> {
    /// What these sections say together.
    pub fn of(sections: impl Iterator<Item = &'a Settings> + Clone) -> Self {
        let charsets = sections.clone();
        let charsets = charsets.filter_map(|own| own.default_charset.as_deref());
        Self {
            default_charset: charsets.last().filter(|name| !name.is_empty()),
            lines: sections.clone().flat_map(|own| &own.headers).collect(),
            expires: sections.filter_map(|own| own.expires.as_deref()).collect(),
        }
    }

    /// The headers of an answer that the server makes, with what was there before.
    pub fn answer<C: HeaderContext>(
        &self,
        answer: Made<'_>,
        before: Before,
        context: &mut C,
    ) -> Result<Finished, C::Stop> {
        let content_type = answer.content_type(context)?;
        let is_suppressed = content_type == ContentType::PageWithoutCharset;
        let charset = self.default_charset.filter(|_| !is_suppressed);
        // Without a page the tables are not exchanged: lines reach what is there.
        let mut sending = if answer.has_page() {
            Sending {
                made: before.early,
                content_type,
                ..Sending::default()
            }
        } else {
            Sending::beginning(content_type, before)
        };
        sending.show_location(answer.location);
        self.expire(answer.status, &mut sending);
        for line in self.lines_of(HeaderTable::Always) {
            if applies(line, &mut sending, context)? {
                carry_out(line, &mut sending, context)?;
            }
        }
        Ok(sending.finish_for(answer, charset))
    }

    /// The headers of an answer that the core makes by itself: no line reaches it but early ones.
    pub fn untouched(content_type: ContentType, before: Before) -> Finished {
        Sending::beginning(content_type, before).finish(None)
    }

    /// The headers of a document that a handler sends: lines of both tables reach it.
    pub fn document<C: HeaderContext>(
        &self,
        answer: Made<'_>,
        content_type: ContentType,
        before: Before,
        context: &mut C,
    ) -> Result<Finished, C::Stop> {
        let mut sending = Sending::beginning(content_type, before);
        // It is handed on to the document (`internal_internal_redirect`).
        sending.show_location(answer.location);
        self.expire(answer.status, &mut sending);
        for table in [HeaderTable::Always, HeaderTable::OnSuccess] {
            for line in self.lines_of(table) {
                if applies(line, &mut sending, context)? {
                    carry_out(line, &mut sending, context)?;
                }
            }
        }
        Ok(sending.finish_for(answer, self.default_charset))
    }

    /// The headers that early lines of the server leave for the answer: those of `always`, `before` being there already,
    /// and the others.
    pub fn early<C: HeaderContext>(
        &self,
        before: Lines,
        context: &mut C,
    ) -> Result<(Lines, Lines), C::Stop> {
        let before = Before {
            early: before,
            ..Before::default()
        };
        let mut sending = Sending::beginning(ContentType::None, before);
        for table in [HeaderTable::Always, HeaderTable::OnSuccess] {
            let early = self.lines_of(table);
            for line in early.filter(|line| line.condition == HeaderCondition::Early) {
                carry_out(line, &mut sending, context)?;
            }
        }
        Ok((sending.always, sending.made))
    }

    fn lines_of(&self, table: HeaderTable) -> impl Iterator<Item = &'a HeaderLine> + '_ {
        let lines = self.lines.iter().copied();
        lines.filter(move |line| line.table == table)
    }

    /// What the innermost section says that says something (`merge_expires_dir_configs`).
    fn innermost<T>(&self, ask: impl Fn(&Expires) -> Option<T>) -> Option<T> {
        self.expires.iter().rev().find_map(|own| ask(own))
    }

    /// `expires_filter`
    fn expire(&self, status: u16, sending: &mut Sending) {
        let is_on = status < 400 && self.innermost(|own| own.active) == Some(true);
        if !is_on || sending.made.has(b"Expires") {
            return;
        }
        let Some(lifetime) = self.lifetime(&sending.content_type) else {
            return;
        };
        let Some(seconds) = from_now(lifetime) else {
            return;
        };
        let max_age = format!("max-age={seconds}");
        sending.made.append(b"Cache-Control", max_age.as_bytes());
        sending.made.set(b"Expires", HeaderText::DateAfter(seconds));
    }

    fn lifetime(&self, content_type: &ContentType) -> Option<Lifetime> {
        let value = content_type.value().unwrap_or_default();
        let end = value.iter().position(|byte| matches!(byte, b';' | b' '));
        let name = &value[..end.unwrap_or(value.len())];
        let slash = name.iter().position(|byte| *byte == b'/');
        // Families count where the innermost section with a line of the module names one (`wildcards`).
        let has_families = self.expires.last().is_some_and(|own| own.has_families());
        let by_family = || {
            let family = [name.get(..=slash?)?, b"*"].concat();
            has_families.then(|| self.innermost(|own| own.of_type(&family)))?
        };
        let own = self.innermost(|own| own.of_type(name));
        own.or_else(by_family)
            .or_else(|| self.innermost(|own| own.default))
    }
}

/// How long an answer is fresh that is made now; `None` where it is reckoned from the last change of a file: the answer
/// has none, or nobody knows when it was.
fn from_now(lifetime: Lifetime) -> Option<u32> {
    match lifetime.from {
        LifetimeFrom::Access => Some(u32::try_from(lifetime.seconds).unwrap_or(0)),
        LifetimeFrom::Modification => None,
    }
}

/// An answer that the server makes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Made<'a> {
    /// The status.
    pub status: u16,
    /// The `Location`, where it has one.
    pub location: Option<&'a [u8]>,
}

impl Made<'_> {
    fn has_page(self) -> bool {
        !has_none(self.status)
    }

    fn content_type<C: HeaderContext>(self, context: &mut C) -> Result<ContentType, C::Stop> {
        if !self.has_page() {
            return context.file_type();
        }
        let is_suppressed = context.environment(b"suppress-error-charset")?.is_some();
        Ok(if is_suppressed {
            ContentType::PageWithoutCharset
        } else {
            ContentType::Page
        })
    }
}

fn applies<C: HeaderContext>(
    line: &HeaderLine,
    sending: &mut Sending,
    context: &mut C,
) -> Result<bool, C::Stop> {
    context.spend(1)?;
    Ok(match &line.condition {
        HeaderCondition::Always => true,
        HeaderCondition::Early => false,
        HeaderCondition::Set(name) => context.environment(name)?.is_some(),
        HeaderCondition::NotSet(name) => context.environment(name)?.is_none(),
        HeaderCondition::Expression(expression) => context.holds(expression, sending)?,
    })
}

/// One line (`do_headers_fixup`).
fn carry_out<C: HeaderContext>(
    line: &HeaderLine,
    sending: &mut Sending,
    context: &mut C,
) -> Result<(), C::Stop> {
    let name = line.name.as_slice();
    let known = sending.table(line.table).all().len();
    context.spend(known / HEADERS_A_STEP)?;
    match &line.action {
        HeaderAction::Set(value) => set(line, value, sending, context)?,
        HeaderAction::SetIfEmpty(value) if !sending.table(line.table).has(name) => {
            set(line, value, sending, context)?;
        }
        HeaderAction::SetIfEmpty(_) | HeaderAction::Note => {}
        HeaderAction::Add(value) => {
            let text = text_of(value, sending, context)?;
            sending.table(line.table).add(name, HeaderText::Text(text));
        }
        HeaderAction::Append(value) => {
            let text = text_of(value, sending, context)?;
            sending.table(line.table).append(name, &text);
        }
        HeaderAction::Merge(value) => {
            let text = text_of(value, sending, context)?;
            let known = sending.table(line.table).get(name);
            if !known.is_some_and(|known| has_element(known, &text)) {
                sending.table(line.table).append(name, &text);
            }
        }
        HeaderAction::Unset => {
            if is_about_type(line) {
                sending.content_type = ContentType::None;
            }
            sending.table(line.table).unset(name);
        }
        HeaderAction::Edit(pattern, value) => {
            edit(line, (pattern, 1), value, sending, context)?;
        }
        HeaderAction::EditAll(pattern, value) => {
            edit(line, (pattern, MOST_EDITS), value, sending, context)?;
        }
        HeaderAction::Echo(pattern) => {
            for (name, value) in context.request_headers()? {
                if pattern.find(&name, &mut Captures::new(), context.budget()) {
                    sending.made.add(&name, HeaderText::Text(value));
                }
            }
        }
    }
    Ok(())
}

/// Does a line change the type of the answer?
fn is_about_type(line: &HeaderLine) -> bool {
    line.table != HeaderTable::Request && line.name.eq_ignore_ascii_case(CONTENT_TYPE)
}

fn set<C: HeaderContext>(
    line: &HeaderLine,
    value: &HeaderValue,
    sending: &mut Sending,
    context: &mut C,
) -> Result<(), C::Stop> {
    let text = text_of(value, sending, context)?;
    if is_about_type(line) {
        sending.content_type = ContentType::Named(text.clone());
    }
    sending
        .table(line.table)
        .set(&line.name, HeaderText::Text(text));
    Ok(())
}

/// `edit` and `edit*`, of so many matches in each header of the name.
fn edit<C: HeaderContext>(
    line: &HeaderLine,
    (pattern, most): (&Pattern, usize),
    value: &HeaderValue,
    sending: &mut Sending,
    context: &mut C,
) -> Result<(), C::Stop> {
    let replacement = text_of(value, sending, context)?;
    let edited = |text: &[u8], budget: &Budget| edited(text, pattern, &replacement, most, budget);
    let type_value = sending.content_type.value();
    if is_about_type(line)
        && let Some(known) = type_value
    {
        let named = edited(known, context.budget());
        sending.content_type = ContentType::Named(named);
    }
    let mut length = 0;
    for header in &mut sending.table(line.table).0 {
        if let HeaderText::Text(text) = &mut header.value
            && header.name.eq_ignore_ascii_case(&line.name)
        {
            length += text.len();
            *text = edited(text, context.budget());
        }
    }
    context.spend(length)
}

/// `process_regexp`
fn edited(
    text: &[u8],
    pattern: &Pattern,
    replacement: &[u8],
    most: usize,
    budget: &Budget,
) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    for _ in 0..most {
        let mut captures = Captures::new();
        if !pattern.find(rest, &mut captures, budget) {
            break;
        }
        let Some(found) = captures.get(0) else {
            break;
        };
        out.extend_from_slice(rest.get(..found.start).unwrap_or_default());
        out.extend(substitute(replacement, rest, &captures));
        // An empty match would be found for ever.
        let after = rest.get(found.end..).unwrap_or_default();
        let is_same = after.len() == rest.len();
        rest = after;
        if is_same {
            break;
        }
    }
    out.extend_from_slice(rest);
    out
}

fn text_of<C: HeaderContext>(
    value: &HeaderValue,
    sending: &mut Sending,
    context: &mut C,
) -> Result<Vec<u8>, C::Stop> {
    let parts = match value {
        HeaderValue::Format(parts) => parts,
        HeaderValue::Expression(expression) => return context.text(expression, sending),
    };
    let mut out = Vec::new();
    for part in parts {
        let value = match part {
            HeaderPart::Text(text) => {
                out.extend_from_slice(text);
                continue;
            }
            HeaderPart::Environment(name) => context.environment(name)?,
            HeaderPart::Tls(name) => context.tls(name)?.filter(|value| !value.is_empty()),
        };
        let value = value.unwrap_or_else(|| b"(null)".to_vec());
        let unwrapped = value.iter().map(|byte| match byte {
            b'\r' | b'\n' => b' ',
            other => *other,
        });
        out.extend(unwrapped);
    }
    context.spend(out.len() / super::BYTES_A_STEP)?;
    Ok(out)
}

/// Is a text an element of a list with commas, in which commas between quotes part nothing? Where the list ends, there is
/// no empty element any more.
fn has_element(list: &[u8], element: &[u8]) -> bool {
    let mut rest = list;
    while !rest.is_empty() {
        let spaces = rest.iter().take_while(|byte| is_space(**byte)).count();
        let (own, after) = rest[spaces..].split_at(length_of_element(&rest[spaces..]));
        if own == element {
            return true;
        }
        rest = after.get(1..).unwrap_or_default();
    }
    false
}

/// How much comes before the next comma that is not between quotes.
fn length_of_element(list: &[u8]) -> usize {
    let mut is_quoted = false;
    let end = list.iter().position(|byte| {
        is_quoted ^= *byte == b'"';
        *byte == b',' && !is_quoted
    });
    end.unwrap_or(list.len())
}

#[cfg(test)]
mod tests;
