//! Values on both sides of a limit.
//!
//! In: the operand of a comparison. Out: texts near it. Absent: the comparison itself.

/// Texts near `operand`: some are smaller, some greater, one is the same.
pub(super) fn around(operand: &[u8]) -> Vec<Vec<u8>> {
    let number = std::str::from_utf8(operand.trim_ascii()).ok();
    if let Some(number) = number.and_then(|text| text.parse::<i64>().ok()) {
        let near = [
            Some(number),
            number.checked_add(1),
            number.checked_sub(1),
            number.checked_mul(10),
            Some(0),
        ];
        let near = near.into_iter().flatten().filter(|value| *value >= 0);
        return near.map(|value| value.to_string().into_bytes()).collect();
    }
    let shorter = operand.split_last().map(|(_, shorter)| shorter.to_vec());
    let longer = [operand, b"a"].concat();
    [operand.to_vec(), longer]
        .into_iter()
        .chain(shorter)
        .collect()
}
