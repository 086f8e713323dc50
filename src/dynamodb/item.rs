//! An item as DynamoDB's client takes it.
//!
//! In: an [`Item`] of the compiler's. Out: attributes. Absent: the item's JSON, which the compiler writes and reads.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use edgewright_compiler::export::item::{Attribute, Item};
use edgewright_engine::artefact::item::KEY_ATTRIBUTE;

/// All attributes of `item` as the client sends them.
pub fn attributes(item: &Item) -> HashMap<String, AttributeValue> {
    let key = AttributeValue::S(item.key().to_owned());
    let others = item.others();
    let others = others.map(|(name, attribute)| (name.to_owned(), value(attribute)));
    others.chain([(KEY_ATTRIBUTE.to_owned(), key)]).collect()
}

fn value(attribute: &Attribute) -> AttributeValue {
    match attribute {
        Attribute::S(text) => AttributeValue::S(text.clone()),
        Attribute::N(text) => AttributeValue::N(text.clone()),
        Attribute::B(bytes) => AttributeValue::B(Blob::new(bytes.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attribute_is_sent() {
        let mut item = Item::of_bytes("0/a".to_owned(), &[0, 255]);
        item.add("status", Attribute::N("301".to_owned()));
        let expected = [
            ("pk", AttributeValue::S("0/a".to_owned())),
            ("entry", AttributeValue::B(Blob::new([0, 255]))),
            ("status", AttributeValue::N("301".to_owned())),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value));
        assert_eq!(attributes(&item), HashMap::from(expected));
    }
}
