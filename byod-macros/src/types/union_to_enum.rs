//! Which Rust type holds the values of a union.

use byod_schema::{Field, Fields, Validator, Value};

use super::documents::flatten;
use super::model::{Body, Tagged, TaggedVariant, Type, Types, Union, Untagged, UntaggedVariant};
use crate::names::{self, Scope};

impl Types<'_> {
    pub(crate) fn union(&mut self, union: &Validator, name: &str) -> Type {
        let mut members = Vec::new();
        flatten(union, &mut members);
        let all = members.len();
        members.retain(|member| **member != Validator::Null);
        let nullable = members.len() < all;
        if members.is_empty() {
            return Type::Null;
        }
        // Null apart, so that equal unions with and without it share a type.
        let present = Validator::Union {
            value: members.iter().copied().cloned().collect(),
        };
        let ty = self.present_union(&present, &members, name);
        match ty {
            // Any value may be null already.
            Type::Any => Type::Any,
            ty if nullable => Type::Nullable(Box::new(ty)),
            ty => ty,
        }
    }

    fn present_union(&mut self, union: &Validator, members: &[&Validator], name: &str) -> Type {
        if let [one] = members {
            return self.inside(one, name);
        }
        if self.documents.are(members) {
            return Type::Document;
        }
        let texts: Option<Vec<&str>> = members.iter().map(|member| text(member)).collect();
        if let Some(texts) = texts {
            return Type::OneOf(self.one_of(union, &texts, name));
        }
        if let Some(index) = self.defined(union) {
            return Type::Union(index);
        }
        match tagged(members) {
            Some((tag, objects)) => {
                let index = self.define(union, name, Body::Struct(Vec::new()));
                let own_name = self.definitions[index].wanted().to_owned();
                let tagged = self.tagged(tag, &objects, &own_name);
                self.definitions[index].body = Body::Union(Union::Tagged(tagged));
                Type::Union(index)
            }
            None => {
                let body = match self.untagged(members, name) {
                    Ok(body) => body,
                    Err(only) => return only,
                };
                Type::Union(self.define(union, name, Body::Union(Union::Untagged(body))))
            }
        }
    }

    /// The enum of a table's documents of several kinds; `None` if they are all of
    /// one type.
    pub(crate) fn document_enum(&mut self, document: &Validator) -> Option<Union> {
        let mut kinds = Vec::new();
        flatten(document, &mut kinds);
        match tagged(&kinds) {
            Some((tag, objects)) => Some(Union::Tagged(self.tagged(tag, &objects, ""))),
            None => self.untagged(&kinds, "").ok().map(Union::Untagged),
        }
    }

    fn tagged(&mut self, tag: &str, objects: &[(&Value, &Fields)], prefix: &str) -> Tagged {
        let mut scope = Scope::default();
        let catch_all = scope.take("Unknown".to_owned());
        let labels: Vec<String> = objects.iter().map(|(literal, _)| label(literal)).collect();
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        let variants = scope.take_all(&labels, of_label);
        let variants = objects
            .iter()
            .zip(variants)
            .map(|((literal, fields), name)| {
                let others: Fields = fields
                    .iter()
                    .filter(|(field, _)| *field != tag)
                    .map(|(field, declared)| (field, declared.clone()))
                    .collect();
                TaggedVariant {
                    fields: (!others.is_empty()).then(|| {
                        let validator = Validator::Object {
                            value: others.clone(),
                        };
                        let name = format!("{prefix}{}", of_label(&label(literal)));
                        self.ask(&validator, &name);
                        self.object(&validator, &others, &name)
                    }),
                    name,
                    literal: (*literal).clone(),
                }
            })
            .collect();
        Tagged {
            tag: tag.to_owned(),
            variants,
            catch_all,
        }
    }

    /// The variants; `Err` if one type holds all the values.
    fn untagged(&mut self, members: &[&Validator], name: &str) -> Result<Untagged, Type> {
        let texts: Vec<Validator> = members
            .iter()
            .filter(|member| text(member).is_some())
            .map(|member| (*member).clone())
            .collect();
        let literals = Validator::Union { value: texts };
        let any_text = self.is_any_text(members);

        let mut variants: Vec<UntaggedVariant> = Vec::new();
        for member in members {
            let is_text = text(member).is_some();
            let is_id = matches!(member, Validator::Id { .. });
            let (ty, kind) = if any_text && (is_text || is_id) {
                (Type::String, "String".to_owned())
            } else if is_text {
                let name = format!("{name}Literal");
                (self.of(&literals, &name), "Literal".to_owned())
            } else {
                let kind = kind(member);
                (self.of(member, &format!("{name}{kind}")), kind)
            };
            if ty == Type::Any {
                return Err(Type::Any);
            }
            match variants.iter_mut().find(|variant| variant.ty == ty) {
                Some(variant) => variant.validators.push(self.as_held(member)),
                None => variants.push(UntaggedVariant {
                    name: kind,
                    ty,
                    validators: vec![self.as_held(member)],
                }),
            }
        }
        if let [only] = &variants[..] {
            return Err(only.ty.clone());
        }
        let mut scope = Scope::default();
        let catch_all = scope.take("Unknown".to_owned());
        let names = variant_names(&variants, &mut scope);
        for (variant, name) in variants.iter_mut().zip(names) {
            variant.name = name;
        }
        Ok(Untagged {
            variants,
            catch_all,
        })
    }

    /// The validator of what is held here: ids of the other deployment are strings.
    fn as_held(&self, validator: &Validator) -> Validator {
        let field = |field: &Field| Field {
            field_type: self.as_held(&field.field_type),
            optional: field.optional,
        };
        match validator {
            Validator::Id { table_name } if self.is_foreign(table_name) => Validator::String,
            Validator::Array { value } => Validator::Array {
                value: Box::new(self.as_held(value)),
            },
            Validator::Record { keys, values } => Validator::Record {
                keys: Box::new(self.as_held(keys)),
                values: Box::new(field(values)),
            },
            Validator::Object { value } => Validator::Object {
                value: value
                    .iter()
                    .map(|(name, declared)| (name, field(declared)))
                    .collect(),
            },
            Validator::Union { value } => Validator::Union {
                value: value.iter().map(|member| self.as_held(member)).collect(),
            },
            other => other.clone(),
        }
    }

    /// Whether all text among the members is of one type: a string holds its
    /// literals too, and of which table an id is doesn't show.
    fn is_any_text(&self, members: &[&Validator]) -> bool {
        let mut tables = Vec::new();
        for member in members {
            match member {
                Validator::String => return true,
                Validator::Id { table_name } if self.is_foreign(table_name) => return true,
                Validator::Id { table_name } if !tables.contains(&table_name) => {
                    tables.push(table_name);
                }
                _ => {}
            }
        }
        tables.len() > 1
    }
}

