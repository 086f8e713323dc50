//! One directive, read.
//!
//! In: nothing. Out: [`Directive`]. Absent: which context it stands in, which conditions belong to
//! which rule (the compiler's `resolve`).

use crate::source::{Origin, Spanned};

/// Text with its place.
pub type Word = Spanned<Vec<u8>>;

/// One line: a directive, or the line that opens or closes a section.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Directive {
    /// The name as written: `RewriteRule`, `<VirtualHost`, `</VirtualHost`, without a `>`.
    pub name: Word,
    /// What it says.
    pub kind: Kind,
    /// Where it was written.
    pub origin: Origin,
}

impl Directive {
    /// The name of the section that the line opens or closes: `VirtualHost`.
    pub fn section(&self) -> Option<&[u8]> {
        let name = self.name.value.as_slice();
        match self.kind {
            Kind::Open(_) => name.strip_prefix(b"<"),
            Kind::Close => name.strip_prefix(b"</"),
            _ => None,
        }
    }
}

/// What a directive says. Directives without a grammar of their own are [`Kind::Other`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Kind {
    /// `RewriteEngine`.
    RewriteEngine(Switch),
    /// `RewriteOptions`: the options as written, known ones only.
    RewriteOptions(Vec<Word>),
    /// `RewriteBase`.
    RewriteBase(Word),
    /// `RewriteMap`.
    RewriteMap(RewriteMap),
    /// `RewriteCond`.
    RewriteCond(RewriteCond),
    /// `RewriteRule`.
    RewriteRule(Box<RewriteRule>),
    /// `Redirect` and kin.
    Redirect(Redirect),
    /// A line that opens a section: the argument text up to the last `>` (white space before it
    /// included: `<IfModule>` compares it), and its words.
    Open(Arguments),
    /// A line that closes one; nothing but the name counts.
    Close,
    /// Any other directive.
    Other(Arguments),
}

/// `On` or `Off`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Switch {
    /// `On`.
    On,
    /// `Off`.
    Off,
}

/// The arguments of a directive without a grammar of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Arguments {
    /// Everything after the name and the white space that follows it.
    pub raw: Word,
    /// The same, split as `ap_getword_conf` does.
    pub words: Vec<Word>,
}

/// `RewriteMap name source [options]`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RewriteMap {
    /// Its name.
    pub name: Word,
    /// `txt:…`, `int:…` and so on, as written.
    pub source: Word,
    /// The third argument.
    pub options: Option<Word>,
}

/// `RewriteCond TestString CondPattern [flags]`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RewriteCond {
    /// The test string as written.
    pub test_string: Word,
    /// The leading `!` of the condition pattern.
    pub negated: bool,
    /// What is asked, after the `!`.
    pub pattern: CondPattern,
    /// The condition pattern as written, `!` included.
    pub written: Word,
    /// `NC`, whether or not it has an effect.
    pub no_case: bool,
    /// `OR`.
    pub or_next: bool,
    /// `NV`.
    pub no_vary: bool,
}

/// A condition pattern, sorted into the kinds of `cmd_rewritecond`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum CondPattern {
    /// The test string is `expr`: this is the expression.
    Expression(Vec<u8>),
    /// `-f`, `-d` …: the letter.
    File(u8),
    /// `-lt5` …: operator (`lt`, `le`, `eq`, `ge`, `gt`, `ne`) and operand.
    Integer([u8; 2], Vec<u8>),
    /// `=`, `<`, `>`, `<=`, `>=` and operand; `=""` has an empty one.
    Text(TextComparison, Vec<u8>),
    /// Anything else.
    Regex(Vec<u8>),
}

/// A comparison of texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum TextComparison {
    /// `=`
    Equal,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// `RewriteRule Pattern Substitution [flags]`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct RewriteRule {
    /// The leading `!` of the pattern.
    pub negated: bool,
    /// The pattern after the `!`.
    pub pattern: Word,
    /// The substitution as written, a trailing `?` included.
    pub substitution: Word,
    /// The flags in the order written.
    pub flags: Vec<Spanned<Flag>>,
}

/// One flag of a rule, spelling and value settled (`cmd_rewriterule_setflag`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Flag {
    /// `B`, or `B=…` with the bytes to escape.
    EscapeBackreferences(Option<Vec<u8>>),
    /// `BNE=…`: the bytes never escaped.
    EscapeExcept(Vec<u8>),
    /// `BNP`.
    EscapeNoPlus,
    /// `BCTLS`.
    EscapeControls,
    /// `C`.
    Chain,
    /// `CO=…`.
    Cookie(Vec<u8>),
    /// `DPI`.
    DiscardPathInfo,
    /// Any other flag that begins with `D`: accepted, without effect.
    Ignored,
    /// `E=…`.
    Environment(Vec<u8>),
    /// `END`.
    End,
    /// `F`.
    Forbidden,
    /// `G`.
    Gone,
    /// `H=…`.
    Handler(Vec<u8>),
    /// `L`.
    Last,
    /// `N`, with the limit if one was written.
    Next(Option<u32>),
    /// `NC`.
    NoCase,
    /// `NE`.
    NoEscape,
    /// `NS`.
    NoSubrequest,
    /// `P`.
    Proxy,
    /// `PT`.
    PassThrough,
    /// `QSA`.
    QueryAppend,
    /// `QSD`.
    QueryDiscard,
    /// `QSL`.
    QueryLast,
    /// `R`: the status of `R=…`, 302 for an unknown word; `None` leaves the rule's status as it is.
    Redirect(Option<u16>),
    /// `S=…`; 0 has no effect.
    Skip(u32),
    /// `T=…`.
    MimeType(Vec<u8>),
    /// `UnsafePrefixStat`.
    UnsafePrefixStat,
    /// `UnsafeAllow3F`.
    UnsafeAllow3F,
    /// `UNC`.
    Unc,
}

/// `Redirect`, `RedirectMatch`, `RedirectTemp`, `RedirectPermanent` (`add_redirect_internal`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Redirect {
    /// The status.
    pub status: u16,
    /// Which paths it is for.
    pub from: RedirectFrom,
    /// The target; `None` when the status takes none.
    pub target: Option<Word>,
}

/// Which paths a redirect is for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum RedirectFrom {
    /// A URL-path.
    Path(Word),
    /// A regular expression.
    Regex(Word),
    /// Everything in the enclosing section; the target is an expression. Only for a section or a
    /// `.htaccess` file: at server level Apache refuses it if it has a target, and crashes at the
    /// first request if it has none.
    Section,
}
