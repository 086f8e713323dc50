//! `Options MultiViews` of `mod_negotiation` (`handle_multi`): a name without its extension.
//!
//! In: a record whose file does not exist. Out: a [`Verdict`]; the one file with an extension takes
//! its place. Absent: choosing between several by language or type, which is not done here.

use crate::model::site::FileKind;
use crate::source::Source;

use super::dir::fast_redirect;
use super::record::{Handler, OK, Record, Verdict};
use super::{Halt, Run};

impl<'a, S: Source> Run<'a, S> {
    pub(super) fn handle_multi(&mut self, record: &mut Record<'a>) -> Result<Verdict, Halt> {
        let is_missing = record.kind.is_none() && record.handler == Handler::Default;
        if !is_missing || !record.settings.multiviews() {
            return Ok(Verdict::Decline);
        }
        let name = match self.variants(record.filename()).as_slice() {
            [] => return Ok(Verdict::Decline),
            [name] => name.to_vec(),
            _ => {
                let reason = "MultiViews has to choose between several files".to_owned();
                return Err(Halt::Unsupported(reason));
            }
        };
        let found = self.subrequest_sibling(record, &name)?;
        if found.status == OK {
            fast_redirect(found, record);
        }
        Ok(Verdict::Accept)
    }

    /// Files of this name with an extension.
    fn variants(&self, filename: &[u8]) -> Vec<&'a [u8]> {
        let prefix = [filename, b"."].concat();
        let from = self.site.tree.entries.range(prefix.clone()..);
        from.take_while(|(path, _)| path.starts_with(&prefix))
            .filter(|(path, kind)| {
                **kind != FileKind::Directory && !path[prefix.len()..].contains(&b'/')
            })
            .map(|(path, _)| path.as_slice())
            .collect()
    }
}
