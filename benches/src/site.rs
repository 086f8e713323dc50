//! A compiled site, ready to answer.
//!
//! In: a configuration. Out: [`Artefact`] (bytes), [`Site`] (loaded). Absent: what is done with it;
//! see [`crate::operation`].

use anyhow::{Context, Result};
use edgewright_compiler::testing::MemoryLoader;
use edgewright_compiler::{Input, ReadOptions, Reading, compile, read};
use edgewright_engine::artefact::table::EmbeddedTable;
use edgewright_engine::handler::Runtime;
use edgewright_engine::model::request::Scheme;
use edgewright_engine::model::rules::RuleSetId;
use edgewright_engine::model::site::HostId;

use crate::set::HOST;

/// The files of a build that the edge loads.
#[derive(Debug)]
pub struct Artefact {
    /// `rules.bin`.
    pub program: Vec<u8>,
    /// `table.bin`.
    pub table: Vec<u8>,
}

impl Artefact {
    /// Reads and compiles `config`.
    ///
    /// # Errors
    /// It is larger than the format can hold.
    pub fn build(config: &str) -> Result<Self> {
        let compilation = compile(&reading(config)).context("cannot compile")?;
        let encoded = compilation.encode()?;
        Ok(Self {
            program: encoded.program.concat(),
            table: encoded.table.concat(),
        })
    }
}

/// Reads `config` as a server's main configuration.
pub fn reading(config: &str) -> Reading {
    let loader = MemoryLoader::new().with("/httpd.conf", config);
    let input = Input::MainConfig(vec![b"/httpd.conf".to_vec()]);
    read(&input, &loader, &ReadOptions::default())
}

/// A program and its table, in memory.
#[derive(Debug)]
pub struct Site {
    /// The program.
    pub runtime: Runtime,
    /// The table.
    pub table: EmbeddedTable,
    /// The host that answers for [`HOST`].
    pub host: HostId,
    /// The longest of its rule sets.
    pub rules: RuleSetId,
}

impl Site {
    /// Loads what was built.
    ///
    /// # Errors
    /// The bytes are no program or no table.
    pub fn load(artefact: &Artefact) -> Result<Self> {
        let runtime = Runtime::load(&artefact.program)?;
        let table = EmbeddedTable::load(&artefact.table)?;
        let lists = (0..).zip(runtime.program().rule_lists());
        let longest = lists.max_by_key(|(_, list)| list.count());
        let rules = RuleSetId(longest.map_or(0, |(id, _)| id));
        let host = runtime
            .names()
            .host(runtime.site(), Scheme::Http, HOST.as_bytes())
            .context("the site has no host")?;
        Ok(Self {
            runtime,
            table,
            host,
            rules,
        })
    }

    /// Reads, compiles and loads `config`.
    ///
    /// # Errors
    /// It is larger than the format can hold.
    pub fn build(config: &str) -> Result<Self> {
        Self::load(&Artefact::build(config)?)
    }
}
