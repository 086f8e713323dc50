//! Headers of an answer that the server makes itself: a redirect, an error (`ap_send_error_response`,
//! `ap_headers_error_filter`, `expires_filter`).
//!
//! In: the lines that apply, the status, and what they ask about the request. Out: [`Headers`]. Absent: headers of files,
//! and of requests (`incoming`); `Location`, which no line can reach in such an answer; how a
//! request is asked (`context`); the table of headers itself (`lines`).

mod context;
mod incoming;
mod lines;
mod origin;

use super::record::add_names;
use crate::budget::Budget;
use crate::model::expression::Expression;
use crate::model::outcome::{ContentType, Header, HeaderText, Headers};
use crate::model::site::Settings;
use crate::model::site::headers::{
    Expires, HeaderAction, HeaderCondition, HeaderLine, HeaderPart, HeaderTable, HeaderValue,
    Lifetime, LifetimeFrom,
};
use crate::pattern::Pattern;
use crate::pattern::matching::{Captures, substitute};
pub(crate) use lines::Lines;
use lines::{is_named, text_of_first};

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

/// An answer on its way, as `Header` lines see it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Sending {
    /// What lines with `always` change (`err_headers_out`).
    pub always: Lines,
    /// What was there before the tables were exchanged, and what `mod_expires` adds (`headers_out`).
    pub made: Lines,
    /// What the request says (`headers_in`).
    pub request: Lines,
    /// The type of the page.
    pub content_type: ContentType,
}

impl Sending {
    /// What a line changes.
    fn table(&mut self, table: HeaderTable) -> &mut Lines {
        match table {
            HeaderTable::Always => &mut self.always,
            HeaderTable::OnSuccess => &mut self.made,
            HeaderTable::Request => &mut self.request,
        }
    }

    /// A header of the answer so far (`req_table_func`).
    pub fn header(&self, name: &[u8]) -> Option<&[u8]> {
        self.made.get(name).or_else(|| self.always.get(name))
    }

    /// Lets expressions see the `Location`.
    fn show_location(&mut self, location: Option<&[u8]>) {
        if let Some(location) = location {
            let location = HeaderText::Text(location.to_vec());
            self.made.set(MADE_LOCATION, location);
        }
    }

    /// The answer varies by headers of the request.
    pub fn vary_by(&mut self, names: &[Vec<u8>]) {
        if !names.is_empty() {
            self.made.append(VARY, &names.join(&b", "[..]));
        }
    }

    /// The headers as they are sent, without those that the answer has elsewhere. `charset` is that of texts without one.
    fn finish(self, charset: Option<&[u8]>) -> Finished {
        let all = self.always.0.into_iter().chain(self.made.0);
        let all: Vec<Header> = all.collect();
        let mut vary = Vec::new();
        for header in all.iter().filter(|header| is_named(header, VARY)) {
            add_names_of(&mut vary, &header.value);
        }
        // One without a name is sent as it is.
        let is_sent = |header: &Header| {
            ELSEWHERE.iter().all(|name| !is_named(header, name))
                && (vary.is_empty() || !is_named(header, VARY))
        };
        // Where there is no type (`ap_make_content_type`), what a line added stays.
        let own = match self.content_type {
            ContentType::Named(name) if name.is_empty() => ContentType::None,
            own => own,
        };
        let content_type = match (own, text_of_first(&all, CONTENT_TYPE)) {
            (ContentType::None, Some(added)) => ContentType::Named(added.to_vec()),
            (own, _) => with_charset(own, charset),
        };
        let texts = all.iter().filter(|header| is_named(header, SET_COOKIE));
        let cookies = texts.filter_map(|header| match &header.value {
            HeaderText::Text(text) => Some(text.clone()),
            HeaderText::DateAfter(_) => None,
        });
        let cookies = cookies.collect();
        let headers = Headers {
            content_type,
            lines: all.into_iter().filter(is_sent).collect(),
        };
        Finished {
            headers,
            vary,
            cookies,
        }
    }
}

/// Headers as they are sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Finished {
    /// Those that the answer has nowhere else.
    pub headers: Headers,
    /// The names in `Vary`.
    pub vary: Vec<Vec<u8>>,
    /// The values of `Set-Cookie`, in order.
    pub cookies: Vec<Vec<u8>>,
}

/// What is sent from elsewhere. The type is written in the place of whatever a line added (`ap_http_header_filter`).
const ELSEWHERE: [&[u8]; 3] = [CONTENT_TYPE, MADE_LOCATION, SET_COOKIE];

