//! `LogFormat`, `CustomLog` and their variants (`mod_log_config.c`): how access logs are written.
//!
//! In: their words. Out: the formats, without names. Absent: reading logs, which the command line does.

use super::Resolver;

/// More formats than a person writes; every line of a log may be tried with each.
const MOST_FORMATS: usize = 32;

impl Resolver<'_> {
    /// Keeps the format that the directive `name` writes out.
    pub(crate) fn log_format(&mut self, name: &[u8], words: &[&[u8]]) {
        let format = match name {
            b"logformat" => words.first(),
            b"customlog" | b"globallog" => words.get(1),
            _ => None,
        };
        // Without an item it is the name of a format.
        let format = format.filter(|format| format.contains(&b'%'));
        let known = &mut self.log_formats;
        if let Some(format) = format.filter(|_| known.len() < MOST_FORMATS)
            && !known.iter().any(|known| known == format)
        {
            known.push(format.to_vec());
        }
    }
}
