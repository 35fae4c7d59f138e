//! Gathers the functions of a table's module, with the types of their wrappers.

use byod_schema::{
    Difference, Fields, FunctionPath, FunctionType, Injection, Location, Manifest, Validator,
    Visibility,
};
use syn::Ident;
use syn::ext::IdentExt as _;

use super::errors::{Errors, unknown_name};
use crate::names::{self, Scope};
use crate::types::{Member, Type, Types};
use crate::types::{other_arguments, takes_pages, written_items};
use crate::written::Attribute;
use crate::written::Input;

/// One public function and what its wrapper looks like.
pub(crate) struct Function {
    /// The wrapper's name.
    pub(crate) ident: Ident,
    pub(crate) path: FunctionPath,
    pub(crate) function_type: FunctionType,
    pub(crate) arguments: Arguments,
    pub(crate) returns: Returns,
    pub(crate) inject: Vec<(String, Injection)>,
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

pub(crate) fn gather(
    manifest: &Manifest,
    attribute: &Attribute,
    input: &Input,
    table: &str,
    location: Location,
    types: &mut Types<'_>,
    errors: &mut Errors,
) -> Vec<Function> {
    let module = attribute
        .module
        .as_ref()
        .map_or_else(|| table.to_owned(), syn::LitStr::value);
    let public: Vec<(&FunctionPath, &byod_schema::Function)> = manifest
        .main
        .functions
        .iter()
        .filter(|(path, function)| {
            path.module == module && function.visibility == Visibility::Public
        })
        .collect();
    if let (true, Some(written)) = (public.is_empty(), &attribute.module) {
        let what = format!(
            "no public functions in {}/{module}.ts",
            manifest.main.convex
        );
        let modules = manifest
            .main
            .functions
            .keys()
            .map(|path| path.module.as_str());
        let modules: std::collections::BTreeSet<&str> = modules.collect();
        errors.push(written.span(), unknown_name(&what, &module, modules));
    }
    check_named(manifest, attribute, &module, location, &public, errors);
    let skipped = |path: &FunctionPath| attribute.skip.iter().any(|name| name.unraw() == path.name);
    for difference in manifest.function_differences(&module, location) {
        let is_settled = difference.function().is_some_and(|path| {
            let is_written = || {
                attribute
                    .returns
                    .iter()
                    .any(|(name, _)| name.unraw() == path.name)
            };
            skipped(path) || matches!(difference, Difference::Returns { .. }) && is_written()
        });
        if !is_settled {
            // Functions aren't written in Rust: the struct's name stands for its module.
            errors.push(input.ident.span(), &difference);
        }
    }

    for (_, written) in &attribute.returns {
        // Generated types don't hide the names that the attribute uses.
        types.reserve_names(written);
    }
    let all: Vec<&str> = public.iter().map(|(path, _)| path.name.as_str()).collect();
    let idents = Scope::default().take_all(&all, names::snake);
    let prefixes = Scope::default().take_all(&all, names::pascal);
    public
        .into_iter()
        .zip(idents.into_iter().zip(prefixes))
        .filter(|((path, _), _)| !skipped(path))
        .map(|((path, function), (ident, prefix))| {
            let pages = function.function_type == FunctionType::Query
                && function.args.as_object().is_some_and(takes_pages);
            let returns = returns(attribute, path, function, pages, table, &prefix, types);
            let arguments = match (&function.args, &returns) {
                (Validator::Object { value }, Returns::Pages(_)) => {
                    arguments(&other_arguments(value), &prefix, types)
                }
                (Validator::Object { value }, Returns::Value(_)) => {
                    arguments(value, &prefix, types)
                }
                _ => Arguments::Untyped,
            };
            Function {
                ident: names::ident(&ident),
                path: path.clone(),
                function_type: function.function_type,
                arguments,
                returns,
                inject: match location {
                    Location::Main => Vec::new(),
                    Location::User => manifest
                        .injected(path)
                        .into_iter()
                        .map(|(name, injection)| (name.to_owned(), injection))
                        .collect(),
                },
            }
        })
        .collect()
}

fn arguments(fields: &Fields, prefix: &str, types: &mut Types<'_>) -> Arguments {
    if fields.is_empty() {
        return Arguments::None;
    }
    let name = types.take_name(format!("{prefix}Args"));
    let members = types.members(fields, prefix);
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
    attribute: &Attribute,
    path: &FunctionPath,
    function: &byod_schema::Function,
    pages: bool,
    table: &str,
    prefix: &str,
    types: &mut Types<'_>,
) -> Returns {
    let written = attribute
        .returns
        .iter()
        .find(|(name, _)| name.unraw() == path.name);
    if let Some((_, ty)) = written {
        return match written_items(ty).filter(|_| pages) {
            Some(items) => Returns::Pages(ValueType::Written(Box::new(items.clone()))),
            None => Returns::Value(ValueType::Written(Box::new(ty.clone()))),
        };
    }
    let declared = match &function.returns {
        Some(returns) => Some(types.of(returns, &format!("{prefix}Result"))),
        None if pages => Some(Type::Page(Box::new(Type::Document))),
        None => by_name(&path.name, table),
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
    attribute: &Attribute,
    module: &str,
    location: Location,
    public: &[(&FunctionPath, &byod_schema::Function)],
    errors: &mut Errors,
) {
    let of_user = manifest
        .user
        .iter()
        .filter(|_| location == Location::User)
        .flat_map(|user| user.functions.keys())
        .filter(|path| path.module == module);
    let names: std::collections::BTreeSet<&str> = public
        .iter()
        .map(|(path, _)| *path)
        .chain(of_user)
        .map(|path| path.name.as_str())
        .collect();
    let named = attribute
        .skip
        .iter()
        .chain(attribute.returns.iter().map(|(name, _)| name));
    for ident in named {
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