const CONTENT_TYPE: &[u8] = b"Content-Type";

const VARY: &[u8] = b"Vary";

const SET_COOKIE: &[u8] = b"Set-Cookie";

/// A type with the charset that texts have without one (`ap_make_content_type`).
fn with_charset(content_type: ContentType, charset: Option<&[u8]>) -> ContentType {
    let Some(charset) = charset else {
        return content_type;
    };
    let whole = |name: Vec<u8>| {
        let lower = name.to_ascii_lowercase();
        let holds = |part: &[u8]| lower.windows(part.len()).any(|at| at == part);
        let is_text = holds(b"text/plain") || holds(b"text/html");
        if !is_text || holds(b"charset=") {
            return name;
        }
        [&name, b"; charset=".as_slice(), charset].concat()
    };
    match content_type {
        ContentType::Named(name) => ContentType::Named(whole(name)),
        ContentType::Document(name) => ContentType::Document(whole(name)),
        own @ (ContentType::Page | ContentType::PageWithoutCharset | ContentType::None) => own,
    }
}

/// Adds the names of a `Vary` header, each once (`uniq_field_values`).
fn add_names_of(vary: &mut Vec<Vec<u8>>, value: &HeaderText) {
    let HeaderText::Text(text) = value else {
        return;
    };
    let is_end = |byte: &u8| *byte == b',' || is_space(*byte);
    let names = text.split(is_end).filter(|name| !name.is_empty());
    add_names(vary, names.map(<[u8]>::to_vec).collect());
}

/// `apr_isspace`
fn is_space(byte: u8) -> bool {
    byte.is_ascii_whitespace() || byte == 0x0b
}

/// The name under which expressions see the `Location` of the answer; it is no line's.
const MADE_LOCATION: &[u8] = b"Location";

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
        let mut sending = Sending {
            content_type,
            ..Sending::default()
        };
        // Without a page the tables are not exchanged: lines reach what is there.
        if answer.has_page() {
            sending.made = before.early;
        } else {
            sending.always = before.early;
            sending.made = before.made;
            sending.vary_by(&before.vary);
        }
        sending.show_location(answer.location);
        self.expire(answer.status, &mut sending);
        for line in self.lines_of(HeaderTable::Always) {
            if applies(line, &mut sending, context)? {
                carry_out(line, &mut sending, context)?;
            }
        }
        if !answer.has_page() {
            sending.content_type = ContentType::None;
        }
        Ok(sending.finish(charset))
    }

    /// The headers of an answer that the core makes by itself: no line reaches it but early ones.
    pub fn untouched(content_type: ContentType, before: Before) -> Finished {
        let mut sending = Sending {
            always: before.early,
            made: before.made,
            content_type,
            ..Sending::default()
        };
        sending.vary_by(&before.vary);
        sending.finish(None)
    }

    /// The headers of a document that a handler sends: lines of both tables reach it.
    pub fn document<C: HeaderContext>(
        &self,
        answer: Made<'_>,
        content_type: ContentType,
        before: Before,
        context: &mut C,
    ) -> Result<Finished, C::Stop> {
        let mut sending = Sending {
            always: before.early,
            made: before.made,
            content_type,
            ..Sending::default()
        };
        sending.vary_by(&before.vary);
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
        if !answer.has_page() {
            sending.content_type = ContentType::None;
        }
        Ok(sending.finish(self.default_charset))
    }

    /// The headers that early lines of the server leave for the answer: those of `always`, `before` being there already,
    /// and the others.
    pub fn early<C: HeaderContext>(
        &self,
        before: Lines,
        context: &mut C,
    ) -> Result<(Lines, Lines), C::Stop> {
        let mut sending = Sending {
            always: before,
            content_type: ContentType::None,
            ..Sending::default()
        };
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

/// What there is before any line is carried out.
#[derive(Debug, Clone, Default)]
pub(crate) struct Before {
    /// What every answer to the request has (`err_headers_out`).
    pub early: Lines,
    /// What an answer of the record's own handler has (`headers_out`).
    pub made: Lines,
    /// What the record varies by.
    pub vary: Vec<Vec<u8>>,
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
    /// Statuses 204 and 304 are sent without a page.
    fn has_page(self) -> bool {
        !matches!(self.status, 204 | 304)
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
    let is_space = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'\x0b';
    let mut rest = list;
    while !rest.is_empty() {
        let spaces = rest.iter().take_while(|byte| is_space(byte)).count();
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
