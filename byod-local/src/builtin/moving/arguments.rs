//! Arguments, and what whoever asks is called.

use byod_schema::Value;

use crate::error::FunctionError;
use crate::functions::Ctx;
use crate::values::Object;

/// Whom it is about: their id on main, and their subject.
#[derive(Clone, Debug)]
pub(super) struct Who {
    pub(super) user: String,
    pub(super) subject: String,
}

impl Who {
    pub(super) fn of(args: &Object) -> Result<Self, FunctionError> {
        let (user, subject) = (text(args, "user")?, text(args, "subject")?);
        match subject.is_empty() {
            true => Err("Give `subject`".into()),
            false => Ok(Self { user, subject }),
        }
    }

    /// What they are called, here or there.
    pub(super) fn names(&self) -> Vec<&str> {
        match self.user == self.subject {
            true => vec![&self.user],
            false => vec![&self.user, &self.subject],
        }
    }

    pub(super) fn is(&self, name: Option<&Value>) -> bool {
        matches!(name, Some(Value::String(name)) if self.names().contains(&name.as_str()))
    }
}

/// A value that is there or null.
pub(super) fn given(args: &Object, name: &str) -> Value {
    args.get(name).cloned().unwrap_or(Value::Null)
}

pub(super) fn text(args: &Object, name: &str) -> Result<String, FunctionError> {
    text_in(args, name).map(str::to_owned)
}

/// The same, where it is.
pub(super) fn text_in<'a>(args: &'a Object, name: &str) -> Result<&'a str, FunctionError> {
    let missing = || FunctionError::new(format!("the argument `{name}` is missing"));
    args.str(name).ok_or_else(missing)
}

/// Takes the objects of an array.
pub(super) fn objects(args: &mut Object, name: &str) -> Result<Vec<Object>, FunctionError> {
    match args.remove(name) {
        Some(Value::Array(items)) => items.into_iter().map(Object::try_from).collect(),
        _ => Ok(Vec::new()),
    }
}

/// Takes the texts of an array.
pub(super) fn texts(args: &mut Object, name: &str) -> Vec<String> {
    let is_text = |value| match value {
        Value::String(text) => Some(text),
        _ => None,
    };
    match args.remove(name) {
        Some(Value::Array(items)) => items.into_iter().filter_map(is_text).collect(),
        _ => Vec::new(),
    }
}

/// The document of that id, if it is one of that table.
pub(super) fn document<'c>(ctx: &'c Ctx<'_>, table: &str, id: &str) -> Option<&'c Object> {
    ctx.peek(id)
        .filter(|_| ctx.ids().table_of(id) == Some(table))
}
