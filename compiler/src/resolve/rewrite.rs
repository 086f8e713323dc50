//! `RewriteRule` and its family.
//!
//! In: their arguments. Out: rules, conditions, options in the context they stand in. Absent:
//! inheritance (`merge`, and per directory the evaluator), map files (`maps`).

use edgewright_engine::model::rules::{
    Condition, FileTest, Order, Place, Rule, RuleFlags, Template, Test,
};
use edgewright_engine::model::site::RewriteOptions;
use edgewright_engine::pattern::Pattern;
use edgewright_engine::pattern::PatternOptions;
use edgewright_parser::diagnostic::{Diagnostic, Same};
use edgewright_parser::source::{Origin, Span};
use edgewright_parser::syntax::{
    self, CondPattern, Flag, RewriteCond, Switch, TextComparison, Word,
};

use super::scope::{Counted, Rewrite};
use super::walk::Target;
use super::{Resolver, values};
use crate::reading::UnitKind;

impl Target<'_> {
    /// `RewriteEngine` (`cmd_rewriteengine`).
    pub(crate) fn rewrite_engine(&mut self, switch: Switch) {
        let engine = Some(switch == Switch::On);
        self.rewrite().engine = engine;
        let scope = self.scope();
        scope.rewrite.present = true;
        scope.rewrite.engine = engine;
    }

    /// `RewriteOptions` (`cmd_rewriteoptions`).
    pub(crate) fn rewrite_options(&mut self, words: &[Word]) {
        let named = words.iter().filter_map(|word| option(&word.value));
        let options: RewriteOptions = named.collect();
        let rewrite = self.rewrite();
        rewrite.options = Some(rewrite.options.unwrap_or_default() | options);
        let merged = rewrite.options;
        let scope = self.scope();
        scope.rewrite.present = true;
        scope.rewrite.options = merged;
    }

    /// `RewriteBase` (`cmd_rewritebase`).
    ///
    /// # Errors
    /// It stands outside of a section.
    pub(crate) fn rewrite_base(&mut self, base: Word) -> Result<(), Diagnostic> {
        let rewrite = self.rewrite();
        rewrite.base = Some(base.value);
        if self.context.in_section() {
            return Ok(());
        }
        let headline = "`RewriteBase` cannot stand outside of a section";
        Err(
            Diagnostic::error("misplaced-directive", headline, base.span)
                .label("in a `<Directory>` section or a .htaccess file only")
                .help("remove it: patterns outside of sections see the whole URL-path"),
        )
    }
}

impl Resolver<'_> {
    /// `RewriteCond` (`cmd_rewritecond`).
    ///
    /// # Errors
    /// Its pattern or expression cannot be read.
    pub(crate) fn rewrite_condition(
        &mut self,
        read: RewriteCond,
        origin: &Origin,
        target: &mut Target<'_>,
    ) -> Result<(), Diagnostic> {
        self.counts.conditions += 1;
        let place = self.place(origin);
        let condition = self.condition(read, place);
        let rewrite = target.rewrite();
        rewrite.pending.push((condition?, origin.span));
        Ok(())
    }

    /// `RewriteRule` (`cmd_rewriterule`).
    ///
    /// # Errors
    /// Its pattern cannot be read.
    pub(crate) fn rewrite_rule(
        &mut self,
        read: &syntax::RewriteRule,
        origin: &Origin,
        target: &mut Target<'_>,
    ) -> Result<(), Diagnostic> {
        let regex = self.regex;
        let place = self.place(origin);
        let rewrite = target.rewrite();
        let pending = std::mem::take(&mut rewrite.pending);
        let conditions = pending
            .into_iter()
            .map(|(condition, _)| condition)
            .collect();
        let value = rule(read, place, conditions, regex)?;
        let unit = self.count_placed(UnitKind::Rule, origin.clone());
        target.rewrite().rules.push(Counted { value, unit });
        Ok(())
    }

    /// One condition, from what the parser read.
    fn condition(&mut self, read: RewriteCond, place: Place) -> Result<Condition, Diagnostic> {
        let span = read.written.span;
        let mut negated = read.negated;
        let mut subject = Template::new(&*read.test_string.value);
        let mut no_case = false;
        let test = match read.pattern {
            CondPattern::Expression(text) => {
                subject = Template::default();
                let expression = values::condition(&text);
                let refused = |error| Diagnostic::error("bad-expression", error, span);
                Test::Expression(Box::new(expression.map_err(refused)?))
            }
            CondPattern::File(letter) => file_test(letter),
            CondPattern::Integer(operator, operand) => {
                negated ^= &operator == b"ne";
                Test::Integer(integer_order(operator), operand)
            }
            CondPattern::Text(comparison, operand) => {
                no_case = read.no_case;
                text_test(comparison, operand)
            }
            CondPattern::Regex(text) => Test::Regex(self.condition_pattern(
                text,
                with_case(self.regex, read.no_case),
                span,
            )?),
        };
        Ok(Condition {
            place,
            subject,
            test,
            negated,
            no_case,
            or_next: read.or_next,
            no_vary: read.no_vary,
        })
    }

    /// The pattern of a condition, the one known if there is one: it is compiled only once.
    fn condition_pattern(
        &mut self,
        text: Vec<u8>,
        options: PatternOptions,
        span: Span,
    ) -> Result<Pattern, Diagnostic> {
        let key = (text, options);
        if let Some(known) = self.condition_patterns.get(&key) {
            return Ok(known.clone());
        }
        let pattern = checked(&key.0, options, span)?;
        // Compiles it, so that its clones need not.
        _ = pattern.check();
        self.condition_patterns.insert(key, pattern.clone());
        Ok(pattern)
    }

    /// Says which conditions no rule took, at the end of their context.
    pub(crate) fn report_pending(&mut self, rewrite: &mut Rewrite) {
        let mut spans = rewrite.pending.drain(..).map(|(_, span)| span);
        let Some(first) = spans.next() else {
            return;
        };
        let headline = "no `RewriteRule` follows this condition";
        let warning = Diagnostic::warning("unattached-condition", headline, first)
            .label("it has no effect")
            .help("put the rule it is for after it, in the same section; or remove it");
        let warning = warning.with_same(Same {
            headline: headline.to_owned(),
            more: "; so it is with {}",
            label: "it has no effect either",
            spans: spans.collect(),
        });
        self.reader.diagnostics.push(warning);
    }
}

