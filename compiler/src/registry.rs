//! Which directives and modules there are.
//!
//! In: names. Out: what httpd 2.4.71 says of them: module, context, arguments, verdict. Absent: reading lines.

pub(crate) mod directives;
pub(crate) mod families;
pub(crate) mod modules;