fn text(validator: &Validator) -> Option<&str> {
    match validator {
        Validator::Literal {
            value: Value::String(text),
        } => Some(text),
        _ => None,
    }
}

/// The field that is a literal in every member, a different one in each, and the
/// members by their literal. Strings say most, so they are preferred.
fn tagged<'v>(members: &[&'v Validator]) -> Option<(&'v str, Vec<(&'v Value, &'v Fields)>)> {
    let objects: Option<Vec<&Fields>> = members.iter().map(|member| member.as_object()).collect();
    let objects = objects?;
    let mut tags: Vec<_> = objects
        .first()?
        .names()
        .filter_map(|tag| Some((tag, by_literal(&objects, tag)?)))
        .collect();
    let of_text = |(_, members): &(_, Vec<(&Value, _)>)| {
        members
            .iter()
            .all(|(literal, _)| matches!(literal, Value::String(_)))
    };
    let best = tags.iter().position(of_text).unwrap_or(0);
    (!tags.is_empty()).then(|| tags.swap_remove(best))
}

fn by_literal<'v>(objects: &[&'v Fields], tag: &str) -> Option<Vec<(&'v Value, &'v Fields)>> {
    let mut members: Vec<(&Value, &Fields)> = Vec::new();
    for &fields in objects {
        let Field {
            field_type: Validator::Literal { value },
            optional: false,
        } = fields.get(tag)?
        else {
            return None;
        };
        if members.iter().any(|(other, _)| *other == value) {
            return None;
        }
        members.push((value, fields));
    }
    Some(members)
}