fn option(name: &[u8]) -> Option<RewriteOptions> {
    Some(match name.to_ascii_lowercase().as_slice() {
        b"inherit" => RewriteOptions::INHERIT,
        b"inheritbefore" => RewriteOptions::INHERIT_BEFORE,
        b"inheritdown" => RewriteOptions::INHERIT_DOWN,
        b"inheritdownbefore" => RewriteOptions::INHERIT_DOWN_BEFORE,
        b"ignoreinherit" => RewriteOptions::IGNORE_INHERIT,
        b"allownoslash" => RewriteOptions::ALLOW_NO_SLASH,
        b"allowanyuri" => RewriteOptions::ALLOW_ANY_URI,
        b"mergebase" => RewriteOptions::MERGE_BASE,
        b"ignorecontextinfo" => RewriteOptions::IGNORE_CONTEXT_INFO,
        b"legacyprefixdocroot" => RewriteOptions::LEGACY_PREFIX_DOC_ROOT,
        b"unsafeprefixstat" => RewriteOptions::UNSAFE_PREFIX_STAT,
        _ => return None,
    })
}

fn file_test(letter: u8) -> Test {
    match letter {
        b'f' => Test::File(FileTest::Regular),
        b's' => Test::File(FileTest::NotEmpty),
        b'd' => Test::File(FileTest::Directory),
        b'x' => Test::File(FileTest::Executable),
        b'U' => Test::SubrequestUri,
        b'F' => Test::SubrequestFile,
        _ => Test::File(FileTest::Link),
    }
}

fn integer_order(operator: [u8; 2]) -> Order {
    match &operator {
        b"lt" => Order::Less,
        b"le" => Order::LessOrEqual,
        b"gt" => Order::Greater,
        b"ge" => Order::GreaterOrEqual,
        _ => Order::Equal,
    }
}

fn text_test(comparison: TextComparison, operand: Vec<u8>) -> Test {
    match comparison {
        TextComparison::Equal => Test::Equal(operand),
        TextComparison::Less => Test::Compare(Order::Less, operand),
        TextComparison::LessOrEqual => Test::Compare(Order::LessOrEqual, operand),
        TextComparison::Greater => Test::Compare(Order::Greater, operand),
        TextComparison::GreaterOrEqual => Test::Compare(Order::GreaterOrEqual, operand),
    }
}

pub(crate) fn with_case(regex: PatternOptions, no_case: bool) -> PatternOptions {
    if no_case {
        regex | PatternOptions::CASELESS
    } else {
        regex
    }
}

/// A pattern Apache accepts.
pub(crate) fn checked(
    text: &[u8],
    options: PatternOptions,
    span: Span,
) -> Result<Pattern, Diagnostic> {
    values::pattern(text, options).map_err(|error| Diagnostic::error("bad-pattern", error, span))
}

