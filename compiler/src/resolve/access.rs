//! Who may come in.
//!
//! In: `Require`, `Order`, `Allow`, `Deny`, `Satisfy` in one section. Out: its [`Requirement`] and
//! [`HostAccess`]. Absent: who does come in (the evaluator).

use edgewright_engine::model::expression::{Expression, Subnet};
use edgewright_engine::model::site::access::{Client, Demand, Join, Methods, Order, Satisfy};
use edgewright_engine::model::site::{HostAccess, Requirement};

use std::collections::HashMap;

use edgewright_parser::diagnostic::Diagnostic;
use edgewright_parser::line::Line;
use edgewright_parser::source::{FileId, Span};
use edgewright_parser::words;

use super::limit::is_method;
use super::walk::Target;
use super::{Resolver, unfollowed, values};

/// What `<AuthzProviderAlias>` sections give names to, by name.
pub(crate) type Aliases = HashMap<Vec<u8>, Demand>;

/// What one section says about access.
#[derive(Debug, Default)]
pub(crate) struct AccessRules {
    /// Open `<RequireAll>` and kin around the next `Require`; the section's own list is below them.
    open: Vec<OpenGroup>,
    /// `Require` lines of the section itself.
    own: Vec<Requirement>,
    /// `Order`, `Allow`, `Deny`, `Satisfy`.
    hosts: Option<HostAccess>,
}

/// `<RequireAll>` and kin, while it is read.
#[derive(Debug)]
struct OpenGroup {
    group: Group,
    members: Vec<Requirement>,
}

/// What `Require` can ask that the edge does not know, of httpd's own modules.
const UNANSWERABLE: [&str; 5] = ["user", "group", "valid-user", "file-owner", "file-group"];

/// What `Require` can ask about a client's name.
const NAMES: [&[u8]; 2] = [b"host", b"forward-dns"];

/// Groups of users that other modules know.
const FAMILIES: [&[u8]; 5] = [b"ldap-", b"dbm-g", b"dbm-f", b"dbd-g", b"dbd-l"];

const NO_FROM: &str = "`Allow` and `Deny` are followed by `from`";

/// How the lines of a group are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    All,
    Any,
    None,
}

impl Group {
    fn join(self) -> Join {
        match self {
            Self::All => Join::All,
            Self::Any | Self::None => Join::Any,
        }
    }
}

/// Can the edge answer what a line asks?
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answerable {
    Yes,
    /// It asks who has logged in, and the edge lets everybody in.
    No,
    /// It names clients, as this word does, and no client has a name at the edge.
    Named(Vec<u8>),
}

impl AccessRules {
    /// `<RequireAll>` and kin.
    pub(crate) fn open(&mut self, group: Group) {
        let members = Vec::new();
        self.open.push(OpenGroup { group, members });
    }

    /// The end of the innermost group.
    ///
    /// # Errors
    /// What Apache says to a group that cannot decide anything (`authz_core_check_section`).
    pub(crate) fn close(&mut self) -> Result<(), String> {
        let Some(OpenGroup { group, members }) = self.open.pop() else {
            return Ok(());
        };
        if members.is_empty() {
            return Err("the section holds no `Require`".to_owned());
        }
        if group == Group::All && members.iter().all(|member| member.negated) {
            return Err("the section holds only negated `Require`s".to_owned());
        }
        self.add(Requirement {
            methods: Methods::All,
            negated: group == Group::None,
            demand: Demand::Group(group.join(), members),
        })
    }

    /// `Require words…`, for `methods` (`add_authz_provider`). `raw` is the same, unread: an expression
    /// has its own quotes. `aliases` are the names that stand for other requirements.
    ///
    /// # Errors
    /// Something nobody can ask, or a negation where it has no effect.
    pub(crate) fn require(
        &mut self,
        words: &[&[u8]],
        raw: &[u8],
        methods: &Methods,
        aliases: &Aliases,
    ) -> Result<Answerable, String> {
        let count = words.len();
        let (negated, words) = match words {
            [first, rest @ ..] if first.eq_ignore_ascii_case(b"not") => (true, rest),
            _ => (false, words),
        };
        let (provider, arguments) = words
            .split_first()
            .map_or((&b""[..], words), |(first, rest)| (*first, rest));
        let text = after_words(raw, count - arguments.len());
        // What follows a name is not looked at.
        let alias = aliases.get(provider).cloned();
        let is_alias = alias.is_some();
        let demand = alias.map_or_else(|| demand(provider, arguments, text), Ok)?;
        let answerable = match demand {
            // That is said where the name is given.
            _ if is_alias => Answerable::Yes,
            Demand::Unanswerable => Answerable::No,
            Demand::Name => {
                Answerable::Named(arguments.first().copied().unwrap_or_default().to_vec())
            }
            _ => Answerable::Yes,
        };
        self.add(Requirement {
            methods: methods.clone(),
            negated,
            demand,
        })?;
        Ok(answerable)
    }

