//! What of a configuration stays on its server.
//!
//! In: the text of a configuration file, or of `envvars`. Out: the same with as many lines, comments and values of
//! the listed directives left out. Absent: maps and pages.
//!
//! | Left out | Of |
//! |---|---|
//! | all arguments | `AuthLDAPBindPassword`, `SSLPassPhraseDialog`, `SessionCryptoPassphrase`, `AuthFormPassword`, `AuthFormSitePassphrase`, `OIDCClientSecret`, `OIDCCryptoPassphrase` |
//! | words as `pass=…`, `password=…`, `secret=…` | `DBDParams`, `ProxyPass`, `ProxyPassMatch`, `ProxySet`, `BalancerMember` |
//! | the value, where the name looks like that of a credential | `SetEnv`, `Define`, `Header`, `RequestHeader` |
//! | the value, where the name does | lines of `envvars` |
//! | all of it | comments |

use edgewright_parser::line::Line;
use edgewright_parser::source::FileId;
use edgewright_parser::words;

/// What stands in the place of a value.
const INSTEAD: &str = "LEFT-OUT";

/// Directives whose arguments are secrets, in lower case.
const SECRET: [&str; 7] = [
    "authldapbindpassword",
    "sslpassphrasedialog",
    "sessioncryptopassphrase",
    "authformpassword",
    "authformsitepassphrase",
    "oidcclientsecret",
    "oidccryptopassphrase",
];

/// Directives with words such as `pass=…`, in lower case.
const WITH_PARAMETERS: [&str; 5] = [
    "dbdparams",
    "proxypass",
    "proxypassmatch",
    "proxyset",
    "balancermember",
];

/// Directives with a name and a value, in lower case.
const WITH_NAMES: [&str; 4] = ["setenv", "define", "header", "requestheader"];

/// Texts in the names of credentials, in lower case and without `-` and `_`.
const NAMES: [&str; 9] = [
    "passw",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "accesskey",
    "privatekey",
    "credential",
    "authorization",
];

/// A text without its secrets.
#[derive(Debug, PartialEq, Eq)]
pub struct Blanked {
    /// The text.
    pub text: Vec<u8>,
    /// Lines with a value that was left out, and what they are.
    pub lines: Vec<(u32, String)>,
}

/// The text of a configuration file without its secrets.
pub fn configuration(text: &[u8]) -> Blanked {
    let mut blanked = Blanked {
        text: Vec::with_capacity(text.len()),
        lines: Vec::new(),
    };
    let mut number = 1;
    let mut rest = text;
    while !rest.is_empty() {
        let (line, after) = rest.split_at(logical_length(rest));
        let ends = line.split(|byte| *byte == b'\n').count() - 1;
        match instead(line) {
            None => blanked.text.extend_from_slice(line),
            Some(Instead { text, name }) => {
                blanked.text.extend(text);
                blanked.text.extend(std::iter::repeat_n(b'\n', ends));
                blanked.lines.extend(name.map(|name| (number, name)));
            }
        }
        number += u32::try_from(ends).unwrap_or(u32::MAX);
        rest = after;
    }
    blanked
}

/// The text of `envvars` without its secrets.
pub fn environment(text: &[u8]) -> Blanked {
    let mut blanked = Blanked {
        text: Vec::with_capacity(text.len()),
        lines: Vec::new(),
    };
    for (number, line) in (1..).zip(text.split_inclusive(|byte| *byte == b'\n')) {
        let end = line.len() - usize::from(line.ends_with(b"\n"));
        let trimmed = line[..end].trim_ascii();
        let assigned = trimmed.iter().position(|byte| *byte == b'=');
        let (name, _) = trimmed.split_at(assigned.unwrap_or(0));
        let name = String::from_utf8_lossy(name);
        if trimmed.starts_with(b"#") {
            blanked.text.push(b'#');
        } else if is_credential(&name) {
            blanked.text.extend(format!("{name}={INSTEAD}").bytes());
            blanked.lines.push((number, name.into_owned()));
        } else {
            blanked.text.extend_from_slice(&line[..end]);
        }
        blanked.text.extend_from_slice(&line[end..]);
    }
    blanked
}

