//! The bytes of a small build, by their hashes: a format does not change without a new version.
//!
//! In: a fixed configuration. Out: hashes of `rules.bin`, `table.bin` and all entries, compared with the constants that
//! stand beside the versions. Absent: what the bytes mean.
//!
//! A function of one version may meet a table of another: only the version tells it so.

use edgewright_compiler::compile;
use edgewright_engine::artefact::program::Program;
use edgewright_engine::artefact::table::{EmbeddedTable, Entry};
use edgewright_test_engines::reading;
use sha2::{Digest, Sha256};

/// Something of everything that is written.
const CONFIGURATION: &str = r#"
Listen 80
<VirtualHost *:80>
ServerName h.test
ServerAlias www.h.test *.wild.test
DocumentRoot /srv/www
SetEnvIf User-Agent bot robot=1
Redirect 301 /old http://h.test/new
RedirectMatch 302 ^/item/(\d+)$ http://h.test/items/$1
Alias /files /srv/files
RewriteEngine On
RewriteMap names txt:/srv/names.txt
RewriteRule ^/a$ /b [R=301,L,CO=n:v:h.test]
RewriteRule ^/shop/([^/]+)-17\.html$ /item/$1 [L,E=shop:$1]
RewriteCond %{HTTP_USER_AGENT} (?:bot|spider) [NC,OR]
RewriteCond expr "%{QUERY_STRING} =~ /x=(.*)/"
RewriteRule ^/named/(.*)$ /${names:$1|none} [R,L]
RewriteRule ^/(x|y)$ - [F]
<Location /closed>
Require all denied
</Location>
<If "%{HTTP_HOST} == 'www.h.test'">
ErrorDocument 404 /missing
</If>
</VirtualHost>
<Directory /srv/www>
AllowOverride All
Options FollowSymLinks
</Directory>
"#;

/// What is wrong where `bytes` have another hash than `golden`; `raise` is what to do about it.
fn check(what: &str, bytes: &[u8], golden: &str, raise: &str) -> Option<String> {
    let hash = Sha256::digest(bytes);
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    (hash != golden).then(|| {
        format!(
            "{what} has other bytes: {hash}. If they mean something else than before, or have another form, raise \
             {raise}, and write this hash beside it. If the compiler only decides otherwise in the same form, write \
             the hash"
        )
    })
}

#[test]
fn a_changed_format_has_a_new_version() {
    let files = [
        ("/srv/names.txt", "one first\ntwo second\n"),
        ("/srv/www/index.html", "x"),
        (
            "/srv/www/.htaccess",
            "RewriteEngine On\nRewriteBase /\nRewriteRule ^c$ d [R]\nRedirect /e /f\n",
        ),
    ];
    let files = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let compiled = compile(&reading(CONFIGURATION, files)).unwrap();
    let encoded = compiled.encode().unwrap();
    let entries = compiled.entries.iter();
    let entries: Vec<u8> = entries.flat_map(|entry| entry.encode().unwrap()).collect();
    assert!(compiled.entries.len() > 4, "{:?}", compiled.entries);
    let wrong = [
        check(
            "an entry",
            &entries,
            Entry::GOLDEN,
            "`ENTRY_VERSION` in edge-handler/src/artefact/table.rs",
        ),
        check(
            "table.bin",
            &encoded.table.concat(),
            EmbeddedTable::GOLDEN,
            "the version in edge-handler/src/artefact/table/embedded.rs",
        ),
        check(
            "rules.bin",
            &encoded.program.concat(),
            Program::GOLDEN,
            "the version in edge-handler/src/artefact/program.rs",
        ),
    ];
    let wrong: Vec<String> = wrong.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
