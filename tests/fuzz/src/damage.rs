//! Damage to bytes, as other bytes describe it.
//!
//! In: bytes, and edits of five bytes each. Out: the damaged bytes. Absent: what the bytes mean. Since
//! edits do not name the bytes they change, a kept input outlives a new version of a format.

/// `bytes` after every edit of `edits`: what, where (two bytes), how long, and a value.
pub fn damaged(bytes: &[u8], edits: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for edit in edits.chunks_exact(5) {
        let [what, high, low, length, value] = *edit else {
            continue;
        };
        if bytes.is_empty() {
            break;
        }
        let place = usize::from(u16::from_be_bytes([high, low])) % bytes.len();
        let end = (place + usize::from(length)).min(bytes.len());
        match what % 8 {
            0 => bytes[place] = value,
            1 => bytes[place] ^= 1 << (value % 8),
            2 => bytes[place] = bytes[place].wrapping_add(value),
            3 => bytes[place..end].fill(value),
            4 => drop(bytes.drain(place..end)),
            5 => bytes.truncate(place),
            6 => {
                let copy = bytes[place..end].to_vec();
                let target = usize::from(value) * bytes.len() / 256;
                drop(bytes.splice(target..target, copy));
            }
            _ => drop(bytes.splice(place..place, std::iter::repeat_n(value, length.into()))),
        }
    }
    bytes
}
