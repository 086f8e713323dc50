//! The server's own pages (`ap_send_error_response`, `get_canned_error_string`).
//!
//! In: a status, and what of a request the page says. Out: the bytes. Absent: the signature (`ServerSignature`), and the
//! notes of modules that only refuse what CloudFront refuses before.

/// What the server's own page says besides the status.
#[derive(Debug, Clone, Copy, Default)]
pub struct About<'a> {
    /// Where a redirect leads.
    pub location: &'a [u8],
    /// The method.
    pub method: &'a [u8],
    /// What the request expects (`Expect`).
    pub expected: Option<&'a [u8]>,
    /// Who looks after the server.
    pub admin: &'a [u8],
    /// The status of an error on the way to a document for this one.
    pub also: Option<u16>,
    /// What a module says of a request that it refused (`error-notes`); empty for nothing.
    pub notes: &'a str,
}

/// Does the own page of a status say nothing but where a redirect leads?
pub fn is_plain(status: u16) -> bool {
    match explanation(status) {
        Explanation::Text(_) | Explanation::Noted(_) | Explanation::Location(_) => true,
        Explanation::Method(..) | Explanation::Expectation | Explanation::Fault => false,
    }
}

/// The server's own page, without a signature (`ap_send_error_response`).
pub fn own_page(status: u16, about: &About<'_>) -> Vec<u8> {
    let title = status_line(status);
    let phrase = title.get(4..).unwrap_or_default();
    let mut page = Vec::with_capacity(LONGEST_FRAME + 2 * about.location.len());
    add(
        &mut page,
        &[
            "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\" \"http://www.w3.org/TR/html4/strict.dtd\">\n\
             <html><head>\n<title>",
            title,
            "</title>\n</head><body>\n<h1>",
            phrase,
            "</h1>\n",
        ],
    );
    explain(status, about, &mut page);
    if let Some(also) = about.also {
        add(
            &mut page,
            &[
                "<p>Additionally, a ",
                status_line(also),
                "\nerror was encountered while trying to use an ErrorDocument to handle the request.</p>\n",
            ],
        );
    }
    add(&mut page, &["</body></html>\n"]);
    page
}

/// An own page has at most so many bytes, besides what a request puts into it.
const LONGEST_FRAME: usize = 640;

fn add(page: &mut Vec<u8>, parts: &[&str]) {
    for part in parts {
        page.extend_from_slice(part.as_bytes());
    }
}

/// What the page says below its headline (`get_canned_error_string`).
fn explain(status: u16, about: &About<'_>, page: &mut Vec<u8>) {
    match explanation(status) {
        Explanation::Text(text) => add(page, &[text]),
        Explanation::Noted(text) => add(page, &[text, about.notes, "</p>\n"]),
        Explanation::Location(before) => {
            add(page, &[before]);
            add_escaped(page, about.location);
            add(page, &["\">here</a>.</p>\n"]);
        }
        Explanation::Method(before, after) => {
            add(page, &[before]);
            add_escaped(page, about.method);
            add(page, &[after]);
        }
        Explanation::Expectation => {
            match about.expected {
                Some(expected) => {
                    add(page, &[EXPECTED]);
                    add_escaped(page, expected);
                    add(page, &["\n</pre>\n"]);
                }
                None => add(page, &[NOTHING_EXPECTED]),
            }
            add(
                page,
                &["</p><p>Only the 100-continue expectation is supported.</p>\n"],
            );
        }
        Explanation::Fault => {
            add(page, &[BEFORE_ADMIN]);
            add_escaped(page, about.admin);
            add(page, &[AFTER_ADMIN]);
        }
    }
}

/// `ap_escape_html`
fn add_escaped(page: &mut Vec<u8>, text: &[u8]) {
    for part in text.split_inclusive(|byte| matches!(byte, b'<' | b'>' | b'&' | b'"')) {
        let (last, before) = part
            .split_last()
            .map_or((b' ', part), |(last, before)| (*last, before));
        let escaped = match last {
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'&' => "&amp;",
            b'"' => "&quot;",
            _ => {
                page.extend_from_slice(part);
                continue;
            }
        };
        page.extend_from_slice(before);
        page.extend_from_slice(escaped.as_bytes());
    }
}

