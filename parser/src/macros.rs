//! Macros: the part of mod_macro that is about text.
//!
//! In: the lines of `<Macro …>`, of its body, and of `Use …`. Out: a [`Macro`], and the lines that a
//! use of it stands for. Absent: which macros there are, and recursion (the compiler).

use std::sync::Arc;

use aho_corasick::{AhoCorasick, MatchKind};

use crate::bytes::shown;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::refused;
use crate::line::{Line, LineBuilder};
use crate::source::Span;
use crate::syntax::{Arguments, Word};
use crate::words::Words;

/// How long a body line may become, in bytes, its line feed included (`MAX_STRING_LEN`).
pub const EXPANSION_LIMIT: usize = 8192;

/// What marks a parameter's name, so that it is not found inside other words (`ARG_PREFIX`).
const MARKS: &[u8] = b"$%@";

/// A macro.
#[derive(Debug, Clone)]
pub struct Macro {
    /// Its name, in lower case.
    pub name: Word,
    /// The names of its parameters.
    pub parameters: Vec<Word>,
    /// Its lines, comments left out, nothing in them replaced yet.
    pub body: Vec<Line>,
}

/// Reads what `<Macro name parameters…>` says (`macro_section`, `check_macro_arguments`); the body is
/// still empty, see [`Macro::read_body`].
///
/// # Errors
///
/// No name, an empty parameter name, or one that is there twice.
pub fn parse_macro(arguments: &Arguments) -> Result<(Macro, Vec<Diagnostic>), Diagnostic> {
    let mut words = arguments.words.iter().cloned();
    let mut name = words
        .next()
        .filter(|name| !name.value.is_empty())
        .ok_or_else(|| {
            refused("bad-macro", "the macro has no name", arguments.raw.span)
                .help("write `<Macro name $parameter>`")
        })?;
    name.value.make_ascii_lowercase();
    let parameters: Vec<Word> = words.collect();
    let warnings = check_parameters(&parameters)?;
    Ok((
        Macro {
            name,
            parameters,
            body: Vec::new(),
        },
        warnings,
    ))
}

fn check_parameters(parameters: &[Word]) -> Result<Vec<Diagnostic>, Diagnostic> {
    let mut warnings = Vec::new();
    for (index, parameter) in parameters.iter().enumerate() {
        let name = &parameter.value;
        match name.first() {
            None => {
                return Err(refused(
                    "bad-macro",
                    "a macro parameter without a name",
                    parameter.span,
                ));
            }
            Some(first) if !MARKS.contains(first) => warnings.push(unmarked(parameter)),
            Some(_) => {}
        }
        for earlier in &parameters[..index] {
            if earlier.value == *name {
                return Err(repeated(earlier, parameter));
            }
            if earlier.value.starts_with(name) || name.starts_with(&earlier.value) {
                warnings.push(confusable(earlier, parameter));
            }
        }
    }
    Ok(warnings)
}

impl Macro {
    /// Takes the body from `lines`, up to the `</Macro>` that belongs to it (`get_lines_till_end_token`).
    ///
    /// # Errors
    ///
    /// `lines` ends before that; `opened` is where the macro begins.
    pub fn read_body(
        &mut self,
        lines: &mut dyn Iterator<Item = Line>,
        opened: Span,
    ) -> Result<(), Diagnostic> {
        let mut depth = 1_usize;
        for line in lines {
            match nesting(&line) {
                Nesting::Comment => continue,
                Nesting::Opens => depth += 1,
                Nesting::Closes => depth -= 1,
                Nesting::Neither => {}
            }
            if depth == 0 {
                return Ok(());
            }
            self.body.push(line);
        }
        let headline = format!("macro `{}` has no end", shown(&self.name.value));
        Err(refused("unclosed-section", headline, opened).help("end it with `</Macro>`"))
    }

    /// The lines that `Use name values…` stands for (`use_macro`, `process_content`); `used` is that line.
    ///
    /// A line that a value ends in a backslash goes on with the next one of the body; not, as in
    /// Apache, with what follows the `Use` if it is the last.
    ///
    /// # Errors
    ///
    /// Not as many values as parameters, or a line that becomes too long.
    pub fn expand(&self, values: &[Word], used: &Line) -> Result<Vec<Line>, Diagnostic> {
        let lines = self.expand_within(values, used, &mut usize::MAX.clone())?;
        Ok(lines.unwrap_or_default())
    }

    /// The lines that `Use name values…` stands for, as [`Macro::expand`] gives them, if they have no more
    /// bytes than `room`; their bytes are taken from it. `None` when they have more.
    ///
    /// # Errors
    ///
    /// Not as many values as parameters, or a line that becomes too long.
    pub fn expand_within(
        &self,
        values: &[Word],
        used: &Line,
        room: &mut usize,
    ) -> Result<Option<Vec<Line>>, Diagnostic> {
        if values.len() != self.parameters.len() {
            return Err(self.wrong_count(values, used));
        }
        let mut used_at = used.used_at().to_vec();
        used_at.push(used.origin().span);
        let used_at: Arc<[Span]> = used_at.into();
        let names = Names::of(&self.parameters);
        let mut lines = Vec::with_capacity(self.body.len());
        let mut open: Option<LineBuilder> = None;
        for body in &self.body {
            let expanded = self.expand_line(&names, values, body, used)?;
            let Some(rest) = room.checked_sub(expanded.text().len()) else {
                return Ok(None);
            };
            *room = rest;
            let mut builder = open
                .take()
                .unwrap_or_else(|| LineBuilder::like(body).used_at(used_at.clone()));
            builder.copy(&expanded, 0..expanded.text().len());
            if builder.strip_continuation() {
                open = Some(builder);
            } else {
                lines.push(builder.finish());
            }
        }
        lines.extend(open.map(LineBuilder::finish));
        Ok(Some(lines))
    }

