//! What stands where main asks who calls.

use std::collections::BTreeSet;

use super::assemble::{Builder, Piece};
use super::imports::Order;
use super::{support, validators};
use crate::carry::Source;
use crate::layout::Code;
use crate::source::DEFAULT;

impl Builder<'_, '_> {
    pub(super) fn stub(&mut self, source: &Source) -> Option<Piece> {
        let shape = self.carrier.shape(source);
        match source {
            Source::Helper(module, name) if *module == self.name => {
                self.import_owner("Caller", true);
                Some(Piece {
                    at: self.place(name),
                    text: helper(name, &shape),
                    statement: None,
                })
            }
            Source::Function(path) if path.module == self.name => {
                let manifest = self.carrier.manifest;
                let function = manifest.main.functions.get(path)?;
                let builder = support::builder(function.function_type);
                self.import_owner(builder, false);
                let args = manifest.main.functions.get(path)?.args.as_object()?.clone();
                let args = validators::fields(&args, &manifest.user_tables);
                if args != Code::object([]) {
                    self.imports
                        .add(Order::Package, "convex/values", "v", false);
                }
                let answer = support::answer(&shape, "ctx");
                let answer = if answer.starts_with('{') {
                    format!("({answer})")
                } else {
                    answer
                };
                let head = match path.name.as_str() {
                    DEFAULT => "default".to_owned(),
                    name => format!("const {name} ="),
                };
                Some(Piece {
                    at: self.place(&path.name),
                    text: format!(
                        "/** Who calls. Main looks them up; here it is the owner. */\n\
                         export {head} {builder}({{\n  args: {},\n  handler: async (ctx) => {answer},\n}});",
                        args.print(2, "  args: ".len(), 1)
                    ),
                    statement: None,
                })
            }
            _ => None,
        }
    }
}

/// A function that answers with the owner where main looks the caller up.
pub(crate) fn helper(name: &str, shape: &BTreeSet<Vec<String>>) -> String {
    let head = match name {
        DEFAULT => "default async function ".to_owned(),
        name => format!("async function {name}"),
    };
    format!(
        "/** Who calls. Main looks them up; here it is the owner. */\n\
         export {head}(ctx: Caller) {{\n  return {};\n}}",
        support::answer(shape, "ctx")
    )
}
