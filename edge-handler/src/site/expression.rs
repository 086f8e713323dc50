//! `ap_expr`: the expressions of `<If>`, `RewriteCond expr`, `SetEnvIfExpr`.
//!
//! In: the text of an expression. Out: [`Expression`]. Absent: its value; see `evaluate::expression`.

use serde::{Deserialize, Serialize};

/// An expression as written. (The parsed form joins it with the evaluator.)
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expression {
    /// The text.
    pub source: Vec<u8>,
}
