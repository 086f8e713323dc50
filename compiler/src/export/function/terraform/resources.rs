//! Resources of a template as Terraform's.
//!
//! In: a template's `Resources`, [`Names`]. Out: [`Resources`]. Absent: which field becomes which; see `fields`.

use serde_json::{Map, Value, json};

use super::expression::{Names, choice, held, is_nothing};
use super::fields::{ALIAS, AT_HOME, Becomes, Fields, Kind, REPLICA};
use super::{Untranslated, members, snake, unknown};
use crate::export::function::regions::HOME;

/// Resources by what Terraform calls their kind, and by their names.
#[derive(Debug, Default)]
pub(super) struct Resources(Map<String, Value>);

impl Resources {
    /// Adds the resources of a template.
    pub(super) fn add_all(&mut self, resources: &Value, names: &Names) -> Result<(), Untranslated> {
        // A version comes after its function, whose fields it adds to.
        for is_version in [false, true] {
            for (name, resource) in members(resources, "Resources")? {
                let kind = resource["Type"].as_str().and_then(Kind::of);
                let kind = kind.ok_or_else(|| unknown(name, &resource["Type"]))?;
                if (kind == Kind::Version) == is_version {
                    self.add(name, kind, resource, names)?;
                }
            }
        }
        Ok(())
    }

    /// Is there a resource of this kind?
    pub(super) fn has(&self, kind: Kind) -> bool {
        self.0.contains_key(kind.resource())
    }

    pub(super) fn into_json(self) -> Value {
        Value::Object(self.0)
    }

    fn add(
        &mut self,
        name: &str,
        kind: Kind,
        resource: &Value,
        names: &Names,
    ) -> Result<(), Untranslated> {
        let mut block = Map::new();
        block.insert("provider".to_owned(), json!(ALIAS));
        for (field, value) in members(resource, name)? {
            let place = format!("{name}.{field}");
            match (field.as_str(), value.as_str()) {
                ("Type", _) => {}
                ("Properties", _) => {
                    let mut inside = Inside {
                        names,
                        beside: Vec::new(),
                    };
                    merge(
                        &mut block,
                        inside.fields(value, kind.properties(), &place)?,
                        &place,
                    )?;
                    for (policy, resource) in inside.beside {
                        let policy = format!("{}_{}", snake(name), snake(&policy));
                        self.put(
                            Kind::Policy,
                            &policy,
                            with_role(resource, name, kind),
                            &place,
                        )?;
                    }
                }
                ("DeletionPolicy" | "UpdateReplacePolicy", Some("Retain")) => {
                    let kept = kind.retained().ok_or_else(|| unknown(&place, value))?;
                    merge(&mut block, constants(kept, &place)?, &place)?;
                }
                _ => return Err(unknown(&place, value)),
            }
        }
        let owner = match kind {
            Kind::Version => function_of(resource),
            _ => name,
        };
        self.put(kind, &snake(owner), block, name)
    }

    /// Puts a resource to the others, or its fields to those of one that is there.
    fn put(
        &mut self,
        kind: Kind,
        name: &str,
        block: Map<String, Value>,
        place: &str,
    ) -> Result<(), Untranslated> {
        let resources = self.0.entry(kind.resource());
        let resources = resources.or_insert_with(|| json!({}));
        if let Some(there) = resources[name].as_object_mut() {
            return merge(there, block, place);
        }
        resources[name] = Value::Object(block);
        Ok(())
    }
}

/// Puts fields to others. Two for the same place have to be the same, but for blocks that depend on conditions, which stand
/// together.
fn merge(
    block: &mut Map<String, Value>,
    more: Map<String, Value>,
    place: &str,
) -> Result<(), Untranslated> {
    for (name, value) in more {
        match block.get_mut(&name) {
            None => {
                block.insert(name, value);
            }
            Some(Value::Object(there)) if name == "dynamic" => {
                merge(there, members(&value, place)?.clone(), place)?;
            }
            Some(there) if *there == value => {}
            Some(_) => return Err(unknown(place, format_args!("{name} is there twice"))),
        }
    }
    Ok(())
}

/// The function that a version is of.
fn function_of(version: &Value) -> &str {
    let function = version["Properties"]["FunctionName"]["Ref"].as_str();
    function.unwrap_or_default()
}

/// A policy in a role, as a resource of its own.
fn with_role(mut policy: Map<String, Value>, role: &str, kind: Kind) -> Map<String, Value> {
    let role = format!("${{{}.{}.name}}", kind.resource(), snake(role));
    policy.insert("role".to_owned(), json!(role));
    policy.insert("provider".to_owned(), json!(ALIAS));
    policy
}

/// Constants of the tables, which are JSON.
fn constants(text: &str, place: &str) -> Result<Map<String, Value>, Untranslated> {
    serde_json::from_str(text).map_err(|error| unknown(place, error))
}

/// The inside of one resource.
struct Inside<'n> {
    names: &'n Names,
    /// Policies that become resources of their own, by their names.
    beside: Vec<(String, Map<String, Value>)>,
}