/// Is there a private key in it?
pub fn has_key(content: &[u8]) -> bool {
    const SIGN: &[u8] = b"PRIVATE KEY-----";
    content.windows(SIGN.len()).any(|window| window == SIGN)
}

/// What stands in the place of a line.
struct Instead {
    text: Vec<u8>,
    /// What it is a line of; nothing for a comment.
    name: Option<String>,
}

/// How long the first logical line is: one that ends in a backslash goes on.
fn logical_length(text: &[u8]) -> usize {
    let mut length = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        length += line.len();
        let body = line.strip_suffix(b"\n").unwrap_or(line);
        let body = body.strip_suffix(b"\r").unwrap_or(body);
        if !body.ends_with(b"\\") {
            break;
        }
    }
    length
}

/// `None` for a line that stays as it is.
fn instead(line: &[u8]) -> Option<Instead> {
    let parts = line.split(|byte| *byte == b'\n').map(|part| {
        let part = part.strip_suffix(b"\r").unwrap_or(part);
        part.strip_suffix(b"\\").unwrap_or(part)
    });
    let joined = parts.collect::<Vec<_>>().concat();
    let joined = joined.trim_ascii();
    if joined.starts_with(b"#") {
        let (text, name) = (b"#".to_vec(), None);
        return Some(Instead { text, name });
    }
    let line = Line::from_text(FileId(0), joined);
    let words = words::split(&line, 0..line.text().len());
    let words: Vec<Vec<u8>> = words.into_iter().map(|word| word.value).collect();
    let (name, arguments) = words.split_first()?;
    let name = String::from_utf8_lossy(name);
    let kept = kept(&name.to_ascii_lowercase(), arguments)?;
    let mut text = name.as_bytes().to_vec();
    for word in kept {
        text.push(b' ');
        text.extend(quoted(&word));
    }
    Some(Instead {
        text,
        name: Some(name.into_owned()),
    })
}

/// The arguments without secrets; `None` where there are none.
fn kept(name: &str, arguments: &[Vec<u8>]) -> Option<Vec<Vec<u8>>> {
    let instead = || INSTEAD.as_bytes().to_vec();
    if SECRET.contains(&name) {
        return Some(vec![instead()]);
    }
    if WITH_PARAMETERS.contains(&name) {
        let kept: Vec<_> = arguments
            .iter()
            .map(|word| without_parameters(word))
            .collect();
        return (kept != arguments).then_some(kept);
    }
    if !WITH_NAMES.contains(&name) {
        return None;
    }
    // `Header` and `RequestHeader` have what to do before the name.
    let names = arguments.iter().take(3);
    let at = names
        .map(|word| String::from_utf8_lossy(word))
        .position(|word| is_credential(&word))?;
    let values = arguments
        .get(at + 1..)
        .filter(|values| !values.is_empty())?;
    let kept = arguments[..=at].iter().cloned();
    Some(kept.chain(values.iter().map(|_| instead())).collect())
}

/// `host=h pass=LEFT-OUT`, in one word or in several.
fn without_parameters(word: &[u8]) -> Vec<u8> {
    let parts = word.split_inclusive(|byte| b" ,;".contains(byte));
    let mut kept = Vec::with_capacity(word.len());
    for part in parts {
        let name = part.split(|byte| *byte == b'=').next().unwrap_or(part);
        let is_secret = ["pass", "password", "passwd", "pwd", "secret"]
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known.as_bytes()));
        if is_secret && name.len() < part.len() {
            let end = part.last().filter(|last| b" ,;".contains(last));
            kept.extend([name, b"=", INSTEAD.as_bytes()].concat());
            kept.extend(end);
        } else {
            kept.extend_from_slice(part);
        }
    }
    kept
}

