//! What types say of where a value comes from.

use oxc_ast::AstKind;
use oxc_ast::ast::{TSLiteral, TSSignature, TSType, TSTypeName, TSTypeReference};

use super::nodes::Reader;
use super::origin::{DEPTH, Origin};

impl Reader<'_, '_> {
    pub(super) fn of_type(&self, written: &TSType, depth: usize) -> Origin {
        let next = |written: &TSType| self.of_type(written, depth + 1);
        match written {
            _ if depth > DEPTH => Origin::Unknown,
            TSType::TSAnyKeyword(_) => Origin::Any,
            TSType::TSNullKeyword(_)
            | TSType::TSUndefinedKeyword(_)
            | TSType::TSBooleanKeyword(_)
            | TSType::TSNumberKeyword(_)
            | TSType::TSLiteralType(_) => Origin::Nothing,
            TSType::TSParenthesizedType(inner) => next(&inner.type_annotation),
            TSType::TSArrayType(array) => Origin::List(Box::new(next(&array.element_type))),
            TSType::TSTypeOperatorType(operator) => next(&operator.type_annotation),
            TSType::TSUnionType(union) => Origin::Each(union.types.iter().map(next).collect()),
            TSType::TSTypeLiteral(literal) => {
                let fields = literal.members.iter().filter_map(|member| match member {
                    TSSignature::TSPropertySignature(property) => {
                        let annotation = property.type_annotation.as_ref()?;
                        let key = property.key.static_name()?.to_string();
                        Some((key, next(&annotation.type_annotation)))
                    }
                    _ => None,
                });
                Origin::Fields(fields.collect())
            }
            TSType::TSTypeReference(reference) => {
                let Some(name) = self.type_name(&reference.type_name) else {
                    return Origin::Unknown;
                };
                let first = reference
                    .type_arguments
                    .iter()
                    .find_map(|a| a.params.first());
                let table = first.and_then(|first| match first {
                    TSType::TSLiteralType(literal) => match &literal.literal {
                        TSLiteral::StringLiteral(text) => Some(text.value.to_string()),
                        _ => None,
                    },
                    _ => None,
                });
                match (name.as_str(), table, first) {
                    ("Id" | "GenericId", Some(table), _) => Origin::Id(table),
                    ("Doc", Some(table), _) => Origin::Doc(table),
                    ("Promise" | "NonNullable" | "Readonly", _, Some(inner)) => next(inner),
                    ("Array" | "ReadonlyArray" | "Set", _, Some(inner)) => {
                        Origin::List(Box::new(next(inner)))
                    }
                    _ => self.of_alias(reference, depth),
                }
            }
            _ => Origin::Unknown,
        }
    }

    /// `type Note = Doc<"notes">`
    fn of_alias(&self, reference: &TSTypeReference, depth: usize) -> Origin {
        let TSTypeName::IdentifierReference(name) = &reference.type_name else {
            return Origin::Unknown;
        };
        let symbol = self.scoping.get_reference(name.reference_id()).symbol_id();
        let declared = symbol.map(|s| self.nodes.kind(self.scoping.symbol_declaration(s)));
        match declared {
            Some(AstKind::TSTypeAliasDeclaration(alias)) => {
                self.of_type(&alias.type_annotation, depth + 1)
            }
            _ => Origin::Unknown,
        }
    }
}
