//! What copies hold, for configurations that are given and for any.
#![expect(clippy::unwrap_used, reason = "a failed test should say so")]

use edgewright_compiler::testing::MemoryLoader;
use edgewright_compiler::{Input, ReadOptions, read_with_transcript};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use tempfile::TempDir;

use super::*;

/// Where the configuration stands.
const MAIN: &[u8] = b"/site/main.conf";

fn installation() -> Installation {
    Installation {
        program: PathBuf::new(),
        modules: PathBuf::from("/nowhere"),
        version: String::new(),
    }
}

/// Copies of a configuration.
struct Copied {
    folder: TempDir,
    /// The lines that include the copies.
    includes: String,
    /// Path and text of each copy.
    files: Vec<(PathBuf, Vec<u8>)>,
    left_out: LeftOut,
}

/// Copies what `loader` has as [`MAIN`], for port 4000 in place of 80.
fn copied(loader: &MemoryLoader) -> Copied {
    let input = Input::MainConfig(vec![MAIN.to_vec()]);
    let (reading, transcript) = read_with_transcript(&input, loader, &ReadOptions::default());
    let folder = tempfile::tempdir().unwrap();
    let installation = installation();
    let mut copies = Copies::new(Original {
        reading: &reading,
        transcript: &transcript,
        installation: &installation,
        ports: Ports {
            served: vec![(80, 4000), (443, 4001)],
            tls: vec!["SSLEngine on".to_owned()],
        },
        relocation: Relocation::new(vec![(b"/home/me/www".into(), b"/srv/www".into())]),
        folder: folder.path().to_owned(),
    })
    .unwrap();
    let includes = copies.server_files();
    copies.write().unwrap();
    let files = copies
        .files
        .iter()
        .map(|file| (file.path.clone(), fs::read(&file.path).unwrap()));
    Copied {
        files: files.collect(),
        left_out: copies.left_out.clone(),
        includes,
        folder,
    }
}

/// Copies `text`; other files may be included.
fn check(name: &str, text: &str, expected: &str) {
    let loader = MemoryLoader::new()
        .with(MAIN, text)
        .with(
            "/etc/apache2/part.conf",
            "Redirect /p /q\nCustomLog |/x common\n",
        )
        .with("/etc/apache2/map.txt", "a b\n");
    let copied = copied(&loader);
    let folder = copied.folder.path().display().to_string();
    let texts = copied
        .files
        .iter()
        .map(|(_, text)| String::from_utf8_lossy(text).into_owned());
    let text = texts.collect::<Vec<_>>().join("--\n").replace(&folder, "F");
    assert_eq!(text, expected, "{name}");
}

#[test]
fn copies_hold_what_is_listed() {
    check(
        "rules stay",
        "# a\nRewriteRule ^/a$ \\\n/b [R]\n",
        "RewriteRule ^/a$ /b [R]\n",
    );
    check(
        "names are written anew",
        "\"redirect\" /a /b\n",
        "Redirect /a /b\n",
    );
    check("ports go", "Listen 80\nLISTEN 8080 \\\n http\n", "");
    check("logs go", "ErrorLog /x\nCus\\\ntomLog |/bin/x common\n", "");
    check(
        "users go",
        "<Location />\nRequire valid-user\nRequire ip 192.0.2.1\n</Location>\n",
        "<Location />\nRequire all granted\nRequire ip 192.0.2.1\n</Location>\n",
    );
    check(
        "TLS goes, and the wish for it stays",
        "SSLEngine on\nSSLCertificateFile /c\nSSLRequireSSL\n",
        "SSLRequireSSL\n",
    );
    check(
        "modules that are not here go",
        "LoadModule php_module m/php.so\n",
        "",
    );
    check(
        "programs go",
        "RewriteMap a prg:/bin/x\nRewriteMap b int:tolower\n",
        "RewriteMap \"b\" \"int:tolower\"\n",
    );
    check(
        "maps are copied",
        "RewriteMap a txt:map.txt\n",
        "RewriteMap \"a\" \"txt:F/copies/0.map\"\n",
    );
    check(
        "includes lead to copies",
        "\"Include\" part.conf\nIncludeOptional other\n",
        "Include \"F/copies/1.conf\"\n--\nRedirect /p /q\n",
    );
    check(
        "folders move",
        "DocumentRoot /srv/www\nAlias /a /srv/www2\n",
        "DocumentRoot /home/me/www\nAlias /a /srv/www2\n",
    );
    check(
        "sections go with what is in them",
        "<Macro M>\n</Macro>\n<AuthnProviderAlias file x>\nRedirect /a /b\n<AuthnProviderAlias y>\n\
         </AuthnProviderAlias>\nRedirect /c /d\n</AuthnProviderAlias>\nRedirect /e /f\n",
        "Redirect /e /f\n",
    );
    check(
        "conditions are settled",
        "Define A\n<IfDefine A>\nRedirect /a /b\n</IfDefine>\n<IfDefine B>\nRedirect /c /d\n</IfDefine>\n",
        "<IfDefine !edgewright>\nRedirect /a /b\n</IfDefine>\n",
    );
    check(
        "a backslash at the end joins nothing",
        "Define B \"\\\\\"\nRedirect /a /b${B}\nRedirect /c /d\n",
        "Redirect /a /b\\ \nRedirect /c /d\n",
    );
}

