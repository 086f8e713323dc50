//! Somebody's account: distributions, policies and stacks, as AWS's own command line sees them.
//!
//! In: what is in it, as AWS's XML. Out: the same, what was put in its place, and the programs run beside it. Absent: all
//! other services; CloudFront's own checks, but for `If-Match`.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use serde_json::Value;
use tempfile::TempDir;

use crate::http::{self, Call};

/// Texts by path, with the number of times that each was written.
type Held = Arc<Mutex<HashMap<String, (String, u32)>>>;

/// Held where somebody else is at work.
const SOMEBODY_ELSE: &str = "somebody else";

/// The account, and a folder where `aws` stands in front of all programs.
pub struct AwsAccount {
    place: TempDir,
    held: Held,
    url: String,
}

impl AwsAccount {
    /// An empty one.
    pub fn start() -> Self {
        let place = tempfile::tempdir().unwrap();
        let program = place.path().join("aws");
        fs::write(&program, "#!/bin/sh\nexec python3 -m awscli \"$@\"\n").unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let held = Held::default();
        let shared = Arc::clone(&held);
        thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let held = Arc::clone(&shared);
                thread::spawn(move || serve(&connection, &held));
            }
        });
        Self { place, held, url }
    }

    /// Puts a distribution in, or another in its place.
    pub fn distribution(&self, id: &str, config: &str) {
        self.put(&format!("/distribution/{id}/config"), config);
    }

    /// Puts a cache policy in.
    pub fn cache_policy(&self, id: &str, config: &str) {
        let text = format!("<CachePolicy><Id>{id}</Id>{config}</CachePolicy>");
        self.put(&format!("/cache-policy/{id}"), &text);
    }

    /// Puts the one stack in, with its outputs.
    pub fn stack(&self, outputs: &[(&str, &str)]) {
        let outputs = outputs.iter().map(|(key, value)| {
            format!(
                "<member><OutputKey>{key}</OutputKey><OutputValue>{value}</OutputValue></member>"
            )
        });
        let outputs: String = outputs.collect();
        let text = format!(
            "<DescribeStacksResponse><DescribeStacksResult><Stacks><member><StackName>s</StackName>\
             <Outputs>{outputs}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
        );
        self.put("/", &text);
    }

    /// From now on somebody else changes a distribution whenever it was read.
    pub fn somebody_else_is_at_work(&self) {
        self.put(SOMEBODY_ELSE, "");
    }

    fn put(&self, path: &str, text: &str) {
        let mut held = self.held.lock().unwrap();
        let writes = held.get(path).map_or(0, |(_, writes)| writes + 1);
        held.insert(path.to_owned(), (text.to_owned(), writes));
    }

    /// The configuration of a distribution, as `aws` prints it.
    pub fn config(&self, id: &str) -> Value {
        let words = ["cloudfront", "get-distribution-config", "--id", id];
        let more = [
            "--region",
            "us-east-1",
            "--output",
            "json",
            "--endpoint-url",
            &self.url,
        ];
        let output = self.run(self.path("aws"), &[&words[..], &more].concat());
        assert!(output.status.success(), "{output:?}");
        let mut answer: Value = serde_json::from_slice(&output.stdout).unwrap();
        answer["DistributionConfig"].take()
    }

    /// A file in the account's folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// Runs `edgewright` there; it must end with `code` and say `texts`.
    #[track_caller]
    pub fn check(&self, words: &[&str], code: i32, texts: &[&str]) {
        let more = ["--endpoint-url", &self.url];
        let output = self.run(env!("CARGO_BIN_EXE_edgewright"), &[words, &more].concat());
        let said = [&output.stdout[..], &output.stderr[..]].concat();
        let said = String::from_utf8_lossy(&said);
        assert_eq!(output.status.code(), Some(code), "{words:?}: {said}");
        for text in texts {
            assert!(said.contains(text), "{words:?} does not say {text}\n{said}");
        }
    }

    fn run(&self, program: impl AsRef<OsStr>, words: &[&str]) -> Output {
        let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/aws");
        assert!(
            installed.join("awscli").is_dir(),
            "scripts/test installs AWS's command line into target/aws"
        );
        let programs = std::env::var("PATH").unwrap();
        let first = self.place.path().display();
        Command::new(program)
            .args(words)
            .current_dir(self.place.path())
            .env("PATH", format!("{first}:{programs}"))
            .env("PYTHONPATH", installed)
            .env("AWS_ACCESS_KEY_ID", "x")
            .env("AWS_SECRET_ACCESS_KEY", "x")
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }
}

/// Answers the calls of one connection.
fn serve(connection: &TcpStream, held: &Held) -> Option<()> {
    let mut reader = BufReader::new(connection);
    loop {
        let call = http::read(&mut reader).ok()?;
        let (status, tag, body) = answer(&call, held);
        let length = body.len();
        let reply = format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/xml\r\nETag: E{tag}\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        (&mut &*connection).write_all(reply.as_bytes()).ok()?;
    }
}

fn answer(call: &Call, held: &Held) -> (&'static str, u32, String) {
    const VERSION: &str = "/2020-05-31";
    let error = |code: &str| {
        format!(
            "<ErrorResponse><Error><Code>{code}</Code><Message>{code}</Message></Error></ErrorResponse>"
        )
    };
    let path = call.path.strip_prefix(VERSION).unwrap_or(&call.path);
    let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
    let is_busy = u32::from(held.contains_key(SOMEBODY_ELSE));
    let Some((text, writes)) = held.get_mut(path) else {
        return ("404 Not Found", 0, error("NoSuchDistribution"));
    };
    if call.method == "PUT" {
        let tag = format!("E{writes}");
        if call.headers.get("if-match") != Some(&tag) {
            return (
                "412 Precondition Failed",
                *writes,
                error("PreconditionFailed"),
            );
        }
        *text = String::from_utf8_lossy(&call.body).into_owned();
        *writes += 1;
        let written = format!("<Distribution>{text}</Distribution>");
        return ("200 OK", *writes, written);
    }
    let answered = ("200 OK", *writes, text.clone());
    *writes += is_busy;
    answered
}
