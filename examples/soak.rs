//! Runs the function of an unpacked package as Lambda would, for as many invocations as wanted, and
//! says how fast it starts and answers, and how much memory it takes.
//!
//! ```text
//! edgewright package build/ && unzip -o function.zip -d task/
//! cargo run --release --example soak -- task/ --requests requests.jsonl --invocations 1000000
//! ```
//! `--node NODE --client FILE` start it through Node.js and Lambda's runtime client, as
//! `scripts/install-lambda` installs them. The Runtime API is a socket of this program.

use std::error::Error;
use std::fs;
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use edgewright_engine::cloudfront::event;
use edgewright_engine::model::request::{Request, Scheme, Target};
use edgewright_engine::model::trigger::Trigger;
use edgewright_test_support::contract::requests;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// So often memory is looked at.
const LOOKS: usize = 10;

struct Options {
    task: PathBuf,
    requests: PathBuf,
    invocations: usize,
    node: Option<PathBuf>,
    client: Option<PathBuf>,
}

fn main() -> ExitCode {
    match options().and_then(|options| run(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("soak: {error}");
            ExitCode::from(2)
        }
    }
}

fn options() -> Result<Options> {
    let mut words = std::env::args().skip(1);
    let mut options = Options {
        task: words
            .next()
            .ok_or("a folder with a package is needed")?
            .into(),
        requests: PathBuf::from("examples/legacy-site/requests.jsonl"),
        invocations: 1_000_000,
        node: None,
        client: None,
    };
    while let Some(word) = words.next() {
        let value = words.next().ok_or(format!("{word} needs a value"))?;
        match word.as_str() {
            "--requests" => options.requests = value.into(),
            "--invocations" => options.invocations = value.parse()?,
            "--node" => options.node = Some(value.into()),
            "--client" => options.client = Some(value.into()),
            _ => return Err(format!("{word} is no option").into()),
        }
    }
    options.task = fs::canonicalize(&options.task)?;
    Ok(options)
}

fn run(options: &Options) -> Result<()> {
    let events = events(&options.requests)?;
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let begun = Instant::now();
    let mut process = start(options, &listener.local_addr()?.to_string())?;
    let outcome = soak(&listener, &process, &events, begun, options.invocations);
    process.kill()?;
    process.wait()?;
    outcome
}

/// The events of a file of requests.
fn events(file: &Path) -> Result<Vec<String>> {
    let text = fs::read_to_string(file)?;
    let made = requests(&text, "www.example.com")?.into_iter();
    let events: Vec<String> = made
        .filter_map(|request| {
            let headers: Vec<(&[u8], &[u8])> = request
                .headers
                .iter()
                .map(|(name, value)| (&name[..], &value[..]))
                .collect();
            event::event(
                &Request {
                    method: &request.method,
                    scheme: Scheme::Http,
                    host: request.host.as_deref(),
                    target: Target::of(&request.target),
                    headers: &headers,
                    client: b"192.0.2.1",
                    protocol: b"HTTP/1.1",
                },
                Trigger::OriginRequest,
            )
        })
        .collect();
    if events.is_empty() {
        return Err("no requests".into());
    }
    Ok(events)
}

fn start(options: &Options, api: &str) -> Result<Child> {
    let mut command = match (&options.node, &options.client) {
        (Some(node), Some(client)) => {
            let mut command = Command::new(node);
            command.arg(client);
            command
        }
        _ => Command::new(options.task.join("bootstrap")),
    };
    Ok(command
        .env_clear()
        .envs([
            ("AWS_LAMBDA_RUNTIME_API", api),
            ("AWS_LAMBDA_FUNCTION_NAME", "us-east-1.edgewright"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "group"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "stream"),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
            ("_HANDLER", "index.handler"),
        ])
        .env("LAMBDA_TASK_ROOT", &options.task)
        .current_dir(&options.task)
        .stdin(Stdio::null())
        .spawn()?)
}

/// Serves the Runtime API over the one connection that the function keeps open.
fn soak(
    listener: &TcpListener,
    process: &Child,
    events: &[String],
    begun: Instant,
    invocations: usize,
) -> Result<()> {
    let (connection, _) = listener.accept()?;
    connection.set_nodelay(true)?;
    let mut reader = BufReader::new(&connection);
    read(&mut reader)?;
    println!(
        "first poll   {:.1} ms after start",
        milliseconds(begun.elapsed())
    );
    println!("memory       {} kB after start", memory(process)?);
    let mut times = Vec::with_capacity(invocations);
    for number in 0..invocations {
        let event = &events[number % events.len()];
        let handed = Instant::now();
        hand_out(&connection, number, event)?;
        let call = read(&mut reader)?;
        times.push(handed.elapsed());
        if !call.ends_with("/response HTTP/1.1") {
            return Err(format!("the function said {call}").into());
        }
        (&connection).write_all(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")?;
        read(&mut reader)?;
        if (number + 1) % (invocations / LOOKS).max(1) == 0 {
            println!("memory       {} kB after {}", memory(process)?, number + 1);
        }
    }
    times.sort_unstable();
    let percentile = |share: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a position in a list"
        )]
        let position = (share * (times.len() - 1) as f64) as usize;
        1000.0 * milliseconds(times[position])
    };
    println!(
        "latency      p50 {:.1} us, p90 {:.1} us, p99 {:.1} us, p99.9 {:.1} us, longest {:.1} us; \
         event handed out to response read",
        percentile(0.5),
        percentile(0.9),
        percentile(0.99),
        percentile(0.999),
        percentile(1.0)
    );
    Ok(())
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

fn hand_out(mut connection: &TcpStream, number: usize, event: &str) -> Result<()> {
    let length = event.len();
    let text = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
         Lambda-Runtime-Aws-Request-Id: 00000000-0000-4000-8000-{number:012}\r\n\
         Lambda-Runtime-Deadline-Ms: 32503680000000\r\n\
         Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:edgewright:1\r\n\r\n{event}"
    );
    Ok(connection.write_all(text.as_bytes())?)
}

/// The request line of the next call; its body is read and forgotten.
fn read(reader: &mut BufReader<&TcpStream>) -> Result<String> {
    let (mut first, mut length) = (String::new(), 0);
    if reader.read_line(&mut first)? == 0 {
        return Err("the function has ended".into());
    }
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
    }
    reader.read_exact(&mut vec![0; length])?;
    Ok(first.trim_end().to_owned())
}

/// What the process has in memory, in kB.
fn memory(process: &Child) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", process.id()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.ok_or("no VmRSS")?.parse()?)
}
