//! What types say of where a value comes from.

use oxc_ast::AstKind;
use oxc_ast::ast::{
    TSLiteral, TSSignature, TSType, TSTypeName, TSTypeQueryExprName, TSTypeReference,
};
use oxc_semantic::SymbolId;

use super::nodes::Reader;
use super::origin::Origin;

/// How often a type is followed inside of itself: a tree of many branches grows fast.
const UNFOLDED: usize = 2;

impl Reader<'_, '_> {
    pub(super) fn of_type(&self, written: &TSType, depth: usize) -> Origin {
        let next = |written: &TSType| self.of_type(written, depth + 1);
        match written {
            _ if self.is_too_far(depth) => Origin::Unknown,
            TSType::TSAnyKeyword(_) => Origin::Any,
            TSType::TSNullKeyword(_)
            | TSType::TSUndefinedKeyword(_)
            | TSType::TSBooleanKeyword(_)
            | TSType::TSNumberKeyword(_) => Origin::Nothing,
            TSType::TSLiteralType(literal) => match &literal.literal {
                TSLiteral::StringLiteral(text) => Origin::Text(text.value.to_string()),
                _ => Origin::Nothing,
            },
            TSType::TSTupleType(tuple) => {
                let elements = tuple.element_types.iter();
                let of = elements.map(|element| element.as_ts_type().map_or(Origin::Unknown, next));
                Origin::List(Box::new(Origin::Each(of.collect())))
            }
            // What all of them say together is what each says.
            TSType::TSIntersectionType(all) => {
                let known = all.types.iter().map(next).filter(|of| !of.is_unknown());
                match known.collect::<Vec<_>>() {
                    known if known.is_empty() => Origin::Unknown,
                    known => Origin::Each(known),
                }
            }
            // `Doc<"notes">["_id"]`, `(typeof TABLES)[number]`
            TSType::TSIndexedAccessType(access) => {
                let of = Box::new(next(&access.object_type));
                match &access.index_type {
                    TSType::TSNumberKeyword(_) => Origin::Element(of),
                    TSType::TSLiteralType(literal) => match &literal.literal {
                        TSLiteral::StringLiteral(name) => {
                            Origin::Member(of, name.value.to_string())
                        }
                        _ => Origin::Element(of),
                    },
                    _ => Origin::Unknown,
                }
            }
            TSType::TSTypeQuery(query) => match &query.expr_name {
                TSTypeQueryExprName::IdentifierReference(name) => {
                    let reference = self.scoping.get_reference(name.reference_id());
                    let symbol = reference.symbol_id();
                    symbol.map_or(Origin::Unknown, |s| self.of_symbol(s, depth + 1))
                }
                _ => Origin::Unknown,
            },
            TSType::TSParenthesizedType(inner) => next(&inner.type_annotation),
            TSType::TSArrayType(array) => Origin::List(Box::new(next(&array.element_type))),
            TSType::TSTypeOperatorType(operator) => next(&operator.type_annotation),
            TSType::TSUnionType(union) => Origin::Each(union.types.iter().map(next).collect()),
            TSType::TSTypeLiteral(literal) => self.of_signatures(&literal.members, depth),
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
                    ("Id" | "GenericId", None, Some(of)) => Origin::IdOf(Box::new(next(of))),
                    ("Doc", None, Some(of)) => Origin::DocOf(Box::new(next(of))),
                    (
                        "Promise"
                        | "NonNullable"
                        | "Readonly"
                        | "Awaited"
                        | "Partial"
                        | "Required"
                        | "Pick"
                        | "Omit"
                        | "WithoutSystemFields",
                        _,
                        Some(inner),
                    ) => next(inner),
                    ("Array" | "ReadonlyArray" | "Set", _, Some(inner)) => {
                        Origin::List(Box::new(next(inner)))
                    }
                    ("Map" | "ReadonlyMap" | "Record", _, Some(_)) => {
                        let mut all = reference.type_arguments.iter().flat_map(|a| &a.params);
                        let values = all.nth(1).map_or(Origin::Unknown, next);
                        Origin::List(Box::new(values))
                    }
                    // `ReturnType<typeof load>`
                    ("ReturnType", _, Some(TSType::TSTypeQuery(query))) => match &query.expr_name {
                        TSTypeQueryExprName::IdentifierReference(of) => {
                            Origin::Call(of.name.to_string(), Vec::new())
                        }
                        _ => Origin::Unknown,
                    },
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
        let Some(symbol) = self.scoping.get_reference(name.reference_id()).symbol_id() else {
            return Origin::Unknown;
        };
        let around = self
            .unfolding
            .borrow()
            .iter()
            .filter(|s| **s == symbol)
            .count();
        if around > UNFOLDED {
            return Origin::Unknown;
        }
        self.unfolding.borrow_mut().push(symbol);
        let origin = self.of_declared_type(symbol, &name.name, depth);
        self.unfolding.borrow_mut().pop();
        origin
    }

    fn of_declared_type(&self, symbol: SymbolId, name: &str, depth: usize) -> Origin {
        let declared = self.nodes.kind(self.scoping.symbol_declaration(symbol));
        match declared {
            AstKind::TSTypeAliasDeclaration(alias) => {
                self.of_type(&alias.type_annotation, depth + 1)
            }
            AstKind::TSInterfaceDeclaration(interface) if interface.extends.is_empty() => {
                self.of_signatures(&interface.body.body, depth + 1)
            }
            // `T extends "notes" | "tasks"`; what extends anything else has more than that.
            AstKind::TSTypeParameter(parameter) => {
                let constraint = parameter.constraint.as_ref();
                let texts = constraint.map(|of| self.of_type(of, depth + 1));
                texts
                    .filter(|texts| match texts {
                        Origin::Text(_) => true,
                        Origin::Each(all) => all.iter().all(|o| matches!(o, Origin::Text(_))),
                        _ => false,
                    })
                    .unwrap_or(Origin::Unknown)
            }
            AstKind::ImportSpecifier(specifier) => match specifier.imported.name().as_str() {
                "TableNames" | "TableNamesInDataModel" | "Id" | "Doc" => Origin::Unknown,
                _ => Origin::Name(name.to_owned()),
            },
            _ => Origin::Unknown,
        }
    }

    pub(super) fn of_signatures(&self, members: &[TSSignature], depth: usize) -> Origin {
        let fields = members.iter().filter_map(|member| match member {
            TSSignature::TSPropertySignature(property) => {
                let annotation = property.type_annotation.as_ref()?;
                let key = property.key.static_name()?.to_string();
                Some((key, self.of_type(&annotation.type_annotation, depth + 1)))
            }
            _ => None,
        });
        Origin::Fields(fields.collect())
    }
}
