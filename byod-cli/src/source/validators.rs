//! What values a validator takes, as it is written: `v.array(v.id("notes"))`.

use std::collections::BTreeMap;

use oxc_ast::ast::{Argument, Expression, ObjectExpression, ObjectPropertyKind};

use super::nodes::Reader;
use super::origin::Origin;
use super::syntax::method;

impl Reader<'_, '_> {
    /// What the values are that the validator takes, or the object of validators.
    pub(super) fn of_validator(&self, written: &Expression, depth: usize) -> Origin {
        if self.is_too_far(depth) {
            return Origin::Unknown;
        }
        let call = match written.get_inner_expression() {
            Expression::ObjectExpression(object) => return self.of_validators(object, depth),
            Expression::Identifier(_) => {
                let declared = self
                    .symbol(written)
                    .and_then(|symbol| self.declared(symbol));
                return match declared {
                    Some((init, None)) => self.of_validator(init, depth + 1),
                    _ => Origin::Unknown,
                };
            }
            Expression::CallExpression(call) => call,
            _ => return Origin::Unknown,
        };
        let Some((object, name)) = method(call) else {
            return Origin::Unknown;
        };
        if !self.is_validators(object) {
            return Origin::Unknown;
        }
        let given = |place: usize| {
            let given = call.arguments.get(place).and_then(Argument::as_expression);
            given.map_or(Origin::Unknown, |given| self.of_validator(given, depth + 1))
        };
        match (name, call.arguments.first()) {
            ("id", Some(Argument::StringLiteral(table))) => Origin::Id(table.value.to_string()),
            ("literal", Some(Argument::StringLiteral(text))) => {
                Origin::Text(text.value.to_string())
            }
            ("optional" | "object", _) => given(0),
            ("array", _) => Origin::List(Box::new(given(0))),
            ("record", _) => Origin::List(Box::new(given(1))),
            ("union", _) => Origin::Each((0..call.arguments.len()).map(given).collect()),
            ("any", _) => Origin::Any,
            (
                "null" | "number" | "float64" | "int64" | "bigint" | "boolean" | "bytes"
                | "literal",
                _,
            ) => Origin::Nothing,
            _ => Origin::Unknown,
        }
    }

    fn of_validators(&self, object: &ObjectExpression, depth: usize) -> Origin {
        let mut fields = BTreeMap::new();
        let mut all = Vec::new();
        for property in &object.properties {
            match property {
                ObjectPropertyKind::SpreadProperty(spread) => {
                    let of = self.of_validator(&spread.argument, depth + 1);
                    // Its fields don't show; the others do.
                    if !of.is_unknown() {
                        all.push(of);
                    }
                }
                ObjectPropertyKind::ObjectProperty(property) => {
                    if let Some(key) = property.key.static_name() {
                        let of = self.of_validator(&property.value, depth + 1);
                        fields.insert(key.to_string(), of);
                    }
                }
            }
        }
        all.push(Origin::Fields(fields));
        Origin::Each(all)
    }
}