impl Inside<'_> {
    /// What becomes of an object.
    fn fields(
        &mut self,
        object: &Value,
        fields: &Fields,
        place: &str,
    ) -> Result<Map<String, Value>, Untranslated> {
        let mut block = constants(fields.besides, place)?;
        for (name, value) in members(object, place)? {
            let place = format!("{place}.{name}");
            let known = fields.known.iter().find(|(known, _)| known == name);
            let (_, becomes) = known.ok_or_else(|| unknown(&place, value))?;
            merge(&mut block, self.field(value, becomes, &place)?, &place)?;
        }
        Ok(block)
    }

    /// What becomes of a field.
    fn field(
        &mut self,
        value: &Value,
        becomes: &Becomes,
        place: &str,
    ) -> Result<Map<String, Value>, Untranslated> {
        let (name, value) = match becomes {
            Becomes::Attribute(name) => (*name, self.names.value(value, place)?),
            Becomes::OnlyOf(name) => match list(value, place)? {
                [one] => (*name, self.names.value(one, place)?),
                _ => return Err(unknown(place, value)),
            },
            Becomes::Document(name) => (*name, self.names.document(value, place)?),
            Becomes::Items(name) => (*name, json!({ "items": self.names.value(value, place)? })),
            Becomes::Blocks(name, fields) => {
                let blocks = list(value, place)?.iter();
                let blocks = blocks.map(|one| self.fields(one, fields, place).map(Value::Object));
                (*name, Value::Array(blocks.collect::<Result<_, _>>()?))
            }
            Becomes::Block(name, fields) => return self.block(value, name, fields, place),
            Becomes::Inline(fields) => return self.fields(value, fields, place),
            Becomes::Nothing(text) => {
                let expected: Value =
                    serde_json::from_str(text).map_err(|error| unknown(place, error))?;
                return if *value == expected {
                    Ok(Map::new())
                } else {
                    Err(unknown(place, value))
                };
            }
            Becomes::Policies => {
                for policy in list(value, place)? {
                    let block = self.fields(policy, Kind::Policy.properties(), place)?;
                    let name = policy["PolicyName"].as_str();
                    let name = name.ok_or_else(|| unknown(place, policy))?;
                    self.beside.push((name.to_owned(), block));
                }
                return Ok(Map::new());
            }
            Becomes::Replicas => return self.replicas(value, place),
        };
        Ok(Map::from_iter([(name.to_owned(), value)]))
    }

    /// A block, which may depend on a condition: one that is there or not, or one of two, whose fields are there or not.
    fn block(
        &mut self,
        value: &Value,
        name: &str,
        fields: &Fields,
        place: &str,
    ) -> Result<Map<String, Value>, Untranslated> {
        let Some((condition, one, other)) = choice(value) else {
            let block = self.fields(value, fields, place)?;
            return Ok(Map::from_iter([(name.to_owned(), json!(block))]));
        };
        let condition = held(condition, place)?;
        if is_nothing(other) {
            let content = self.fields(one, fields, place)?;
            let dynamic = json!({ name: {
                "for_each": format!("${{{condition} ? [1] : []}}"),
                "content": content,
            } });
            return Ok(Map::from_iter([("dynamic".to_owned(), dynamic)]));
        }
        // Each value is there in one case only.
        let mut both = Map::new();
        for (object, (then, otherwise)) in [(one, ("", "null")), (other, ("null", ""))] {
            for (field, value) in members(object, place)? {
                let place = format!("{place}.{field}");
                let known = fields.known.iter().find(|(known, _)| known == field);
                let Some((_, Becomes::Attribute(name))) = known else {
                    return Err(unknown(&place, value));
                };
                let value = self.names.expression(value, &place)?;
                let [then, otherwise] = [then, otherwise].map(|text| {
                    if text.is_empty() {
                        value.as_str()
                    } else {
                        text
                    }
                });
                let value = json!(format!("${{{condition} ? {then} : {otherwise}}}"));
                if both.insert((*name).to_owned(), value).is_some() {
                    return Err(unknown(&place, "in both cases"));
                }
            }
        }
        Ok(Map::from_iter([(name.to_owned(), json!(both))]))
    }

    /// The replicas of a table: the one at home is the table itself.
    fn replicas(&mut self, value: &Value, place: &str) -> Result<Map<String, Value>, Untranslated> {
        let (mut block, mut others) = (Map::new(), Vec::new());
        for replica in list(value, place)? {
            if replica["Region"] == HOME {
                merge(&mut block, self.fields(replica, &AT_HOME, place)?, place)?;
            } else {
                others.push(Value::Object(self.fields(replica, &REPLICA, place)?));
            }
        }
        if !others.is_empty() {
            block.insert("replica".to_owned(), Value::Array(others));
        }
        Ok(block)
    }
}

/// The elements of a list.
fn list<'v>(value: &'v Value, place: &str) -> Result<&'v [Value], Untranslated> {
    let list = value.as_array().map(Vec::as_slice);
    list.ok_or_else(|| unknown(place, value))
}
