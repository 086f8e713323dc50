//! A CloudFront Function of the user's own, run before or after ours: a behaviour has room for one.
//!
//! In: its text. Out: [`OwnFunction`], and one function of [several](chained). Absent: what ours does; running JavaScript, which
//! `tests/class` does.

use super::error::FunctionError;

/// A function as its author wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnFunction {
    /// Lines that have to stand at the top of a file.
    imports: String,
    /// All other lines.
    body: String,
    runs: Runs,
}

/// Does a function give a request, or the promise of one?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Runs {
    AtOnce,
    Later,
}

/// The functions of the user's own around ours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OwnFunctions {
    /// Gets the request as it came.
    pub before: Option<OwnFunction>,
    /// Gets the request as ours left it.
    pub after: Option<OwnFunction>,
}

impl OwnFunctions {
    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.before.is_none() && self.after.is_none()
    }
}

impl OwnFunction {
    /// Reads the text of a function.
    ///
    /// # Errors
    /// The text has no handler.
    pub fn of(text: &str) -> Result<Self, FunctionError> {
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if !words.contains("function handler") {
            return Err(FunctionError::NoHandler);
        }
        let is_import = |line: &&str| line.starts_with("import ");
        let lines = |wanted: bool| -> String {
            let lines = text.lines().filter(|line| is_import(line) == wanted);
            lines.map(|line| format!("{line}\n")).collect()
        };
        Ok(Self {
            imports: lines(true),
            body: lines(false),
            runs: if words.contains("async function handler") {
                Runs::Later
            } else {
                Runs::AtOnce
            },
        })
    }
}

/// One function that runs all of them in turn. An answer that one gives ends it.
pub fn chained(own: &OwnFunctions, ours: Option<&str>) -> String {
    let OwnFunctions { before, after } = own;
    let both = [before, after].map(Option::as_ref);
    let imports = both.iter().flatten().map(|own| own.imports.as_str());
    let mut code: String = imports.collect();
    let mut calls = String::new();
    let is_async = both.iter().flatten().any(|own| own.runs == Runs::Later);
    let steps = [
        ("before", before.as_ref().map(|own| own.body.as_str())),
        ("edgewright", ours),
        ("after", after.as_ref().map(|own| own.body.as_str())),
    ];
    for (name, body) in steps {
        let Some(body) = body else { continue };
        code += &format!("var {name} = (function () {{\n{body}return handler;\n}})();\n\n");
        let wait = if is_async { "await " } else { "" };
        calls += &format!(
            "  request = {wait}{name}(event);\n  if (request.statusCode) return request;\n  event.request = request;\n"
        );
    }
    let kind = if is_async { "async " } else { "" };
    code + &format!(
        "// Each gets the request that the one before left, unless that was an answer.\n\
         {kind}function handler(event) {{\n  var request;\n{calls}  return request;\n}}\n"
    )
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]

    use super::*;

    const PUSHES: &str = "function handler(event) {\n  return event.request;\n}\n";

    #[test]
    fn imports_stand_at_the_top() {
        let text = format!("import cf from 'cloudfront';\n{PUSHES}");
        let own = OwnFunctions {
            before: Some(OwnFunction::of(&text).unwrap()),
            after: None,
        };
        let code = chained(&own, None);
        assert!(
            code.starts_with("import cf from 'cloudfront';\nvar before"),
            "{code}"
        );
    }

    #[test]
    fn what_is_no_function_is_refused() {
        let error = OwnFunction::of("export default 1;").unwrap_err();
        assert!(
            error.to_string().contains("function handler(event)"),
            "{error}"
        );
    }
}
