use std::fmt;

use crate::function::{FunctionPath, FunctionType};
use crate::manifest::{Injection, Location};
use crate::validator::{Field, Validator};

/// What would go wrong at run time because the two projects don't fit together.
///
/// Its `Display` is one sentence that names the place, both sides and the fix.
#[derive(Clone, Debug, PartialEq)]
pub enum Difference {
    /// A table holds ids of a table that lives on the other deployment.
    ForeignId {
        /// The table that holds them, and where it lives.
        table: String,
        /// Where `table` lives.
        location: Location,
        /// The field's path in the document.
        field: String,
        /// The table of the ids.
        of: String,
    },
    /// A function's argument is an id of a table that lives on the other deployment.
    ForeignArgument {
        /// The function.
        path: FunctionPath,
        /// The argument's path.
        argument: String,
        /// The table of the ids.
        of: String,
        /// The deployment that takes the call.
        location: Location,
    },
    /// Main's documents must have a field that the user's project lacks or may leave out.
    MissingField {
        /// The table.
        table: String,
        /// The field.
        field: String,
        /// The user's project has the field, but optional.
        optional: bool,
    },
    /// A field has different validators.
    FieldType {
        /// The table.
        table: String,
        /// The field.
        field: String,
        /// Main's validator.
        main: Validator,
        /// The user's project's validator.
        user: Validator,
    },
    /// The documents of a table have different validators, and one is no plain object.
    DocumentType {
        /// The table.
        table: String,
        /// Main's validator.
        main: Validator,
        /// The user's project's validator.
        user: Validator,
    },
    /// Only one of the two projects has the function.
    MissingFunction {
        /// The function.
        path: FunctionPath,
        /// What it is where it is.
        function_type: FunctionType,
        /// The side that lacks it.
        lacking: Location,
    },
    /// The function is public in the user's project, but internal on main.
    InternalOnMain {
        /// The function.
        path: FunctionPath,
        /// What it is in the user's project.
        function_type: FunctionType,
    },
    /// The function is of another kind on the other side.
    FunctionType {
        /// The function.
        path: FunctionPath,
        /// What it is on main.
        main: FunctionType,
        /// What it is on the user's deployment.
        user: FunctionType,
    },
    /// The user's function returns what the type made from main's `returns` can't read.
    Returns {
        /// The function.
        path: FunctionPath,
        /// What main's function returns.
        main: Validator,
        /// What the user's function returns.
        user: Validator,
    },
    /// Only one of the two functions takes the argument, and it isn't injected.
    MissingArgument {
        /// The function.
        path: FunctionPath,
        /// The argument.
        argument: String,
        /// The side that doesn't take it.
        lacking: Location,
    },
    /// An argument has different validators, or is optional on one side only.
    ArgumentType {
        /// The function.
        path: FunctionPath,
        /// The argument.
        argument: String,
        /// Main's side.
        main: Field,
        /// The user's side.
        user: Field,
    },
    /// One of the two functions declares its arguments, the other takes anything.
    UndeclaredArguments {
        /// The function.
        path: FunctionPath,
        /// The side without `args`.
        lacking: Location,
    },
    /// An injected argument is declared as something the runtime can't fill in.
    InjectedType {
        /// The function.
        path: FunctionPath,
        /// The argument.
        argument: String,
        /// How the user's project declares it.
        found: Field,
        /// What the runtime fills in.
        injection: Injection,
    },
}

fn side(location: Location) -> &'static str {
    match location {
        Location::Main => "main",
        Location::User => "the user's project",
    }
}

/// How what is lacking gets there: users' projects are written by the tool, but for what
/// people write into their `custom/`.
fn added(lacking: Location, path: &FunctionPath) -> String {
    match lacking {
        Location::Main => "add it there".to_owned(),
        Location::User => format!(
            "write it there with `byod export`, or by hand in its custom/{}.ts",
            path.module
        ),
    }
}

fn other(location: Location) -> Location {
    match location {
        Location::Main => Location::User,
        Location::User => Location::Main,
    }
}

impl Difference {
    /// The function that it is about, if it is about one.
    pub fn function(&self) -> Option<&FunctionPath> {
        match self {
            Self::ForeignArgument { path, .. }
            | Self::MissingFunction { path, .. }
            | Self::InternalOnMain { path, .. }
            | Self::Returns { path, .. }
            | Self::FunctionType { path, .. }
            | Self::MissingArgument { path, .. }
            | Self::ArgumentType { path, .. }
            | Self::UndeclaredArguments { path, .. }
            | Self::InjectedType { path, .. } => Some(path),
            _ => None,
        }
    }

