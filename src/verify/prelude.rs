//! The main configuration around a copy: modules, ports, and what tells where a request ended.
//!
//! In: what is to be included. Out: text. Absent: the copies; see `harmless`.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use edgewright_compiler::{Input, Reading};

use super::harmless::{self, HARMLESS_MODULES};
use super::install::Installation;

/// Answers whatever would be served, present or not, unless files are asked for: `mod_lua` names its
/// handler only where, after all rewriting, no other module has named one. A directory without index
/// is refused or listed, as `mod_autoindex` would, but not the one that stands for an unknown document
/// root.
pub const PROBE: &str = concat!(
    "require \"apache2\"\n",
    include_str!("listing.lua"),
    r#"function handle(r)
  if r.handler ~= "lua-map-handler" then return apache2.DECLINED end
  if r.headers_in["X-Edgewright-Files"] then return apache2.DECLINED end
  local file = r:stat(r.filename)
  local known = not string.find(r.filename, [==[@UNKNOWN@]==], 1, true)
  local other = listing(r, known and file and file.filetype == 2)
  if other then return other end
  r.err_headers_out["X-Edgewright-Served"] = "yes"
  r.content_type = "text/plain"
  r:puts("served\n")
  return apache2.OK
end
"#
);

/// What the main configuration is made for.
#[derive(Debug)]
pub struct Prelude<'r> {
    /// The configuration that was read.
    pub reading: &'r Reading,
    /// What it was read from.
    pub input: &'r Input,
    /// The Apache that is to read it.
    pub installation: &'r Installation,
    /// Where the server runs.
    pub folder: &'r Path,
    /// `ServerRoot`.
    pub root: &'r Path,
    /// Ports on 127.0.0.1.
    pub ports: &'r [u16],
    /// Directives that make the main server speak TLS, where the configuration's does.
    pub tls: &'r str,
    /// Where a part of a configuration answers over TLS as well: the port, and those directives.
    pub twin: Option<(u16, &'r str)>,
}

impl Prelude<'_> {
    /// The text, around lines that include the copies.
    pub fn text(&self, includes: &str) -> String {
        let folder = self.folder.display();
        let mut text = format!("ServerRoot \"{}\"\n", self.root.display());
        let own = harmless::loads_its_modules(self.reading, self.input);
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
        let _ = writeln!(text, "DocumentRoot \"{folder}/htdocs\"");
        if !matches!(self.input, Input::MainConfig(_)) {
            let section = "AllowOverride All\n</Directory>";
            let _ = writeln!(text, "<Directory \"{folder}/htdocs\">\n{section}");
        }
        let own_rules = self.own_rules(includes);
        text += &own_rules;
        if own {
            text += &self.modules(&["unixd", "authn_core", "authz_core", "headers", "lua"]);
            text += "<IfModule !mpm_worker_module>\n<IfModule !mpm_prefork_module>\n";
            text += &self.modules(&["mpm_event"]);
            text += "</IfModule>\n</IfModule>\n";
        }
        text += &self.user();
        for port in self.ports {
            let _ = writeln!(text, "Listen 127.0.0.1:{port}");
        }
        let _ = write!(
            text,
            "DefaultRuntimeDir \"{folder}\"\nPidFile \"{folder}/pid\"\nErrorLog \"{folder}/error.log\"\n\
             LogLevel error\nKeepAlive Off\nAcceptFilter http none\n\
             <IfModule mime_module>\nTypesConfig /dev/null\n</IfModule>\n\
             <IfModule proxy_module>\nProxyRemote * http://127.0.0.1:9\n</IfModule>\n\
             Header always set X-Edgewright-Query \"expr=%{{escape:%{{QUERY_STRING}}}}\"\n\
             Header always set X-Edgewright-Filename \"expr=%{{escape:%{{REQUEST_FILENAME}}}}\"\n\
             Header always set X-Edgewright-Path-Info \"expr=%{{escape:%{{PATH_INFO}}}}\"\n\
             Header always set X-Edgewright-Handler \"expr=%{{HANDLER}}\"\n\
             LuaMapHandler ^ \"{folder}/probe.lua\" handle\n{}\n",
            self.tls
        );
        if let Some((port, tls)) = self.twin {
            let _ = writeln!(
                text,
                "<VirtualHost *:{port}>\nServerName {}:443\nDocumentRoot \"{folder}/htdocs\"{tls}\n\
                 {own_rules}</VirtualHost>",
                String::from_utf8_lossy(name)
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
                let _ = write!(
                    text,
                    "<IfModule !{name}_module>\nLoadModule {name}_module \"{}\"\n</IfModule>\n",
                    file.display()
                );
            }
        }
        text
    }

    /// Started by root, Apache insists on another user for the requests.
    fn user(&self) -> String {
        let is_root = fs::metadata(self.folder).is_ok_and(|folder| folder.uid() == 0);
        if !is_root {
            return String::new();
        }
        let known = |file: &str, name: &str| {
            let text = fs::read_to_string(file).unwrap_or_default();
            text.lines()
                .any(|line| line.split(':').next() == Some(name))
        };
        let usual = ["www-data", "apache", "_www", "daemon", "nobody"];
        let of = |file: &str| usual.iter().find(|name| known(file, name));
        let user = of("/etc/passwd").map_or_else(String::new, |name| format!("User {name}\n"));
        let group = of("/etc/group").map_or_else(String::new, |name| format!("Group {name}\n"));
        user + &group
    }
}
