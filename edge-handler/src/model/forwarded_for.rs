//! What stood in front of the old server did to `X-Forwarded-For`.
//!
//! In: a request's headers as the viewer sent them. Out: the headers as the old server got them. Absent: whose word is
//! taken for who the client is; see `evaluate::remote`.

use serde::{Deserialize, Serialize};

/// The header.
pub const FORWARDED_FOR: &str = "x-forwarded-for";

/// What became of `X-Forwarded-For` on the way to the old server. CloudFront tells what the viewer sent, and who that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForwardedFor {
    /// The server got what the viewer sent: nothing stood in front of it.
    #[default]
    AsSent,
    /// A balancer appended the viewer's address to what the viewer sent.
    Append,
    /// A balancer put the viewer's address in its place.
    Replace,
}

impl ForwardedFor {
    /// Everything there is.
    pub const ALL: [Self; 3] = [Self::AsSent, Self::Append, Self::Replace];

    /// The name in settings and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::AsSent => "as-sent",
            Self::Append => "append",
            Self::Replace => "replace",
        }
    }

    /// Makes of a viewer's headers those that the old server got. Several values of one name count as one list.
    pub fn apply<'h>(self, headers: &mut Vec<(&'h [u8], &'h [u8])>, client: &'h [u8]) {
        let is_other =
            |(name, _): &(&[u8], &[u8])| !name.eq_ignore_ascii_case(FORWARDED_FOR.as_bytes());
        match self {
            Self::AsSent => return,
            Self::Append => {}
            Self::Replace => headers.retain(is_other),
        }
        headers.push((FORWARDED_FOR.as_bytes(), client));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::request::Request;

    /// What a rule reads, where the viewer at 192.0.2.1 sent these values.
    #[track_caller]
    fn check(how: ForwardedFor, sent: &[&str], expected: Option<&str>) {
        let sent = sent.iter();
        let mut headers: Vec<(&[u8], &[u8])> = sent
            .map(|value| (&b"X-Forwarded-For"[..], value.as_bytes()))
            .collect();
        headers.push((b"Accept", b"x"));
        how.apply(&mut headers, b"192.0.2.1");
        let request = Request {
            headers: &headers,
            ..Request::get(b"h.test", b"/")
        };
        let expected = expected.map(str::as_bytes);
        let found = request.header(b"x-forwarded-for");
        assert_eq!(found.as_deref(), expected, "{how:?}");
        assert_eq!(request.header(b"accept").as_deref(), Some(&b"x"[..]));
    }

    #[test]
    fn a_balancer_names_the_viewer() {
        check(ForwardedFor::AsSent, &[], None);
        check(ForwardedFor::AsSent, &["10.0.0.1"], Some("10.0.0.1"));
        check(ForwardedFor::Append, &[], Some("192.0.2.1"));
        check(
            ForwardedFor::Append,
            &["10.0.0.1", "x"],
            Some("10.0.0.1, x, 192.0.2.1"),
        );
        check(ForwardedFor::Replace, &["10.0.0.1", "x"], Some("192.0.2.1"));
    }

    #[test]
    fn a_name_reads_back() {
        for how in ForwardedFor::ALL {
            let text = format!("\"{}\"", how.name());
            let read: Option<ForwardedFor> = serde_json::from_str(&text).ok();
            assert_eq!(read, Some(how));
        }
    }
}
