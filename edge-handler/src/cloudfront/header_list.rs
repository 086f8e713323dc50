//! Headers by line, in order.
//!
//! In: names and values. Out: [`HeaderList`]. Absent: what a header means.

use serde_json::{Map, Value, json};

/// Headers in the order of their lines; a name may repeat, and its case does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeaderList(Vec<(String, String)>);

impl HeaderList {
    /// Adds a line at the end.
    pub fn add(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.push((name.into(), value.into()));
    }

    /// Puts one line in place of all lines of that name.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.remove(name);
        self.add(name, value);
    }

    /// Takes away all lines of that name.
    pub fn remove(&mut self, name: &str) {
        self.0
            .retain(|(known, _)| !known.eq_ignore_ascii_case(name));
    }

    /// Keeps the lines whose name is `wanted`.
    pub fn retain(&mut self, wanted: impl Fn(&str) -> bool) {
        self.0.retain(|(name, _)| wanted(name));
    }

    /// The values of a header, in order.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        let lines = self.0.iter();
        let lines = lines.filter(move |(known, _)| known.eq_ignore_ascii_case(name));
        lines.map(|(_, value)| value.as_str())
    }

    /// The value of a header; those of several lines are joined. `None` without such a line.
    pub fn joined(&self, name: &str) -> Option<String> {
        let values: Vec<&str> = self.values(name).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    /// The lines, in order.
    pub fn lines(&self) -> impl Iterator<Item = (&str, &str)> {
        let lines = self.0.iter();
        lines.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The names in lower case, each once, in the order of their first lines.
    pub fn names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for (name, _) in self.lines() {
            let name = name.to_ascii_lowercase();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// How many bytes the lines take in a request: `name: value`, and the end of the line.
    pub fn size(&self) -> usize {
        self.lines()
            .map(|(name, value)| name.len() + value.len() + 4)
            .sum()
    }

    /// The headers as an event of Lambda@Edge has them: by lower-case name, each line with its key and value.
    pub fn to_event(&self) -> Value {
        let mut grouped = Map::new();
        for (name, value) in self.lines() {
            let lines = grouped
                .entry(name.to_ascii_lowercase())
                .or_insert_with(|| json!([]));
            if let Value::Array(lines) = lines {
                lines.push(json!({ "key": name, "value": value }));
            }
        }
        Value::Object(grouped)
    }

    /// The headers of an event or a reply of Lambda@Edge; `None` where one has not that form.
    pub fn of_event(headers: &Value) -> Option<Self> {
        let mut list = Self::default();
        for (name, lines) in headers.as_object()? {
            for line in lines.as_array()? {
                let line = line.as_object()?;
                // [lambda-event-structure]: a line without a key has the name it stands under.
                let key = line.get("key").map_or(Some(name.as_str()), Value::as_str)?;
                if !key.eq_ignore_ascii_case(name) {
                    return None;
                }
                list.add(key, line.get("value")?.as_str()?);
            }
        }
        Some(list)
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for HeaderList {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(lines: I) -> Self {
        let lines = lines.into_iter();
        Self(
            lines
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}