/// What a variant is called after its literal, and behind a zero what tells it from a text
/// that is spelled alike.
fn label(literal: &Value) -> String {
    match literal {
        Value::String(text) => text.clone(),
        Value::Boolean(value) => format!("{value}\0boolean"),
        // `Number1`, `NumberMinus2`; `Number15` of 1.5.
        Value::Float64(number) => format!("number {number}\0number").replace('-', "minus "),
        Value::Int64(number) => format!("int {number}\0int64").replace('-', "minus "),
        _ => "value".to_owned(),
    }
}

/// The variant's name, where no other one has it.
fn of_label(label: &str) -> String {
    names::pascal(label.split('\0').next().unwrap_or(label))
}

/// What tells a variant from others of its kind, where that is enough: its fields, or what
/// kind of thing is in it.
fn held(validator: &Validator) -> String {
    match validator {
        Validator::Object { value } => {
            let field = |(name, field): (&str, &Field)| match text(&field.field_type) {
                Some(text) => format!("{name}_{text}"),
                None => name.to_owned(),
            };
            let mut fields: Vec<String> = value.iter().map(field).collect();
            fields.sort_unstable();
            fields.join("_")
        }
        Validator::Array { value } => kind(value),
        Validator::Record { values, .. } => kind(&values.field_type),
        _ => String::new(),
    }
}

/// The names of variants: where several would have one, each says in it what it holds, and
/// by a digest where that isn't enough.
fn variant_names(variants: &[UntaggedVariant], scope: &mut Scope) -> Vec<String> {
    let held: Vec<String> = variants.iter().map(|v| held(&v.validators[0])).collect();
    let is_same =
        |i: usize, other: usize| variants[i].name == variants[other].name && held[i] == held[other];
    let told = |i: usize| match (0..held.len()).filter(|other| is_same(i, *other)).count() {
        1 => held[i].clone(),
        _ => format!("{}_{}", held[i], names::digest(&variants[i].validators[0])),
    };
    let told: Vec<String> = (0..held.len()).map(told).collect();
    let pairs = variants.iter().zip(&told);
    let pairs: Vec<_> = pairs
        .map(|(v, told)| (v.name.clone(), told.as_str()))
        .collect();
    scope.take_pairs(&pairs)
}

/// What a variant is called after its type.
fn kind(validator: &Validator) -> String {
    match validator {
        Validator::String => "String".to_owned(),
        Validator::Number => "Number".to_owned(),
        Validator::Bigint => "Int64".to_owned(),
        Validator::Boolean => "Boolean".to_owned(),
        Validator::Bytes => "Bytes".to_owned(),
        Validator::Array { .. } => "Array".to_owned(),
        Validator::Record { .. } => "Record".to_owned(),
        Validator::Object { .. } => "Object".to_owned(),
        Validator::Id { table_name } => format!("{}Id", names::pascal(table_name)),
        Validator::Literal {
            value: Value::Float64(_),
        } => "Number".to_owned(),
        Validator::Literal {
            value: Value::Int64(_),
        } => "Int64".to_owned(),
        Validator::Literal { .. } => "Boolean".to_owned(),
        Validator::Any | Validator::Null | Validator::Union { .. } | Validator::Other(_) => {
            "Value".to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variant_is_called_after_its_literal_whatever_the_order() {
        let literals = [
            (Value::Boolean(true), "True__true_0_boolean"),
            (Value::String("true".to_owned()), "True__true"),
            (Value::Float64(1.0), "Number1__number_20_1_0_number"),
            (Value::String("number 1".to_owned()), "Number1__number_20_1"),
            (Value::Boolean(false), "False"),
            (Value::Int64(-2), "IntMinus2"),
        ];
        let variants = |literals: &[(Value, &str)]| {
            let labels: Vec<String> = literals.iter().map(|(one, _)| label(one)).collect();
            let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
            Scope::default().take_all(&labels, of_label)
        };
        let mut called: Vec<&str> = literals.iter().map(|(_, called)| *called).collect();
        assert_eq!(variants(&literals), called);
        let mut reversed = literals;
        reversed.reverse();
        called.reverse();
        assert_eq!(variants(&reversed), called);
    }
}
