//! What no page of AWS says and nobody has measured: each with the positions it may have.
//!
//! In: nothing. Out: [`Switches`]: a test runs in every position, and must hold in each. Absent: a position that is
//! taken where none is given. Not here, since the model refuses a template that would need them: error pages and response
//! headers policies for generated answers, `Authorization` in an origin request policy.

/// Defines the switches: each with its field, its type, and its positions.
macro_rules! switches {
    ($( $(#[$of_switch:meta])* $field:ident: $switch:ident { $( $(#[$of_position:meta])* $position:ident ),+ $(,)? } )+) => {
        $(
            $(#[$of_switch])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq)]
            pub enum $switch {
                $( $(#[$of_position])* $position, )+
            }

            impl $switch {
                /// Every position.
                pub const ALL: &'static [Self] = &[$( Self::$position, )+];
            }
        )+

        /// One position of every switch.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct Switches {
            $( $(#[$of_switch])* pub $field: $switch, )+
        }

        impl Switches {
            /// How many switches there are.
            pub const COUNT: usize = [$( stringify!($field), )+].len();

            /// The positions that `choose` names, which is given how many a switch has; a number too large is the last one.
            pub fn chosen(mut choose: impl FnMut(usize) -> usize) -> Self {
                Self {
                    $( $field: {
                        let all = $switch::ALL;
                        all[choose(all.len()).min(all.len() - 1)]
                    }, )+
                }
            }

            /// Every position of every switch, beside the first and beside the last of all others.
            pub fn all() -> Vec<Self> {
                let mut all = vec![Self::chosen(|_| 0), Self::chosen(|count| count - 1)];
                for base in all.clone() {
                    $( all.extend($switch::ALL.iter().map(|$field| Self { $field: *$field, ..base })); )+
                }
                let mut found: Vec<Self> = Vec::new();
                for one in all {
                    if !found.contains(&one) {
                        found.push(one);
                    }
                }
                found
            }
        }
    };
}

switches! {
    /// What of `X-Forwarded-For` a key holds that names it.
    forwarded_for: ForwardedForInKey {
        /// What the viewer sent.
        Viewer,
        /// The viewer's with the address that CloudFront adds.
        WithAddress,
    }
    /// What of `Via` a key holds that names it.
    via: ViaInKey {
        /// What the viewer sent.
        Viewer,
        /// The viewer's with CloudFront's own element.
        WithOwn,
    }
    /// How a path stands in the key.
    path: PathInKey {
        /// Byte for byte.
        Raw,
        /// Without empty segments and dots.
        Normalized,
        /// Normalized, with escapes of unreserved characters decoded.
        Decoded,
    }
    /// Whether `/a?` and `/a` have one entry where the query is in the key.
    lone_question_mark: LoneQuestionMark {
        /// One each.
        Apart,
        /// One for both.
        Shared,
    }
    /// In which order listed query parameters stand in the key and go on.
    parameter_order: ParameterOrder {
        /// As in the request.
        OfRequest,
        /// As in the policy.
        OfPolicy,
    }
    /// What a `HEAD` that was not in the cache leaves there.
    head: HeadStore {
        /// An answer for `GET` too.
        Shared,
        /// An answer for `HEAD` only.
        HeadersOnly,
        /// What a `GET` would have: origin and function are asked with that method.
        AsksWithGet,
    }
    /// Whether an answer with status 410 is kept.
    gone: GoneKept {
        /// As other errors are.
        Kept,
        /// Never.
        NotKept,
    }
    /// How long an error is kept that a function at origin-request made.
    generated_error: GeneratedError {
        /// As an error of the origin.
        LikeOrigins,
        /// As any answer that is no error.
        LikeOthers,
    }
    /// Whether `Set-Cookie` of a function at origin-request reaches the viewer where cookies are not forwarded.
    generated_cookie: GeneratedCookie {
        /// CloudFront removes it, as from an origin's answer.
        Removed,
        /// The header stays.
        Kept,
    }
    /// What a viewer gets when the function fails and an answer that is too old is there.
    function_failed: FunctionFailed {
        /// The error.
        Error,
        /// The old answer.
        Stale,
    }
    /// Whether headers reach origin-request that no policy names, where the page about the settings before policies says so.
    unnamed: UnnamedHeaders {
        /// Such headers are absent.
        Absent,
        /// Such headers are there.
        Forwarded,
    }
    /// What a function at origin-request sees of `Cache-Control` and `Pragma`.
    cache_control: CacheControlAtOrigin {
        /// Nothing.
        Absent,
        /// What the viewer sent.
        Viewer,
        /// `no-cache`, as in AWS's example event.
        NoCache,
    }
    /// Whether a CloudFront Function sees `CloudFront-Forwarded-Proto` that a policy names.
    forwarded_proto: ForwardedProtoAtViewer {
        /// The function sees the scheme there.
        Present,
        /// The function sees no such header.
        Absent,
    }
    /// When the default root object takes the place of `/`.
    root_object: RootObject {
        /// Before functions at viewer-request.
        BeforeFunctions,
        /// After them.
        AfterFunctions,
    }
    /// What becomes of a request whose CloudFront Function takes too long.
    over_time: OverTime {
        /// The viewer gets 503.
        Error,
        /// The request passes through unchanged.
        Unchanged,
    }
    /// In which order cookies of one name go on.
    same_cookies: SameCookies {
        /// As they were sent.
        AsSent,
        /// The last one first.
        LastFirst,
    }
    /// What becomes of a viewer's `Via` before origin-request.
    viewer_via: ViewerVia {
        /// CloudFront adds its own element to it.
        AddedTo,
        /// CloudFront puts its own in place of it.
        Replaced,
    }
}
