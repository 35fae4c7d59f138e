//! Which Rust type holds the values of a union.

use byod_schema::{Field, Fields, Validator, Value};

use crate::names::{self, Scope};
use crate::types::{Body, TaggedVariant, Type, Types};

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
            return self.of(one, name);
        }
        let texts: Option<Vec<&str>> = members.iter().map(|member| text(member)).collect();
        if let Some(texts) = texts {
            return Type::OneOf(self.one_of(union, &texts, name));
        }
        if let Some(index) = self.defined(union) {
            return Type::Union(index);
        }
        match tagged(members) {
            Some((tag, objects)) => Type::Union(self.tagged(union, tag, &objects, name)),
            None => self.untagged(union, members, name),
        }
    }

    fn tagged(
        &mut self,
        union: &Validator,
        tag: &str,
        objects: &[(&str, &Fields)],
        name: &str,
    ) -> usize {
        let index = self.define(union, name, Body::Struct(Vec::new()));
        let own_name = self.definitions[index].name.clone();
        let mut scope = Scope::default();
        let variants = objects
            .iter()
            .map(|(text, fields)| {
                let variant = scope.take(names::pascal(text));
                let others: Fields = fields
                    .iter()
                    .filter(|(field, _)| *field != tag)
                    .map(|(field, declared)| (field, declared.clone()))
                    .collect();
                let struct_name = format!("{own_name}{variant}");
                TaggedVariant {
                    name: variant,
                    text: (*text).to_owned(),
                    fields: (!others.is_empty()).then(|| {
                        let validator = Validator::Object {
                            value: others.clone(),
                        };
                        self.object(&validator, &others, &struct_name)
                    }),
                }
            })
            .collect();
        let catch_all = scope.take("Unknown".to_owned());
        self.definitions[index].body = Body::Tagged {
            tag: tag.to_owned(),
            variants,
            catch_all,
        };
        index
    }

    fn untagged(&mut self, union: &Validator, members: &[&Validator], name: &str) -> Type {
        // A string holds its literals too; without one they share an enum.
        let has_string = members.contains(&&Validator::String);
        let texts: Vec<&Validator> = members
            .iter()
            .copied()
            .filter(|m| text(m).is_some())
            .collect();
        let literals = Validator::Union {
            value: texts.into_iter().cloned().collect(),
        };

        let mut scope = Scope::default();
        let mut variants: Vec<(String, Type)> = Vec::new();
        for member in members {
            let (member, kind) = match (text(member), has_string) {
                (Some(_), true) => continue,
                (Some(_), false) => (&literals, "Literal".to_owned()),
                (None, _) => (*member, kind(member)),
            };
            let ty = self.of(member, &format!("{name}{kind}"));
            if ty == Type::Any {
                return Type::Any;
            }
            if variants.iter().all(|(_, other)| *other != ty) {
                variants.push((scope.take(kind), ty));
            }
        }
        if let [(_, only)] = &variants[..] {
            return only.clone();
        }
        let catch_all = scope.take("Unknown".to_owned());
        Type::Union(self.define(
            union,
            name,
            Body::Union {
                members: variants,
                catch_all,
            },
        ))
    }
}

/// The members, those of unions in the union too.
fn flatten<'v>(validator: &'v Validator, members: &mut Vec<&'v Validator>) {
    match validator {
        Validator::Union { value } => value.iter().for_each(|member| flatten(member, members)),
        other => members.push(other),
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

/// The field that is a string literal in every member, a different one in each,
/// and the members by their literal.
fn tagged<'v>(members: &[&'v Validator]) -> Option<(&'v str, Vec<(&'v str, &'v Fields)>)> {
    let objects: Option<Vec<&Fields>> = members.iter().map(|member| member.as_object()).collect();
    let objects = objects?;
    objects.first()?.names().find_map(|tag| {
        let mut by_text: Vec<(&str, &Fields)> = Vec::new();
        for &fields in &objects {
            let text = match fields.get(tag)? {
                Field {
                    field_type,
                    optional: false,
                } => text(field_type)?,
                _ => return None,
            };
            if by_text.iter().any(|(other, _)| *other == text) {
                return None;
            }
            by_text.push((text, fields));
        }
        Some((tag, by_text))
    })
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
