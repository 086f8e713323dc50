//! A line of an access log: what was read of it is read again from a line made of it.

use crate::access_log::{Logged, parse};

pub fn run(data: &[u8]) {
    let Some(logged) = parse(data) else {
        return;
    };
    assert!(logged.target.starts_with(b"/") && logged.target.iter().all(u8::is_ascii_graphic));
    let line = written(&logged);
    let again = parse(&line);
    assert_eq!(
        again.as_ref(),
        Some(&logged),
        "{}",
        String::from_utf8_lossy(&line)
    );
}

/// `logged` as a line of the combined format.
fn written(logged: &Logged) -> Vec<u8> {
    let mut line = Vec::new();
    if let Some(host) = &logged.host {
        line.extend_from_slice(&[host, b":80 ".as_slice()].concat());
    }
    line.extend_from_slice(b"192.0.2.1 - - [x] \"");
    let request = [
        &logged.method,
        b" ".as_slice(),
        &logged.target,
        b" HTTP/1.1",
    ];
    line.extend(escaped(&request.concat()));
    line.extend_from_slice(b"\" 200 5");
    for value in [&logged.referer, &logged.user_agent] {
        let value = value.as_deref().map_or(b"-".to_vec(), escaped);
        line.extend_from_slice(&[b" \"", value.as_slice(), b"\""].concat());
    }
    line
}

/// As Apache's `ap_escape_logitem` writes a text.
fn escaped(text: &[u8]) -> Vec<u8> {
    let mut written = Vec::new();
    for byte in text {
        match byte {
            b'"' | b'\\' => written.extend([b'\\', *byte]),
            0x80.. => written.extend(format!("\\x{byte:02x}").into_bytes()),
            _ => written.push(*byte),
        }
    }
    written
}
