//! Which inputs a class covers, and which stay in the key.

use edgewright_compiler::class::ViewerClass;
use edgewright_compiler::inputs::{Input, Inputs};
use edgewright_engine::model::marks::{BareMark, Choice, Exactness, Head, Marks};

use super::reading;

/// `covered` has the names of the covered inputs, `guards` is how many digits the class has.
#[track_caller]
fn check(text: &str, covered: &[&str], guards: usize) {
    let reading = reading(&format!("RewriteEngine On\n{text}\n"));
    let class = ViewerClass::of(&reading.site);
    let found: Vec<String> = class
        .iter()
        .flat_map(ViewerClass::guarded)
        .map(|input| input.to_string())
        .collect();
    assert_eq!(found, covered, "{text}");
    let digits = class.map_or(0, |class| class.guards.len());
    assert_eq!(digits, guards, "{text}");
}

fn rule(conditions: &[&str]) -> String {
    let lines: Vec<String> = conditions
        .iter()
        .map(|one| format!("RewriteCond {one}\n"))
        .collect();
    format!("{}RewriteRule ^/a$ /b [R]", lines.concat())
}

#[test]
fn conditions_become_guards() {
    let agent = "header user-agent";
    check(&rule(&["%{HTTP_USER_AGENT} bot [NC]"]), &[agent], 1);
    check(
        &rule(&["%{HTTP_USER_AGENT} bot [OR]", "%{HTTP_USER_AGENT} !^$"]),
        &[agent],
        1,
    );
    check(
        &rule(&["%{HTTP_USER_AGENT} x", "%{HTTP:X-Y} =1"]),
        &[agent, "header x-y"],
        1,
    );
    // Which of them held is told by `Vary`.
    check(
        &rule(&["%{HTTP_USER_AGENT} x [OR]", "%{HTTP:X-Y} =1"]),
        &[agent, "header x-y"],
        2,
    );
    // What stands between may end the evaluation.
    check(
        &rule(&[
            "%{HTTP_USER_AGENT} x",
            "%{QUERY_STRING} q",
            "%{HTTP_USER_AGENT} y",
        ]),
        &[agent],
        2,
    );
    check(
        &rule(&["%{REMOTE_ADDR} ^192\\.0\\.2\\."]),
        &["client address"],
        1,
    );
    check(&rule(&["%{HTTP_COOKIE} lang=de"]), &["cookies"], 1);
    for pattern in [
        "(^|;\\s*)lang=(de|en)(;|$)",
        "(?:;\\ *|^)lang=[^;]+",
        "(^|;\\ )lang=",
        "lang=[^;]*x",
    ] {
        check(
            &rule(&[&format!("%{{HTTP_COOKIE}} {pattern}")]),
            &["cookies"],
            1,
        );
    }
    let two = format!(
        "{}\n{}",
        rule(&["%{HTTP_REFERER} x"]),
        rule(&["%{HTTP_REFERER} x"])
    );
    check(&two, &["header referer"], 1);
}

/// `None` where there is no class.
#[track_caller]
fn check_marks(text: &str, expected: Option<Marks>) {
    let reading = reading(&format!("RewriteEngine On\n{text}\n"));
    let marks = ViewerClass::of(&reading.site).map(|class| class.marks);
    assert_eq!(marks, expected, "{text}");
}

const PLAIN: Marks = Marks {
    head: Head::Same,
    bare_mark: BareMark::Same,
    time: None,
    choice: Choice::Never,
};

#[test]
fn a_letter_tells_get_from_head() {
    let get = "%{REQUEST_METHOD} =GET";
    let apart = Some(Marks {
        head: Head::Apart,
        ..PLAIN
    });
    check_marks(&rule(&[get]), apart);
    check_marks(&rule(&[get, "%{HTTP_REFERER} x"]), apart);
    check_marks(&rule(&["%{HTTP_REFERER} x"]), Some(PLAIN));
    check_marks(&rule(&["%{REQUEST_METHOD} =POST"]), None);
    check_marks(&rule(&[get, "%{UNIQUE_ID} 12"]), None);
}

#[test]
fn a_mark_tells_a_bare_question_mark() {
    let apart = Some(Marks {
        bare_mark: BareMark::Apart,
        ..PLAIN
    });
    check_marks(&rule(&["%{THE_REQUEST} \\?\\ HTTP"]), apart);
    let section = "<If \"%{THE_REQUEST} =~ /\\? HTTP/\">\nRedirect /a /b\n</If>";
    // Expressions are not looked at so closely: this one may ask for the method.
    let both = apart.map(|marks| Marks {
        head: Head::Apart,
        ..marks
    });
    check_marks(section, both);
    check_marks(&rule(&["%{THE_REQUEST} \\?id="]), None);
    let other = ["%{THE_REQUEST} \\?id=", "%{HTTP_REFERER} x"];
    check_marks(&rule(&other), Some(PLAIN));
}