    fn add(&mut self, requirement: Requirement) -> Result<(), String> {
        let join = self.open.last().map_or(Join::Any, |open| open.group.join());
        if requirement.negated && join == Join::Any {
            return Err("a negation has no effect outside of `<RequireAll>`".to_owned());
        }
        match self.open.last_mut() {
            Some(open) => open.members.push(requirement),
            None => self.own.push(requirement),
        }
        Ok(())
    }

    /// `Order`, for `methods`.
    ///
    /// # Errors
    /// It is none of the three there are.
    pub(crate) fn order(&mut self, word: &[u8], methods: &Methods) -> Result<(), String> {
        let order = match word.to_ascii_lowercase().as_slice() {
            b"deny,allow" => Order::DenyAllow,
            b"allow,deny" => Order::AllowDeny,
            b"mutual-failure" => Order::MutualFailure,
            _ => return Err("`Order` is `allow,deny` or `deny,allow`".to_owned()),
        };
        let hosts = self.hosts.get_or_insert_default();
        hosts.order.push((methods.clone(), order));
        Ok(())
    }

    /// `Satisfy`, for `methods`.
    ///
    /// # Errors
    /// It is neither of the two there are.
    pub(crate) fn satisfy(&mut self, word: &[u8], methods: &Methods) -> Result<(), String> {
        let satisfy = match word.to_ascii_lowercase().as_slice() {
            b"all" => Satisfy::All,
            b"any" => Satisfy::Any,
            _ => return Err("`Satisfy` is `all` or `any`".to_owned()),
        };
        let hosts = self.hosts.get_or_insert_default();
        hosts.satisfy.push((methods.clone(), satisfy));
        Ok(())
    }

    /// `Allow from words…` or `Deny from words…`, for `methods` (`allow_cmd`).
    ///
    /// # Errors
    /// The word `from` is not there, or what follows is no client.
    pub(crate) fn host(
        &mut self,
        name: &[u8],
        words: &[&[u8]],
        methods: &Methods,
    ) -> Result<Answerable, String> {
        let [from, names @ ..] = words else {
            return Err(NO_FROM.to_owned());
        };
        if !from.eq_ignore_ascii_case(b"from") {
            return Err(NO_FROM.to_owned());
        }
        let clients = names.iter().map(|name| client(name));
        let clients = clients.collect::<Result<Vec<_>, _>>()?;
        let mut both = names.iter().zip(&clients);
        let by_name = both.find(|(_, client)| **client == Client::Name);
        let by_name = by_name.map(|(name, _)| name.to_vec());
        let hosts = self.hosts.get_or_insert_default();
        let list = if name.eq_ignore_ascii_case(b"allow") {
            &mut hosts.allow
        } else {
            &mut hosts.deny
        };
        list.extend(clients.into_iter().map(|client| (methods.clone(), client)));
        Ok(by_name.map_or(Answerable::Yes, Answerable::Named))
    }

    /// What `Require` says; `None` where there is none.
    pub(crate) fn requirement(&mut self) -> Option<Requirement> {
        let members = std::mem::take(&mut self.own);
        (!members.is_empty()).then(|| Requirement {
            methods: Methods::All,
            negated: false,
            demand: Demand::Group(Join::Any, members),
        })
    }

    /// What `Order`, `Allow`, `Deny` and `Satisfy` say; `None` where there is none of them.
    pub(crate) fn hosts(&mut self) -> Option<HostAccess> {
        self.hosts.take()
    }
}