    /// The top-level field that it is about, if it is about one.
    pub fn field(&self) -> Option<&str> {
        match self {
            Self::ForeignId { field, .. }
            | Self::MissingField { field, .. }
            | Self::FieldType { field, .. } => field.split(['.', '[']).next(),
            _ => None,
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ForeignId {
                table,
                location: Location::User,
                field,
                of,
            } => write!(
                f,
                "`{table}.{field}` is v.id({of:?}), but `{table}` lives on the user's deployment and `{of}` on main, \
                 where an id of the other deployment means nothing: declare it as v.string() in the user's project, \
                 which `convex` under [user] in byod.toml names (an owner is the subject there), or move `{of}` to `tables` there"
            ),
            Self::ForeignId {
                table,
                location: Location::Main,
                field,
                of,
            } => write!(
                f,
                "`{table}.{field}` is v.id({of:?}), but `{table}` lives on main and `{of}` on the user's deployment, \
                 whose ids main doesn't know: declare it as v.string() in main's schema, or move `{table}` to `tables` \
                 under [user] in byod.toml"
            ),
            Self::ForeignArgument {
                path,
                argument,
                of,
                location: Location::User,
            } => write!(
                f,
                "`{path}` is answered by the user's deployment, but its argument `{argument}` is v.id({of:?}), a table \
                 of main: declare it as v.string() there, have it filled in by `{argument} = \"subject\"` under \
                 [user.inject] in byod.toml if it is who calls, or leave the function out with `skip({})`",
                path.name
            ),
            Self::ForeignArgument {
                path,
                argument,
                of,
                location: Location::Main,
            } => write!(
                f,
                "`{path}` is answered by main, but its argument `{argument}` is v.id({of:?}), a table of the other \
                 deployment: declare it as v.string() there, or leave the function out with `skip({})`",
                path.name
            ),
            Self::MissingField {
                table,
                field,
                optional,
            } => write!(
                f,
                "`{table}.{field}` is required by main's schema, but {} in the user's project, so documents from \
                 there could not be read: write that project anew with `byod export`, declare it as required there, or as \
                 v.optional(…) in main's schema",
                if *optional { "optional" } else { "missing" }
            ),
            Self::FieldType {
                table,
                field,
                main,
                user,
            } => write!(
                f,
                "`{table}.{field}` is {main} in main's schema, but {user} in the user's project: make the two equal (`byod export` \
                 writes the user's)"
            ),
            Self::DocumentType { table, main, user } => write!(
                f,
                "the documents of `{table}` are {main} in main's schema, but {user} in the user's project: make the \
                 two equal (`byod export` writes the user's)"
            ),
            Self::MissingFunction {
                path,
                function_type,
                lacking,
            } => write!(
                f,
                "`{path}` is a public {function_type} of {}, but {} has no such function: {}, or leave it \
                 out with `skip({})`",
                side(other(*lacking)),
                side(*lacking),
                added(*lacking, path),
                path.name
            ),
            Self::InternalOnMain {
                path,
                function_type,
            } => write!(
                f,
                "`{path}` is a public {function_type} of the user's project, but internal on main, where only the \
                 service's deploy key reaches it: make it public on main, or internal in the user's project, or leave \
                 it out with `skip({})`",
                path.name
            ),
            Self::Returns { path, main, user } => write!(
                f,
                "`{path}` returns {main} on main, but {user} in the user's project, which could not be read as that: \
                 let the user's function return what main's does, or leave it out with `skip({})`",
                path.name
            ),
            Self::FunctionType { path, main, user } => write!(
                f,
                "`{path}` is a {main} on main, but a {user} in the user's project: make it the same on both, or \
                 leave it out with `skip({})`",
                path.name
            ),
            Self::MissingArgument {
                path,
                argument,
                lacking: Location::Main,
            } => write!(
                f,
                "`{path}` takes the argument `{argument}` in the user's project, but not on main: add it to main's \
                 function, make it optional, or have it filled in by `{argument} = \"subject\"` or `\"now\"` under \
                 [user.inject] in byod.toml"
            ),
            Self::MissingArgument {
                path,
                argument,
                lacking: Location::User,
            } => write!(
                f,
                "`{path}` takes the argument `{argument}` on main, but not in the user's project: {}, or \
                 leave the function out with `skip({})`",
                added(Location::User, path),
                path.name
            ),
            Self::ArgumentType {
                path,
                argument,
                main,
                user,
            } => write!(
                f,
                "the argument `{argument}` of `{path}` is {main} on main, but {user} in the user's project: make the \
                 two equal, or leave the function out with `skip({})`",
                path.name
            ),
            Self::UndeclaredArguments { path, lacking } => write!(
                f,
                "`{path}` declares its arguments with `args` in {}, but not in {}: declare them in both, or leave \
                 the function out with `skip({})`",
                side(other(*lacking)),
                side(*lacking),
                path.name
            ),
            Self::InjectedType {
                path,
                argument,
                found,
                injection,
            } => write!(
                f,
                "`{path}` declares the injected argument `{argument}` as {found} in the user's project, but \
                 [user.inject] fills in {}: declare it as {}",
                match injection {
                    Injection::Subject => "the user's subject, a string",
                    Injection::Now => "the time in milliseconds, a number",
                    Injection::IdempotencyKey =>
                        "an idempotency key, a string, where the caller gives one",
                },
                match injection {
                    Injection::Subject => "v.string()",
                    Injection::Now => "v.number()",
                    Injection::IdempotencyKey => "v.optional(v.string())",
                }
            ),
        }
    }
}
