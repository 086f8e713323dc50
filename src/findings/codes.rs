//! Every code of a finding, with its page of `docs/codes.md`.
//!
//! In: a name. Out: a [`Page`], a [`Group`], the name most like it. Absent: what finds it.

use std::sync::LazyLock;

/// The document that has a page for each code.
const DOCUMENT: &str = include_str!("../../docs/codes.md");

/// Codes that belong together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name, as `--select` takes it.
    pub name: &'static str,
    /// What its codes have in common.
    pub title: &'static str,
}

/// What is written about a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The code.
    pub code: &'static str,
    /// The group it belongs to.
    pub group: Group,
    /// What it means, with lines that cause it and lines that do not.
    pub text: &'static str,
}

impl Page {
    /// What the code means, in one sentence or two.
    pub fn summary(&self) -> String {
        let paragraph = self.text.split("\n\n").next().unwrap_or_default();
        paragraph.replace('\n', " ")
    }
}

/// The pages of all codes, in the order of the document.
pub fn pages() -> &'static [Page] {
    static PAGES: LazyLock<Vec<Page>> = LazyLock::new(|| read(DOCUMENT));
    &PAGES
}

/// The page of a code.
pub fn page(code: &str) -> Option<&'static Page> {
    pages().iter().find(|page| page.code == code)
}

/// The group of that name.
pub fn group(name: &str) -> Option<&'static Group> {
    let mut groups = pages().iter().map(|page| &page.group);
    groups.find(|group| group.name == name)
}

/// The code most like `name`, if one is.
pub fn nearest_code(name: &str) -> Option<&'static str> {
    nearest(name, pages().iter().map(|page| page.code))
}

/// The one of `names` that is most like `name`, if one is.
pub fn nearest<'n>(name: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    // A third of the letters may be others: more, and it is another name.
    let most = name.chars().count().div_ceil(3);
    let slips = names
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(known, name), known));
    let nearest = slips.min().filter(|(slips, _)| *slips <= most);
    nearest.map(|(_, known)| known)
}

/// `there is no …, but …`.
pub fn unknown(what: &str, name: &str, nearest: Option<&str>) -> String {
    match nearest {
        Some(known) => format!("there is no {what} `{name}`: did you mean `{known}`?"),
        None => format!("there is no {what} `{name}`"),
    }
}

fn read(document: &'static str) -> Vec<Page> {
    let groups = document.split("\n## ").skip(1);
    groups.flat_map(pages_of_group).collect()
}

fn pages_of_group(section: &'static str) -> Vec<Page> {
    let heading = section.lines().next().unwrap_or_default();
    let (name, title) = heading.split_once(": ").unwrap_or((heading, ""));
    let pages = section.split("\n### ").skip(1);
    let page = |text: &'static str| {
        let (code, text) = text.split_once('\n')?;
        let text = text.trim();
        let group = Group { name, title };
        Some(Page { code, group, text })
    };
    pages.filter_map(page).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_one_page() {
        let mut codes: Vec<&str> = pages().iter().map(|page| page.code).collect();
        assert!(codes.len() > 100, "{}", codes.len());
        codes.sort_unstable();
        let all = codes.len();
        codes.dedup();
        assert_eq!(codes.len(), all, "a code has two pages");
        for page in pages() {
            let Page { code, group, text } = page;
            let is_word = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
            assert!(code.bytes().all(is_word), "{code}");
            assert!(group.name.bytes().all(is_word), "{group:?}");
            assert!(self::page(group.name).is_none(), "{group:?} is a code too");
            assert!(page.summary().ends_with('.'), "{code}: {text}");
        }
    }

    #[test]
    fn a_name_with_a_slip_is_known() {
        let check = |name: &str, expected: Option<&str>| {
            assert_eq!(nearest_code(name), expected, "{name}");
        };
        check("shadowed-rules", Some("shadowed-rule"));
        check("shadow-rule", Some("shadowed-rule"));
        check("opn-redirect", Some("open-redirect"));
        check("xyz", None);
        check("", None);
    }
}
