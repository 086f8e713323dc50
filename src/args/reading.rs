//! How configuration text is found and read, as typed.
//!
//! In: words. Out: [`Reading`]. Absent: reading; see `crate::input`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use edgewright_compiler::Limit;

/// How configuration text is found and read.
#[derive(Debug, Args, Clone, Default)]
pub struct Reading {
    /// A local folder that stands for a document root: DIR, or SERVER_PATH=DIR when there are several
    #[arg(long, value_name = "[SERVER_PATH=]DIR")]
    pub docroot: Vec<String>,
    /// A copy of the server's file system: every absolute path of the configuration is looked up below it
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// A folder of this machine that stands for one of the server's; the longest SERVER_PATH that fits is taken
    #[arg(long, value_name = "SERVER_PATH=DIR")]
    pub map: Vec<String>,
    /// The server's time zone, for %{TIME_HOUR} and its variants: a name as Europe/Berlin, or an offset as +02:00
    #[arg(long, value_name = "ZONE")]
    pub timezone: Option<String>,
    /// What ServerRoot stands for on this machine
    #[arg(long, value_name = "DIR")]
    pub server_root: Option<PathBuf>,
    /// As `apache2 -D NAME`; may be given more than once
    #[arg(short = 'D', long = "define", value_name = "NAME")]
    pub define: Vec<String>,
    /// What the configuration is, when guessing goes wrong
    #[arg(long, value_enum, value_name = "KIND")]
    pub kind: Option<Kind>,
    /// What a directive is that httpd's own modules do not have, where no line loads modules
    #[arg(long, value_enum, value_name = "WHAT", default_value_t = UnknownDirective::Module)]
    pub unknown_directive: UnknownDirective,
    /// Allow more work than usual, or less, see docs/limits.md; may be given more than once: expanded-bytes, expanded-lines,
    /// files, file-bytes, inherited-rules, diagnostics, precompute-steps, analysis-steps
    #[arg(long, value_name = "LIMIT=NUMBER", value_parser = limit)]
    pub max: Vec<(Limit, u64)>,
}

/// What a directive is that httpd's own modules do not have, where no line loads modules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum UnknownDirective {
    /// One of a well-known module, as php_value, is right; any other is an error
    #[default]
    Module,
    /// An error, as for an Apache without that module
    Error,
}

/// Is a site built though something speaks against it?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Force {
    /// The site is refused.
    No,
    /// The site is built all the same.
    Yes,
}

impl Force {
    /// What a flag says.
    pub fn of(given: bool) -> Self {
        if given { Self::Yes } else { Self::No }
    }
}

/// `LIMIT=NUMBER`.
fn limit(text: &str) -> Result<(Limit, u64), String> {
    let (name, number) = text
        .split_once('=')
        .ok_or("write LIMIT=NUMBER, for example files=2000000")?;
    let limit = Limit::named(name).ok_or_else(|| {
        let names = Limit::ALL.map(Limit::name);
        format!("there is no limit of that name, but {}", names.join(", "))
    })?;
    let number = number.parse().map_err(|_| "the limit is a whole number")?;
    Ok((limit, number))
}

/// What a configuration is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// A whole server, as apache2.conf or httpd.conf
    Main,
    /// Lines meant for inside a virtual host
    Vhost,
    /// One .htaccess file, at the root of the site
    Htaccess,
    /// A document root with .htaccess files
    Docroot,
}
