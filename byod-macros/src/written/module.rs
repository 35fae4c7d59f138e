//! Parses what was written in `byod_module!(…)`.

use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Ident, LitStr, Token, Visibility};

use super::chosen::{Chosen, unknown_argument};

/// What was written: `"chat"`, or `pub mod hybrid = "search/hybrid", skip(…)`.
pub(crate) struct ModuleInput {
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) visibility: Visibility,
    /// The name, where it isn't made of the path.
    pub(crate) ident: Option<Ident>,
    /// The module of main.
    pub(crate) path: LitStr,
    pub(crate) chosen: Chosen,
}

const FORM: &str = "byod_module! takes one of main's modules: `byod_module!(\"search/hybrid\")`, or `byod_module!(pub mod hybrid = \"search/hybrid\")`";

const KEYS: [&str; 2] = ["skip", "returns"];

impl Parse for ModuleInput {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let expected = |error: syn::Error| syn::Error::new(error.span(), FORM);
        let attributes = Attribute::parse_outer(input)?;
        let visibility = input.parse()?;
        let mut ident = None;
        if input.parse::<Option<Token![mod]>>()?.is_some() {
            ident = Some(input.parse().map_err(expected)?);
            input.parse::<Token![=]>().map_err(expected)?;
        }
        let path: LitStr = input.parse().map_err(expected)?;
        let mut chosen = Chosen::default();
        let mut given: Vec<Ident> = Vec::new();
        while !input.is_empty() {
            input
                .parse::<Token![,]>()
                .map_err(|error| syn::Error::new(error.span(), "expected a comma"))?;
            if input.is_empty() {
                break;
            }
            let key: Ident = input.parse().map_err(|error| {
                let keys = KEYS.join(", ");
                let expected = format!("expected an argument of byod_module!: {keys}");
                syn::Error::new(error.span(), expected)
            })?;
            if given.contains(&key) {
                let twice =
                    format!("the argument `{key}` of byod_module! is given twice: keep one");
                return Err(syn::Error::new(key.span(), twice));
            }
            if !chosen.parse(input, &key)? {
                let message = unknown_argument(&key.to_string(), "byod_module!", &KEYS);
                return Err(syn::Error::new(key.span(), message));
            }
            given.push(key);
        }
        Ok(Self {
            attributes,
            visibility,
            ident,
            path,
            chosen,
        })
    }
}