fn is_credential(name: &str) -> bool {
    let plain = name.to_ascii_lowercase().replace(['-', '_'], "");
    NAMES.iter().any(|known| plain.contains(known))
}

fn quoted(word: &[u8]) -> Vec<u8> {
    let mut text = vec![b'"'];
    for byte in word {
        if matches!(byte, b'"' | b'\\') {
            text.push(b'\\');
        }
        text.push(*byte);
    }
    text.push(b'"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(blanked: &Blanked) -> String {
        String::from_utf8_lossy(&blanked.text).into_owned()
    }

    fn check(text: &str, expected: &str) {
        assert_eq!(shown(&configuration(text.as_bytes())), expected, "{text}");
    }

    #[test]
    fn secrets_of_a_configuration_are_left_out() {
        check(
            "AuthLDAPBindPassword hunter2\n",
            "AuthLDAPBindPassword \"LEFT-OUT\"\n",
        );
        check(
            "  sslpassphrasedialog \"exec:/bin/x\"",
            "sslpassphrasedialog \"LEFT-OUT\"",
        );
        check(
            "DBDParams \"host=h user=u pass=hunter2\"\n",
            "DBDParams \"host=h user=u pass=LEFT-OUT\"\n",
        );
        check(
            "DBDParams host=h,password=x,user=u",
            "DBDParams \"host=h,password=LEFT-OUT,user=u\"",
        );
        check(
            "ProxyPass /a ajp://b secret=x",
            "ProxyPass \"/a\" \"ajp://b\" \"secret=LEFT-OUT\"",
        );
        check(
            "SetEnv DB_PASSWORD hunter2",
            "SetEnv \"DB_PASSWORD\" \"LEFT-OUT\"",
        );
        check("Define API-KEY x", "Define \"API-KEY\" \"LEFT-OUT\"");
        check(
            "RequestHeader set Authorization \"Basic eDp5\"",
            "RequestHeader \"set\" \"Authorization\" \"LEFT-OUT\"",
        );
        check(
            "Header always set X-Auth-Token x env=y",
            "Header \"always\" \"set\" \"X-Auth-Token\" \"LEFT-OUT\" \"LEFT-OUT\"",
        );
        check("# AuthLDAPBindPassword hunter2\nA b\n", "#\nA b\n");
        check(
            "AuthLDAPBindPassword \\\n hunter2\nA b\n",
            "AuthLDAPBindPassword \"LEFT-OUT\"\n\nA b\n",
        );
        check("# a \\\nhunter2\nA b", "#\n\nA b");
        check(
            "AuthLDAPBindPassword x\r\nA b\r\n",
            "AuthLDAPBindPassword \"LEFT-OUT\"\nA b\r\n",
        );
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        for text in [
            "RewriteRule ^/password$ /reset [R,L]\n",
            "SetEnv APPLICATION_ENV production\n",
            "Header set X-A b\r\n",
            "ProxyPass /a http://b/\n",
            "RewriteCond %{HTTP:Authorization} ^Basic \\\n [OR]\n",
            "Define SECRET\n",
            "\n\n  \n",
            "",
        ] {
            check(text, text);
        }
    }

    #[test]
    fn secrets_of_the_environment_are_left_out() {
        let check = |text: &str, expected: &str| {
            assert_eq!(shown(&environment(text.as_bytes())), expected, "{text}");
        };
        check(
            "export DB_PASSWORD=hunter2\n",
            "export DB_PASSWORD=LEFT-OUT\n",
        );
        check("# hunter2\nexport A=b\n", "#\nexport A=b\n");
        check("A=token", "A=token");
    }

    #[test]
    fn lines_are_named() {
        let found = configuration(b"A b\nSetEnv \\\nX_TOKEN y\nAuthLDAPBindPassword z\n").lines;
        let expected = [
            (2, "SetEnv".to_owned()),
            (4, "AuthLDAPBindPassword".to_owned()),
        ];
        assert_eq!(found, expected);
    }
}
