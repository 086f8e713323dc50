//! A DynamoDB of one table, as a deployer meets it on a bad day: it leaves items over, throttles and
//! breaks.
//!
//! In: how bad the day is. Out: [`Table`], an endpoint. Absent: expressions beyond those that
//! edgewright sends, indexes, and limits of size.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use serde_json::{Value, json};

/// What goes wrong, and how often. 0 is never.
#[derive(Debug, Clone, Copy, Default)]
pub struct Day {
    /// Of every so many items in a batch, one is left over.
    pub leaves_over: usize,
    /// Every so many calls, one is throttled.
    pub throttles: usize,
    /// Every so many calls, one is an error of the service.
    pub breaks: usize,
}

/// A table. Listens until the test program ends.
#[derive(Debug)]
pub struct Table {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    day: Day,
    exists: bool,
    items: BTreeMap<String, Value>,
    calls: usize,
    in_batches: usize,
    left_over: usize,
    throttled: usize,
}

impl Table {
    /// Listens on a free port of the loopback interface.
    ///
    /// # Errors
    /// There is no port.
    pub fn start(day: Day) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let state = Arc::new(Mutex::new(State {
            day,
            ..State::default()
        }));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                let state = Arc::clone(&shared);
                thread::spawn(move || _ = serve(&connection, &state));
            }
        });
        Ok(Self { address, state })
    }

    /// Where it answers.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The names of all items.
    pub fn names(&self) -> Vec<String> {
        self.state().items.keys().cloned().collect()
    }

    /// Removes the item `name`.
    pub fn lose(&self, name: &str) {
        self.state().items.remove(name);
    }

    /// Adds an item of which only the name matters.
    pub fn put(&self, name: &str) {
        let item = json!({ "pk": { "S": name } });
        self.state().items.insert(name.to_owned(), item);
    }

    /// How many items were left over, and how many calls throttled.
    pub fn troubles(&self) -> (usize, usize) {
        let state = self.state();
        (state.left_over, state.throttled)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A status and a body.
type Reply = (u16, Value);

fn serve(connection: &TcpStream, state: &Mutex<State>) -> io::Result<()> {
    let mut reader = BufReader::new(connection);
    loop {
        let (operation, call) = read(&mut reader)?;
        let (status, body) = {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            state.answer(&operation, &call)
        };
        let body = body.to_string();
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status} -\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: {length}\r\n\r\n"
        );
        (&mut &*connection).write_all(&[head.as_bytes(), body.as_bytes()].concat())?;
    }
}

/// The operation and the body of the next call.
fn read(reader: &mut impl BufRead) -> io::Result<(String, Value)> {
    let (mut length, mut operation) = (0, String::new());
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            if line.trim_end().is_empty() {
                break;
            }
            continue;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().map_err(io::Error::other)?,
            "x-amz-target" => value
                .rsplit('.')
                .next()
                .unwrap_or_default()
                .clone_into(&mut operation),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok((operation, serde_json::from_slice(&body)?))
}

fn refusal(status: u16, kind: &str) -> Reply {
    let kind = format!("com.amazonaws.dynamodb.v20120810#{kind}");
    (status, json!({ "__type": kind, "message": "made up" }))
}

fn every(count: usize, number: usize) -> bool {
    count > 0 && number.is_multiple_of(count)
}

fn name(item: &Value) -> String {
    item["pk"]["S"].as_str().unwrap_or_default().to_owned()
}

impl State {
    fn answer(&mut self, operation: &str, call: &Value) -> Reply {
        self.calls += 1;
        if every(self.day.throttles, self.calls) {
            self.throttled += 1;
            return refusal(400, "ProvisionedThroughputExceededException");
        }
        if every(self.day.breaks, self.calls) {
            return refusal(500, "InternalServerError");
        }
        let body = match operation {
            "DescribeTable" if !self.exists => return refusal(400, "ResourceNotFoundException"),
            "CreateTable" | "DescribeTable" => self.description(operation),
            "GetItem" => match self.items.get(&name(&call["Key"])) {
                Some(item) => json!({ "Item": item }),
                None => json!({}),
            },
            "PutItem" => return self.put(call),
            "BatchWriteItem" => self.write(call),
            "BatchGetItem" => self.read(call),
            "Scan" => self.scan(call),
            _ => return refusal(400, "UnknownOperationException"),
        };
        (200, body)
    }