#[test]
fn virtual_hosts_answer_on_the_other_port() {
    check(
        "named",
        "<VirtualHost 192.0.2.1:80>\nServerName a.test\n</VirtualHost>\n",
        "<VirtualHost *:4000>\nServerName a.test\n</VirtualHost>\n",
    );
    check(
        "another port is nobody's",
        "<VirtualHost *:80 *:8080>\nServerName a.test\n</VirtualHost>\n",
        "<VirtualHost *:4000 *:8080>\nServerName a.test\n</VirtualHost>\n",
    );
    check(
        "TLS",
        "<VirtualHost *:443>\nServerName a.test\nSSLEngine on\nSSLCertificateFile /c\n</VirtualHost>\n",
        "<VirtualHost *:4001>\nSSLEngine on\nServerName a.test\n</VirtualHost>\n",
    );
    check(
        "of one macro",
        "<Macro M $p>\n<VirtualHost *:$p>\nServerName a.test\n</VirtualHost>\n</Macro>\nUse M 80\nUse M 443\n",
        "<VirtualHost *:4000>\nServerName a.test\n</VirtualHost>\n\
         <VirtualHost *:4001>\nServerName a.test\n</VirtualHost>\n",
    );
}

#[test]
fn a_line_is_left_out_with_what_it_opens() {
    let line = |text: &str| CopiedLine {
        text: text.into(),
        origin: None,
    };
    let lines = ["Redirect /a /b", "<Foo x>", "y", "</Foo>", "b"];
    let mut copy = Copy {
        path: PathBuf::new(),
        lines: lines.into_iter().map(line).collect(),
    };
    assert_eq!(copy.blank(1).unwrap().text, b"<Foo x>");
    assert_eq!(copy.blank(0).unwrap().text, b"Redirect /a /b");
    let left: Vec<_> = copy.lines.iter().map(|line| line.text.as_slice()).collect();
    assert_eq!(left, [&b""[..], b"", b"", b"", b"b"]);
    assert!(copy.blank(5).is_none());
}

#[test]
fn what_is_left_out_is_said() {
    let text = "CustomLog |/x c\nLuaQuickHandler /x f\nLuaQuickHandler /y f\nRewriteMap m prg:/x\n";
    let copied = copied(&MemoryLoader::new().with(MAIN, text));
    let expected = [
        "LuaQuickHandler (/site/main.conf:2 and 1 more): it is not known to be harmless",
        "RewriteMap (/site/main.conf:4): it starts a program",
    ];
    assert_eq!(copied.left_out.to_texts(), expected);
    assert_eq!(copied.left_out.to_replaced().as_deref(), Some("CustomLog"));
}

/// Directives that act, beside some that do not.
const NAMES: [&str; 30] = [
    "CustomLog",
    "ErrorLog",
    "TransferLog",
    "GlobalLog",
    "Listen",
    "LoadFile",
    "LoadModule",
    "LuaHookFixups",
    "LuaQuickHandler",
    "<LuaHookFixups",
    "PidFile",
    "ProxyRemote",
    "SSLRandomSeed",
    "Include",
    "IncludeOptional",
    "Define",
    "UnDefine",
    "Use",
    "User",
    "ServerRoot",
    "AccessFileName",
    "RewriteMap",
    "RewriteRule",
    "Redirect",
    "SetHandler",
    "<Directory",
    "</Directory",
    "<Proxy",
    "<AuthnProviderAlias",
    "#",
];

const ARGUMENTS: [&str; 16] = [
    "\"|/bin/touch /x\" common",
    "/x f",
    "m prg:/x",
    "m \"${K}:/x\"",
    "m txt:/dev/zero",
    "^/a unix:/s|http://l/ [P]",
    "lua-script",
    "x_module /evil.so",
    "0.0.0.0:80",
    "part.conf",
    "A CustomLog",
    "M CustomLog",
    "/a /b\\",
    "\"x>",
    "/x>",
    "",
];

/// How a word may be written, so that Apache reads it all the same.
#[derive(Debug, Clone)]
enum Style {
    Plain,
    Quoted(char),
    OtherCase,
    Continued(Index),
    Variable,
    Halves(Index),
    Parameter,
}

fn style() -> impl Strategy<Value = Style> {
    prop_oneof![
        Just(Style::Plain),
        select(vec!['"', '\'']).prop_map(Style::Quoted),
        Just(Style::OtherCase),
        any::<Index>().prop_map(Style::Continued),
        Just(Style::Variable),
        any::<Index>().prop_map(Style::Halves),
        Just(Style::Parameter),
    ]
}

