//! Who may come in.
//!
//! In: `Require`, `Order`, `Allow`, `Deny` in one section. Out: [`Access`], as far as it does not
//! depend on who asks. Absent: users, passwords, addresses.

use edgewright_edge_handler::site::Access;

/// What one section says about access.
#[derive(Debug, Default)]
pub(crate) struct AccessRules {
    /// Open `<RequireAll>` and kin around the next `Require`; the section's own list is below them.
    open: Vec<OpenGroup>,
    /// `Require` lines of the section itself.
    own: Vec<Access>,
    /// `Order`: what a client gets that no line names.
    default: Option<Access>,
    /// `Allow` and `Deny` lines: from all, or from some.
    allow: Option<Access>,
    deny: Option<Access>,
}

/// `<RequireAll>` and kin, while it is read.
#[derive(Debug)]
struct OpenGroup {
    group: Group,
    lines: Vec<Access>,
    /// It holds something.
    filled: bool,
    /// It holds something that is not negated.
    positive: bool,
}

/// What `Require` can ask, of httpd's own modules.
const PROVIDERS: [&str; 14] = [
    "all",
    "env",
    "method",
    "expr",
    "ip",
    "host",
    "forward-dns",
    "local",
    "user",
    "group",
    "valid-user",
    "file-owner",
    "file-group",
    "not",
];

/// How the lines of a group are joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Group {
    All,
    Any,
    None,
}

impl AccessRules {
    /// `<RequireAll>` and kin.
    pub(crate) fn open(&mut self, group: Group) {
        self.open.push(OpenGroup {
            group,
            lines: Vec::new(),
            filled: false,
            positive: false,
        });
    }

    /// The end of the innermost group.
    ///
    /// # Errors
    /// What Apache says to a group that cannot decide anything (`authz_core_check_section`).
    pub(crate) fn close(&mut self) -> Result<(), String> {
        let Some(closed) = self.open.pop() else {
            return Ok(());
        };
        if !closed.filled {
            return Err("the section holds no `Require`".to_owned());
        }
        if closed.group == Group::All && !closed.positive {
            return Err("the section holds only negated `Require`s".to_owned());
        }
        let negated = closed.group == Group::None;
        let joined = join(closed.group, &closed.lines);
        self.add(joined, negated)
    }

    /// `Require words…` (`add_authz_provider`).
    ///
    /// # Errors
    /// Something nobody can ask, or a negation where it has no effect.
    pub(crate) fn require(&mut self, words: &[&[u8]]) -> Result<(), String> {
        let (negated, words) = match words {
            [first, rest @ ..] if first.eq_ignore_ascii_case(b"not") => (true, rest),
            _ => (false, words),
        };
        let provider = words
            .first()
            .map(|word| word.to_ascii_lowercase())
            .unwrap_or_default();
        let own = |name: &&str| name.as_bytes() == provider;
        let of_family = [b"ldap-", b"dbm-g", b"dbm-f", b"dbd-g", b"dbd-l"];
        let of_family = of_family.iter().any(|family| provider.starts_with(*family));
        if !of_family && !PROVIDERS.iter().any(own) {
            let shown = String::from_utf8_lossy(&provider).into_owned();
            return Err(format!("`Require` cannot ask `{shown}`"));
        }
        let access = match words {
            [_, granted] if provider == b"all" => {
                let granted = granted.to_ascii_lowercase();
                match granted.as_slice() {
                    b"granted" if !negated => Access::Granted,
                    b"denied" if negated => Access::Granted,
                    b"granted" | b"denied" => Access::Denied,
                    _ => return Err("`Require all` takes `granted` or `denied`".to_owned()),
                }
            }
            _ if provider == b"all" => {
                return Err("`Require all` takes `granted` or `denied`".to_owned());
            }
            _ => Access::Conditional,
        };
        self.add(Some(access), negated)
    }

    fn add(&mut self, access: Option<Access>, negated: bool) -> Result<(), String> {
        let group = self.open.last().map_or(Group::Any, |open| open.group);
        if negated && group != Group::All {
            return Err("a negation has no effect outside of `<RequireAll>`".to_owned());
        }
        match self.open.last_mut() {
            Some(open) => {
                open.lines.extend(access);
                open.filled = true;
                open.positive |= !negated;
            }
            None => self.own.extend(access),
        }
        Ok(())
    }

    /// `Order`.
    ///
    /// # Errors
    /// It is none of the three there are.
    pub(crate) fn order(&mut self, word: &[u8]) -> Result<(), String> {
        self.default = Some(match word.to_ascii_lowercase().as_slice() {
            b"deny,allow" => Access::Granted,
            b"allow,deny" | b"mutual-failure" => Access::Denied,
            _ => return Err("`Order` is `allow,deny` or `deny,allow`".to_owned()),
        });
        Ok(())
    }

    /// `Allow words…` or `Deny words…`.
    pub(crate) fn host(&mut self, name: &[u8], words: &[&[u8]]) {
        let all = words
            .iter()
            .skip(1)
            .any(|word| word.eq_ignore_ascii_case(b"all"));
        let list = if name.eq_ignore_ascii_case(b"allow") {
            &mut self.allow
        } else {
            &mut self.deny
        };
        *list = match list {
            Some(Access::Granted) => Some(Access::Granted),
            _ if all => Some(Access::Granted),
            _ => Some(Access::Conditional),
        };
    }

