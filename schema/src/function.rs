use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::validator::Validator;

/// What a Convex function is: its kind, who may call it, and its validators.
///
/// The JSON shape is that of `npx convex function-spec`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Function {
    /// Query, mutation or action.
    pub function_type: FunctionType,
    /// Public (anyone may call it) or internal (admin only).
    pub visibility: Visibility,
    /// The validator of the arguments: an object, or `any` where none is declared.
    pub args: Validator,
    /// The validator of the result; `None` where none is declared.
    pub returns: Option<Validator>,
}

/// The three kinds of Convex function.
///
/// ```
/// # extern crate byod_schema as byod_runtime;
/// use byod_runtime::FunctionType;
///
/// assert_eq!(FunctionType::Mutation.to_string(), "mutation");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FunctionType {
    /// Reads the database.
    Query,
    /// Reads and writes the database, in one transaction.
    Mutation,
    /// Calls the outside world; no transaction.
    Action,
}

impl fmt::Display for FunctionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::Action => "action",
        })
    }
}

/// Who may call a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Visibility {
    /// Any client.
    Public,
    /// Other functions, and callers with a deploy key.
    Internal,
}

/// The name by which a function is called: `dir/module:name`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionPath {
    /// The module's path below the Convex folder, without its ending: `dir/module`.
    pub module: String,
    /// The export's name; `default` for a default export.
    pub name: String,
}

/// The table that a module is named after, if there is one of that name: the module's
/// name without the folders that it is in.
pub fn table_of_module(module: &str) -> &str {
    module.rsplit('/').next().unwrap_or(module)
}

impl FunctionPath {
    /// A path from its two parts.
    pub fn new(module: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            module: module.into(),
            name: name.into(),
        }
    }

    /// As [`table_of_module`], of the function's module.
    pub fn table_of_module(&self) -> &str {
        table_of_module(&self.module)
    }
}

impl fmt::Display for FunctionPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.module, self.name)
    }
}

impl FromStr for FunctionPath {
    type Err = std::convert::Infallible;

    /// Splits at the last colon; without one the name is `default`, as in Convex.
    fn from_str(path: &str) -> Result<Self, Self::Err> {
        Ok(match path.rsplit_once(':') {
            Some((module, name)) => Self::new(module.trim_end_matches(".js"), name),
            None => Self::new(path.trim_end_matches(".js"), "default"),
        })
    }
}

impl Serialize for FunctionPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for FunctionPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let path = std::borrow::Cow::<str>::deserialize(deserializer)?;
        path.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_split_at_its_last_colon() {
        let path: FunctionPath = "a/b:list".parse().unwrap();
        assert_eq!(path, FunctionPath::new("a/b", "list"));
        assert_eq!(path.to_string(), "a/b:list");
        assert_eq!(
            "crons".parse::<FunctionPath>().unwrap(),
            FunctionPath::new("crons", "default")
        );
    }

    #[test]
    fn a_function_has_the_shape_of_function_spec() {
        let json = serde_json::json!({
            "functionType": "Query",
            "visibility": {"kind": "internal"},
            "args": {"type": "any"},
            "returns": null,
        });
        let function: Function = serde_json::from_value(json.clone()).unwrap();
        assert_eq!(function.visibility, Visibility::Internal);
        assert_eq!(serde_json::to_value(function).unwrap(), json);
    }
}
