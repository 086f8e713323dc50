//! A DynamoDB of one table that knows `GetItem` and can fail.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::item::{ENTRY_ATTRIBUTE, KEY_ATTRIBUTE};

/// What it does with every call.
pub enum Behaviour {
    /// Answers from these items.
    Items(Vec<(String, Vec<u8>)>),
    /// Answers from these items, which may change, whole as they are sent.
    Changing(Changing),
    /// Fails the first call and answers the others.
    FailsOnce(Vec<(String, Vec<u8>)>),
    /// Answers with this status and error.
    Status(u16, &'static str),
    /// Answers with something that is no JSON.
    Junk,
    /// Never answers.
    Silent,
}

/// Whole items by name.
pub type Changing = Arc<Mutex<HashMap<String, Value>>>;

/// Listens until the test program ends.
pub struct FakeDynamoDb {
    address: SocketAddr,
    calls: Arc<AtomicUsize>,
}

impl FakeDynamoDb {
    /// Listens on a free port of the loopback interface.
    pub fn start(behaviour: Behaviour) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        let behaviour = Arc::new(behaviour);
        thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let (behaviour, counted) = (Arc::clone(&behaviour), Arc::clone(&counted));
                thread::spawn(move || serve(&connection, &behaviour, &counted));
            }
        });
        Self { address, calls }
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many calls there were.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }
}

fn serve(connection: &TcpStream, behaviour: &Behaviour, calls: &AtomicUsize) -> Option<()> {
    let mut reader = BufReader::new(connection);
    loop {
        let call = read(&mut reader)?;
        let number = calls.fetch_add(1, Ordering::SeqCst);
        let (status, body) = match behaviour {
            Behaviour::Silent => {
                thread::sleep(Duration::from_mins(1));
                return None;
            }
            Behaviour::FailsOnce(_) if number == 0 => (500, failure("InternalServerError")),
            Behaviour::FailsOnce(items) | Behaviour::Items(items) => (200, found(items, &call)),
            Behaviour::Changing(items) => (200, as_it_is(items, &call)),
            Behaviour::Status(status, kind) => (*status, failure(kind)),
            Behaviour::Junk => (200, "no JSON".to_owned()),
        };
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 {status} -\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        (&mut &*connection).write_all(answer.as_bytes()).ok()?;
    }
}

fn failure(kind: &str) -> String {
    let kind = format!("com.amazonaws.dynamodb.v20120810#{kind}");
    json!({"__type": kind, "message": "made up"}).to_string()
}

fn as_it_is(items: &Changing, call: &Value) -> String {
    let name = call["Key"][KEY_ATTRIBUTE]["S"].as_str().unwrap();
    match items.lock().unwrap().get(name) {
        Some(item) => json!({ "Item": item }).to_string(),
        None => "{}".to_owned(),
    }
}

fn found(items: &[(String, Vec<u8>)], call: &Value) -> String {
    assert_eq!(call["TableName"], "redirects");
    let name = call["Key"][KEY_ATTRIBUTE]["S"].as_str().unwrap();
    let Some((_, entry)) = items.iter().find(|(key, _)| key == name) else {
        return "{}".to_owned();
    };
    let entry = STANDARD.encode(entry);
    json!({"Item": {KEY_ATTRIBUTE: {"S": name}, ENTRY_ATTRIBUTE: {"B": entry}}}).to_string()
}

/// The body of the next call; `None` when the connection was closed.
fn read(reader: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}
