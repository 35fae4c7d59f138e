#![doc = include_str!("../README.md")]
//!
//! Each is a pipeline: what was `written` is checked (`check`) against the manifest
//! that the build script left (`manifest`), and only then quoted (`expand`).

mod check;
mod expand;
mod manifest;
mod names;
mod tables;
mod types;
mod written;

use proc_macro::TokenStream;
use quote::quote;

/// Makes a struct stand for a table, and generates the module that calls the
/// table's functions.
///
/// | argument | meaning |
/// | --- | --- |
/// | `location = "user"` or `"main"` | where `byod.toml` says the table lives; required, so that a reader sees it |
/// | `table = "userPreferences"` | the table's name, where it isn't the struct's name in camel case |
/// | `module = "db/notes"` | the Convex module of the functions, where it isn't called like the table |
/// | `partial` | the struct leaves fields out on purpose |
/// | `skip(archive, …)` | functions that get no wrapper |
/// | `returns(search = Vec<Doc<Self>>, …)` | what a function gives that declares no `returns`; else JSON, but for `list`, `get`, `create` and pages |
///
/// A unit struct gets its fields from the schema; a struct with fields is
/// checked against it. Field names are the schema's in snake case; another
/// name takes `#[byod(rename = "schemaName")]`.
///
/// Put it above `#[derive(…)]`: derives must see the struct with its fields.
///
/// ```ignore
/// #[byod_table(location = "user")]
/// pub struct Notes; // fields, nested objects and unions come from convex/schema.ts
///
/// /// What a list needs.
/// #[byod_table(location = "user", table = "notes", partial)]
/// pub struct NoteTitle {
///     pub title: String,
/// }
///
/// let new = notes::CreateArgs::builder().title("Hi").content("").build();
/// let id: Id<Notes> = notes::create(&session, new).await?;
/// let all: Vec<Doc<Notes>> = notes::list(&session, notes::ListArgs::default()).await?;
/// ```
///
/// # Documents of several kinds
/// Where the schema has `defineTable(v.union(v.object(…), …))`, a unit struct
/// becomes an enum with a variant for each kind and one for kinds that this build
/// doesn't know: `match &*doc { Events::Opened(event) => …, … }`. A struct with
/// fields can be a `partial` view of those that all kinds have.
///
/// # Functions
/// Each public function gets a wrapper that takes the session and a struct of its
/// arguments. Where some arguments are required and some optional, the struct has
/// a `builder()`; without a required one that doesn't compile.
///
/// A query that takes Convex's `paginationOpts` gives a `PaginatedQuery`: a page,
/// or a stream of pages or items. `paginationOpts` is then not among the
/// arguments. Its items are what `returns` declares; without `returns` they are
/// taken to be the table's documents, unless the attribute says
/// `returns(search = Page<Found>)`.
///
/// Of other functions that declare no `returns`, `list`, `get` and `create` give
/// documents, one or none, and an id; all others JSON.
///
/// Where `byod export` has judged main's functions, each wrapper goes where the function
/// runs, also another one of the same module: its documentation says so where that is
/// nowhere for connected users. Without that, all go where the table is. What `skip` in
/// `byod.toml` lists gets no wrapper. See `byod_module!`, which makes the wrappers of any
/// module.
///
/// # Names
/// The module is called like the table, in snake case. That of a struct of another name
/// (`table = "…"`) is called like the struct, and like the table where nothing else in the
/// same place is: so there may be several structs for a table.
///
/// Where several names of Convex come out equal in Rust, none has the name alone: each
/// says after two underscores what it is in Convex, `_` twice (`userId` and `user_id` are
/// `user_id__userId` and `user_id__user__id`; the literal `unknown` is
/// `Unknown__unknown`, beside what is unknown). So a field or a literal that is added can
/// make a name an error, but never make it mean another thing. What has no name in Convex
/// is called after what it holds, and where that isn't enough after a digest of it: kinds of
/// a union that differ by type alone (`Object__name__radius`), and types whose names come out
/// equal. A keyword is raw (`r#type`); `self` is `self_`.
#[proc_macro_attribute]
pub fn byod_table(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let item: proc_macro2::TokenStream = item.into();
    table_struct(arguments.into(), item.clone())
        .unwrap_or_else(|error| {
            // The struct stays, so that the rest of the crate doesn't fail for want of it.
            let error = error.into_compile_error();
            let item = expand::stand_in(item);
            quote! { #error #item }
        })
        .into()
}

fn table_struct(
    arguments: proc_macro2::TokenStream,
    item: proc_macro2::TokenStream,
) -> syn::Result<proc_macro2::TokenStream> {
    let attribute: written::Attribute = syn::parse2(arguments)?;
    let input: written::Input = syn::parse2(item)?;
    let manifest = manifest::load().map_err(|error| error.at(input.ident.span()))?;
    let (table, errors) = check::check(&manifest, &attribute, &input)?;
    let errors = errors.map(syn::Error::into_compile_error);
    let expanded = expand::expand(&table);
    Ok(quote!(#errors #expanded))
}

/// The checked name of a table with its location: `table!("conversations")` is
/// a constant [`TableInfo`](../byod_runtime/struct.TableInfo.html).
///
/// A name that main's schema doesn't have is a compile error.
///
/// ```ignore
/// let routed = byod.client_for_table(table!("conversations").name, user_id, FunctionType::Query).await?;
/// ```
#[proc_macro]
pub fn table(input: TokenStream) -> TokenStream {
    tables::one(input.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Makes a module of wrappers for the public functions of one of main's modules, whatever
/// it is called: `byod_module!("chat")` is a `mod chat`, `byod_module!("search/hybrid")` a
/// `mod search_hybrid`.
///
/// ```ignore
/// byod_module!("chat");
/// byod_module!(pub mod hybrid = "search/hybrid", skip(reindex), returns(find = Vec<Found>));
///
/// let sent = chat::send_message(&session, chat::SendMessageArgs { text }).await?;
/// let found = hybrid::find(&session, hybrid::FindArgs { query }).await?;
/// ```
///
/// | argument | meaning |
/// | --- | --- |
/// | `"search/hybrid"` | main's module: its path in the Convex folder, without the ending |
/// | `pub`, `pub mod hybrid =`, `#[…]` | the module's visibility, name and attributes |
/// | `skip(archive, …)` | functions that get no wrapper |
/// | `returns(find = Vec<Found>, …)` | what a function gives that declares no `returns`; else JSON |
///
/// The wrappers are typed and checked as those of `byod_table` are. Each goes where
/// `byod export` has found that the function runs for a connected user: to their
/// deployment, where main's function and the user's are compared; to main, if it touches
/// no table of the users; or nowhere, with the reason in its documentation and in
/// `Error::NotServed`. Users who connected no deployment have all of them on main. Until
/// the tool has judged main's functions, only modules that are called like a table of the
/// users go to their deployments.
///
/// A table's struct may be beside the module that is called like it; the name means the
/// struct's module then.
#[proc_macro]
pub fn byod_module(input: TokenStream) -> TokenStream {
    module(input.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

fn module(input: proc_macro2::TokenStream) -> syn::Result<proc_macro2::TokenStream> {
    let input: written::ModuleInput = syn::parse2(input)?;
    let manifest = manifest::load().map_err(|error| error.at(input.path.span()))?;
    let (module, errors) = check::check_module(&manifest, &input);
    let errors = errors.map(syn::Error::into_compile_error);
    let expanded = expand::expand_module(&module);
    Ok(quote!(#errors #expanded))
}

/// Every table of main's schema with its location, as a
/// `&'static [TableInfo]`: the registry that a `Router` works with.
///
/// ```ignore
/// const ROUTER: Router = Router::new(tables!());
/// assert!(ROUTER.is_user_table("conversations"));
/// ```
#[proc_macro]
pub fn tables(input: TokenStream) -> TokenStream {
    tables::all(input.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// Every public function of main with where it runs, as a `&'static [FunctionInfo]`: what
/// a `Router` needs for paths that are known only at run time.
///
/// ```ignore
/// let byod = Byod::builder().tables(tables!()).functions(functions!()).build()?;
/// let found: Vec<Found> = session.query("search:notes", &args)?.await?;
/// ```
#[proc_macro]
pub fn functions(input: TokenStream) -> TokenStream {
    tables::functions(input.into())
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
