use std::fmt;

use byod_schema::Value;
use thiserror::Error;

/// Why a call gave no value. Its `Display` is the answer's `errorMessage`.
///
/// ```
/// use byod_local::{FunctionError, Local};
/// use serde_json::json;
///
/// fn refusing(local: Local) -> Local {
///     local.function("notes:create", |_, args| match args.str("title") {
///         Some("") => Err(FunctionError::convex("a title, please")), // the caller gets it as data
///         Some(_) => Ok(json!(null)),
///         None => Err(FunctionError::new("no title")),
///     })
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum FunctionError {
    /// The function threw `new Error(message)`.
    Error(String),
    /// The function threw `new ConvexError(data)`; the caller gets the data.
    ConvexError(Value),
    /// The deployment refused the call or its result: no such public function,
    /// wrong arguments, wrong return value.
    Refused(String),
}

impl FunctionError {
    /// As `throw new Error(message)`.
    pub fn new(message: impl Into<String>) -> Self {
        Self::Error(message.into())
    }

    /// As `throw new ConvexError(data)`.
    pub fn convex(data: impl Into<Value>) -> Self {
        Self::ConvexError(data.into())
    }

    /// The data of a `ConvexError`.
    pub fn data(&self) -> Option<&Value> {
        match self {
            Self::ConvexError(data) => Some(data),
            _ => None,
        }
    }
}

impl fmt::Display for FunctionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(message) => write!(f, "Uncaught Error: {message}"),
            Self::ConvexError(Value::String(text)) => write!(f, "Uncaught ConvexError: {text}"),
            Self::ConvexError(data) => {
                let json = serde_json::to_string(data).map_err(|_| fmt::Error)?;
                write!(f, "Uncaught ConvexError: {json}")
            }
            Self::Refused(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for FunctionError {}

impl From<&str> for FunctionError {
    fn from(message: &str) -> Self {
        Self::new(message)
    }
}

impl From<String> for FunctionError {
    fn from(message: String) -> Self {
        Self::new(message)
    }
}

/// Why a deployment could not be started.
///
/// ```
/// use byod_local::{Local, Manifest, StartError};
/// use serde_json::json;
///
/// # #[allow(unused)]
/// async fn misspelt(manifest: &Manifest) {
///     let local = Local::main(manifest).function("notes:creat", |_, _| Ok(json!(null)));
///     let error = local.start().await.unwrap_err();
///     assert!(matches!(error, StartError::UnknownFunction { nearest: Some(name), .. } if name == "notes:create"));
/// }
/// ```
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartError {
    /// A closure was registered under a path that the project does not declare.
    #[error("{}", unknown_function(path, nearest.as_deref()))]
    UnknownFunction {
        /// The path as it was registered.
        path: String,
        /// The declared function that was probably meant.
        nearest: Option<String>,
    },
    /// A push of the project would be refused, so no deployment can run it.
    #[error("{}", .0.join("\n"))]
    Refused(Vec<String>),
    /// The manifest is not one that this version reads.
    #[error("the manifest cannot be read: {0}; build again with the same version of byod-build")]
    Manifest(String),
    /// The operating system gave no port on 127.0.0.1.
    #[error("cannot listen on 127.0.0.1: {0}")]
    Listen(#[source] std::io::Error),
    /// The operating system gave no random bytes.
    #[error("no random bytes from the operating system: {0}")]
    Random(String),
}

fn unknown_function(path: &str, nearest: Option<&str>) -> String {
    let hint = match nearest {
        Some(name) => format!("did you mean `{name}`?"),
        None => "declare it in the Convex project first".to_owned(),
    };
    format!("the project declares no function `{path}`; {hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_those_of_the_backend() {
        for (error, message) in [
            (FunctionError::new("no"), "Uncaught Error: no"),
            (FunctionError::convex("no"), "Uncaught ConvexError: no"),
            (
                FunctionError::convex(Value::from_iter([("code", 7.0)])),
                r#"Uncaught ConvexError: {"code":7}"#,
            ),
            (FunctionError::Refused("no".into()), "no"),
        ] {
            assert_eq!(error.to_string(), message);
        }
    }
}
