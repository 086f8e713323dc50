//! The rooms of the house: which module at the top of a crate uses which.
//!
//! In: the source files of each crate. Out: a failure for each arrow that points up. What is compared are the paths in
//! `use` lines and everywhere else in the code, so that no inline path goes unseen. The graph is printed by
//! `cargo test --test suite rooms -- --nocapture`, and that of another checkout with its folder in `EDGEWRIGHT_CHECKOUT`:
//! there it is not judged.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::architecture::{imports, root, rust_files};

/// The rooms of a crate by name, each with the rooms that it uses.
type Graph = BTreeMap<String, BTreeSet<String>>;

/// A crate's folder, and its floors from the ground up. A room may use rooms of lower floors, and none of its own.
/// Where no floors are written, there must just be no circle.
const HOUSES: &[(&str, &[&[&str]])] = &[
    (
        "edge-handler/src",
        &[
            &["budget", "depth", "text"],
            &["pattern"],
            &["model"],
            &["artefact"],
            &["source"],
            &["evaluate"],
            &["shortcut"],
            &["handler"],
            &["lambda"],
            &["cloudfront"],
        ],
    ),
    ("parser/src", &[]),
    ("compiler/src", &[]),
    ("src", &[]),
];

#[test]
fn arrows_point_down() {
    let other = std::env::var_os("EDGEWRIGHT_CHECKOUT").map(PathBuf::from);
    for (folder, floors) in HOUSES {
        let graph = graph(&other.clone().unwrap_or_else(root).join(folder));
        println!("{folder}");
        for (room, used) in &graph {
            let used: Vec<&str> = used.iter().map(String::as_str).collect();
            println!("  {room} -> {}", used.join(", "));
        }
        if other.is_some() {
            println!("  in or before a circle: {:?}", circle(&graph));
            continue;
        }
        assert_eq!(upward(&graph, floors), Vec::<String>::new(), "{folder}");
        assert_eq!(circle(&graph), BTreeSet::new(), "{folder}: a circle");
    }
}

/// The arrows that do not point to a lower floor, and rooms that stand on no floor.
fn upward(graph: &Graph, floors: &[&[&str]]) -> Vec<String> {
    let floor = |room: &str| floors.iter().position(|floor| floor.contains(&room));
    let arrows = graph.iter().flat_map(|(room, used)| {
        let arrows = used
            .iter()
            .map(move |other| (room.as_str(), other.as_str()));
        arrows.chain([(room.as_str(), "")])
    });
    let wrong = arrows.filter(|(room, used)| match (floor(room), floor(used)) {
        (None, _) => !floors.is_empty(),
        (Some(_), None) => !used.is_empty(),
        (Some(from), Some(to)) => from <= to,
    });
    wrong
        .map(|(room, used)| format!("{room} -> {used}"))
        .collect()
}

/// The rooms from which arrows lead into a circle.
fn circle(graph: &Graph) -> BTreeSet<String> {
    let mut left = graph.clone();
    loop {
        // A room that uses none of those left is in no circle.
        let rooms: BTreeSet<String> = left.keys().cloned().collect();
        let before = left.len();
        left.retain(|_, used| !used.is_disjoint(&rooms));
        if left.len() == before {
            return rooms;
        }
    }
}

fn graph(source: &Path) -> Graph {
    let mut graph = Graph::new();
    for file in rust_files(source) {
        let inside = file.strip_prefix(source).unwrap().with_extension("");
        let module: Vec<&str> = inside.iter().map(|part| part.to_str().unwrap()).collect();
        let room = module[0];
        if matches!(room, "lib" | "main") || module.contains(&"tests") {
            continue;
        }
        let used = graph.entry(room.to_owned()).or_default();
        let text = code(&fs::read_to_string(&file).unwrap());
        used.extend(
            rooms_in(&text, &module)
                .into_iter()
                .filter(|used| used != room),
        );
    }
    let rooms: BTreeSet<String> = graph.keys().cloned().collect();
    for used in graph.values_mut() {
        used.retain(|room| rooms.contains(room));
    }
    graph
}

/// The code of a file: without comments, texts, and the tests at its end.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let lines = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// The rooms that paths of `text` lead to, which is the code of `module`.
fn rooms_in(text: &str, module: &[&str]) -> BTreeSet<String> {
    let mut paths: BTreeSet<String> = imports(text).into_iter().collect();
    for begin in ["crate::", "super::"] {
        paths.extend(text.match_indices(begin).map(|(at, _)| {
            let ends = |character: char| !(character.is_alphanumeric() || "_:".contains(character));
            text[at..].split(ends).next().unwrap_or_default().to_owned()
        }));
    }
    paths
        .iter()
        .filter_map(|path| room_of(path, module))
        .collect()
}

/// The room that `path` leads to; `None` for a path out of the crate, and for the crate itself.
fn room_of(path: &str, module: &[&str]) -> Option<String> {
    let parts: Vec<&str> = path.split("::").collect();
    if parts[0] == "crate" {
        return parts.get(1).map(|room| (*room).to_owned());
    }
    let up = parts.iter().take_while(|part| **part == "super").count();
    // Above the top of the room stand its neighbours.
    (up == module.len()).then(|| parts.get(up).map(|room| (*room).to_owned()))?
}

#[test]
fn paths_lead_to_rooms() {
    let check = |path: &str, module: &[&str], expected: Option<&str>| {
        assert_eq!(room_of(path, module).as_deref(), expected, "{path}");
    };
    check("crate::a::b", &["c"], Some("a"));
    check("super::a::b", &["c"], Some("a"));
    check("super::a", &["c", "d"], None);
    check("super::super::a", &["c", "d"], Some("a"));
    check("std::fs", &["c"], None);
}

#[test]
fn inline_paths_are_seen() {
    let text = code("use crate::a::{b, c};\n// crate::d\nfn f() { crate::e::g(); super::h::i() }");
    let found = rooms_in(&text, &["x"]);
    let found: Vec<&str> = found.iter().map(String::as_str).collect();
    assert_eq!(found, ["a", "e", "h"]);
}

#[test]
fn circles_are_found() {
    let graph = |arrows: &[(&str, &str)]| {
        let mut graph = Graph::new();
        for (from, to) in arrows {
            graph
                .entry((*from).to_owned())
                .or_default()
                .insert((*to).to_owned());
            graph.entry((*to).to_owned()).or_default();
        }
        graph
    };
    assert_eq!(
        circle(&graph(&[("a", "b"), ("b", "c"), ("a", "c")])).len(),
        0
    );
    assert_eq!(
        circle(&graph(&[("a", "b"), ("b", "c"), ("c", "b")])).len(),
        3
    );
    let floors: &[&[&str]] = &[&["a"], &["b"]];
    assert_eq!(upward(&graph(&[("b", "a")]), floors), Vec::<String>::new());
    assert_eq!(upward(&graph(&[("a", "b")]), floors), ["a -> b"]);
}