/// One rule, from what the parser read.
fn rule(
    read: &syntax::RewriteRule,
    place: Place,
    conditions: Vec<Condition>,
    regex: PatternOptions,
) -> Result<Rule, Diagnostic> {
    let mut rule = Rule::new(place, Pattern::new(Vec::new(), regex));
    rule.conditions = conditions;
    let mut options = regex;
    for flag in &read.flags {
        if flag.value == Flag::NoCase {
            options |= PatternOptions::CASELESS;
        }
        set_flag(&mut rule, &flag.value);
    }
    rule.flags.set(RuleFlags::NEGATED, read.negated);
    rule.pattern = checked(&read.pattern.value, options, read.pattern.span)?;
    set_substitution(&mut rule, &read.substitution.value);
    Ok(rule)
}

/// What one flag changes (`cmd_rewriterule_setflag`).
fn set_flag(rule: &mut Rule, flag: &Flag) {
    let adds = match flag {
        Flag::EscapeBackreferences(bytes) => {
            if bytes.is_some() {
                rule.extras_mut().escapes.clone_from(bytes);
            }
            RuleFlags::ESCAPE_BACKREFERENCES
        }
        Flag::EscapeExcept(bytes) => {
            rule.extras_mut().no_escapes = Some(bytes.clone());
            RuleFlags::empty()
        }
        Flag::EscapeNoPlus => RuleFlags::ESCAPE_NO_PLUS,
        Flag::EscapeControls => RuleFlags::ESCAPE_CONTROLS | RuleFlags::ESCAPE_BACKREFERENCES,
        Flag::Chain => RuleFlags::CHAIN,
        Flag::Cookie(text) => {
            rule.extras_mut().cookies.push(Template::new(&**text));
            RuleFlags::empty()
        }
        Flag::DiscardPathInfo => RuleFlags::DISCARD_PATH_INFO,
        Flag::Environment(text) => {
            rule.extras_mut().environment.push(Template::new(&**text));
            RuleFlags::empty()
        }
        Flag::End => RuleFlags::END,
        Flag::Forbidden => answer(rule, 403),
        Flag::Gone => answer(rule, 410),
        Flag::Handler(text) => {
            rule.extras_mut().handler = Some(Template::new(&**text));
            RuleFlags::empty()
        }
        Flag::Last => RuleFlags::LAST,
        Flag::Next(limit) => {
            rule.max_rounds = limit.unwrap_or(rule.max_rounds);
            RuleFlags::NEXT
        }
        Flag::NoCase | Flag::Ignored => RuleFlags::empty(),
        Flag::NoEscape => RuleFlags::NO_ESCAPE,
        Flag::NoSubrequest => RuleFlags::NO_SUBREQUEST,
        Flag::Proxy => RuleFlags::PROXY,
        Flag::PassThrough => RuleFlags::PASS_THROUGH,
        Flag::QueryAppend => RuleFlags::QUERY_APPEND,
        Flag::QueryDiscard => RuleFlags::QUERY_DISCARD,
        Flag::QueryLast => RuleFlags::QUERY_LAST,
        Flag::Redirect(None) => RuleFlags::FORCE_REDIRECT,
        Flag::Redirect(Some(status @ (0 | 300..=399))) => {
            rule.status = *status;
            RuleFlags::FORCE_REDIRECT
        }
        Flag::Redirect(Some(status)) => RuleFlags::FORCE_REDIRECT | answer(rule, *status),
        Flag::Skip(count) => {
            rule.skip = *count;
            RuleFlags::empty()
        }
        Flag::MimeType(text) => {
            rule.extras_mut().mime_type = Some(Template::new(&**text));
            RuleFlags::empty()
        }
        Flag::UnsafePrefixStat => RuleFlags::UNSAFE_PREFIX_STAT,
        Flag::UnsafeAllow3F => RuleFlags::UNSAFE_ALLOW_3F,
        Flag::Unc => RuleFlags::UNC,
    };
    rule.flags |= adds;
}

/// The last status wins, but that there is one sticks.
fn answer(rule: &mut Rule, status: u16) -> RuleFlags {
    rule.status = status;
    RuleFlags::STATUS | RuleFlags::NO_SUBSTITUTION
}

/// The substitution, and what its question marks mean for the query string.
fn set_substitution(rule: &mut Rule, text: &[u8]) {
    if text == b"-" {
        rule.flags |= RuleFlags::NO_SUBSTITUTION;
    }
    let mut text = text;
    if let Some(cut) = text.strip_suffix(b"?") {
        if rule.flags.contains(RuleFlags::QUERY_APPEND) {
            rule.flags |= RuleFlags::QUERY_LAST;
        } else {
            rule.flags |= RuleFlags::QUERY_NONE;
            text = cut;
        }
    } else if rule.flags.contains(RuleFlags::QUERY_DISCARD) && !text.contains(&b'?') {
        rule.flags |= RuleFlags::QUERY_NONE;
    }
    if !rule.flags.contains(RuleFlags::NO_SUBSTITUTION) {
        rule.substitution = Template::new(text);
    }
}
