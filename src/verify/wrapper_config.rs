//! The main configuration around a copy: modules, ports, and what tells where a request ended.
//!
//! In: what is to be included. Out: text. Absent: the copies; see `sandbox`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use edgewright_compiler::{Input, Reading, Transcript};

use super::install::Installation;
use super::sandbox;
use super::sandbox::allowed::HARMLESS_MODULES;
use crate::loader::to_bytes;

/// Answers whatever would be served, present or not, unless files are asked for: `mod_lua` names its
/// handler only where, after all rewriting, no other module has named one. A directory without index
/// is refused or listed, as `mod_autoindex` would, but not the one that stands for an unknown document
/// root.
///
/// Before it answers, the probe takes every request that is for another server or for a script: whatever
/// made it so, the modules that would connect or run something never see it. A subrequest for an index may
/// become the request itself after that, so it keeps what tells `mod_dir` that it can be answered.
const PROBE: &str = concat!(
    "require \"apache2\"\n",
    include_str!("listing.lua"),
    r#"local unknown = {@UNKNOWN@}
local function is_unknown(name)
  for _, root in ipairs(unknown) do
    if name == root or string.sub(name, 1, #root + 1) == root .. "/" then return true end
  end
  return false
end
local function is_for_another_server(name) return string.sub(name or "", 1, 6) == "proxy:" end
function take(r)
  local inner = r.protocol == "INCLUDED"
  if is_for_another_server(r.filename) then
    r.proxyreq = 0
    if not inner then r.handler = "lua-map-handler" end
  elseif is_for_another_server(r.handler) or r.handler == "lua-script" then
    r.handler = "lua-map-handler"
  elseif (r.handler == "send-as-is" or r.handler == "httpd/send-as-is") and is_unknown(r.filename) then
    r.handler = "lua-map-handler"
  end
  return apache2.DECLINED
end
function handle(r)
  if r.handler ~= "lua-map-handler" then return apache2.DECLINED end
  if is_for_another_server(r.filename) then
    r.err_headers_out["X-Edgewright-Served"] = "elsewhere"
    r:puts("for another server\n")
    return apache2.OK
  end
  if r.headers_in["X-Edgewright-Files"] then return apache2.DECLINED end
  local file = r:stat(r.filename)
  local other = listing(r, file and file.filetype == 2 and not is_unknown(r.filename))
  if other then return other end
  r.err_headers_out["X-Edgewright-Served"] = "yes"
  r.content_type = "text/plain"
  r:puts("served\n")
  return apache2.OK
end
"#
);

/// The probe, for a server where `unknown` are folders that stand for document roots whose content is unknown.
pub fn probe(unknown: &[PathBuf]) -> String {
    let texts = unknown.iter().map(|path| lua_text(&to_bytes(path)));
    PROBE.replace("@UNKNOWN@", &texts.collect::<Vec<_>>().join(", "))
}

/// A text as Lua reads it, whatever is in it.
fn lua_text(text: &[u8]) -> String {
    let escaped = text.iter().map(|byte| format!("\\{byte:03}"));
    format!("\"{}\"", escaped.collect::<String>())
}

/// What the main configuration is made for.
#[derive(Debug)]
pub struct WrapperConfig<'r> {
    /// The configuration that was read.
    pub reading: &'r Reading,
    /// The lines that Apache carries out.
    pub transcript: &'r Transcript,
    /// What it was read from.
    pub input: &'r Input,
    /// The Apache that is to read it.
    pub installation: &'r Installation,
    /// Where the server runs.
    pub folder: &'r Path,
    /// `ServerRoot`.
    pub root: &'r Path,
    /// The main server's `DocumentRoot`, where the configuration names none.
    pub document_root: &'r Path,
    /// The name of `.htaccess` files.
    pub access_name: &'r str,
    /// Ports on 127.0.0.1.
    pub ports: &'r [u16],
    /// Directives that make the main server speak TLS, where the configuration's does.
    pub tls: &'r [String],
    /// Where a part of a configuration answers over TLS as well: the port, and those directives.
    pub twin: Option<(u16, &'r [String])>,
}

impl WrapperConfig<'_> {
    /// The text, around lines that include the copies.
    pub fn text(&self, includes: &str) -> String {
        let folder = self.folder.display();
        let mut text = format!("ServerRoot \"{}\"\n", self.root.display());
        let own = sandbox::loads_its_modules(self.transcript);
        if !own {
            text += &self.modules(HARMLESS_MODULES);
        }
        let name = self
            .reading
            .site
            .hosts
            .first()
            .map(|host| host.name.as_slice());
        let name = name.filter(|name| !name.is_empty()).unwrap_or(b"localhost");
        let _ = writeln!(text, "ServerName {}:80", String::from_utf8_lossy(name));
        let _ = writeln!(text, "DocumentRoot \"{}\"", self.document_root.display());
        if !matches!(self.input, Input::MainConfig(_)) {
            let section = "AllowOverride All\n</Directory>";
            let _ = writeln!(text, "<Directory \"{folder}/htdocs\">\n{section}");
        }
        let own_rules = self.own_rules(includes);
        text += &own_rules;
        if own {
            let needed = [
                "unixd",
                "authn_core",
                "authz_core",
                "version",
                "headers",
                "lua",
            ];
            text += &self.modules(&needed);
            text += "<IfModule !mpm_worker_module>\n<IfModule !mpm_prefork_module>\n";
            text += &self.modules(&["mpm_event"]);
            text += "</IfModule>\n</IfModule>\n";
        }
        for port in self.ports {
            let _ = writeln!(text, "Listen 127.0.0.1:{port}");
        }
        let _ = write!(
            text,
            "DefaultRuntimeDir \"{folder}/run\"\nPidFile \"{folder}/run/pid\"\n\
             ErrorLog \"{folder}/run/error.log\"\nMutex \"file:{folder}/run\" default\n\
             AccessFileName {}\n\
             LogLevel error\nKeepAlive Off\nAcceptFilter http none\n\
             <IfModule mime_module>\nTypesConfig \"{folder}/mime.types\"\n</IfModule>\n\
             <IfModule proxy_module>\nProxyRemote * http://127.0.0.1:9\n</IfModule>\n\
             Header always set X-Edgewright-Query \"expr=%{{escape:%{{QUERY_STRING}}}}\"\n\
             Header always set X-Edgewright-Filename \"expr=%{{escape:%{{REQUEST_FILENAME}}}}\"\n\
             Header always set X-Edgewright-Path-Info \"expr=%{{escape:%{{PATH_INFO}}}}\"\n\
             Header always set X-Edgewright-Document-Root \"expr=%{{escape:%{{DOCUMENT_ROOT}}}}\" \"expr=%{{CONTEXT_PREFIX}} == ''\"\n\
             Header always set X-Edgewright-Handler \"expr=%{{HANDLER}}\"\n\
             LuaHookFixups \"{folder}/probe.lua\" take\n\
             LuaMapHandler ^ \"{folder}/probe.lua\" handle\n{}\n",
            self.access_name,
            self.tls.join("\n")
        );
        if let Some((port, tls)) = self.twin {
            let _ = writeln!(
                text,
                "<VirtualHost *:{port}>\nServerName {}:443\nDocumentRoot \"{folder}/htdocs\"\n{}\n\
                 {own_rules}</VirtualHost>",
                String::from_utf8_lossy(name),
                tls.join("\n")
            );
        }
        text
    }

    /// What is compared: for a part of a configuration, with what it takes for granted.
    fn own_rules(&self, includes: &str) -> String {
        let mut diagnostics = self.reading.diagnostics.iter();
        let is_assumed = diagnostics.any(|diagnostic| diagnostic.code == "engine-assumed");
        let engine = if is_assumed { "RewriteEngine On\n" } else { "" };
        format!("{includes}{engine}")
    }

    /// Loads those of `names` that are there and not loaded.
    fn modules(&self, names: &[&str]) -> String {
        let mut text = String::new();
        for name in names {
            let other_mpm = matches!(*name, "mpm_prefork" | "mpm_worker");
            if let Some(file) = self.installation.module(name).filter(|_| !other_mpm) {
                let load = sandbox::load_module(name, &file.display().to_string());
                let _ = write!(text, "<IfModule !{name}_module>\n{load}\n</IfModule>\n");
            }
        }
        text
    }
}
