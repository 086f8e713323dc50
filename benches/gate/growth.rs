//! How the work of compiling grows with a configuration, in instructions.
//!
//! In: nothing but the code. Out: for each shape of configuration, the instructions of a short and of a
//! four times longer one, and whether they are about four times as many. Absent: time, and what each
//! stage takes; see [`crate::paths`].
//!
//! The whole program runs under valgrind, threads included, because work that grows with the square may
//! be anywhere. The steps of analyses are limited as for users, only to less, so that a run is short.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use edgewright_compiler::testing::MemoryLoader;
use edgewright_compiler::{Input, Limit, Limits, ReadOptions, compile, read};

/// Lines, hosts or sections of the short configuration.
const SHORT: usize = 2_000;

/// How much longer the long one is.
const TIMES: usize = 4;

/// The long one may take so many times the instructions of the short one. Four would be linear, and what
/// is sorted or kept in trees takes a little more.
const MOST: f64 = 5.0;

/// A shape of configuration: its name, and what makes one of some length.
type Shape = (&'static str, fn(usize) -> String);

const SHAPES: &[Shape] = &[
    ("rules that all match", |n| {
        rules(n, |i| format!("^(.*)$ /c{i} [R]"))
    }),
    ("a chain of C", |n| {
        rules(n, |i| format!("^(.*)$ /c{i} [C]"))
    }),
    ("rewrites in a row", |n| {
        rules(n, |i| format!("^/c{i}$ /c{}", i + 1))
    }),
    ("redirects in a row", |n| {
        rules(n, |i| format!("^/c{i}$ /c{} [R]", i + 1))
    }),
    ("rules that skip", |n| {
        rules(n, |i| format!("^(.*)$ /c{i} [S={}]", i % 50))
    }),
    ("rules that skip all", |n| {
        rules(n, |i| format!("^/x{i} /c{i} [S=100000]"))
    }),
    ("undefined variables", |n| {
        rules(n, |i| format!("^${{U{i}}}$ /b"))
    }),
    ("conditions of one rule", |n| {
        let conditions = each(n, |i| {
            format!("RewriteCond %{{HTTP_USER_AGENT}} foo{i}.*b [OR]\n")
        });
        format!(
            "RewriteEngine On\n{conditions}RewriteCond %{{HTTP_HOST}} x\nRewriteRule ^/a /b [R]\n"
        )
    }),
    ("conditions on groups", |n| {
        let conditions = each(n, |i| format!("RewriteCond %1%{{HTTP:X{i}}} (foo{i}.*b)\n"));
        format!("RewriteEngine On\n{conditions}RewriteRule ^/a /b%1 [R]\n")
    }),
    ("headers", |n| {
        rules(n, |i| format!("^/a{i} /b\nRewriteCond %{{HTTP:X{i}}} foo"))
    }),
    ("lines about headers", |n| {
        let lines = each(n, |i| {
            format!("Header always set X{i} a\nRequestHeader set Y{i} b\nSetEnvIf Z{i} a V{i}=1\n")
        });
        format!("{lines}RewriteEngine On\nRewriteRule ^/a /b [R]\n")
    }),
    ("unknown maps", |n| {
        let maps = each(n, |i| format!("RewriteMap m{i} int:tolower\n"));
        let rule = |i| format!("^/a{i}/(.*) /b/${{n{i}:$1}}");
        format!("{maps}{}", rules(n, rule))
    }),
    ("redirects of one page", |n| {
        each(n, |i| {
            format!(
                "Redirect /p{i}.html https://www.example.com/?id={i}\nErrorDocument 404 /e{i}.html\n"
            )
        })
    }),
    ("addresses", |n| {
        let lines = each(n, |i| {
            format!("Require ip 10.{}.{}.0/24\n", i / 200, i % 200)
        });
        format!(
            "<Location />\n<RequireAny>\n{lines}</RequireAny>\n</Location>\nRewriteEngine On\nRewriteRule ^/a /b [R]\n"
        )
    }),
    ("one path, many queries", |n| {
        let rule =
            |i| format!("RewriteCond %{{QUERY_STRING}} ^id={i}$\nRewriteRule ^/p$ /p{i}? [R,L]\n");
        format!("RewriteEngine On\n{}", each(n, rule))
    }),
    ("virtual hosts", |n| {
        each(n, |i| {
            format!(
                "<VirtualHost *:80>\nServerName h{i}.test\nRewriteEngine On\nRewriteRule ^/a$ /b [R]\n</VirtualHost>\n"
            )
        })
    }),
    ("patterns of locations", |n| {
        each(n, |i| {
            format!(
                "<LocationMatch \"^/(a|b)*{i}\">\nRewriteEngine On\nRewriteRule ^a$ /b [R]\n</LocationMatch>\n"
            )
        })
    }),
    ("locations", |n| {
        each(n, |i| {
            format!("<Location /a{i}>\nRewriteEngine On\nRewriteRule ^a$ /b [R]\n</Location>\n")
        })
    }),
    ("macros", |n| {
        each(n, |i| {
            format!("<Macro M{i} $x>\nRewriteRule ^/$x{i}$ /b [R]\n</Macro>\nUse M{i} a\n")
        })
    }),
];

fn each(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect()
}

fn rules(count: usize, rule: impl Fn(usize) -> String) -> String {
    let lines = each(count, |at| format!("RewriteRule {}\n", rule(at)));
    format!("RewriteEngine On\n{lines}")
}

/// Compiles the shape called `name` in a length of `count`.
pub fn grow(name: &str, count: &str) -> Result<()> {
    let count = count.parse().context("the length is a number")?;
    let shape = SHAPES.iter().find(|(known, _)| *known == name);
    let (_, make) = shape.context("there is no such shape")?;
    let loader = MemoryLoader::new().with("/httpd.conf", make(count));
    let limits = Limits::default();
    let options = ReadOptions {
        limits: limits
            .with(Limit::AnalysisSteps, 20_000)
            .with(Limit::PrecomputeSteps, 20_000),
        ..ReadOptions::default()
    };
    let input = Input::MainConfig(vec![b"/httpd.conf".to_vec()]);
    let compilation = compile(&read(&input, &loader, &options))?;
    println!("{} entries", compilation.entries.len());
    Ok(())
}

/// Counts every shape in both lengths and prints how it grows; the shapes that grow too much.
pub fn check(folder: &Path) -> Result<Vec<&'static str>> {
    let mut found = Vec::new();
    for (name, _) in SHAPES {
        let short = instructions(folder, name, SHORT)?;
        let long = instructions(folder, name, SHORT * TIMES)?;
        let ratio = ratio(long, short);
        let mark = if ratio > MOST { "  GROWS TOO MUCH" } else { "" };
        println!("growth/{name:24} {short:>12} -> {long:>12}  x{ratio:.2}{mark}");
        if ratio > MOST {
            found.push(*name);
        }
    }
    Ok(found)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts are far below 2^52, and the ratio is for people"
)]
fn ratio(long: u64, short: u64) -> f64 {
    long as f64 / short.max(1) as f64
}

fn instructions(folder: &Path, name: &str, count: usize) -> Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=cachegrind", "--cache-sim=no"])
        .arg("--cachegrind-out-file=/dev/null")
        .arg(std::env::current_exe()?)
        .args(["grow", name, &count.to_string()])
        .current_dir(folder)
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .output()
        .context("valgrind cannot be run")?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!("growth/{name}: {}\n{said}", output.status);
    }
    // `==123== I   refs:      469,811,727`
    let count = said.lines().find_map(|line| line.split_once(" refs:"));
    let (_, count) = count.with_context(|| format!("no count in\n{said}"))?;
    Ok(count.trim().replace(',', "").parse()?)
}