#[test]
fn marks_tell_the_time_and_what_was_drawn() {
    let time = |exactness| {
        let time = Some(exactness);
        Some(Marks { time, ..PLAIN })
    };
    check_marks(&rule(&["%{TIME_HOUR} >8"]), time(Exactness::Hour));
    check_marks(&rule(&["%{TIME_WDAY} =0"]), time(Exactness::Hour));
    let both = ["%{TIME_HOUR} >8", "%{TIME_MIN} >30"];
    check_marks(&rule(&both), time(Exactness::Minute));
    check_marks("RewriteRule ^/a$ /%{TIME} [R]", time(Exactness::Second));
    let chosen = Some(Marks {
        choice: Choice::Drawn,
        ..PLAIN
    });
    let map = "RewriteMap m rnd:/srv/map.txt\nRewriteRule ^/a$ /${m:x} [R]";
    check_marks(map, chosen);
}

#[test]
fn whatever_is_read_otherwise_stays_raw() {
    let groups = "RewriteCond %{HTTP_USER_AGENT} (bot)\nRewriteRule ^/a$ /%1 [R]";
    check(groups, &[], 0);
    let replaced = "RewriteCond %{HTTP_USER_AGENT} bot\nRewriteCond %{HTTP_HOST} ^(.*)$\nRewriteRule ^/a$ /%1 [R]";
    check(replaced, &["header user-agent"], 1);
    let perhaps = "RewriteCond %{HTTP_USER_AGENT} bot\nRewriteCond %{HTTP_HOST} ^(x) [OR]\nRewriteCond %{HTTP_HOST} y\nRewriteRule ^/a$ /%1 [R]";
    check(perhaps, &[], 0);
    let asked =
        "RewriteCond %{HTTP_USER_AGENT} (bot)\nRewriteCond %1 =bot\nRewriteRule ^/a$ /b [R]";
    check(asked, &[], 0);
    let expanded = format!(
        "{}\nRewriteRule ^/c$ /%{{HTTP_USER_AGENT}} [R]",
        rule(&["%{HTTP_USER_AGENT} x"])
    );
    check(&expanded, &[], 0);
    let compared = format!(
        "{}\n{}",
        rule(&["%{HTTP_USER_AGENT} x"]),
        rule(&["%{HTTP_USER_AGENT} >b"])
    );
    check(&compared, &[], 0);
    check(&rule(&["%{HTTP:Authorization} ^Basic"]), &[], 0);
    check(&rule(&["%{HTTP:Accept-Encoding} gzip"]), &[], 0);
    check(&rule(&["%{HTTP_USER_AGENT} x", "%{UNIQUE_ID} 12"]), &[], 0);
    check(&rule(&["%{HTTP_COOKIE} ^lang=de"]), &[], 0);
    check(&rule(&["%{HTTP_COOKIE} a=.*b"]), &[], 0);
    let whole = "RewriteCond %{HTTP_COOKIE} (^|;\\ *)lang=(de|en)\nRewriteRule ^/a$ /%1 [R]";
    check(whole, &[], 0);
    let named = "RewriteCond %{HTTP_COOKIE} (^|;\\ *)lang=(de|en)\nRewriteRule ^/a$ /%2 [R]";
    check(named, &["cookies"], 1);
    check(&rule(&["%{HTTP_COOKIE} (^|;)lang=de"]), &[], 0);
    check(&rule(&["%{HTTP_COOKIE} [^;]+lang=de"]), &[], 0);
    check(&rule(&["%{HTTP_COOKIE} lang=de$"]), &[], 0);
    let header = rule(&["%{REMOTE_ADDR} ^1", "%{HTTP:X-Forwarded-For} x"]);
    check(&format!("RemoteIPHeader X-Forwarded-For\n{header}"), &[], 0);
    let address = rule(&["%{REMOTE_ADDR} ^1"]);
    check(
        &format!(
            "RemoteIPHeader X-Forwarded-For\nRequestHeader edit X-Forwarded-For a b early\n{address}"
        ),
        &[],
        0,
    );
}

