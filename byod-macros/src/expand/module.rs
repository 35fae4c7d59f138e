//! Quotes a module of wrappers, and the names by which it is reached.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::ext::IdentExt as _;
use syn::{Attribute, Visibility};

use super::definitions::definition;
use super::functions::function;
use super::types::Expander;
use crate::check::{Function, Module, ModuleNames};
use crate::types::Types;

/// What is in a module of wrappers.
pub(super) struct Contents<'c> {
    pub(super) names: &'c ModuleNames,
    pub(super) visibility: &'c Visibility,
    pub(super) doc: String,
    pub(super) attributes: &'c [Attribute],
    pub(super) types: &'c Types<'c>,
    pub(super) functions: &'c [Function],
    /// What `Self` means in written types: the table's struct, which is outside.
    pub(super) own: Option<TokenStream>,
    pub(super) inside: Expander<'c>,
}

/// One of main's modules.
pub(crate) fn expand_module(module: &Module<'_>) -> TokenStream {
    module_of(&Contents {
        names: &module.module,
        visibility: module.visibility,
        doc: format!(
            "The functions of main's module `{}`, and the types they take and give.",
            module.path
        ),
        attributes: module.attributes,
        types: &module.types,
        functions: &module.functions,
        own: None,
        inside: Expander::new(&module.types, quote!(), quote!()),
    })
}

/// The compiler's lints leave the code of macros alone, so none is allowed here: where a
/// crate forbids one, that would be an error. Clippy's don't.
pub(super) fn module_of(contents: &Contents<'_>) -> TokenStream {
    let Contents {
        names,
        visibility,
        doc,
        attributes,
        types,
        functions,
        own,
        inside,
    } = contents;
    let definitions = types.definitions.iter().enumerate();
    let definitions = definitions.map(|(i, d)| definition(&types.name(i), d, inside));
    let functions = functions.iter().map(|f| function(f, own.as_ref(), inside));
    let module = &names.own;
    // A name that nobody has written is nobody's to read.
    let hidden = names.is_hidden().then(|| quote!(#[doc(hidden)]));
    let also = also(names, visibility);
    quote! {
        #[doc = #doc]
        #(#attributes)*
        #hidden
        #[allow(clippy::all, clippy::pedantic)]
        #visibility mod #module {
            // For the types that `returns(…)` names.
            use super::*;

            #(#definitions)*
            #(#functions)*
        }

        #also
    }
}

/// The other name, imported with a glob: what is defined under that name in the same place
/// goes before it, and where two such imports have it, only its use is an error.
fn also(names: &ModuleNames, visibility: &Visibility) -> Option<TokenStream> {
    let also = names.also.as_ref()?;
    let own = &names.own;
    let holder = format_ident!("__byod_names_{}", own.unraw());
    let inner = one_deeper(visibility);
    Some(quote! {
        #[doc(hidden)]
        mod #holder {
            #inner use super::#own as #also;
        }
        #visibility use self::#holder::*;
    })
}

/// The same visibility, said in a module inside.
fn one_deeper(visibility: &Visibility) -> TokenStream {
    match visibility {
        Visibility::Inherited => quote!(pub(super)),
        Visibility::Public(_) => quote!(pub),
        Visibility::Restricted(restricted) => {
            let path = &restricted.path;
            if path.is_ident("crate") {
                quote!(pub(crate))
            } else if path.is_ident("self") {
                quote!(pub(super))
            } else if path
                .segments
                .first()
                .is_some_and(|first| first.ident == "crate")
            {
                quote!(pub(in #path))
            } else {
                quote!(pub(in super::#path))
            }
        }
    }
}
