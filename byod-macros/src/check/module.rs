//! Checks what `byod_module!` was given, and gathers what is expanded.

use byod_schema::Manifest;
use syn::{Attribute, Visibility};

use super::errors::Errors;
use super::functions::{self, Asked, Function};
use super::rust_names::{self, ModuleNames};
use crate::types::Types;
use crate::written::ModuleInput;

/// One of main's modules, ready to expand.
pub(crate) struct Module<'a> {
    /// In main.
    pub(crate) path: String,
    pub(crate) attributes: &'a [Attribute],
    pub(crate) visibility: &'a Visibility,
    /// The generated module's names.
    pub(crate) module: ModuleNames,
    pub(crate) types: Types<'a>,
    pub(crate) functions: Vec<Function>,
}

pub(crate) fn check_module<'a>(
    manifest: &'a Manifest,
    input: &'a ModuleInput,
) -> (Module<'a>, Option<syn::Error>) {
    let path = input.path.value();
    let mut errors = Errors::default();
    let mut types = Types::of_no_table(manifest);
    let asked = Asked {
        module: &path,
        written: Some(input.path.span()),
        table: None,
        span: input.path.span(),
        chosen: &input.chosen,
    };
    let functions = functions::gather(manifest, &asked, &mut types, &mut errors);
    let module = match &input.ident {
        Some(ident) => ModuleNames::written(ident),
        None => rust_names::of_module(manifest, &path),
    };
    let module = Module {
        path,
        attributes: &input.attributes,
        visibility: &input.visibility,
        module,
        types,
        functions,
    };
    (module, errors.into_error())
}
