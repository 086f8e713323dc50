//! What is said of files and lines that nothing can be made of.
//!
//! In: a path or a name, and why. Out: a [`Diagnostic`]. Absent: finding it out.

use super::options::Advice;
use crate::diagnostic::Diagnostic;
use crate::loader::LoadError;
use crate::source::Span;
use crate::syntax::Word;

/// A directive that nothing allows in its `.htaccess` file.
pub fn not_allowed(name: &Word) -> Diagnostic {
    let shown = String::from_utf8_lossy(&name.value);
    let headline = format!("`{shown}` is not allowed in this .htaccess file");
    Diagnostic::error("misplaced-directive", headline, name.span)
        .label("`AllowOverride` does not allow it")
}

/// A file that cannot be read.
pub(super) fn unreadable(
    path: &[u8],
    error: &LoadError,
    span: Option<Span>,
    advice: &Advice,
) -> Diagnostic {
    let name = String::from_utf8_lossy(path);
    let help = match error {
        LoadError::NotFound => format!("check the name; {}", advice.server_root),
        LoadError::IsDirectory => format!("name a file in it, or `{name}/*.conf` for all of them"),
        LoadError::NotRegular => format!("name a regular file; {}", advice.not_regular),
        LoadError::TooLong | LoadError::Other(_) => format!("make `{name}` readable for you"),
    };
    let headline = format!("cannot read `{name}`: {error}");
    Diagnostic::error_anywhere("unreadable-file", headline, span).help(help)
}