    fn wrong_count(&self, values: &[Word], used: &Line) -> Diagnostic {
        let (given, wanted) = (values.len(), self.parameters.len());
        let name = shown(&self.name.value);
        let headline = format!("macro `{name}` takes {wanted} arguments, not {given}");
        refused("wrong-argument-count", headline, used.origin().span)
            .other(self.name.span, "the macro is here")
            .help("a value with a space needs quotes")
    }

    /// A line of the body with `values` in the places of the parameters (`substitute_macro_args`).
    fn expand_line(
        &self,
        names: &Names,
        values: &[Word],
        body: &Line,
        used: &Line,
    ) -> Result<Line, Diagnostic> {
        let mut rest = body.clone();
        let mut done = LineBuilder::like(body);
        let mut length = 0;
        while let Some((found, which)) = names.first_in(rest.text()) {
            let (name, value) = (&self.parameters[which].value, &values[which].value);
            let end = found + name.len();
            let replacement = if name == value {
                name.clone()
            } else {
                replacement(name, value)
            };
            done.copy(&rest, 0..found);
            length += found;
            if length + replacement.len() + (rest.text().len() - end) + 1 >= EXPANSION_LIMIT {
                return Err(too_long(body, used));
            }
            // As Apache counts: what is looked through next begins so many bytes after the beginning of the
            // replacement as the value has, which leaves out the quote marks and backslashes that `@` adds.
            let passed = value.len().min(replacement.len());
            let mut next = LineBuilder::like(body);
            if name == value {
                done.copy(&rest, found..end);
            } else {
                done.replace(&rest, found..end, &replacement[..passed]);
                next.replace(&rest, found..end, &replacement[passed..]);
            }
            length += passed;
            next.copy(&rest, end..rest.text().len());
            rest = next.finish_untrimmed();
        }
        done.copy(&rest, 0..rest.text().len());
        Ok(done.finish_untrimmed())
    }
}

/// The names of a macro's parameters, to be found in its lines.
struct Names(Option<AhoCorasick>);

impl Names {
    fn of(parameters: &[Word]) -> Self {
        if parameters.is_empty() {
            return Self(None);
        }
        let names = parameters.iter().map(|parameter| &parameter.value);
        let mut builder = AhoCorasick::builder();
        // Names that are too long together to be looked for at once are in no line either.
        Self(
            builder
                .match_kind(MatchKind::LeftmostLongest)
                .build(names)
                .ok(),
        )
    }

    /// The leftmost parameter in `text`; of several in the same place the longest.
    fn first_in(&self, text: &[u8]) -> Option<(usize, usize)> {
        let found = self.0.as_ref()?.find(text)?;
        Some((found.start(), found.pattern().as_usize()))
    }
}

/// What stands for the parameter `name`: the value, in double quotes if the name begins with `@`.
fn replacement(name: &[u8], value: &[u8]) -> Vec<u8> {
    if name.first() != Some(&b'@') {
        return value.to_vec();
    }
    let mut quoted = vec![b'"'];
    for &byte in value {
        if matches!(byte, b'"' | b'\\') {
            quoted.push(b'\\');
        }
        quoted.push(byte);
    }
    quoted.push(b'"');
    quoted
}

/// What a line means for the end of a macro.
enum Nesting {
    Comment,
    Opens,
    Closes,
    Neither,
}

fn nesting(line: &Line) -> Nesting {
    if line.text().starts_with(b"#") {
        return Nesting::Comment;
    }
    let first = Words::new(line, 0..line.text().len()).take();
    let word = first.map(|word| word.value.to_ascii_lowercase());
    match word.as_deref() {
        Some(b"<macro") => Nesting::Opens,
        Some(b"</macro>") => Nesting::Closes,
        _ => Nesting::Neither,
    }
}

fn too_long(line: &Line, used: &Line) -> Diagnostic {
    let headline = format!("a line of the macro grows beyond {EXPANSION_LIMIT} bytes");
    refused("line-too-long", headline, used.origin().span).other(line.origin().span, "this one")
}

fn unmarked(parameter: &Word) -> Diagnostic {
    let headline = format!(
        "parameter `{}` is replaced inside other words too",
        shown(&parameter.value)
    );
    Diagnostic::warning("unmarked-parameter", headline, parameter.span)
        .label("every occurrence of this text is replaced")
        .help("begin its name with `$`, `%` or `@`")
}

fn repeated(earlier: &Word, parameter: &Word) -> Diagnostic {
    let headline = format!("parameter `{}` is there twice", shown(&parameter.value));
    refused("bad-macro", headline, parameter.span).other(earlier.span, "first here")
}

fn confusable(earlier: &Word, parameter: &Word) -> Diagnostic {
    let headline = "one parameter's name begins with the other's";
    Diagnostic::warning("confusable-parameters", headline, parameter.span)
        .other(earlier.span, "the other")
        .label("where both fit, the longer one is replaced")
}
