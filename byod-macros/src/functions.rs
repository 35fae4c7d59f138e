//! Gathers the functions of a table's module, with the types of their wrappers.

use byod_schema::{
    FunctionPath, FunctionType, Injection, Location, Manifest, Validator, Visibility,
};
use syn::Ident;

use crate::ast::Input;
use crate::attr::Attribute;
use crate::check::{Errors, unknown_name};
use crate::names::{self, Scope};
use crate::types::{Member, Type, Types};

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
    /// A struct of that name.
    Struct(Ident, Vec<Member>),
    /// Anything that serializes to an object: the function declares no `args`.
    Untyped,
}

/// What the wrapper's call gives.
pub(crate) enum Returns {
    /// As the function's `returns` declares.
    Declared(Type),
    /// As the attribute says.
    Written(Box<syn::Type>),
    /// `Vec<Doc<Self>>`
    Documents,
    /// `Page<Doc<Self>>`
    Page,
    /// `Option<Doc<Self>>`
    MaybeDocument,
    /// `Id<Self>`
    Id,
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
    let skipped = |path: &FunctionPath| attribute.skip.iter().any(|name| *name == path.name);
    for difference in manifest.function_differences(&module, location) {
        if !difference.function().is_some_and(skipped) {
            // Functions aren't written in Rust: the struct's name stands for its module.
            errors.push(input.ident.span(), &difference);
        }
    }

    let mut scope = Scope::default();
    public
        .into_iter()
        .filter(|(path, _)| !skipped(path))
        .map(|(path, function)| {
            let prefix = names::pascal(&path.name);
            let arguments = match &function.args {
                Validator::Object { value } if value.is_empty() => Arguments::None,
                Validator::Object { value } => {
                    let name = types.take_name(format!("{prefix}Args"));
                    Arguments::Struct(names::ident(&name), types.members(value, &prefix))
                }
                _ => Arguments::Untyped,
            };
            let written = attribute
                .returns
                .iter()
                .find(|(name, _)| *name == path.name);
            let returns = match (written, &function.returns) {
                (Some((_, ty)), _) => Returns::Written(Box::new(ty.clone())),
                (None, Some(returns)) => {
                    Returns::Declared(types.of(returns, &format!("{prefix}Result")))
                }
                (None, None) => by_name(&path.name, &function.args),
            };
            Function {
                ident: names::ident(&scope.take(names::snake(&path.name))),
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

/// What a function gives that doesn't say so itself: by its name, as people
/// name them in Convex.
fn by_name(name: &str, args: &Validator) -> Returns {
    let paginated = args
        .as_object()
        .is_some_and(|args| args.get("paginationOpts").is_some());
    match name {
        "list" if paginated => Returns::Page,
        "list" => Returns::Documents,
        "get" => Returns::MaybeDocument,
        "create" => Returns::Id,
        _ => Returns::Json,
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
        let name = ident.to_string();
        if !names.contains(name.as_str()) {
            let what = format!("no public function `{module}:{name}`");
            errors.push(
                ident.span(),
                unknown_name(&what, &name, names.iter().copied()),
            );
        }
    }
}
