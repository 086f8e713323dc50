//! Whole configurations, read from memory. What Apache says to each is held by the compiler's tests too.

use edgewright_parser::load::{
    Bound, Conditionals, Folder, Item, LIMIT_REACHED, LoadOptions, Loaded, Recording, load,
};
use edgewright_parser::loader::memory::MemoryLoader;
use edgewright_parser::transcript::{Event, Transcript};

fn files(main: &str) -> MemoryLoader {
    MemoryLoader::new().with("/etc/httpd.conf", main)
}

fn read<'a>(files: &'a MemoryLoader, options: &LoadOptions) -> Loaded<'a> {
    load(&[b"/etc/httpd.conf".to_vec()], files, options)
}

/// The items in one line: names, sections in brackets, `!` for refused, `-` for skipped.
fn shape(items: &[Item]) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let shown = items.iter().map(|item| match item {
        Item::Directive(read) => text(&read.name.value),
        Item::Section(section) => {
            format!(
                "{}[{}]",
                text(&section.open.name.value),
                shape(&section.items)
            )
        }
        Item::Refused(refused) => format!("!{}", text(&refused.name)),
        Item::Skipped(skipped) => format!("-{}", text(&skipped.name)),
    });
    shown.collect::<Vec<_>>().join(" ")
}

fn codes(loaded: &Loaded<'_>) -> Vec<&'static str> {
    let said = loaded.reader.diagnostics.iter();
    said.map(|said| said.code).collect()
}

fn check(main: &str, expected: &str, said: &[&str]) {
    let files = files(main)
        .with("/etc/apache2/more/a.conf", "A 1\n")
        .with("/etc/apache2/more/b.conf", "B 1\n");
    let loaded = read(&files, &LoadOptions::default());
    assert_eq!(shape(&loaded.items), expected, "{main}");
    assert_eq!(codes(&loaded), said, "{main}");
}

#[test]
fn lines_are_settled_in_apaches_order() {
    check("Include more/*.conf\nC 1", "A B C", &[]);
    check("Include more", "A B", &[]);
    check("Include none.conf", "", &["unreadable-file"]);
    check("IncludeOptional none/*.conf\nC 1", "C", &[]);
    check("Define X a\nInclude more/${X}.conf", "A", &[]);
    check(
        "<IfDefine X>\nC 1\n</IfDefine>\n<IfDefine !X>\nD 1\n</IfDefine>",
        "-C D",
        &[],
    );
    check("<Macro M $n>\n$n 1\n</Macro>\nUse M C\nUse M D", "C D", &[]);
    check("<Macro M>\nC 1\n</Macro>\nD 1", "D -C", &[]);
    check(
        "<VirtualHost *>\nC 1\n</VirtualHost>",
        "<VirtualHost[C]",
        &[],
    );
    check("RewriteRule a", "!RewriteRule", &[]);
    check("<A x>\nC 1", "<A[C]", &["unclosed-section"]);
}

#[test]
fn a_bound_ends_reading() {
    let mut options = LoadOptions::default();
    options.bounds.expanded_lines = 3;
    let files = files("<Macro M>\nC 1\nC 2\n</Macro>\nUse M\nUse M\n");
    let loaded = read(&files, &options);
    assert!(loaded.items.is_empty() && loaded.reader.is_stopped());
    assert_eq!(loaded.reader.reached(), Some(Bound::ExpandedLines));
    assert_eq!(codes(&loaded), [LIMIT_REACHED]);
    let said = loaded.reader.diagnostics.first().map(ToString::to_string);
    let expected = "error: macros make more than 3 lines [limit-reached]";
    assert_eq!(said.as_deref(), Some(expected));
}

#[test]
fn regular_expressions_are_asked_for() {
    let files = files("<IfVersion = /2\\.4/>\nC 1\n</IfVersion>");
    let mut options = LoadOptions::default();
    assert_eq!(codes(&read(&files, &options)), ["bad-condition"]);
    options.regex = Some(|expression, _| (expression == b"2\\.4").then_some(true));
    let loaded = read(&files, &options);
    assert_eq!(shape(&loaded.items), "C");
    assert!(codes(&loaded).is_empty());
}

#[test]
fn files_of_the_server_are_found_in_folders_here() {
    let files = files("Include /srv/conf/x.conf").with("/home/me/x.conf", "C 1");
    let mut options = LoadOptions::default();
    options.folders.push(Folder {
        server: b"/srv/conf".to_vec(),
        local: b"/home/me".to_vec(),
    });
    assert_eq!(shape(&read(&files, &options).items), "C");
}

#[test]
fn access_files_are_read_with_what_the_server_defines() {
    let files = files("Define X y").with(
        "/srv/.htaccess",
        "<IfDefine X>\n${X} 1\n</IfDefine>\nInclude z",
    );
    let mut reader = read(&files, &LoadOptions::default()).reader;
    let opened = reader.open(b"/srv/.htaccess").ok();
    let items = opened.map(|file| reader.htaccess(file, Conditionals::Any));
    assert_eq!(shape(&items.unwrap_or_default()), "y");
    let said: Vec<_> = reader.diagnostics.iter().map(|said| said.code).collect();
    assert_eq!(said, ["misplaced-directive"]);
}

#[test]
fn what_is_carried_out_is_kept_on_demand() {
    let files = files("Include more.conf\n<IfDefine X>\nC 1\n</IfDefine>")
        .with("/etc/more.conf", "Define Y z\nD ${Y}");
    let mut options = LoadOptions::default();
    assert!(read(&files, &options).reader.transcript.is_none());
    options.recording = Recording::On;
    let events = |transcript: Transcript| {
        let shown = transcript.events.into_iter().map(|event| match event {
            Event::Begins(file) => format!("begins {}", file.0),
            Event::Ends => "ends".to_owned(),
            Event::Line(line) => {
                String::from_utf8_lossy(&[line.name, line.arguments].join(&b' ')).into_owned()
            }
        });
        shown.collect::<Vec<_>>()
    };
    let found = read(&files, &options).reader.transcript.map(events);
    let expected = ["begins 0", "begins 1", "D z", "ends", "<IfDefine X", "ends"];
    assert_eq!(found.unwrap_or_default(), expected);
}
