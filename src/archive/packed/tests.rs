//! Archives that nobody should trust.
#![expect(clippy::unwrap_used, reason = "a failed test should say so")]

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::*;

const GOOD: &str = r#"{"format":"edgewright-collect","version":1,"kind":"main","paths":["/c"],"defines":[],
    "server":null,"time_zone":null,"listing":"listing.txt"}"#;

/// An archive of these entries, whose names are written as they are.
fn archive(entries: &[(&str, tar::EntryType, &str)]) -> Vec<u8> {
    let mut tar = Vec::new();
    for (name, kind, content) in entries {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_size(u64::try_from(content.len()).unwrap());
        header.set_mode(0o644);
        header.set_cksum();
        tar.extend_from_slice(header.as_bytes());
        tar.extend_from_slice(content.as_bytes());
        tar.resize(tar.len().next_multiple_of(512), 0);
    }
    tar.extend([0; 1024]);
    packed(&tar)
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn opened(bytes: &[u8]) -> Result<(Manifest, Packed)> {
    let limits = Limits::default().with(Limit::Files, 20);
    read(bytes, &limits.with(Limit::FileBytes, 10_000))
}

/// The files of an archive with a manifest and these entries.
fn files(entries: &[(&str, tar::EntryType, &str)]) -> Packed {
    let manifest = [(MANIFEST, tar::EntryType::Regular, GOOD)];
    opened(&archive(&[&manifest, entries].concat())).unwrap().1
}

#[test]
fn entries_are_paths_of_the_server_and_nothing_else() {
    use tar::EntryType::{Directory, Link, Regular, Symlink};
    let files = files(&[
        ("root/etc/a.conf", Regular, "a"),
        ("root/../../etc/b.conf", Regular, "b"),
        ("/etc/c.conf", Regular, "c"),
        ("rooted/etc/d.conf", Regular, "d"),
        ("root/etc/e.conf", Symlink, ""),
        ("root/etc/f.conf", Link, ""),
        ("root/g", Directory, ""),
        (
            LISTING,
            Regular,
            "f 0 /www/empty\nf 7 /www/page\nd - /www/sub\nd - /etc/a.conf\n",
        ),
    ]);
    let check = |path: &str, expected: Option<EntryKind>| {
        assert_eq!(files.kind(path.as_bytes()), expected, "{path}");
    };
    check("/etc/a.conf", Some(EntryKind::File));
    check("/etc/b.conf", Some(EntryKind::File));
    check("/etc/../etc/a.conf", Some(EntryKind::File));
    check("/etc", Some(EntryKind::Directory));
    check("/", Some(EntryKind::Directory));
    check("/etc/c.conf", None);
    check("/etc/d.conf", None);
    check("/etc/e.conf", None);
    check("/etc/f.conf", None);
    check("/g", None);
    check("/www/empty", Some(EntryKind::Empty));
    check("/www/page", Some(EntryKind::File));
    check("/www/sub", Some(EntryKind::Directory));
    assert_eq!(files.read(b"/etc/a.conf", 1), Ok(b"a".to_vec()));
    assert_eq!(files.read(b"/etc/a.conf", 0), Err(LoadError::TooLong));
    assert_eq!(files.read(b"/etc", 9), Err(LoadError::IsDirectory));
    assert!(matches!(
        files.read(b"/www/page", 9),
        Err(LoadError::Other(_))
    ));
    assert_eq!(files.list(b"/www", 9).unwrap().len(), 3);
    assert_eq!(files.list(b"/www/", 2), Err(LoadError::TooLong));
}

#[test]
fn what_is_no_archive_or_too_large_is_refused() {
    use tar::EntryType::Regular;
    let check = |bytes: &[u8], expected: &str| {
        let error = opened(bytes).err().map(|error| format!("{error:#}"));
        let error = error.unwrap_or_default();
        assert!(error.contains(expected), "{expected}: {error}");
    };
    let newer = GOOD.replace("\"version\":1", "\"version\":2");
    check(b"", "");
    check(b"\x1f\x8b", "");
    check(&packed(b"no tar"), "");
    check(&archive(&[]), "no manifest.json");
    check(
        &archive(&[(MANIFEST, Regular, "{")]),
        "manifest.json is damaged",
    );
    check(
        &archive(&[(MANIFEST, Regular, "{}")]),
        "no archive of `edgewright collect`",
    );
    check(
        &archive(&[(MANIFEST, Regular, &newer)]),
        "this one reads version 1",
    );
    let with =
        |name: &str, content: &str| archive(&[(MANIFEST, Regular, GOOD), (name, Regular, content)]);
    check(&with(LISTING, "nonsense"), "listing is damaged");
    check(
        &with("root/large", &"x".repeat(10_000)),
        "--max file-bytes=NUMBER",
    );
    let many: String = (0..30).map(|n| format!("f 1 /d/{n}\n")).collect();
    check(&with(LISTING, &many), "--max files=NUMBER");
    check(
        &with(LISTING, "f 1 /a\nf 1 /a/b\n"),
        "has something below it",
    );
    let deep = format!("f 1 {}\n", "/x".repeat(300));
    check(&with(LISTING, &deep), "too long");
    // Much that takes little room.
    check(&packed(&vec![0; 1 << 20]), "no manifest.json");
    let whole = with("root/c", "x");
    for length in 0..whole.len() - 1 {
        let _ = opened(&whole[..length]);
    }
}
