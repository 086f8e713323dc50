//! What groups of a rule's pattern should stand for.
//!
//! In: a rule with its conditions. Out: [`Groups`] for which conditions hold, maps have an answer, and files are
//! there. Absent: whether the pattern lets a group stand for that; ask the pattern.

use edgewright_engine::model::rules::{
    Condition, FileTest, MapId, Piece, Rule, TemplateText, Test,
};
use edgewright_engine::model::site::{FileKind, Host, MapKind, Site};

use super::constraint::{Constraint, Slot};
use super::draft::wanted;
use super::sample::Groups;

/// Files that are looked at for one condition.
const MOST_FILES: usize = 1_000;

/// What groups of the pattern should be, so that conditions on them hold, maps have an answer, and files that
/// are asked for are there.
pub(super) fn groups(
    site: &Site,
    host: &Host,
    rule: &Rule,
    constraints: &[Constraint<'_>],
    variant: usize,
) -> Groups {
    let mut groups = Groups::new();
    for constraint in constraints {
        let Slot::Group(number) = constraint.slot else {
            continue;
        };
        let values = wanted(constraint);
        if let Some(value) = values.get(variant % values.len().max(1)) {
            groups.insert(number, value.clone());
        }
    }
    let subjects = rule.conditions.iter().map(|condition| &condition.subject);
    for template in subjects.chain([&rule.substitution]) {
        let lookups = template.pieces().filter_map(lookup);
        for (name, number) in lookups {
            if let Some(key) = map_key(site, host, name, variant) {
                groups.insert(number, key.to_vec());
            }
        }
    }
    for condition in rule.conditions.iter().filter(|one| !one.negated) {
        groups.extend(file_beside(site, host, condition));
    }
    groups
}

/// The group in `%{DOCUMENT_ROOT}/cache/$1.html`, and what it has to be for a file to be there.
fn file_beside(site: &Site, host: &Host, condition: &Condition) -> Option<(u32, Vec<u8>)> {
    let Test::File(test) = condition.test else {
        return None;
    };
    let (mut before, mut after, mut group) = (Vec::new(), Vec::new(), None);
    for piece in condition.subject.pieces() {
        let part = if group.is_none() {
            &mut before
        } else {
            &mut after
        };
        match piece {
            Piece::Literal(literal) => part.extend_from_slice(literal),
            Piece::Escaped(byte) => part.push(byte),
            Piece::Variable(b"DOCUMENT_ROOT" | b"CONTEXT_DOCUMENT_ROOT") => {
                part.extend_from_slice(&host.document_root);
            }
            Piece::RuleGroup(number) if group.is_none() => group = Some(u32::from(number)),
            _ => return None,
        }
    }
    let entries = site.tree.entries.range(before.clone()..).take(MOST_FILES);
    let mut below = entries.map_while(|(path, kind)| Some((path.strip_prefix(&before[..])?, kind)));
    let found = below.find_map(|(rest, kind)| {
        let value = rest.strip_suffix(&after[..])?;
        (is_such(test, Some(*kind)) && !value.is_empty()).then(|| value.to_vec())
    });
    group.zip(found)
}

/// Does a file test hold for what stands there?
pub(super) fn is_such(test: FileTest, kind: Option<FileKind>) -> bool {
    match test {
        FileTest::Regular => matches!(kind, Some(FileKind::File | FileKind::Empty)),
        FileTest::NotEmpty => kind == Some(FileKind::File),
        FileTest::Directory => kind == Some(FileKind::Directory),
        FileTest::Executable | FileTest::Link => false,
    }
}

/// The map and the group of `${map:$1}`, also within a lookup of another map.
fn lookup(piece: Piece<'_>) -> Option<(&[u8], u32)> {
    let Piece::Map { name, key, .. } = piece else {
        return None;
    };
    group_of(key).map(|group| (name, group))
}

fn group_of(key: TemplateText<'_>) -> Option<u32> {
    match key.only_piece()? {
        Piece::RuleGroup(number) => Some(u32::from(number)),
        Piece::Map { key, .. } => group_of(key),
        _ => None,
    }
}

/// The first, a middle or the last key of a map.
fn map_key<'s>(site: &'s Site, host: &Host, name: &[u8], variant: usize) -> Option<&'s [u8]> {
    let maps = host.rewrite.as_ref().map(|rewrite| &rewrite.maps)?;
    let MapId(id) = *maps.get(name)?;
    let map = site.maps.get(usize::try_from(id).ok()?)?;
    let (MapKind::Text(entries) | MapKind::Random(entries)) = &map.kind else {
        return None;
    };
    let last = entries.len().checked_sub(1)?;
    let entry = entries.get(last * (variant % 3) / 2)?;
    Some(&entry.key)
}
