//! What becomes of a path, precomputed before there is a request.
//!
//! In: a normalized request, and its path's [`PathDecision`]. Out: an [`Answer`](crate::model::outcome::Answer), or the
//! news that only an evaluation can tell. Absent: finding decisions (the compiler evaluates each path), and looking them
//! up; see [`crate::handler`].
//!
//! A decision holds for one host and one path. What it does not know is the name the client calls the host
//! by, the query string and the headers. Where these only pass through, an answer has holes for them;
//! where a condition asks about them, the decision asks a [`Question`].

mod answer;
mod question;
mod record;
mod step;
mod text;

pub use question::Question;
pub use record::{At, Builder, DecisionView, PathDecision, Queried};
pub use step::{Asked, Effect, Ending, EndingBuf, More, Step};
pub use text::{Part, Text, TextBuf};
