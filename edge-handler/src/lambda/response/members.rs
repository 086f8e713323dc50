//! A JSON object with some of its members changed, and all others byte for byte.
//!
//! In: the text of an object. Out: [`Members`], which can be written again. Absent: what the members
//! mean. A generic value would not do: numbers beyond 64 bits and repeated names would not survive.

use std::borrow::Cow;
use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

/// The members of an object, in order.
#[derive(Debug)]
pub(super) struct Members<'a>(Vec<(Cow<'a, str>, Cow<'a, RawValue>)>);

impl<'a> Members<'a> {
    /// The value of the member `name`; of a name that comes twice the last one.
    pub(super) fn get(&self, name: &str) -> Option<&RawValue> {
        let mut members = self.0.iter().rev();
        let (_, value) = members.find(|(member, _)| member == name)?;
        Some(value)
    }

    /// Keeps the members whose names `keep` admits.
    pub(super) fn retain(&mut self, keep: impl Fn(&str) -> bool) {
        self.0.retain(|(member, _)| keep(member));
    }

    /// Gives the member `name` another value, in its place, or adds it at the end.
    ///
    /// # Errors
    /// `value` has no JSON form.
    pub(super) fn set(
        &mut self,
        name: impl Into<Cow<'a, str>>,
        value: &(impl Serialize + ?Sized),
    ) -> Result<(), serde_json::Error> {
        let (name, value) = (name.into(), Cow::Owned(to_raw_value(value)?));
        let place = self.0.iter().position(|(member, _)| *member == name);
        let Some(place) = place else {
            self.0.push((name, value));
            return Ok(());
        };
        self.0[place].1 = value;
        let mut at = 0;
        self.0.retain(|(member, _)| {
            at += 1;
            at <= place + 1 || *member != name
        });
        Ok(())
    }
}

impl Members<'_> {
    /// Changes the headers of a request; one that has none stays as it is.
    ///
    /// # Errors
    /// The headers are no JSON object, or a value has no JSON form.
    pub(super) fn change_headers(
        &mut self,
        change: impl FnOnce(&mut Members<'_>) -> Result<(), serde_json::Error>,
    ) -> Result<(), serde_json::Error> {
        let Some(headers) = self.get("headers") else {
            return Ok(());
        };
        let mut headers: Members = serde_json::from_str(headers.get())?;
        change(&mut headers)?;
        let headers = to_raw_value(&headers)?;
        self.set("headers", &headers)
    }
}

impl Serialize for Members<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let members = self.0.iter();
        serializer.collect_map(members.map(|(name, value)| (name, value.as_ref())))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

/// A name, borrowed where it holds no escapes.
#[derive(Deserialize)]
#[serde(transparent)]
struct MemberName<'a>(#[serde(borrow)] Cow<'a, str>);

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::with_capacity(8);
        while let Some((MemberName(name), value)) = map.next_entry::<_, &RawValue>()? {
            members.push((name, Cow::Borrowed(value)));
        }
        Ok(Members(members))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a failed test should say so")]

    use super::*;

    #[track_caller]
    fn check(before: &str, after: &str) {
        let mut members: Members = serde_json::from_str(before).unwrap();
        members.set("uri", "/new").unwrap();
        assert_eq!(serde_json::to_string(&members).unwrap(), after);
        assert_eq!(members.get("uri").unwrap().get(), r#""/new""#);
        assert!(members.get("missing").is_none());
    }

    #[test]
    fn one_member_changes_and_the_others_stay_byte_for_byte() {
        check("{}", r#"{"uri":"/new"}"#);
        check(
            r#"{"a":1e999,"uri":"/","b":12345678901234567890123,"c":[ 1.0 , "\ud800"]}"#,
            r#"{"a":1e999,"uri":"/new","b":12345678901234567890123,"c":[ 1.0 , "\ud800"]}"#,
        );
        check(
            r#"{"a":1,"a":2,"uri":0,"b":{},"uri":1}"#,
            r#"{"a":1,"a":2,"uri":"/new","b":{}}"#,
        );
    }

    #[test]
    fn what_is_no_object_has_no_members() {
        for text in ["[]", "7", "null", r#"{"a":}"#, ""] {
            assert!(serde_json::from_str::<Members>(text).is_err(), "{text}");
        }
    }
}
