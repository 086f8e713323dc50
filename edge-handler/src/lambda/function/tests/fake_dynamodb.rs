//! A DynamoDB of one table that knows `GetItem` and can fail in every way the network and the
//! service can.

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

use crate::artefact::item::{ENTRY_ATTRIBUTE, KEY_ATTRIBUTE};

/// What it does with one call.
#[derive(Debug, Clone, Copy)]
pub enum Turn {
    /// Answers from the items.
    Answer,
    /// The same, after so long.
    Late(Duration),
    /// Answers with this status and error.
    Refuse(u16, &'static str),
    /// Answers 200 with this body.
    Say(&'static str),
    /// Sends half of an answer and closes.
    Break,
    /// Closes without an answer.
    Close,
    /// Never answers.
    Hang,
}

/// Whole items by name. They may change while the fake runs.
pub type Items = Arc<Mutex<HashMap<String, Value>>>;

/// `entries` as items.
pub fn items(entries: Vec<(String, Vec<u8>)>) -> Items {
    let item = |(name, entry): (String, Vec<u8>)| {
        let entry = json!({ "B": STANDARD.encode(entry) });
        let item = json!({ KEY_ATTRIBUTE: { "S": name }, ENTRY_ATTRIBUTE: entry });
        (name, item)
    };
    Arc::new(Mutex::new(entries.into_iter().map(item).collect()))
}

/// Listens until the test program ends.
pub struct FakeDynamoDb {
    address: SocketAddr,
    calls: Arc<AtomicUsize>,
}

impl FakeDynamoDb {
    /// Listens on a free port of the loopback interface. The calls get `turns`, one each, and those
    /// that follow the last of them.
    pub fn start(items: &Items, turns: &[Turn]) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let calls = Arc::new(AtomicUsize::new(0));
        let (items, counted) = (Arc::clone(items), Arc::clone(&calls));
        let turns: Arc<[Turn]> = turns.into();
        thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let (items, counted) = (Arc::clone(&items), Arc::clone(&counted));
                let turns = Arc::clone(&turns);
                thread::spawn(move || serve(&connection, &items, &turns, &counted));
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

fn serve(connection: &TcpStream, items: &Items, turns: &[Turn], calls: &AtomicUsize) -> Option<()> {
    let mut reader = BufReader::new(connection);
    loop {
        let call = read(&mut reader)?;
        let number = calls.fetch_add(1, Ordering::SeqCst);
        let turn = turns.get(number).or(turns.last());
        let turn = turn.copied().unwrap_or(Turn::Answer);
        let (status, body) = match turn {
            Turn::Hang => {
                thread::sleep(Duration::from_mins(1));
                return None;
            }
            Turn::Close => return None,
            Turn::Late(delay) => {
                thread::sleep(delay);
                (200, found(items, &call))
            }
            Turn::Answer | Turn::Break => (200, found(items, &call)),
            Turn::Refuse(status, kind) => (status, refusal(kind)),
            Turn::Say(body) => (200, body.to_owned()),
        };
        let length = body.len();
        let answer = format!(
            "HTTP/1.1 {status} -\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        let half = matches!(turn, Turn::Break).then_some(answer.len() - length / 2);
        let sent = &answer.as_bytes()[..half.unwrap_or(answer.len())];
        (&mut &*connection).write_all(sent).ok()?;
        if half.is_some() {
            return None;
        }
    }
}

fn refusal(kind: &str) -> String {
    let kind = format!("com.amazonaws.dynamodb.v20120810#{kind}");
    json!({"__type": kind, "message": "made up"}).to_string()
}

fn found(items: &Items, call: &Value) -> String {
    assert_eq!(call["TableName"], "redirects");
    let name = call["Key"][KEY_ATTRIBUTE]["S"].as_str().unwrap();
    match items.lock().unwrap().get(name) {
        Some(item) => json!({ "Item": item }).to_string(),
        None => "{}".to_owned(),
    }
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