/// One directive, and what has to stand before it.
fn written_as(name: &str, style: &Style, space: &str, arguments: &str) -> String {
    let halves = |at: &Index| name.split_at(at.index(name.len() + 1));
    match style {
        Style::Plain => format!("{space}{name}{space}{arguments}\n"),
        Style::Quoted(mark) => format!("{space}{mark}{name}{mark}{space}{arguments}\n"),
        Style::OtherCase => format!("{space}{}{space}{arguments}\n", name.to_ascii_uppercase()),
        Style::Continued(at) => {
            let (first, second) = halves(at);
            format!("{space}{first}\\\n{second}{space}{arguments}\n")
        }
        Style::Variable => format!("Define N {name}\n{space}${{N}}{space}{arguments}\n"),
        Style::Halves(at) => {
            let (first, second) = halves(at);
            format!("Define X \"{first}\"\nDefine Y \"{second}\"\n${{X}}${{Y}}{space}{arguments}\n")
        }
        Style::Parameter => {
            format!("<Macro T $n>\n$n{space}{arguments}\n</Macro>\nUse T {name}\nUndefMacro T\n")
        }
    }
}

fn directive() -> impl Strategy<Value = String> {
    let spaces = select(vec![" ", "\t", "\x0b", "\x0c ", " \\\n "]);
    let parts = (
        select(NAMES.to_vec()),
        style(),
        spaces,
        select(ARGUMENTS.to_vec()),
    );
    parts.prop_map(|(name, style, space, arguments)| written_as(name, &style, space, arguments))
}

fn around(text: String, which: usize) -> String {
    match which {
        0 => format!("<IfDefine !Z>\n{text}</IfDefine>\n"),
        1 => format!("<VirtualHost *:80>\nServerName a.test\n{text}</VirtualHost>\n"),
        2 => format!("<Macro Around>\n{text}</Macro>\nUse Around\n"),
        3 => format!("<Directory /x>\n<If \"true\">\n{text}</If>\n</Directory>\n"),
        4 => format!("<IfModule mod_nothing.c>\n{text}</IfModule>\n"),
        _ => text,
    }
}

/// The lines of copies that would act, as the loader reads the copies.
fn acting(copied: &Copied) -> Vec<String> {
    let mut loader = MemoryLoader::new().with(MAIN, &copied.includes);
    for (path, text) in &copied.files {
        loader = loader.with(path.as_os_str().as_encoded_bytes(), text);
    }
    let input = Input::MainConfig(vec![MAIN.to_vec()]);
    let (_, transcript) = read_with_transcript(&input, &loader, &ReadOptions::default());
    let lines = transcript.events.iter().filter_map(|event| match event {
        Event::Line(line) => Some(line),
        Event::Begins(_) | Event::Ends => None,
    });
    let acts = |line: &&EffectiveLine| {
        let bare = line
            .name
            .strip_prefix(b"</")
            .map(|name| [b"<", name].concat());
        let name = bare.as_ref().unwrap_or(&line.name);
        let is_listed = match allowed::admission(name) {
            Admission::Checked(_, check) => {
                let checked = arguments::checked(check, &line.arguments, &HashMap::new());
                // A copy of a map is no file of the configuration's.
                line.kind == LineKind::Closes
                    || check == Check::RewriteMap
                    || checked.as_ref() == Ok(&line.arguments)
            }
            Admission::Replaced | Admission::Unlisted => allowed::section(name).is_some(),
        };
        !is_listed
    };
    lines.filter(acts).map(|line| format!("{line:?}")).collect()
}

/// Includes that lead elsewhere than to copies, and maps that are no copies.
fn leading_elsewhere(copied: &Copied) -> Vec<String> {
    let folder = format!("{}/copies/", copied.folder.path().display());
    let texts = copied
        .files
        .iter()
        .map(|(_, text)| String::from_utf8_lossy(text).into_owned());
    let all: String = texts.chain([copied.includes.clone()]).collect();
    let lines = all.lines().map(str::to_owned);
    let leads = |line: &String| {
        let include = line.strip_prefix("Include \"");
        let map = line
            .strip_prefix("RewriteMap ")
            .filter(|rest| !rest.is_empty());
        include.is_some_and(|path| !path.starts_with(&folder))
            || map.is_some_and(|map| !map.contains(&folder) && !map.contains("\"int:"))
    };
    lines.filter(leads).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_copy_holds_what_acts(parts in vec((directive(), 0..8_usize), 1..6)) {
        let text: String = parts.into_iter().map(|(text, which)| around(text, which)).collect();
        let text = format!("Define K prg\n{text}");
        let loader = MemoryLoader::new()
            .with(MAIN, &text)
            .with("/etc/apache2/part.conf", "\"CustomLog\" |/x common\nRedirect /p /q\n");
        let copied = copied(&loader);
        prop_assert_eq!(acting(&copied), Vec::<String>::new(), "{}", text);
        prop_assert_eq!(leading_elsewhere(&copied), Vec::<String>::new(), "{}", text);
    }

    #[test]
    fn any_text_is_copied_without_what_acts(text in "[ -~\\n\\t\\x0b\\\\\"$<>]{0,200}") {
        let copied = copied(&MemoryLoader::new().with(MAIN, &text));
        prop_assert_eq!(acting(&copied), Vec::<String>::new(), "{}", text);
    }
}
