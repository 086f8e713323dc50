//! The file system as the compiler's loader sees it.