impl Resolver<'_> {
    /// `Require`, `Allow` or `Deny`.
    pub(crate) fn access_directive(
        &mut self,
        name: &[u8],
        (words, raw): (&[&[u8]], &[u8]),
        span: Span,
        target: &mut Target<'_>,
    ) -> Result<(), Diagnostic> {
        let access = &mut target.scope().access;
        let answerable = match name {
            b"require" => access.require(words, raw, &self.methods, &self.requirement_aliases),
            _ => access.host(name, words, &self.methods),
        };
        let bad = |headline| Diagnostic::error("bad-argument", headline, span);
        match answerable.map_err(bad)? {
            Answerable::Yes => {}
            Answerable::No => self.say(asks_for_a_user(span)),
            Answerable::Named(name) => self.say(names_a_host(&name, span)),
        }
        Ok(())
    }

    /// `<AuthzProviderAlias provider name [argument]>` (`authz_require_alias_section`): of more arguments Apache takes
    /// the first.
    pub(crate) fn require_alias(&mut self, given: &[Vec<u8>], span: Span) {
        let empty = Vec::new();
        let word = |at: usize| given.get(at).unwrap_or(&empty).as_slice();
        let (provider, alias, argument) = (word(0), word(1), word(2));
        if provider.is_empty() || alias.is_empty() {
            let headline = "`<AuthzProviderAlias>` needs a provider and a name";
            return self.say(Diagnostic::error("wrong-argument-count", headline, span));
        }
        let aliases = &self.requirement_aliases;
        if aliases.contains_key(provider) || aliases.contains_key(alias) {
            let change = "it gives a name to a name, or one that is given already, and Apache looks names up while it answers";
            return self.say(unfollowed::warning(change, span));
        }
        let line = Line::from_text(FileId(0), argument);
        let parts = words::split(&line, 0..line.text().len());
        let parts: Vec<&[u8]> = parts.iter().map(|word| word.value.as_slice()).collect();
        match demand(provider, &parts, argument) {
            Ok(demand) => {
                match demand {
                    Demand::Unanswerable => self.say(asks_for_a_user(span)),
                    Demand::Name => {
                        let name = parts.first().copied().unwrap_or_default();
                        self.say(names_a_host(name, span));
                    }
                    _ => {}
                }
                self.requirement_aliases.insert(alias.to_vec(), demand);
            }
            Err(headline) => self.say(Diagnostic::error("bad-argument", headline, span)),
        }
    }
}

/// Says that a requirement is about users.
fn asks_for_a_user(span: Span) -> Diagnostic {
    let change = "it asks who has logged in, and the edge lets everybody in";
    let help = "guard what is there by other means, or keep it off the new site";
    unfollowed::warning(change, span).help(help)
}

/// Says that `name` is no address, and what Apache does with it.
fn names_a_host(name: &[u8], span: Span) -> Diagnostic {
    let shown = values::shown(name);
    let headline = format!(
        "`{shown}` is a host name: Apache asks a name server, at the edge no client has it"
    );
    let help = match address_meant(name) {
        Some(address) => format!("write `{address}` if addresses are meant"),
        None => "write the addresses that have this name".to_owned(),
    };
    unfollowed::warning(&headline, span).help(help)
}

/// `10.1` for `10.1.*.*`: the address that a pattern of one begins with.
fn address_meant(name: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(name).ok()?;
    let start = text.find(['*', 'x', 'X'])?;
    let (numbers, rest) = text.split_at(start);
    let is_pattern = rest.chars().all(|letter| ".*xX".contains(letter));
    let numbers = numbers.strip_suffix('.')?;
    let is_address = Subnet::parse(numbers.as_bytes()).is_some();
    (is_pattern && is_address).then(|| numbers.to_owned())
}

/// Does `Require` ask a provider of this name, in lower case, for the name of a client?
pub fn asks_for_a_name(provider: &[u8]) -> bool {
    NAMES.contains(&provider)
}

/// Does `Require` ask a provider of this name, in lower case, for something that the edge does not know?
pub fn is_unanswerable(provider: &[u8]) -> bool {
    UNANSWERABLE.iter().any(|name| name.as_bytes() == provider)
        || FAMILIES.iter().any(|family| provider.starts_with(family))
}

/// Does this word of an `Allow` or `Deny` name a client, which the edge does not know by name?
pub fn names_a_client(word: &[u8]) -> bool {
    client(word) == Ok(Client::Name)
}

