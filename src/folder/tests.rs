//! What is in a build folder after another build.
#![expect(clippy::unwrap_used, reason = "a failed test should say so")]

use super::*;
use anyhow::Error;

const MANIFEST: &str =
    r#"{"generator":"edgewright 0.1.0","files":{"rules.bin":{},"table.bin":{}}}"#;

fn write(target: &Path, names: &[&'static str]) -> Result<()> {
    let mut fresh = Fresh::begin(target)?;
    for name in names {
        fresh.begin(name).map_err(Error::from_boxed)?;
        fresh.append(b"new").map_err(Error::from_boxed)?;
    }
    fresh.finish()
}

/// The files in a folder and those in it, each with its content.
fn content(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            let inner = content(&path).into_iter();
            found.extend(inner.map(|file| format!("{name}/{file}")));
        } else {
            let text = fs::read_to_string(&path).unwrap_or_default();
            found.push(format!("{name}={text}"));
        }
    }
    found.sort();
    found
}

/// What a folder of these files has after a build that writes `rules.bin` and the manifest.
fn check(name: &str, before: &[(&str, &str)], expected: Result<&[&str], &str>) {
    let place = tempfile::tempdir().unwrap();
    let target = place.path().join("build");
    for (file, content) in before {
        let path = target.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    let earlier = target.exists().then(|| content(&target));
    let done = write(&target, &["rules.bin", "manifest.json"]);
    match expected {
        Ok(files) => {
            done.unwrap();
            assert_eq!(content(&target), files, "{name}");
        }
        Err(reason) => {
            let said = format!("{:#}", done.unwrap_err());
            assert!(said.contains(reason), "{name}: {said}");
            assert_eq!(Some(content(&target)), earlier, "{name}");
        }
    }
    let beside = fs::read_dir(place.path()).unwrap().count();
    assert_eq!(beside, 1, "{name}");
}

#[test]
fn a_build_replaces_what_a_build_wrote_and_nothing_else() {
    let new: [&str; 2] = ["manifest.json=new", "rules.bin=new"];
    check("nothing", &[], Ok(&new));
    let build = [
        ("manifest.json", MANIFEST),
        ("rules.bin", "old"),
        ("table.bin", "old"),
    ];
    check("a build", &build, Ok(&new));
    let with = |file: (&'static str, &'static str)| [&build[..], &[file]].concat();
    let kept = ["manifest.json=new", "notes.txt=mine", "rules.bin=new"];
    check("a file of others", &with(("notes.txt", "mine")), Ok(&kept));
    let kept = ["manifest.json=new", "rules.bin=new", "sub/deep/x=mine"];
    check(
        "a folder of others",
        &with(("sub/deep/x", "mine")),
        Ok(&kept),
    );
    let damaged = [
        ("manifest.json", "{"),
        ("rules.bin", "old"),
        ("table.bin", "old"),
        ("x", "mine"),
    ];
    check(
        "a damaged manifest",
        &damaged,
        Ok(&["manifest.json=new", "rules.bin=new", "x=mine"]),
    );
    let refused = Err("exists and is not a build folder");
    check("precious", &[("file", "x")], refused);
    check(
        "a manifest of a web application",
        &[("manifest.json", r#"{"name":"app"}"#)],
        refused,
    );
    let unlisted = [
        (
            "manifest.json",
            r#"{"generator":"edgewright 0","files":{}}"#,
        ),
        ("rules.bin", "mine"),
    ];
    check(
        "a name of ours",
        &unlisted,
        Err("rules.bin is not of the build that is there"),
    );
}

#[test]
fn a_build_that_is_not_finished_leaves_nothing() {
    let place = tempfile::tempdir().unwrap();
    let target = place.path().join("build");
    write(&target, &["manifest.json"]).unwrap();
    fs::write(target.join("manifest.json"), MANIFEST).unwrap();
    let mut fresh = Fresh::begin(&target).unwrap();
    fresh.begin("manifest.json").unwrap();
    drop(fresh);
    assert_eq!(content(&target), [format!("manifest.json={MANIFEST}")]);
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
}

#[test]
fn a_run_that_was_killed_between_two_builds_loses_nothing() {
    let place = tempfile::tempdir().unwrap();
    let target = place.path().join("build");
    let old = swap::beside(&target, "old");
    fs::create_dir(&old).unwrap();
    fs::write(old.join("manifest.json"), MANIFEST).unwrap();
    fs::write(old.join("notes.txt"), "mine").unwrap();
    write(&target, &["manifest.json"]).unwrap();
    assert_eq!(content(&target), ["manifest.json=new", "notes.txt=mine"]);
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
}

#[test]
fn links_and_folders_beside_stay() {
    let place = tempfile::tempdir().unwrap();
    let (target, link) = (place.path().join("build"), place.path().join("link"));
    fs::create_dir_all(place.path().join("build.old/x")).unwrap();
    fs::create_dir_all(place.path().join("build.new/x")).unwrap();
    write(&target, &["manifest.json"]).unwrap();
    fs::write(target.join("manifest.json"), MANIFEST).unwrap();
    std::os::unix::fs::symlink("nowhere", target.join("dangling")).unwrap();
    std::os::unix::fs::symlink("build", &link).unwrap();
    write(&link, &["manifest.json"]).unwrap();
    assert_eq!(content(&target), ["dangling=", "manifest.json=new"]);
    assert!(link.is_symlink() && target.join("dangling").is_symlink());
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 4);
}
