//! What depends on which modules a server has loaded, and in which order.
//!
//! In: nothing. Out: [`Traits`]. Absent: the modules' names; they are the compiler's affair.

use serde::{Deserialize, Serialize};

/// Ways of a server that come with its modules.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Traits(u16);

bitflags::bitflags! {
    impl Traits: u16 {
        /// A module has a say in access that may depend on more than the sections that apply, as
        /// `mod_lua` does (`auth_internal_per_conf` is 0): who may go is asked again after an internal
        /// redirect, unless every walk was remembered.
        const ASKS_AGAIN = 1;
        /// `mod_env` was loaded before `mod_alias`: `SetEnv` comes before a section's `Redirect`.
        const ENV_BEFORE_ALIAS = 1 << 1;
        /// `mod_speling` was loaded before `mod_dir`: `CheckSpelling` comes before a `FallbackResource`.
        const SPELING_BEFORE_DIR = 1 << 2;
        /// `mod_headers` was loaded before `mod_dir`: `RequestHeader` comes before a directory is answered.
        const HEADERS_BEFORE_DIR = 1 << 4;
        /// Some line names the handler `send-as-is`, and `mod_asis` may be loaded.
        const SENDS_AS_IS = 1 << 3;
        /// Something asks for the type of a file once it is known, such as an expression with `%{CONTENT_TYPE}`.
        const ASKS_FOR_TYPES = 1 << 5;
        /// `mod_mime` is not loaded: no name says a type.
        const WITHOUT_MIME = 1 << 6;
        /// `mod_rewrite` was loaded before `mod_headers`: `RequestHeader` sees the type of a rule with `T`.
        const REWRITE_BEFORE_HEADERS = 1 << 7;
        /// `mod_autoindex` is not loaded: a directory without an index is neither listed nor refused, it is not found.
        const WITHOUT_AUTOINDEX = 1 << 8;
    }
}
