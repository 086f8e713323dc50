//! Which directives and modules there are.
//!
//! In: names. Out: what httpd 2.4.71 says of them: module, context, arguments, verdict. Absent: reading lines.

pub mod directives;
pub mod families;
pub mod modules;