/// What an own page says of its status.
enum Explanation {
    /// The same for every request.
    Text(&'static str),
    /// A text before what a module says of the request (`add_optional_notes`).
    Noted(&'static str),
    /// A text before the URL that a redirect leads to.
    Location(&'static str),
    /// Texts before and after the method.
    Method(&'static str, &'static str),
    /// What the request expects.
    Expectation,
    /// An error of the server, and who should be told.
    Fault,
}

const EXPECTED: &str = "<p>The expectation given in the Expect request-header\nfield could not be met by this server.\n\
                        The client sent<pre>\n    Expect: ";

const NOTHING_EXPECTED: &str = "<p>No expectation was seen, the Expect request-header \nfield was not presented by the \
                                client.\n";

const BEFORE_ADMIN: &str = "<p>The server encountered an internal error or\nmisconfiguration and was unable to complete\n\
                            your request.</p>\n<p>Please contact the server administrator at \n ";

const AFTER_ADMIN: &str = " to inform them of the time this error occurred,\n and the actions you performed just before \
                           this error.</p>\n<p>More information about this error may be available\nin the server error \
                           log.</p>\n";

fn explanation(status: u16) -> Explanation {
    match status {
        300 => Explanation::Text(""),
        301 | 302 | 307 | 308 => Explanation::Location("<p>The document has moved <a href=\""),
        303 => Explanation::Location("<p>The answer to your request is located <a href=\""),
        305 => Explanation::Text(
            "<p>This resource is only accessible through the proxy\n<br />\nYou will need to configure your client to use that proxy.</p>\n",
        ),
        400 => Explanation::Noted(
            "<p>Your browser sent a request that this server could not understand.<br />\n",
        ),
        403 => Explanation::Noted("<p>You don't have permission to access this resource."),
        404 => Explanation::Text("<p>The requested URL was not found on this server.</p>\n"),
        405 => Explanation::Method(
            "<p>The requested method ",
            " is not allowed for this URL.</p>\n",
        ),
        406 => Explanation::Text(
            "<p>An appropriate representation of the requested resource could not be found on this server.</p>\n",
        ),
        407 | 401 => Explanation::Text(
            "<p>This server could not verify that you\nare authorized to access the document\nrequested.  Either you supplied the wrong\ncredentials (e.g., bad password), or your\nbrowser doesn't understand how to supply\nthe credentials required.</p>\n",
        ),
        408 => Explanation::Text(
            "<p>Server timeout waiting for the HTTP request from the client.</p>\n",
        ),
        410 => Explanation::Text(
            "<p>The requested resource is no longer available on this server and there is no forwarding address.\nPlease remove all references to this resource.</p>\n",
        ),
        411 => Explanation::Method(
            "<p>A request of the requested method ",
            " requires a valid Content-length.<br />\n</p>\n",
        ),
        412 => Explanation::Text(
            "<p>The precondition on the request for this URL evaluated to false.</p>\n",
        ),
        413 => Explanation::Method(
            "The requested resource does not allow request data with ",
            " requests, or the amount of data provided in\nthe request exceeds the capacity limit.\n",
        ),
        414 => Explanation::Text(
            "<p>The requested URL's length exceeds the capacity\nlimit for this server.<br />\n</p>\n",
        ),
        415 => Explanation::Text(
            "<p>The supplied request data is not in a format\nacceptable for processing by this resource.</p>\n",
        ),
        416 => Explanation::Text(
            "<p>None of the range-specifier values in the Range\nrequest-header field overlap the current extent\nof the selected resource.</p>\n",
        ),
        417 => Explanation::Expectation,
        421 => Explanation::Text(
            "<p>The client needs a new connection for this\nrequest as the requested host name does not match\nthe Server Name Indication (SNI) in use for this\nconnection.</p>\n",
        ),
        422 => Explanation::Text(
            "<p>The server understands the media type of the\nrequest entity, but was unable to process the\ncontained instructions.</p>\n",
        ),
        423 => Explanation::Text(
            "<p>The requested resource is currently locked.\nThe lock must be released or proper identification\ngiven before the method can be applied.</p>\n",
        ),
        424 => Explanation::Text(
            "<p>The method could not be performed on the resource\nbecause the requested action depended on another\naction and that other action failed.</p>\n",
        ),
        426 => Explanation::Text(
            "<p>The requested resource can only be retrieved\nusing SSL.  The server is willing to upgrade the current\nconnection to SSL, but your client doesn't support it.\nEither upgrade your client, or try requesting the page\nusing https://\n",
        ),
        428 => Explanation::Text("<p>The request is required to be conditional.</p>\n"),
        429 => Explanation::Text(
            "<p>The user has sent too many requests\nin a given amount of time.</p>\n",
        ),
        431 => Explanation::Text(
            "<p>The server refused this request because\nthe request header fields are too large.</p>\n",
        ),
        451 => Explanation::Text(
            "<p>Access to this URL has been denied for legal reasons.<br />\n</p>\n",
        ),
        _ => explanation_of_server_error(status),
    }
}

/// What the page says of an error of the server, and of a status that has no words of its own.
fn explanation_of_server_error(status: u16) -> Explanation {
    match status {
        501 => Explanation::Method("<p>", " not supported for current URL.<br />\n</p>\n"),
        502 => Explanation::Text(
            "<p>The proxy server received an invalid\r\nresponse from an upstream server.<br />\r\n</p>\n",
        ),
        503 => Explanation::Text(
            "<p>The server is temporarily unable to service your\nrequest due to maintenance downtime or capacity\nproblems. Please try again later.</p>\n",
        ),
        504 => Explanation::Text(
            "<p>The gateway did not receive a timely response\nfrom the upstream server or application.</p>\n",
        ),
        506 => Explanation::Text(
            "<p>A variant for the requested resource\n<pre>\n\n</pre>\nis itself a negotiable resource. This indicates a configuration error.</p>\n",
        ),
        507 => Explanation::Text(
            "<p>The method could not be performed on the resource\nbecause the server is unable to store the\nrepresentation needed to successfully complete the\nrequest.  There is insufficient free space left in\nyour storage allocation.</p>\n",
        ),
        508 => Explanation::Text(
            "<p>The server terminated an operation because\nit encountered an infinite loop.</p>\n",
        ),
        510 => Explanation::Text(
            "<p>A mandatory extension policy in the request is not\naccepted by the server for this resource.</p>\n",
        ),
        511 => {
            Explanation::Text("<p>The client needs to authenticate to gain\nnetwork access.</p>\n")
        }
        _ => Explanation::Fault,
    }
}

/// The status and what it is called (`status_lines`); of one that httpd does not know that of an internal error.
pub fn status_line(status: u16) -> &'static str {
    match status {
        100 => "100 Continue",
        101 => "101 Switching Protocols",
        102 => "102 Processing",
        200 => "200 OK",
        201 => "201 Created",
        202 => "202 Accepted",
        203 => "203 Non-Authoritative Information",
        204 => "204 No Content",
        205 => "205 Reset Content",
        206 => "206 Partial Content",
        207 => "207 Multi-Status",
        208 => "208 Already Reported",
        226 => "226 IM Used",
        300 => "300 Multiple Choices",
        301 => "301 Moved Permanently",
        302 => "302 Found",
        303 => "303 See Other",
        304 => "304 Not Modified",
        305 => "305 Use Proxy",
        307 => "307 Temporary Redirect",
        308 => "308 Permanent Redirect",
        400 => "400 Bad Request",
        401 => "401 Unauthorized",
        402 => "402 Payment Required",
        403 => "403 Forbidden",
        404 => "404 Not Found",
        405 => "405 Method Not Allowed",
        406 => "406 Not Acceptable",
        407 => "407 Proxy Authentication Required",
        408 => "408 Request Timeout",
        409 => "409 Conflict",
        410 => "410 Gone",
        411 => "411 Length Required",
        412 => "412 Precondition Failed",
        413 => "413 Request Entity Too Large",
        414 => "414 Request-URI Too Long",
        415 => "415 Unsupported Media Type",
        416 => "416 Requested Range Not Satisfiable",
        417 => "417 Expectation Failed",
        421 => "421 Misdirected Request",
        422 => "422 Unprocessable Entity",
        423 => "423 Locked",
        424 => "424 Failed Dependency",
        426 => "426 Upgrade Required",
        428 => "428 Precondition Required",
        429 => "429 Too Many Requests",
        431 => "431 Request Header Fields Too Large",
        451 => "451 Unavailable For Legal Reasons",
        501 => "501 Not Implemented",
        502 => "502 Bad Gateway",
        503 => "503 Service Unavailable",
        504 => "504 Gateway Timeout",
        505 => "505 HTTP Version Not Supported",
        506 => "506 Variant Also Negotiates",
        507 => "507 Insufficient Storage",
        508 => "508 Loop Detected",
        510 => "510 Not Extended",
        511 => "511 Network Authentication Required",
        _ => "500 Internal Server Error",
    }
}
