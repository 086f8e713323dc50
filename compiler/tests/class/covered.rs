//! Which inputs a class covers, and which stay in the key.

use edgewright_compiler::class::{BareMark, Head, ViewerClass};

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

#[test]
fn a_letter_tells_get_from_head() {
    let head = |text: &str| {
        let reading = reading(&format!("RewriteEngine On\n{text}\n"));
        ViewerClass::of(&reading.site).map(|class| class.head)
    };
    let get = "%{REQUEST_METHOD} =GET";
    assert_eq!(head(&rule(&[get])), Some(Head::Apart));
    assert_eq!(head(&rule(&[get, "%{HTTP_REFERER} x"])), Some(Head::Apart));
    assert_eq!(head(&rule(&["%{HTTP_REFERER} x"])), Some(Head::Same));
    assert_eq!(head(&rule(&["%{REQUEST_METHOD} =POST"])), None);
    assert_eq!(head(&rule(&[get, "%{TIME_HOUR} 12"])), None);
}

#[test]
fn a_mark_tells_a_bare_question_mark() {
    let mark = |text: &str| {
        let reading = reading(&format!("RewriteEngine On\n{text}\n"));
        ViewerClass::of(&reading.site).map(|class| class.bare_mark)
    };
    let bare = "%{THE_REQUEST} \\?\\ HTTP";
    assert_eq!(mark(&rule(&[bare])), Some(BareMark::Apart));
    assert_eq!(
        mark("<If \"%{THE_REQUEST} =~ /\\? HTTP/\">\nRedirect /a /b\n</If>"),
        Some(BareMark::Apart)
    );
    assert_eq!(mark(&rule(&["%{THE_REQUEST} \\?id="])), None);
    assert_eq!(
        mark(&rule(&["%{THE_REQUEST} \\?id=", "%{HTTP_REFERER} x"])),
        Some(BareMark::Same)
    );
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
    check(&rule(&["%{HTTP_USER_AGENT} x", "%{TIME_HOUR} 12"]), &[], 0);
    check(&rule(&["%{HTTP_COOKIE} ^lang=de"]), &[], 0);
    check(&rule(&["%{HTTP_COOKIE} a=.*b"]), &[], 0);
    let whole = "RewriteCond %{HTTP_COOKIE} (^|;\\ *)lang=(de|en)\nRewriteRule ^/a$ /%1 [R]";
    check(whole, &[], 0);
    let named = "RewriteCond %{HTTP_COOKIE} (^|;\\ *)lang=(de|en)\nRewriteRule ^/a$ /%2 [R]";
    check(named, &["cookies"], 1);
    check(&rule(&["%{HTTP_COOKIE} (^|;)lang=de"]), &[], 0);
    check(&rule(&["%{HTTP_COOKIE} [^;]+lang=de"]), &[], 0);
    check(&rule(&["%{HTTP_COOKIE} lang=de$"]), &[], 0);
    check(
        "RemoteIPHeader X-Forwarded-For\nRewriteCond %{REMOTE_ADDR} ^1\nRewriteRule ^/a /b [R]",
        &[],
        0,
    );
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
