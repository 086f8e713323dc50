//! Who may come in.
//!
//! In: `Require`, `Order`, `Allow`, `Deny` in one section. Out: [`Access`], as far as it does not
//! depend on who asks. Absent: users, passwords, addresses.

use edgewright_edge_handler::site::Access;

/// What one section says about access.
#[derive(Debug, Default)]
pub(crate) struct AccessRules {
    /// Open `<RequireAll>` and kin around the next `Require`; the section's own list is below them.
    open: Vec<(Group, Vec<Access>)>,
    /// `Require` lines of the section itself.
    own: Vec<Access>,
    /// `Order`: what a client gets that no line names.
    default: Option<Access>,
    /// `Allow` and `Deny` lines: from all, or from some.
    allow: Option<Access>,
    deny: Option<Access>,
}

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
        self.open.push((group, Vec::new()));
    }

    /// The end of the innermost group.
    pub(crate) fn close(&mut self) {
        if let Some((group, lines)) = self.open.pop() {
            let joined = join(group, &lines);
            self.innermost().extend(joined);
        }
    }

    /// `Require words…`.
    pub(crate) fn require(&mut self, words: &[&[u8]]) {
        let (negated, words) = match words {
            [first, rest @ ..] if first.eq_ignore_ascii_case(b"not") => (true, rest),
            _ => (false, words),
        };
        let access = match words {
            [all, granted] if all.eq_ignore_ascii_case(b"all") => {
                let granted = granted.eq_ignore_ascii_case(b"granted");
                if granted == negated {
                    Access::Denied
                } else {
                    Access::Granted
                }
            }
            _ => Access::Conditional,
        };
        self.innermost().push(access);
    }

    /// `Order`.
    pub(crate) fn order(&mut self, word: &[u8]) {
        let allow_last = word.to_ascii_lowercase().ends_with(b"allow");
        self.default = Some(if allow_last {
            Access::Granted
        } else {
            Access::Denied
        });
    }

    /// `Allow words…` or `Deny words…`.
    pub(crate) fn host(&mut self, name: &[u8], words: &[&[u8]]) {
        let all = matches!(words, [_, all] if all.eq_ignore_ascii_case(b"all"));
        let list = if name.eq_ignore_ascii_case(b"allow") {
            &mut self.allow
        } else {
            &mut self.deny
        };
        *list = Some(if all {
            Access::Granted
        } else {
            Access::Conditional
        });
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
        Some(match self.default {
            Some(Access::Granted) => match (self.deny, self.allow) {
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

    fn innermost(&mut self) -> &mut Vec<Access> {
        match self.open.last_mut() {
            Some((_, lines)) => lines,
            None => &mut self.own,
        }
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
    use super::{AccessRules, Group};
    use edgewright_edge_handler::site::Access;

    #[test]
    fn says_who_may_come_in() {
        let cases: &[(&str, Option<Access>)] = &[
            ("", None),
            ("Require all granted", Some(Access::Granted)),
            ("Require all denied", Some(Access::Denied)),
            ("Require not all granted", Some(Access::Denied)),
            ("Require ip 192.0.2.1", Some(Access::Conditional)),
            (
                "Require valid-user|Require all granted",
                Some(Access::Granted),
            ),
            ("Order allow,deny|Allow from all", Some(Access::Granted)),
            ("Order deny,allow|Deny from all", Some(Access::Denied)),
            ("Order allow,deny", Some(Access::Denied)),
            ("Order deny,allow", Some(Access::Granted)),
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
                    Some((name, rest)) if *name == b"Require" => rules.require(rest),
                    Some((name, rest)) if *name == b"Order" => rules.order(rest[0]),
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
        rules.require(&[b"all", b"granted"]);
        rules.open(Group::None);
        rules.require(&[b"ip", b"192.0.2.1"]);
        rules.close();
        rules.close();
        assert_eq!(rules.verdict(), Some(Access::Conditional));
    }
}
