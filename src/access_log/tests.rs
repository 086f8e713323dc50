//! Lines of every format, and what is read of them.
use super::{Entry, Line, Reader, Template};

/// What a line says, for a person: method, URL, headers, status and time; what is missing is left out.
fn told(line: &Line) -> String {
    let Line::Entry(entry) = line else {
        return format!("{line:?}").to_lowercase();
    };
    let Entry {
        request,
        status,
        time,
    } = entry;
    let text = |bytes: &[u8]| bytes.escape_ascii().to_string();
    let mut words = Vec::new();
    match request {
        None => words.push("cannot be asked again".to_owned()),
        Some(request) => {
            let scheme = request.scheme.map(|scheme| format!("{scheme:?}:"));
            let host = request
                .host
                .as_deref()
                .map(|host| format!("//{}", text(host)));
            words.push(text(&request.method));
            let url = scheme.unwrap_or_default() + &host.unwrap_or_default();
            words.push(url + &text(&request.target));
            words.extend(
                request
                    .referer
                    .as_deref()
                    .map(|value| format!("from={}", text(value))),
            );
            words.extend(
                request
                    .user_agent
                    .as_deref()
                    .map(|value| format!("by={}", text(value))),
            );
        }
    }
    words.extend(status.map(|status| status.to_string()));
    words.extend(time.map(|time| format!("at {time}")));
    words.join(" ")
}

/// What is read of each line of `log`, with these formats of a configuration.
fn read(formats: &[&str], log: &[u8]) -> Vec<String> {
    let templates = formats
        .iter()
        .filter_map(|format| Template::new(format.as_bytes()));
    let mut reader = Reader::new(&templates.collect::<Vec<_>>());
    let lines: Vec<Vec<u8>> = log
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect();
    reader.detect(&lines.iter().map(Vec::as_slice).collect::<Vec<_>>());
    lines.iter().map(|line| told(&reader.read(line))).collect()
}

fn check(name: &str, line: &str, expected: &str) {
    assert_eq!(read(&[], line.as_bytes()), [expected], "{name}");
}

fn check_format(format: &str, line: &str, expected: &str) {
    assert_eq!(read(&[format], line.as_bytes()), [expected], "{format}");
}

#[test]
fn common_and_combined() {
    check(
        "common",
        r#"192.0.2.1 - - [10/Oct/2000:13:55:36 -0700] "GET /a?b=1 HTTP/1.0" 200 2326"#,
        "GET /a?b=1 200 at 10 Oct 2000 13:55",
    );
    check(
        "combined",
        r#"::1 - frank [10/Oct/2000:13:55:36 -0700] "HEAD / HTTP/1.1" 301 - "http://r/" "UA \"x\"""#,
        r#"HEAD / from=http://r/ by=UA \"x\" 301 at 10 Oct 2000 13:55"#,
    );
    check(
        "virtual host in front",
        r#"www.example.com:443 192.0.2.1 - - [x] "GET /a HTTP/1.1" 200 5"#,
        "GET //www.example.com/a 200",
    );
    check(
        "an escaped quote",
        r#"192.0.2.1 - - [x] "GET /a\"b HTTP/1.1" 200 5"#,
        r#"GET /a\"b 200"#,
    );
    check(
        "a carriage return at the end",
        "192.0.2.1 - - [x] \"GET /a HTTP/1.1\" 200 5\r",
        "GET /a 200",
    );
    check(
        "further fields",
        r#"192.0.2.1 - - [x] "GET /a HTTP/1.1" 200 5 "-" "UA" "10.0.0.1" 0.003"#,
        "GET /a by=UA 200",
    );
    check(
        "cut off in a header",
        r#"192.0.2.1 - - [x] "GET /a HTTP/1.1" 200 5 "-" "UA"#,
        "GET /a 200",
    );
    check(
        "a control character",
        r#"192.0.2.1 - - [x] "GET /a HTTP/1.1" 200 5 "-" "a\nb""#,
        "GET /a 200",
    );
    check(
        "an absolute URL",
        r#"192.0.2.1 - - [x] "GET http://h.test:80/a HTTP/1.1" 200 5"#,
        "GET Http://h.test/a 200",
    );
}

#[test]
fn requests_that_cannot_be_made_again() {
    let never = "cannot be asked again";
    check(
        "no request",
        r#"192.0.2.1 - - [x] "-" 408 -"#,
        &format!("{never} 408"),
    );
    check(
        "TLS to a plain port",
        r#"192.0.2.1 - - [x] "\x16\x03\x01" 400 5"#,
        &format!("{never} 400"),
    );
    check(
        "changes something",
        r#"192.0.2.1 - - [x] "DELETE /a HTTP/1.1" 200 5"#,
        &format!("{never} 200"),
    );
    check(
        "a byte beyond ASCII",
        r#"192.0.2.1 - - [x] "GET /\xc3\xa9 HTTP/1.1" 200 5"#,
        &format!("{never} 200"),
    );
}

