//! Paths of the server, and paths of this machine that stand for them.
//!
//! In: pairs of paths. Out: texts with one in the place of the other. Absent: looking at files.

/// Pairs of paths; the longest that fits is replaced.
#[derive(Debug, Clone, Default)]
pub struct Relocation {
    /// Here, and what it is on the server.
    pairs: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Relocation {
    /// `pairs` are a path here and what it is on the server.
    pub fn new(pairs: Vec<(Vec<u8>, Vec<u8>)>) -> Self {
        Self { pairs }
    }

    /// A text of the configuration, with the paths of this machine.
    pub fn to_here(&self, text: &[u8]) -> Vec<u8> {
        let pairs = self
            .pairs
            .iter()
            .map(|(here, there)| (there.as_slice(), here.as_slice()));
        replaced(text, pairs.collect())
    }

    /// A text of the server that runs here, with the paths of the configuration.
    pub fn to_there(&self, text: &[u8]) -> Vec<u8> {
        let pairs = self
            .pairs
            .iter()
            .map(|(here, there)| (here.as_slice(), there.as_slice()));
        replaced(text, pairs.collect())
    }
}

/// `text` with the first of each pair replaced by the second, wherever it is a whole path.
fn replaced(text: &[u8], mut pairs: Vec<(&[u8], &[u8])>) -> Vec<u8> {
    pairs.retain(|(from, _)| !from.is_empty());
    pairs.sort_by_key(|(from, _)| std::cmp::Reverse(from.len()));
    if pairs.is_empty() {
        return text.to_vec();
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(byte) = rest.first() {
        let whole = |from: &[u8]| {
            let after = rest.strip_prefix(from)?;
            let goes_on = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
            (!after.first().is_some_and(goes_on)).then_some(after)
        };
        let found = pairs
            .iter()
            .find_map(|(from, to)| Some((*to, whole(from)?)));
        if let Some((to, after)) = found {
            out.extend_from_slice(to);
            rest = after;
        } else {
            out.push(*byte);
            rest = &rest[1..];
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let pair = |here: &str, there: &str| (here.into(), there.into());
        let relocation = Relocation::new(vec![
            pair("/home/me/www", "/srv/www"),
            pair("/srv/www/here", "/srv/www/shop"),
        ]);
        let here = relocation.to_here(text.as_bytes());
        assert_eq!(String::from_utf8_lossy(&here), expected);
        assert_eq!(relocation.to_there(&here), text.as_bytes(), "{text}");
    }

    #[test]
    fn whole_paths_are_replaced_once() {
        check("/srv/www", "/home/me/www");
        check(
            "\"/srv/www/a\" /srv/www2 /srv/www.b",
            "\"/home/me/www/a\" /srv/www2 /srv/www.b",
        );
        check("/srv/www/shop/x", "/srv/www/here/x");
    }
}
