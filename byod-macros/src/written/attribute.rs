//! Parses the arguments of `#[byod_table(…)]`.

use byod_schema::{Location, nearest};
use proc_macro2::Span;
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::token::Paren;
use syn::{Ident, LitStr, Token, Type, parenthesized};

/// What was written in `#[byod_table(…)]`.
pub(crate) struct Attribute {
    pub(crate) location: Located<Location>,
    pub(crate) table: Option<LitStr>,
    pub(crate) module: Option<LitStr>,
    pub(crate) partial: bool,
    pub(crate) skip: Vec<Ident>,
    pub(crate) returns: Vec<(Ident, Type)>,
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
        let mut skip = Vec::new();
        let mut returns = Vec::new();
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
                "skip" => {
                    let form = "`skip` takes the names of functions: `skip(archive, …)`";
                    // Functions may be called what is a keyword here.
                    skip = parse_list(input, &key, form, Ident::parse_any)?;
                }
                "returns" => {
                    let form =
                        "`returns` takes types of functions: `returns(search = Vec<Doc<Self>>, …)`";
                    for Returns { function, ty } in parse_list(input, &key, form, Returns::parse)? {
                        if returns.iter().any(|(other, _)| *other == function) {
                            return Err(syn::Error::new(
                                function.span(),
                                format!("`returns` has two types for `{function}`: keep one"),
                            ));
                        }
                        returns.push((function, ty));
                    }
                }
                other => {
                    let hint = nearest(other, KEYS).map_or_else(
                        || format!("expected one of {}", KEYS.join(", ")),
                        |key| format!("did you mean `{key}`?"),
                    );
                    return Err(syn::Error::new(
                        key.span(),
                        format!("unknown argument `{other}` of byod_table: {hint}"),
                    ));
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
            skip,
            returns,
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

/// `(…, …)`; anything else is reported as not of that `form`.
fn parse_list<T>(
    input: ParseStream<'_>,
    key: &Ident,
    form: &str,
    item: fn(ParseStream<'_>) -> syn::Result<T>,
) -> syn::Result<Vec<T>> {
    if input.is_empty() {
        return Err(syn::Error::new(key.span(), form));
    }
    let list = || {
        let list;
        parenthesized!(list in input);
        Punctuated::<T, Token![,]>::parse_terminated_with(&list, item)
    };
    let list = list().map_err(|error: syn::Error| syn::Error::new(error.span(), form))?;
    Ok(list.into_iter().collect())
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

/// `search = Vec<Doc<Self>>`
struct Returns {
    function: Ident,
    ty: Type,
}

impl Parse for Returns {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let function = input.call(Ident::parse_any)?;
        input.parse::<Token![=]>()?;
        Ok(Self {
            function,
            ty: input.parse()?,
        })
    }
}
