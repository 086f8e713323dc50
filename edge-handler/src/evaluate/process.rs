//! One request or subrequest from URL to fixups (`ap_process_request_internal`).
//!
//! In: a record whose URL is decoded. Out: the record with file name, settings and handler, or a
//! status. Absent: what a handler then does (`evaluate`), and decoding (`canonical`).

use crate::model::outcome::Refusal;
use crate::model::site::{TraceEnable, Traits};
use crate::source::Source;

use super::proxy::proxy_fixup;
use super::record::{Handler, OK, Record, Verdict};
use super::{Halt, Run};

/// Is the file name of a record known before its URL is mapped?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    /// No: the URL has to be mapped.
    Url,
    /// Yes: a file subrequest.
    File,
}

impl<'a, S: Source> Run<'a, S> {
    /// Takes a record as far as its handler. The status is an error's, or a redirect's.
    pub(super) fn process_request(
        &mut self,
        record: &mut Record<'a>,
        start: Start,
    ) -> Result<Result<(), u16>, Halt> {
        if start == Start::Url {
            self.walk_location_and_if(record)?;
            match self.translate_name(record)? {
                Verdict::Status(status) => return Ok(Err(status)),
                Verdict::Decline => return Ok(Err(500)),
                Verdict::Accept => {}
            }
        }
        record.settings.reset();
        if let Err(status) = self.map_to_storage(record) {
            self.note_refused_walk(status, record);
            return Ok(Err(status));
        }
        self.walk_location_and_if(record)?;
        if record.main.is_none() {
            self.set_directory_environment(record)?;
        }
        if !record.settings.is_open()
            && !self.is_let_through(record)
            && let Some((status, reason)) = self.refusal(record)?
        {
            self.note_refusal(record, status, reason);
            return Ok(Err(status));
        }
        let chosen = self.handle_multi(record)?;
        if let Verdict::Status(status) = chosen {
            self.note_refusal(record, status, Refusal::NoVariant);
            return Ok(Err(status));
        }
        self.find_type(record, chosen);
        self.find_handler(record);
        self.fixups(record)
    }

    /// Notes why a walk through the folders ended; `OPTIONS *` and `TRACE` are answered without one.
    fn note_refused_walk(&mut self, status: u16, record: &Record<'a>) {
        let reason = match status {
            403 => Refusal::ClosedFolder,
            405 => Refusal::Method,
            500 => Refusal::BrokenFile,
            _ => return,
        };
        self.note_refusal(record, status, reason);
    }

    /// From URL-path to file name (`ap_run_translate_name`): the first that says something decides.
    fn translate_name(&mut self, record: &mut Record<'a>) -> Result<Verdict, Halt> {
        let mut verdict = self.hook_uri2file(record)?;
        if verdict == Verdict::Decline {
            verdict = self.proxy_trans(record);
        }
        if verdict == Verdict::Decline {
            verdict = self.translate_alias_redir(record)?;
        }
        if verdict == Verdict::Decline {
            verdict = self.translate_userdir(record);
        }
        if verdict == Verdict::Decline && !self.host.virtual_roots.is_empty() {
            verdict = self.translate_virtual_root(record)?;
        }
        if verdict == Verdict::Decline {
            let uri = record.uri.clone();
            verdict = self.core_translate(record, &uri);
        }
        Ok(verdict)
    }

    /// Directories and files; what goes to another server has none (`ap_run_map_to_storage`).
    fn map_to_storage(&mut self, record: &mut Record<'a>) -> Result<(), u16> {
        if record.handler == Handler::Proxy {
            return Ok(());
        }
        if record.uri == b"*" {
            // `OPTIONS *` is answered here and now.
            record.handler = Handler::Core;
            return Err(OK);
        }
        if record.method == b"TRACE" && record.main.is_none() {
            // `ap_send_http_trace`: no directory and no `.htaccess` file has a say.
            return Err(match self.host.trace_enable {
                TraceEnable::On => {
                    record.handler = Handler::Core;
                    OK
                }
                TraceEnable::Off => 405,
            });
        }
        self.directory_walk(record)?;
        self.file_walk(record);
        Ok(())
    }

    /// Access is not asked about again where the same sections apply as before an internal redirect,
    /// or to the request that looks this one up: an error document may stand where nobody may go.
    /// With some modules the sections are the same only if nobody had to look for them again.
    fn is_let_through(&self, record: &Record<'_>) -> bool {
        if record.walks.apart || record.walks.anew && self.site.traits.contains(Traits::ASKS_AGAIN)
        {
            return false;
        }
        let previous = record.previous.as_ref().map(|previous| &previous.settings);
        let main = record.main.as_ref().map(|main| &main.settings);
        let mut before = previous.into_iter().chain(main);
        before.any(|before| before.is_same(&record.settings))
    }

    /// `ap_run_fixups`: all of them, until one gives a status.
    fn fixups(&mut self, record: &mut Record<'a>) -> Result<Result<(), u16>, Halt> {
        if let Verdict::Status(status) = self.hook_fixup(record)? {
            return Ok(Err(status));
        }
        if let Verdict::Status(status) = proxy_fixup(record, self.host.encoded_slashes) {
            return Ok(Err(status));
        }
        let env_first = self.site.traits.contains(Traits::ENV_BEFORE_ALIAS);
        if env_first {
            fixup_env_module(record);
        }
        if let Verdict::Status(status) = self.fixup_redir(record)? {
            return Ok(Err(status));
        }
        if !env_first {
            fixup_env_module(record);
        }
        let headers_first = self.site.traits.contains(Traits::HEADERS_BEFORE_DIR);
        if headers_first {
            self.headers_fixup(record)?;
        }
        let speling_first = self.site.traits.contains(Traits::SPELING_BEFORE_DIR);
        if speling_first && let Verdict::Status(status) = self.check_speling(record)? {
            return Ok(Err(status));
        }
        if let Verdict::Status(status) = self.dir_fixups(record)? {
            return Ok(Err(status));
        }
        if !headers_first {
            self.headers_fixup(record)?;
        }
        if !speling_first && let Verdict::Status(status) = self.check_speling(record)? {
            return Ok(Err(status));
        }
        if !self.rewrites_before_headers() {
            record.file_type.force();
        }
        Ok(Ok(()))
    }

    /// Lines about the request, behind the type of a rule where `mod_rewrite` was loaded first.
    fn headers_fixup(&mut self, record: &mut Record<'a>) -> Result<(), Halt> {
        if self.rewrites_before_headers() {
            record.file_type.force();
        }
        self.change_request_headers(record)
    }

    fn rewrites_before_headers(&self) -> bool {
        self.site.traits.contains(Traits::REWRITE_BEFORE_HEADERS)
    }
}

/// `SetEnv` does not replace what a rule or `SetEnvIf` has set.
fn fixup_env_module(record: &mut Record<'_>) {
    for (name, value) in record.settings.set_env().iter() {
        record.environment.add(name, value);
    }
}