#[test]
fn the_client_behind_a_proxy_is_a_guard() {
    let both = &["header x-forwarded-for", "client address"];
    let address = rule(&["%{REMOTE_ADDR} ^1"]);
    check(
        &format!("RemoteIPHeader X-Forwarded-For\n{address}"),
        both,
        1,
    );
    let host = |lines: &str| format!("<VirtualHost *:80>\n{lines}\n</VirtualHost>\n");
    let lines = "RemoteIPHeader X-Forwarded-For\nRemoteIPInternalProxy 10.0.0.0/8";
    // The main server has its clients from the connection.
    check(&format!("{}{address}", host(lines)), both, 2);
    let refused =
        "<Location />\nRequire expr \"%{CONN_REMOTE_ADDR} != %{REMOTE_ADDR}\"\n</Location>";
    check(
        &format!("RemoteIPHeader X-Forwarded-For\n{refused}"),
        both,
        1,
    );
    check(refused, &["client address"], 1);
}

#[test]
fn a_lookup_is_a_guard_where_the_map_is_known() {
    let client = &["client address"][..];
    let map = |kind: &str, condition: &str| {
        let rule = rule(&[condition]);
        format!("RewriteMap m {kind}:/srv/map.txt\n{rule}")
    };
    check(&map("txt", "${m:%{REMOTE_ADDR}} ."), client, 1);
    check(&map("txt", "${m:%{REMOTE_ADDR}|no} !=no"), client, 1);
    check(&map("txt", "${m:%{REMOTE_ADDR}} ^a$"), client, 1);
    // Which value it is matters.
    check(&map("txt", "${m:%{REMOTE_ADDR}} (.+)"), client, 1);
    let used = format!(
        "{}\nRewriteCond ${{m:%{{REMOTE_ADDR}}}} (.+)\nRewriteRule ^/c$ /%1 [R]",
        map("txt", "a b")
    );
    check(&used, &[], 0);
    check(&map("rnd", "${m:%{REMOTE_ADDR}} ."), &[], 0);
    check(&map("txt", "${m:x%{REMOTE_ADDR}} ."), &[], 0);
    check(&map("txt", "${m:%{REMOTE_ADDR}|%{HTTP_REFERER}} ."), &[], 0);
}

#[test]
fn what_is_asked_of_a_map_that_cannot_answer_is_no_input() {
    #[track_caller]
    fn check(map: &str, expected: bool) {
        let lines = rule(&["${m:%{REMOTE_ADDR}} ."]);
        let reading = reading(&format!("RewriteEngine On\nRewriteMap m {map}\n{lines}\n"));
        let inputs = Inputs::of(&reading.site);
        assert_eq!(inputs.contains(&Input::Client), expected, "{map}");
    }
    check("prg:/usr/bin/where", false);
    check("txt:/srv/map.txt", true);
}

#[test]
fn engines_that_read_a_pattern_otherwise_are_not_asked() {
    for pattern in [
        "(a+)+$", "(?>a)b", "a++b", "(a)\\1", "(?<=a)b", "\\p{Lu}", "(?m)^a", "\\Ka",
    ] {
        check(&rule(&[&format!("%{{HTTP_USER_AGENT}} {pattern}")]), &[], 0);
    }
}

#[test]
fn other_lines_have_guards_too() {
    let agent = "header user-agent";
    check("BrowserMatch bot is_bot", &[agent], 1);
    check("SetEnvIf User-Agent (bot) is_bot=$1", &[], 0);
    check("SetEnvIf User-Agent bot a\nSetEnvIf a 1 b", &[agent], 1);
    check(
        "SetEnvIf User-Agent bot Referer\nSetEnvIf Referer 1 b",
        &[agent],
        1,
    );
    check(
        "SetEnvIfExpr \"%{HTTP_USER_AGENT} =~ /x/\" a\nSetEnvIf User-Agent bot b",
        &[],
        0,
    );
    check(
        "<If \"%{HTTP_USER_AGENT} =~ /x/ && %{REQUEST_URI} == '/a'\">\nRedirect /a /b\n</If>",
        &[agent],
        1,
    );
    check(
        "<If \"%{HTTP_USER_AGENT} =~ /(x)/ && $1 == 'x'\">\nRedirect /a /b\n</If>",
        &[],
        0,
    );
    check(
        "<If \"-R '10.0.0.0/8'\">\nRedirect /a /b\n</If>",
        &["client address"],
        1,
    );
    check(
        "<Location />\nRequire ip 10.0.0.0/8 192.0.2\n</Location>",
        &["client address"],
        1,
    );
    check(
        "<Location />\nOrder deny,allow\nDeny from 10.1\nDeny from 10.2\nAllow from 10.3\n</Location>",
        &["client address"],
        2,
    );
}
