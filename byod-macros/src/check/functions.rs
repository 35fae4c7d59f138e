//! Gathers the functions of one of main's modules, with the types of their wrappers.

use std::collections::BTreeSet;

use byod_schema::{
    Difference, Fields, FunctionPath, FunctionType, Location, Manifest, Placed, Refusal, Runs,
    Validator,
};
use proc_macro2::Span;
use syn::Ident;
use syn::ext::IdentExt as _;

use super::errors::{Errors, unknown_name};
use super::rust_names::modules_of_main;
use crate::names::{self, Scope};
use crate::types::{Member, Type, Types};
use crate::types::{other_arguments, takes_pages, written_items};
use crate::written::Chosen;

/// One public function and what its wrapper looks like.
pub(crate) struct Function {
    /// The wrapper's name.
    pub(crate) ident: Ident,
    pub(crate) placed: Placed,
    pub(crate) arguments: Arguments,
    pub(crate) returns: Returns,
}

/// What the wrapper takes beside the session.
pub(crate) enum Arguments {
    None,
    Struct(ArgumentsStruct),
    /// Anything that serializes to an object: the function declares no `args`.
    Untyped,
}

/// A generated struct of arguments.
pub(crate) struct ArgumentsStruct {
    pub(crate) ident: Ident,
    pub(crate) members: Vec<Member>,
    /// Its builder, where it has required and optional arguments: all others are as
    /// well written with `..Default::default()` or in full.
    pub(crate) builder: Option<Builder>,
}

/// The names of a builder.
pub(crate) struct Builder {
    pub(crate) ident: Ident,
    /// The module of what stands for arguments that are not given yet.
    pub(crate) missing: Ident,
}

/// What the wrapper's call gives.
pub(crate) enum Returns {
    /// One value.
    Value(ValueType),
    /// Pages of such items: the call is paginated.
    Pages(ValueType),
}

/// The type of a value that a function gives.
pub(crate) enum ValueType {
    /// As the function's `returns` declares, or as its name suggests.
    Declared(Type),
    /// As the attribute says.
    Written(Box<syn::Type>),
    /// Whatever it is, as JSON.
    Json,
}

/// What was asked for: the functions of one of main's modules.
pub(super) struct Asked<'a> {
    pub(super) module: &'a str,
    /// Where the module's name was written; `None` where it is the table's.
    pub(super) written: Option<Span>,
    /// The table that they are called for.
    pub(super) table: Option<(&'a str, Location)>,
    /// What stands for the module: functions aren't written in Rust.
    pub(super) span: Span,
    pub(super) chosen: &'a Chosen,
}

pub(super) fn gather(
    manifest: &Manifest,
    asked: &Asked<'_>,
    types: &mut Types<'_>,
    errors: &mut Errors,
) -> Vec<Function> {
    let Asked { module, chosen, .. } = *asked;
    let public: Vec<(&FunctionPath, &byod_schema::Function)> = manifest
        .public_functions()
        .filter(|(path, _)| path.module == module)
        .collect();
    if let (true, Some(written)) = (public.is_empty(), asked.written) {
        let convex = &manifest.main.convex;
        let mut all = manifest.main.functions.keys();
        if all.any(|path| path.module == module) {
            errors.push(
                written,
                format!(
                    "the functions in {convex}/{module}.ts are all internal, so no session can call them: \
                     make those public that it is to call"
                ),
            );
        } else {
            let what = format!("no public functions in {convex}/{module}.ts");
            let modules = modules_of_main(manifest);
            errors.push(written, unknown_name(&what, module, modules));
        }
    }
    check_named(manifest, asked, &public, errors);
    let table = asked.table.map(|(_, location)| location);
    for difference in manifest.placed_differences(module, table) {
        let is_settled = difference.function().is_some_and(|path| {
            let is_written = || chosen.returns_of(&path.name).is_some();
            chosen.skips(&path.name)
                || matches!(difference, Difference::Returns { .. }) && is_written()
        });
        if !is_settled {
            errors.push(asked.span, &difference);
        }
    }

    for (_, written) in &chosen.returns {
        // Generated types don't hide the names that were written.
        types.reserve_names(written);
    }
    let all: Vec<&str> = public.iter().map(|(path, _)| path.name.as_str()).collect();
    let idents = Scope::default().take_all(&all, names::snake);
    let prefixes = Scope::default().take_all(&all, names::pascal);
    public
        .into_iter()
        .zip(idents.into_iter().zip(prefixes))
        .filter(|((path, _), _)| !chosen.skips(&path.name))
        .map(|((path, function), names)| {
            let placed = Placed::new(manifest, path, function, asked.table);
            (function, names, placed)
        })
        .filter(|(_, _, placed)| !is_left_out(&placed.runs))
        .map(|(function, (ident, prefix), placed)| {
            types.look_from(placed.seen_from());
            let pages = function.function_type == FunctionType::Query
                && function.args.as_object().is_some_and(takes_pages);
            // Types are called after their place alone, whatever else has that name.
            let place = names::pascal(&placed.path.name);
            let returns = returns(asked, &placed.path.name, function, pages, &place, types);
            let arguments = match (&function.args, &returns) {
                (Validator::Object { value }, Returns::Pages(_)) => {
                    arguments(&other_arguments(value), &prefix, &place, types)
                }
                (Validator::Object { value }, Returns::Value(_)) => {
                    arguments(value, &prefix, &place, types)
                }
                _ => Arguments::Untyped,
            };
            Function {
                ident: names::ident(&ident),
                placed,
                arguments,
                returns,
            }
        })
        .collect()
}