/// What a provider of this name asks (the providers' `parse_require_line`).
fn demand(provider: &[u8], arguments: &[&[u8]], text: &[u8]) -> Result<Demand, String> {
    let owned = || arguments.iter().map(|word| word.to_vec()).collect();
    Ok(match provider {
        b"all" => match arguments {
            [word] if word.eq_ignore_ascii_case(b"granted") => Demand::Granted,
            [word] if word.eq_ignore_ascii_case(b"denied") => Demand::Denied,
            _ => return Err("`Require all` takes `granted` or `denied`".to_owned()),
        },
        b"env" => Demand::Environment(owned()),
        b"method" => match arguments.iter().find(|method| !is_method(method)) {
            None => Demand::Method(owned()),
            Some(unknown) => {
                return Err(format!("there is no method `{}`", values::shown(unknown)));
            }
        },
        b"expr" => expression(text)?,
        b"ip" if arguments.is_empty() => return Err("`Require ip` needs an address".to_owned()),
        b"ip" => {
            let subnets = arguments.iter().map(|word| subnet(word));
            Demand::Address(subnets.collect::<Result<_, _>>()?)
        }
        b"local" => Demand::Local,
        provider if asks_for_a_name(provider) => Demand::Name,
        provider if is_unanswerable(provider) => Demand::Unanswerable,
        _ => {
            let shown = String::from_utf8_lossy(provider);
            return Err(format!("`Require` cannot ask `{shown}`"));
        }
    })
}

/// One that asks who has logged in is asked once more after that, which nobody does at the edge.
fn expression(text: &[u8]) -> Result<Demand, String> {
    let quoted = text
        .strip_prefix(b"\"")
        .and_then(|text| text.strip_suffix(b"\""));
    let text = quoted.unwrap_or(text);
    let expression: Expression = values::condition(text)?;
    let asks_for_user = text
        .windows(b"REMOTE_USER".len())
        .any(|part| part.eq_ignore_ascii_case(b"REMOTE_USER"));
    Ok(if asks_for_user {
        Demand::Unanswerable
    } else {
        Demand::Expression(Box::new(expression))
    })
}

/// What follows the first `count` words of `raw`.
fn after_words(raw: &[u8], count: usize) -> &[u8] {
    (0..count).fold(raw.trim_ascii(), |rest, _| {
        let end = rest.iter().position(u8::is_ascii_whitespace);
        end.and_then(|end| rest.get(end..))
            .unwrap_or_default()
            .trim_ascii_start()
    })
}

fn subnet(word: &[u8]) -> Result<Subnet, String> {
    Subnet::parse(word).ok_or_else(|| format!("`{}` is no address", values::shown(word)))
}

