//! Parses the arguments of `#[byod_table(…)]`.

use byod_schema::Location;
use proc_macro2::Span;
use syn::parse::{Parse, ParseStream};
use syn::token::Paren;
use syn::{Ident, LitStr, Token};

use super::chosen::{Chosen, unknown_argument};

/// What was written in `#[byod_table(…)]`.
pub(crate) struct Attribute {
    pub(crate) location: Located<Location>,
    pub(crate) table: Option<LitStr>,
    pub(crate) module: Option<LitStr>,
    pub(crate) partial: bool,
    pub(crate) chosen: Chosen,
}

/// A value with the place where it was written.
pub(crate) struct Located<T> {
    pub(crate) value: T,
    pub(crate) span: Span,
}

const KEYS: [&str; 6] = ["location", "table", "module", "partial", "skip", "returns"];

impl Parse for Attribute {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut location = None;
        let mut table = None;
        let mut module = None;
        let mut partial = false;
        let mut chosen = Chosen::default();
        let mut given: Vec<Ident> = Vec::new();
        while !input.is_empty() {
            let key: Ident = input.parse().map_err(|error| {
                let expected = format!("expected an argument of byod_table: {}", KEYS.join(", "));
                syn::Error::new(error.span(), expected)
            })?;
            if given.contains(&key) {
                return Err(syn::Error::new(
                    key.span(),
                    format!("the argument `{key}` of byod_table is given twice: keep one"),
                ));
            }
            given.push(key.clone());
            match key.to_string().as_str() {
                "location" => location = Some(parse_location(input, &key)?),
                "table" => table = Some(parse_text(input, &key)?),
                "module" => module = Some(parse_text(input, &key)?),
                "partial" if input.peek(Token![=]) || input.peek(Paren) => {
                    return Err(input.error("`partial` takes no value: write `partial`"));
                }
                "partial" => partial = true,
                _ if chosen.parse(input, &key)? => {}
                other => {
                    let message = unknown_argument(other, "byod_table", &KEYS);
                    return Err(syn::Error::new(key.span(), message));
                }
            }
            if !input.is_empty() && input.parse::<Token![,]>().is_err() {
                return Err(input.error(format!("expected a comma after `{key}`")));
            }
        }
        let location = location.ok_or_else(|| {
            syn::Error::new(
                Span::call_site(),
                "byod_table needs `location = \"user\"` or `location = \"main\"`: where byod.toml says the table lives",
            )
        })?;
        Ok(Self {
            location,
            table,
            module,
            partial,
            chosen,
        })
    }
}

fn parse_text(input: ParseStream<'_>, key: &Ident) -> syn::Result<LitStr> {
    let text = || {
        input.parse::<Token![=]>()?;
        input.parse()
    };
    text().map_err(|error: syn::Error| {
        syn::Error::new(
            error.span(),
            format!("`{key}` takes a text: `{key} = \"…\"`"),
        )
    })
}

fn parse_location(input: ParseStream<'_>, key: &Ident) -> syn::Result<Located<Location>> {
    let text = parse_text(input, key)?;
    let value = match text.value().as_str() {
        "main" => Location::Main,
        "user" => Location::User,
        other => {
            return Err(syn::Error::new(
                text.span(),
                format!("unknown location {other:?}: expected \"main\" or \"user\""),
            ));
        }
    };
    Ok(Located {
        value,
        span: text.span(),
    })
}