    /// What the section says; `None` for nothing.
    pub(crate) fn verdict(&self) -> Option<Access> {
        let required = join(Group::Any, &self.own);
        match (required, self.by_host()) {
            (Some(Access::Denied), _) | (_, Some(Access::Denied)) => Some(Access::Denied),
            (Some(Access::Conditional), _) | (_, Some(Access::Conditional)) => {
                Some(Access::Conditional)
            }
            (first, second) => first.or(second),
        }
    }

    /// `mod_access_compat`: the list that is asked last decides.
    fn by_host(&self) -> Option<Access> {
        if self.default.is_none() && self.allow.is_none() && self.deny.is_none() {
            return None;
        }
        let some = |list| list == Some(Access::Conditional);
        let all = |list| list == Some(Access::Granted);
        // Without `Order` it is `deny,allow`.
        Some(match self.default.unwrap_or(Access::Granted) {
            Access::Granted => match (self.deny, self.allow) {
                (_, allow) if all(allow) => Access::Granted,
                (deny, allow) if some(allow) && deny.is_some() => Access::Conditional,
                (deny, _) if all(deny) => Access::Denied,
                (deny, _) if some(deny) => Access::Conditional,
                _ => Access::Granted,
            },
            _ => match (self.allow, self.deny) {
                (_, deny) if all(deny) => Access::Denied,
                (allow, deny) if some(deny) && allow.is_some() => Access::Conditional,
                (allow, _) if all(allow) => Access::Granted,
                (allow, _) if some(allow) => Access::Conditional,
                _ => Access::Denied,
            },
        })
    }
}

fn join(group: Group, lines: &[Access]) -> Option<Access> {
    let has = |access| lines.contains(&access);
    let (granted, denied) = (has(Access::Granted), has(Access::Denied));
    if lines.is_empty() {
        return None;
    }
    let conditional = has(Access::Conditional);
    Some(match group {
        Group::All if denied => Access::Denied,
        Group::Any if granted => Access::Granted,
        Group::None if granted => Access::Denied,
        _ if conditional => Access::Conditional,
        Group::All => Access::Granted,
        Group::Any => Access::Denied,
        Group::None => return None,
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::{AccessRules, Group};
    use edgewright_edge_handler::site::Access;

    #[test]
    fn says_who_may_come_in() {
        let cases: &[(&str, Option<Access>)] = &[
            ("", None),
            ("Require all granted", Some(Access::Granted)),
            ("Require all denied", Some(Access::Denied)),
            ("Require ip 192.0.2.1", Some(Access::Conditional)),
            (
                "Require valid-user|Require all granted",
                Some(Access::Granted),
            ),
            ("Order allow,deny|Allow from all", Some(Access::Granted)),
            ("Order deny,allow|Deny from all", Some(Access::Denied)),
            ("Order allow,deny", Some(Access::Denied)),
            ("Order deny,allow", Some(Access::Granted)),
            ("Deny from env=bad", Some(Access::Conditional)),
            ("Allow from 192.0.2.1", Some(Access::Granted)),
            ("Deny from all|Deny from 192.0.2.1", Some(Access::Denied)),
            ("Deny from 192.0.2.1 all", Some(Access::Denied)),
            (
                "Order deny,allow|Deny from all|Allow from 192.0.2.1",
                Some(Access::Conditional),
            ),
            (
                "Order allow,deny|Allow from all|Deny from env=bad",
                Some(Access::Conditional),
            ),
        ];
        for (lines, expected) in cases {
            let mut rules = AccessRules::default();
            for line in lines.split('|').filter(|line| !line.is_empty()) {
                let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
                match words.split_first() {
                    Some((name, rest)) if *name == b"Require" => rules.require(rest).unwrap(),
                    Some((name, rest)) if *name == b"Order" => rules.order(rest[0]).unwrap(),
                    Some((name, rest)) => rules.host(name, rest),
                    None => {}
                }
            }
            assert_eq!(rules.verdict(), *expected, "{lines}");
        }
    }

    #[test]
    fn groups_are_joined() {
        let mut rules = AccessRules::default();
        rules.open(Group::All);
        rules.require(&[b"all", b"granted"]).unwrap();
        rules.open(Group::None);
        rules.require(&[b"ip", b"192.0.2.1"]).unwrap();
        rules.close().unwrap();
        rules.close().unwrap();
        assert_eq!(rules.verdict(), Some(Access::Conditional));
    }

    #[test]
    fn groups_that_decide_nothing_are_refused() {
        let mut rules = AccessRules::default();
        assert!(rules.require(&[b"not", b"all", b"granted"]).is_err());
        rules.open(Group::Any);
        assert!(rules.close().is_err());
        rules.open(Group::All);
        rules.require(&[b"not", b"ip", b"192.0.2.1"]).unwrap();
        assert!(rules.close().is_err());
        rules.open(Group::Any);
        rules.open(Group::None);
        rules.require(&[b"ip", b"192.0.2.1"]).unwrap();
        assert!(rules.close().is_err());
    }
}
