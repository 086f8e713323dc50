//! Lambda's Runtime API, as far as a function's process needs it.
//!
//! In: events. Out: what the process answers to each. Absent: limits, time-outs, extensions.

use std::io::{BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crate::http;

/// Longest wait for an answer; only a hanging process comes near it.
const PATIENCE: Duration = Duration::from_secs(30);

const PREFIX: &str = "/2018-06-01/runtime/";

/// A Runtime API for one process.
pub struct RuntimeApi {
    address: SocketAddr,
    events: Sender<String>,
    answers: Receiver<Answered>,
}

/// What the process sent.
#[derive(Debug, PartialEq, Eq)]
pub struct Answered {
    /// The end of the path: `response`, `error`, or `init/error`.
    pub how: String,
    /// The body.
    pub body: String,
}

impl RuntimeApi {
    /// Listens on a free port of the loopback interface.
    pub fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let (events, waiting) = channel();
        let (answer, answers) = channel();
        let waiting = Arc::new(Mutex::new(waiting));
        thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let (waiting, answer) = (Arc::clone(&waiting), answer.clone());
                thread::spawn(move || serve(&connection, &waiting, &answer));
            }
        });
        Self {
            address,
            events,
            answers,
        }
    }

    /// What the process finds in `AWS_LAMBDA_RUNTIME_API`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Hands `event` to the process and waits for its answer.
    pub fn invoke(&self, event: &str) -> Answered {
        self.events.send(event.to_owned()).unwrap();
        self.answers
            .recv_timeout(PATIENCE)
            .expect("the function gave no answer")
    }
}

/// Answers the calls of one connection until the process closes it or the test ends.
fn serve(
    connection: &TcpStream,
    waiting: &Mutex<Receiver<String>>,
    answer: &Sender<Answered>,
) -> Option<()> {
    let mut reader = BufReader::new(connection);
    for number in 0.. {
        let call = http::read(&mut reader).ok()?;
        let path = call.path.strip_prefix(PREFIX)?;
        let reply = if call.method == "GET" && path == "invocation/next" {
            let waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
            next(number, &waiting.recv().ok()?)
        } else {
            let how = path.rsplit('/').next()?.to_owned();
            let body = String::from_utf8(call.body).ok()?;
            answer.send(Answered { how, body }).ok()?;
            "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n".to_owned()
        };
        (&mut &*connection).write_all(reply.as_bytes()).ok()?;
    }
    None
}

fn next(number: u64, event: &str) -> String {
    let length = event.len();
    format!(
        "HTTP/1.1 200 OK\r\n\
         Content-Type: application/json\r\n\
         Content-Length: {length}\r\n\
         Lambda-Runtime-Aws-Request-Id: 00000000-0000-4000-8000-{number:012}\r\n\
         Lambda-Runtime-Deadline-Ms: 32503680000000\r\n\
         Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:us-east-1:123456789012:function:edgewright:1\r\n\
         \r\n{event}"
    )
}
