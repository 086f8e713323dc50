//! The flags of a rule.
//!
//! In: nothing. Out: [`RuleFlags`]. Absent: their spelling; see the parser.

use serde::{Deserialize, Serialize};

bitflags::bitflags! {
    /// Flags of one `RewriteRule`, after parsing: the `RULEFLAG_*` of `mod_rewrite.c`.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
    pub struct RuleFlags: u32 {
        /// `R`, or a redirect status: the result is sent to the client.
        const FORCE_REDIRECT = 1;
        /// `F`, `G` or `R` with a status outside 300–399: answer with `status` at once.
        const STATUS = 1 << 1;
        /// `L`.
        const LAST = 1 << 2;
        /// `N`.
        const NEXT = 1 << 3;
        /// `C`.
        const CHAIN = 1 << 4;
        /// `NS`.
        const NO_SUBREQUEST = 1 << 5;
        /// The pattern had a leading `!`.
        const NEGATED = 1 << 6;
        /// `P`.
        const PROXY = 1 << 7;
        /// `PT`.
        const PASS_THROUGH = 1 << 8;
        /// `QSA`.
        const QUERY_APPEND = 1 << 9;
        /// `NE`.
        const NO_ESCAPE = 1 << 10;
        /// The substitution is `-`, or a status flag made it meaningless.
        const NO_SUBSTITUTION = 1 << 11;
        /// `B`, with or without a value, or `BCTLS`.
        const ESCAPE_BACKREFERENCES = 1 << 12;
        /// `DPI`.
        const DISCARD_PATH_INFO = 1 << 13;
        /// `QSD`.
        const QUERY_DISCARD = 1 << 14;
        /// `END`.
        const END = 1 << 15;
        /// The query string is dropped and no `?` is looked for: the substitution ended in `?`,
        /// or `QSD` with a substitution without `?`.
        const QUERY_NONE = 1 << 16;
        /// `QSL`, or `QSA` with a substitution that ends in `?`.
        const QUERY_LAST = 1 << 17;
        /// `BNP`.
        const ESCAPE_NO_PLUS = 1 << 18;
        /// `BCTLS`.
        const ESCAPE_CONTROLS = 1 << 19;
        /// `UnsafePrefixStat`.
        const UNSAFE_PREFIX_STAT = 1 << 20;
        /// `UnsafeAllow3F`.
        const UNSAFE_ALLOW_3F = 1 << 21;
        /// `UNC`.
        const UNC = 1 << 22;
    }
}
