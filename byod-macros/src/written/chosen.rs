//! Parses what is said of single functions: `skip(…)` and `returns(…)`.

use byod_schema::nearest;
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Ident, Token, Type, parenthesized};

/// What was said of single functions.
#[derive(Default)]
pub(crate) struct Chosen {
    pub(crate) skip: Vec<Ident>,
    pub(crate) returns: Vec<(Ident, Type)>,
}

impl Chosen {
    /// Parses what follows `key`, if that is one of these.
    pub(super) fn parse(&mut self, input: ParseStream<'_>, key: &Ident) -> syn::Result<bool> {
        if key == "skip" {
            let form = "`skip` takes the names of functions: `skip(archive, …)`";
            // Functions may be called what is a keyword here.
            self.skip = parse_list(input, key, form, Ident::parse_any)?;
        } else if key == "returns" {
            let form = "`returns` takes types of functions: `returns(search = Vec<Doc<Self>>, …)`";
            for Returns { function, ty } in parse_list(input, key, form, Returns::parse)? {
                if self.returns.iter().any(|(other, _)| *other == function) {
                    return Err(syn::Error::new(
                        function.span(),
                        format!("`returns` has two types for `{function}`: keep one"),
                    ));
                }
                self.returns.push((function, ty));
            }
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// Whether a function gets no wrapper.
    pub(crate) fn skips(&self, function: &str) -> bool {
        self.skip.iter().any(|name| name.unraw() == function)
    }

    /// What a function gives.
    pub(crate) fn returns_of(&self, function: &str) -> Option<&Type> {
        let mut returns = self.returns.iter();
        returns
            .find(|(name, _)| name.unraw() == function)
            .map(|(_, ty)| ty)
    }

    /// Every function that is named.
    pub(crate) fn named(&self) -> impl Iterator<Item = &Ident> {
        let returns = self.returns.iter().map(|(name, _)| name);
        self.skip.iter().chain(returns)
    }
}

/// The message for an argument that the macro doesn't take.
pub(super) fn unknown_argument(name: &str, of: &str, known: &[&str]) -> String {
    let hint = nearest(name, known.iter().copied()).map_or_else(
        || format!("expected one of {}", known.join(", ")),
        |known| format!("did you mean `{known}`?"),
    );
    format!("unknown argument `{name}` of {of}: {hint}")
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