fn client(word: &[u8]) -> Result<Client, String> {
    let after = |prefix: &[u8]| {
        let (start, rest) = word.split_at_checked(prefix.len())?;
        start.eq_ignore_ascii_case(prefix).then(|| rest.to_vec())
    };
    if let Some(name) = after(b"env=!") {
        return Ok(Client::Without(name));
    }
    if let Some(name) = after(b"env=") {
        return Ok(Client::With(name));
    }
    Ok(match Subnet::parse(word) {
        _ if word.eq_ignore_ascii_case(b"all") => Client::All,
        Some(subnet) => Client::Address(subnet),
        None if word.contains(&b'/') => return Err("an address is expected".to_owned()),
        None => Client::Name,
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::{AccessRules, Aliases, Answerable, Group};
    use edgewright_engine::model::site::access::Methods;

    fn read(lines: &str) -> (AccessRules, Answerable) {
        let mut rules = AccessRules::default();
        let mut answerable = Answerable::Yes;
        for line in lines.split('|') {
            let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
            let all = &Methods::All;
            let said = match (words[0], &words[1..]) {
                (b"Require", rest) => {
                    rules.require(rest, &line.as_bytes()[8..], all, &Aliases::new())
                }
                (b"Order", rest) => rules.order(rest[0], all).map(|()| Answerable::Yes),
                (name, rest) => rules.host(name, rest, all),
            };
            answerable = match (answerable, said.unwrap()) {
                (before, Answerable::Yes) => before,
                (_, now) => now,
            };
        }
        (rules, answerable)
    }

    #[test]
    fn says_whether_everybody_may_come_in() {
        let cases = [
            ("Require all granted", true),
            ("Require all denied", false),
            ("Require ip 192.0.2.1", false),
            ("Require env bad", false),
            ("Require valid-user", true),
            ("Require ip 192.0.2.1|Require all granted", true),
            ("Order allow,deny|Allow from all", true),
            ("Order deny,allow|Deny from all", false),
            ("Order allow,deny", false),
            ("Order deny,allow", true),
            ("Deny from env=bad", false),
            ("Allow from 192.0.2.1", true),
            ("Deny from all|Deny from 192.0.2.1", false),
            ("Deny from 192.0.2.1 all", false),
            ("Require valid-user|Require all granted", true),
            ("Deny from bad.test", true),
            ("Order allow,deny|Allow from good.test", false),
            ("Order allow,deny|Allow from all good.test", true),
            ("Deny from bad.test 192.0.2.1", false),
            ("Require host good.test", false),
            ("Order deny,allow|Deny from all|Allow from 192.0.2.1", false),
            ("Order allow,deny|Allow from all|Deny from env=bad", false),
        ];
        for (lines, expected) in cases {
            let (mut rules, _) = read(lines);
            let required = rules.requirement().is_none_or(|all| all.always_holds());
            let hosts = rules.hosts().is_none_or(|hosts| hosts.is_open());
            assert_eq!(required && hosts, expected, "{lines}");
        }
    }

    #[test]
    fn patterns_of_addresses_are_told_from_names() {
        let cases = [
            ("10.1.*.*", Some("10.1")),
            ("192.168.1.x", Some("192.168.1")),
            ("10.*", Some("10")),
            ("*.example.org", None),
            ("intranet", None),
            ("box.example.org", None),
            ("10.1.*.5", None),
        ];
        for (name, expected) in cases {
            let found = super::address_meant(name.as_bytes());
            assert_eq!(found.as_deref(), expected, "{name}");
        }
    }

    #[test]
    fn knows_what_the_edge_cannot_answer() {
        let named = |name: &str| Answerable::Named(name.as_bytes().to_vec());
        let cases = [
            ("Require valid-user", Answerable::No),
            ("Require host good.test", named("good.test")),
            ("Require forward-dns good.test", named("good.test")),
            ("Require ldap-group cn=a", Answerable::No),
            ("Require expr %{REMOTE_USER} == 'a'", Answerable::No),
            ("Require expr %{REQUEST_URI} == '/a'", Answerable::Yes),
            ("Require ip 10 192.0.2.0/24", Answerable::Yes),
            ("Deny from 10 bad.test", named("bad.test")),
            ("Allow from 10.1.*.*", named("10.1.*.*")),
            ("Deny from 10 env=bad", Answerable::Yes),
        ];
        for (lines, expected) in cases {
            assert_eq!(read(lines).1, expected, "{lines}");
        }
    }

    #[test]
    fn what_apache_refuses_is_refused() {
        let all = &Methods::All;
        let mut rules = AccessRules::default();
        let refused: [&[&[u8]]; 7] = [
            &[b"not", b"all", b"granted"],
            &[b"all"],
            &[b"ip"],
            &[b"ip", b"nowhere"],
            &[b"expr", b"=="],
            &[b"unheard-of"],
            &[],
        ];
        for words in refused {
            let raw = words.join(&b' ');
            assert!(
                rules.require(words, &raw, all, &Aliases::new()).is_err(),
                "{words:?}"
            );
        }
        assert!(rules.host(b"Deny", &[b"all"], all).is_err());
        assert!(rules.host(b"Deny", &[b"from", b"a/b"], all).is_err());
        assert!(rules.order(b"deny", all).is_err());
        assert!(rules.satisfy(b"some", all).is_err());
    }

    #[test]
    fn groups_are_joined() {
        let all = &Methods::All;
        let mut rules = AccessRules::default();
        rules.open(Group::All);
        rules
            .require(&[b"all", b"granted"], b"", all, &Aliases::new())
            .unwrap();
        rules.open(Group::None);
        rules
            .require(&[b"ip", b"192.0.2.1"], b"", all, &Aliases::new())
            .unwrap();
        rules.close().unwrap();
        rules.close().unwrap();
        let joined = rules.requirement().unwrap();
        assert!(!joined.always_holds() && joined.is_for(b"GET"));
        assert!(rules.requirement().is_none() && rules.hosts().is_none());
    }

    #[test]
    fn groups_that_decide_nothing_are_refused() {
        let all = &Methods::All;
        let mut rules = AccessRules::default();
        rules.open(Group::Any);
        assert!(rules.close().is_err());
        rules.open(Group::All);
        rules
            .require(&[b"not", b"ip", b"192.0.2.1"], b"", all, &Aliases::new())
            .unwrap();
        assert!(rules.close().is_err());
        rules.open(Group::Any);
        rules.open(Group::None);
        rules
            .require(&[b"ip", b"192.0.2.1"], b"", all, &Aliases::new())
            .unwrap();
        assert!(rules.close().is_err());
    }
}