    fn description(&mut self, operation: &str) -> Value {
        self.exists = true;
        let table = json!({
            "TableStatus": "ACTIVE",
            "KeySchema": [{ "AttributeName": "pk", "KeyType": "HASH" }],
            "AttributeDefinitions": [{ "AttributeName": "pk", "AttributeType": "S" }],
        });
        let name = if operation == "CreateTable" {
            "TableDescription"
        } else {
            "Table"
        };
        json!({ name: table })
    }

    /// The two conditions that edgewright makes: there is none yet; the revision is still this one.
    fn put(&mut self, call: &Value) -> Reply {
        let item = &call["Item"];
        let before = self.items.get(&name(item));
        let holds = match call["ConditionExpression"].as_str() {
            None => true,
            Some("attribute_not_exists(#key)") => before.is_none(),
            Some("#revision = :seen") => {
                let seen = &call["ExpressionAttributeValues"][":seen"];
                before.is_some_and(|before| &before["revision"] == seen)
            }
            Some(_) => return refusal(400, "ValidationException"),
        };
        if !holds {
            return refusal(400, "ConditionalCheckFailedException");
        }
        self.items.insert(name(item), item.clone());
        (200, json!({}))
    }

    fn is_left_over(&mut self) -> bool {
        self.in_batches += 1;
        let left = every(self.day.leaves_over, self.in_batches);
        self.left_over += usize::from(left);
        left
    }

    fn write(&mut self, call: &Value) -> Value {
        let mut left = serde_json::Map::new();
        for (table, requests) in call["RequestItems"].as_object().into_iter().flatten() {
            for request in requests.as_array().into_iter().flatten() {
                if self.is_left_over() {
                    let of_table = left.entry(table.clone()).or_insert(json!([]));
                    of_table
                        .as_array_mut()
                        .into_iter()
                        .for_each(|of_table| of_table.push(request.clone()));
                } else if let Some(put) = request.get("PutRequest") {
                    self.items.insert(name(&put["Item"]), put["Item"].clone());
                } else {
                    self.items.remove(&name(&request["DeleteRequest"]["Key"]));
                }
            }
        }
        json!({ "UnprocessedItems": left })
    }

    fn read(&mut self, call: &Value) -> Value {
        let (mut found, mut left) = (json!({}), serde_json::Map::new());
        for (table, wanted) in call["RequestItems"].as_object().into_iter().flatten() {
            let (mut items, mut keys) = (Vec::new(), Vec::new());
            for key in wanted["Keys"].as_array().into_iter().flatten() {
                if self.is_left_over() {
                    keys.push(key.clone());
                } else {
                    items.extend(self.items.get(&name(key)).cloned());
                }
            }
            found[table] = json!(items);
            if !keys.is_empty() {
                left.insert(table.clone(), json!({ "Keys": keys }));
            }
        }
        json!({ "Responses": found, "UnprocessedKeys": left })
    }

    /// A hundred items a page.
    fn scan(&mut self, call: &Value) -> Value {
        let from = name(&call["ExclusiveStartKey"]);
        let later = self.items.keys().filter(|name| **name > from);
        let page: Vec<Value> = later
            .take(100)
            .map(|name| json!({ "pk": { "S": name } }))
            .collect();
        match page.last() {
            Some(last) if page.len() == 100 => {
                let last = last.clone();
                json!({ "Items": page, "LastEvaluatedKey": last })
            }
            _ => json!({ "Items": page }),
        }
    }
}