/// Whether byod.toml says that there is no such function.
fn is_left_out(runs: &Runs) -> bool {
    matches!(
        runs,
        Runs::Refused {
            refusal: Refusal::Skipped,
            ..
        }
    )
}

fn arguments(fields: &Fields, prefix: &str, place: &str, types: &mut Types<'_>) -> Arguments {
    if fields.is_empty() {
        return Arguments::None;
    }
    let name = types.take_name(format!("{prefix}Args"));
    for name in ["Args", "ArgsBuilder"] {
        types.ask_for_arguments(&format!("{place}{name}"), prefix);
    }
    let members = types.members(fields, place);
    let optional = members.iter().filter(|member| member.optional).count();
    let builder = (0 < optional && optional < members.len()).then(|| {
        let builder = types.take_name(format!("{name}Builder"));
        let missing = types.take_name(names::snake(&builder));
        Builder {
            ident: names::ident(&builder),
            missing: names::ident(&missing),
        }
    });
    Arguments::Struct(ArgumentsStruct {
        ident: names::ident(&name),
        members,
        builder,
    })
}

fn returns(
    asked: &Asked<'_>,
    name: &str,
    function: &byod_schema::Function,
    pages: bool,
    prefix: &str,
    types: &mut Types<'_>,
) -> Returns {
    if let Some(ty) = asked.chosen.returns_of(name) {
        return match written_items(ty).filter(|_| pages) {
            Some(items) => Returns::Pages(ValueType::Written(Box::new(items.clone()))),
            None => Returns::Value(ValueType::Written(Box::new(ty.clone()))),
        };
    }
    let declared = match (&function.returns, asked.table) {
        (Some(returns), _) => Some(types.of(returns, &format!("{prefix}Result"))),
        (None, None) if pages => return Returns::Pages(ValueType::Json),
        (None, None) => None,
        (None, Some(_)) if pages => Some(Type::Page(Box::new(Type::Document))),
        (None, Some((table, _))) => by_name(name, table),
    };
    match declared {
        Some(Type::Page(items)) if pages => Returns::Pages(ValueType::Declared(*items)),
        Some(ty) => Returns::Value(ValueType::Declared(ty)),
        None => Returns::Value(ValueType::Json),
    }
}

/// What a function gives that doesn't say so itself: by its name, as people
/// name them in Convex.
fn by_name(name: &str, table: &str) -> Option<Type> {
    match name {
        "list" => Some(Type::Array(Box::new(Type::Document))),
        "get" => Some(Type::Nullable(Box::new(Type::Document))),
        "create" => Some(Type::Id(table.to_owned())),
        _ => None,
    }
}

/// `skip` and `returns` must name functions that are there, on either side.
fn check_named(
    manifest: &Manifest,
    asked: &Asked<'_>,
    public: &[(&FunctionPath, &byod_schema::Function)],
    errors: &mut Errors,
) {
    let module = asked.module;
    let of_user = manifest
        .user
        .iter()
        .flat_map(|user| user.functions.keys())
        .filter(|path| path.module == module);
    let names: BTreeSet<&str> = public
        .iter()
        .map(|(path, _)| *path)
        .chain(of_user)
        .map(|path| path.name.as_str())
        .collect();
    for ident in asked.chosen.named() {
        let name = ident.unraw().to_string();
        if !names.contains(name.as_str()) {
            let what = format!("no public function `{module}:{name}`");
            errors.push(
                ident.span(),
                unknown_name(&what, &name, names.iter().copied()),
            );
        }
    }
}
