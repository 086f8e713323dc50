//! What a configuration, a request and an answer are, as plain data.
//!
//! In: nothing. Out: the types that every later module works with. Absent: evaluating them
//! (`evaluate`), storing them (`artefact`), and reading configuration text (the compiler).

pub mod expression;
pub mod forwarded_for;
pub mod header_names;
pub mod marks;
pub mod normalized;
pub mod outcome;
pub mod page;
pub mod request;
pub mod rules;
pub mod site;
pub mod subject;
pub mod trigger;
pub mod variable;
