//! A document with the ids in it as they are on the other side.

use std::mem;

use byod_schema::{Fields, Members, Validator, Value};

use crate::error::FunctionError;
use crate::functions::Moving;
use crate::values::Object;

/// What an id of a table becomes; `None` where it can't be there.
pub(super) trait Becomes {
    fn id(&mut self, table: &str, id: String) -> Rewritten<String>;
}

pub(super) type Rewritten<T> = Result<Option<T>, FunctionError>;

/// A document whose ids become others.
pub(super) struct Walk<'b, B> {
    moving: &'b Moving,
    becomes: &'b mut B,
    /// What it goes without.
    pub(super) lacks: Vec<String>,
    /// How many of its ids are any.
    named: usize,
}

impl<'b, B: Becomes> Walk<'b, B> {
    pub(super) fn new(moving: &'b Moving, becomes: &'b mut B) -> Self {
        Self {
            moving,
            becomes,
            lacks: Vec::new(),
            named: 0,
        }
    }

    /// The value with ids as they are there; what refers to nothing there is left out, and `None` where it can't be.
    pub(super) fn rewritten(&mut self, of: &Validator, value: Value, at: &str) -> Rewritten<Value> {
        match (of, value) {
            (Validator::Id { table_name }, Value::String(id)) => {
                let next = self.becomes.id(table_name, id)?;
                self.named += usize::from(next.is_some());
                Ok(next.map(Value::from))
            }
            (Validator::Array { value: of }, Value::Array(items)) => {
                let mut next = Vec::with_capacity(items.len());
                for item in items {
                    match self.rewritten(of, item, at)? {
                        Some(item) => next.push(item),
                        None => self.lacks.push(format!("{at}[]")),
                    }
                }
                Ok(Some(Value::Array(next)))
            }
            (Validator::Record { keys, values }, Value::Object(entries)) => {
                let mut next = Vec::new();
                for (name, item) in entries {
                    let name = self.rewritten(keys, Value::String(name), at)?;
                    let item = self.rewritten(&values.field_type, item, at)?;
                    match (name, item) {
                        (Some(Value::String(name)), Some(item)) => next.push((name, item)),
                        _ => self.lacks.push(format!("{at}[]")),
                    }
                }
                let next: Object = next.into_iter().collect();
                Ok(Some(next.into()))
            }
            (Validator::Object { value: fields }, Value::Object(members)) => {
                self.fields(fields, members, at)
            }
            (Validator::Union { value: members }, value) => self.member(members, value, at),
            (_, value) => Ok(Some(value)),
        }
    }

    fn fields(&mut self, fields: &Fields, members: Members, at: &str) -> Rewritten<Value> {
        let mut next = members;
        for (name, field) in fields.iter() {
            let Some(place) = next.get_mut(name) else {
                continue;
            };
            let value = mem::replace(place, Value::Null);
            let path = match at.is_empty() {
                true => name.to_owned(),
                false => format!("{at}.{name}"),
            };
            match self.rewritten(&field.field_type, value, &path)? {
                Some(value) => *place = value,
                None => {
                    next.remove(name);
                    self.lacks.push(path);
                    if !field.optional {
                        return Ok(None);
                    }
                }
            }
        }
        Ok(Some(Value::Object(next)))
    }

    fn member(&mut self, members: &[Validator], value: Value, at: &str) -> Rewritten<Value> {
        let (before, named) = (self.lacks.clone(), self.named);
        let fit = members.iter().filter(|member| is_of(member, &value));
        let mut fit: Vec<&Validator> = fit.collect();
        fit.sort_by_key(|member| self.rank_of(member));
        let mut other = None;
        for member in &fit {
            self.lacks.clone_from(&before);
            self.named = named;
            let Some(next) = self.rewritten(member, value.clone(), at)? else {
                continue;
            };
            // Where not one id of it is any, the value may be another member's.
            if self.named > named || self.lacks.len() == before.len() {
                return Ok(Some(next));
            }
            other = other.or_else(|| Some((next, mem::take(&mut self.lacks))));
        }
        self.named = named;
        if let Some((next, lacks)) = other {
            self.lacks = lacks;
            return Ok(Some(next));
        }
        if fit.is_empty() {
            return Ok(Some(value));
        }
        if !members.contains(&Validator::Null) {
            return Ok(None);
        }
        self.lacks = before;
        self.lacks.push(at.to_owned());
        Ok(Some(Value::Null))
    }

    /// When a member of a union is tried: an id is one of what moves before it is one that stays as it is, or any text.
    fn rank_of(&self, member: &Validator) -> u8 {
        let mut rank = 3;
        member.visit_ids(&mut |_, table| {
            let of_table = match table {
                _ if table == "_storage" || self.moving.table(table).is_some() => 0,
                _ if self.moving.callers.contains(table) => 1,
                _ => 2,
            };
            rank = rank.min(of_table);
        });
        rank
    }
}

/// Whether the value is one that the validator takes, ids being texts.
pub(super) fn is_of(of: &Validator, value: &Value) -> bool {
    match (of, value) {
        (Validator::Any, _)
        | (Validator::Null, Value::Null)
        | (Validator::Id { .. } | Validator::String, Value::String(_))
        | (Validator::Number, Value::Float64(_))
        | (Validator::Boolean, Value::Boolean(_))
        | (Validator::Bigint, Value::Int64(_))
        | (Validator::Bytes, Value::Bytes(_)) => true,
        (Validator::Literal { value: literal }, value) => literal == value,
        (Validator::Array { value: of }, Value::Array(items)) => {
            items.iter().all(|item| is_of(of, item))
        }
        (Validator::Record { keys, values }, Value::Object(entries)) => {
            entries.iter().all(|(name, item)| {
                is_of(keys, &Value::String(name.clone())) && is_of(&values.field_type, item)
            })
        }
        (Validator::Object { value: fields }, Value::Object(members)) => {
            members.keys().all(|name| fields.get(name).is_some())
                && fields.iter().all(|(name, field)| match members.get(name) {
                    Some(value) => is_of(&field.field_type, value),
                    None => field.optional,
                })
        }
        (Validator::Union { value: members }, value) => members.iter().any(|of| is_of(of, value)),
        _ => false,
    }
}