#[test]
fn lines_that_are_of_no_log() {
    for (name, line) in [
        ("cut off", r#"192.0.2.1 - - [x] "GET /a"#),
        ("text", "once upon a time"),
        ("no status", r#"192.0.2.1 - - [x] "GET /a HTTP/1.1" x 5"#),
        (
            "an error log",
            r#"[Wed Oct 11 14:32:52.1 2023] [core:error] [pid 1] [client ::1:80] AH1: "GET /" failed"#,
        ),
        (
            "JSON about something else",
            r#"{"level":"info","msg":"started","status":200}"#,
        ),
        (
            "damaged JSON",
            r#"{"request":"GET / HTTP/1.1","status":200"#,
        ),
        ("JSON that is deeper than anybody needs", &"[".repeat(5000)),
    ] {
        check(name, line, "unknown");
    }
    check("empty", "", "comment");
}

const CLOUDFRONT: &str = "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) \
    cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type \
    x-edge-request-id x-host-header cs-protocol cs-bytes time-taken";

fn check_cloudfront(name: &str, [stem, query, agent, host]: [&str; 4], expected: &str) {
    let line = format!(
        "2019-12-04\t21:02:31\tLAX1\t392\t192.0.2.100\tGET\td111.cloudfront.net\t{stem}\t301\t-\t{agent}\t{query}\t-\tHit\tid==\t{host}\thttps\t23\t0.001"
    );
    let log = format!("{CLOUDFRONT}\n{line}");
    let expected = format!("GET Https://{expected} 301 at 4 Dec 2019 21:02");
    assert_eq!(read(&[], log.as_bytes())[2], expected, "{name}");
    assert_eq!(
        read(&[], line.as_bytes()),
        [expected],
        "{name}, without a header"
    );
}

#[test]
fn cloudfront_standard_logs() {
    let host = "www.example.com";
    check_cloudfront("plain", ["/a", "-", "-", host], "www.example.com/a");
    check_cloudfront(
        "query",
        ["/a", "x=1&y=%20", "-", host],
        "www.example.com/a?x=1&y=%20",
    );
    check_cloudfront(
        "encoded twice",
        ["/a%2520b", "x=%252F", "-", host],
        "www.example.com/a%20b?x=%2F",
    );
    check_cloudfront(
        "agent",
        ["/a", "-", "Mozilla/5.0%20(X)", host],
        "www.example.com/a by=Mozilla/5.0 (X)",
    );
    check_cloudfront(
        "agent encoded twice",
        ["/a", "-", "Mozilla/5.0%2520(X)", host],
        "www.example.com/a by=Mozilla/5.0 (X)",
    );
    check_cloudfront("no host", ["/a", "-", "-", "-"], "d111.cloudfront.net/a");
}

#[test]
fn columns_that_a_line_names() {
    let log = "#Fields: time date cs-method cs-uri-stem sc-status cs-host\n\
               01:02:03 2024-05-06 GET /a 200 h.test\n\
               #Fields: date time cs-uri-stem cs-method\n\
               2024-05-06 01:02:04 /b HEAD\nshort line";
    let told = read(&[], log.as_bytes());
    assert_eq!(
        [&told[1], &told[3], &told[4]],
        [
            "GET //h.test/a 200 at 6 May 2024 01:02",
            "HEAD /b at 6 May 2024 01:02",
            "unknown"
        ]
    );
}

#[test]
fn load_balancers() {
    check(
        "application",
        r#"https 2018-07-02T22:23:00.186641Z app/lb/50dc 192.0.2.1:2817 10.0.0.1:80 0.086 0.048 0.037 301 200 0 57 "GET https://www.example.com:443/a?b HTTP/1.1" "curl/7.46.0" ECDHE TLSv1.2 arn "Root=1" "www.example.com" "arn" 0 2018-07-02T22:22:48.364000Z "forward" "-" "-""#,
        "GET Https://www.example.com/a?b by=curl/7.46.0 301 at 2 Jul 2018 22:23",
    );
    check(
        "classic",
        r#"2015-05-13T23:39:43.945958Z lb 192.0.2.1:2817 10.0.0.1:80 0.1 0.2 0.3 200 200 0 29 "GET http://h.test:80/ HTTP/1.1" "curl/7.38.0" - -"#,
        "GET Http://h.test/ by=curl/7.38.0 200 at 13 May 2015 23:39",
    );
    check(
        "not understood",
        r#"http 2018-07-02T22:23:00.186641Z app/lb/50dc 192.0.2.1:2817 - -1 -1 -1 400 - 0 57 "- http://h.test:80- -" "-" - - -"#,
        "cannot be asked again 400 at 2 Jul 2018 22:23",
    );
}

#[test]
fn json_lines() {
    check(
        "nginx",
        r#"{"time_iso8601":"2024-05-06T01:02:03+02:00","request":"GET /a?b=1 HTTP/2.0","status":"301","http_host":"h.test","http_referer":"","http_user_agent":"UA"}"#,
        "GET //h.test/a?b=1 by=UA 301 at 6 May 2024 01:02",
    );
    check(
        "in parts",
        r#"{"@timestamp":"2024-05-06T01:02:03Z","request_method":"HEAD","request_uri":"/a?b","server_name":"h.test","scheme":"https","status":200}"#,
        "HEAD Https://h.test/a?b 200 at 6 May 2024 01:02",
    );
    check(
        "a query string of its own",
        r#"{"method":"GET","uri":"/a","query":"?b=1","statusCode":404}"#,
        "GET /a?b=1 404",
    );
    check(
        "Caddy",
        r#"{"level":"info","ts":1714957323.5,"request":{"method":"GET","host":"h.test","uri":"/a","headers":{"User-Agent":["UA"],"Referer":["http://r/"]},"tls":{"version":772}},"status":308}"#,
        "GET Https://h.test/a from=http://r/ by=UA 308 at 6 May 2024 01:02",
    );
    check(
        "CloudFront",
        r#"{"date":"2024-05-06","time":"01:02:03","cs-method":"GET","cs-uri-stem":"/a","cs-uri-query":"-","x-host-header":"h.test","cs-protocol":"https","cs(User-Agent)":"A%20B","sc-status":"200"}"#,
        "GET Https://h.test/a by=A B 200 at 6 May 2024 01:02",
    );
}

#[test]
fn formats_of_the_configuration() {
    check_format(
        r#"%{%Y-%m-%dT%H:%M:%S%z}t %a %{Host}i "%m %U%q %H" %>s %D"#,
        r#"2024-05-06T01:02:03+0000 ::1 h.test "GET /a%b?c=1 HTTP/1.1" 301 99"#,
        "GET //h.test/a%25b?c=1 301 at 6 May 2024 01:02",
    );
    check_format(
        r"%V|%h|%t|%r|%>s|%{User-Agent}i|%{Referer}i|%^FB|%{c}a|%I|%O|%X",
        r"h.test|::1|[06/May/2024:01:02:03 +0000]|GET /a HTTP/1.1|200|U A|-|12|::1|1|2|+",
        "GET //h.test/a by=U A 200 at 6 May 2024 01:02",
    );
    check_format(
        r#"{"t":"%t","r":"%r","a":"%{User-Agent}i","s":%>s}"#,
        r#"{"t":"[06/May/2024:01:02:03 +0000]","r":"GET /\"a HTTP/1.1","a":"\xe9","s":200}"#,
        r#"GET /\"a by=\xe9 200 at 6 May 2024 01:02"#,
    );
    check_format(r"%m %U\t%!404s%%", "HEAD /a b/c\t200%", "HEAD /a%20b/c 200");
    check_format(r#""%r" %>s"#, r#""-" 408"#, "cannot be asked again 408");
    check_format(r#""%r" %>s"#, r#""GET /a HTTP/1.1" 2x0"#, "unknown");
    check_format("%r %h", "GET /a HTTP/1.1 ::1", "unknown");
    check_format("%>s %r %{open", "200 GET /a HTTP/1.1", "unknown");
}

#[test]
fn a_standard_format_comes_before_one_of_the_configuration_and_a_loose_fit_after() {
    let format = r#"%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i" %{Host}i"#;
    let line = r#"::1 - - [x] "GET /a HTTP/1.1" 200 5 "-" "UA" h.test"#;
    check_format(format, line, "GET //h.test/a by=UA 200");
    let combined = r#"::1 - - [x] "GET /a HTTP/1.1" 200 5 "-" "UA""#;
    check_format(format, combined, "GET /a by=UA 200");
}

#[test]
fn logs_of_several_formats_put_together() {
    let log = "::1 - - [x] \"GET /a HTTP/1.1\" 200 5\n{\"uri\":\"/b\",\"status\":200}\n\
               x\n::1 - - [x] \"GET /c HTTP/1.1\" 200 5";
    assert_eq!(
        read(&[], log.as_bytes()),
        ["GET /a 200", "GET /b 200", "unknown", "GET /c 200"]
    );
}
