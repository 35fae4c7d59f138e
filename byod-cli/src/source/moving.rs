//! What can't be kept from changing: it has no properties to freeze.

use oxc_ast::AstKind;
use oxc_ast::ast::Expression;
use oxc_semantic::NodeId;

use super::nodes::Reader;

/// What is made with `new` and changes otherwise than by its properties; whatever `settled.ts`
/// refuses at run time.
const MOVING: [&str; 21] = [
    "ArrayBuffer",
    "SharedArrayBuffer",
    "DataView",
    "WeakMap",
    "WeakSet",
    "WeakRef",
    "FinalizationRegistry",
    "Promise",
    "Proxy",
    "TextDecoder",
    "URL",
    "URLSearchParams",
    "Headers",
    "FormData",
    "Request",
    "Response",
    "AbortController",
    "EventTarget",
    "ReadableStream",
    "WritableStream",
    "TransformStream",
];

impl Reader<'_, '_> {
    /// Whether such a thing is made when its module is loaded.
    pub(super) fn is_moving(&self, id: NodeId, kind: AstKind) -> bool {
        let callee = match kind {
            AstKind::NewExpression(made) => &made.callee,
            AstKind::CallExpression(call) => &call.callee,
            _ => return false,
        };
        let callee = callee.get_inner_expression();
        let moves = match callee {
            Expression::Identifier(name) => match self.symbol(callee) {
                None => {
                    let of = name.name.as_str();
                    let is_view = of.ends_with("Array") && of != "Array";
                    MOVING.contains(&of) || is_view
                }
                Some(symbol) => {
                    let declaration = self.scoping.symbol_declaration(symbol);
                    matches!(self.nodes.kind(declaration), AstKind::Function(of) if of.generator)
                }
            },
            Expression::FunctionExpression(of) => of.generator,
            Expression::StaticMemberExpression(member) => {
                let of = member.object.get_inner_expression();
                self.is_global(of, "Promise")
                    || matches!(of, Expression::Identifier(name)
                        if name.name.ends_with("Array") && name.name != "Array" && self.symbol(of).is_none())
            }
            _ => false,
        };
        moves && self.functions_around(id).is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::MOVING;

    #[test]
    fn what_is_refused_at_run_time_is_refused_before() {
        let written = include_str!("../export/settled.ts");
        let (_, list) = written.split_once("const MOVING = [").unwrap();
        let (list, _) = list.split_once(']').unwrap();
        let names: Vec<&str> = list.split('"').skip(1).step_by(2).collect();
        assert!(names.len() > 10, "{names:?}");
        for name in names {
            assert!(MOVING.contains(&name), "{name}");
        }
    }
}
