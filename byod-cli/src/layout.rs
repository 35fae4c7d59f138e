//! Lays out the TypeScript that is generated, as Prettier would: 80 columns,
//! two spaces, double quotes.

use byod_schema::Value;

const WIDTH: usize = 80;

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Code {
    /// Stands on one line.
    Text(String),
    Call {
        callee: String,
        args: Vec<Code>,
    },
    Object {
        entries: Vec<Entry>,
        /// One entry a line, also where fewer lines would do.
        expanded: bool,
    },
    Array(Vec<Code>),
    /// `head.call().call()`; the callees begin with a dot.
    Chain {
        head: Box<Code>,
        calls: Vec<Code>,
    },
}

/// A member of an object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) comment: Option<String>,
    pub(crate) key: String,
    pub(crate) value: Code,
    /// A blank line in front of it, unless it is the first.
    pub(crate) apart: bool,
}

impl Code {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub(crate) fn call(callee: impl Into<String>, args: impl IntoIterator<Item = Code>) -> Self {
        Self::Call {
            callee: callee.into(),
            args: args.into_iter().collect(),
        }
    }

    /// On one line where it fits.
    pub(crate) fn object(entries: impl IntoIterator<Item = Entry>) -> Self {
        Self::Object {
            entries: entries.into_iter().collect(),
            expanded: false,
        }
    }

    pub(crate) fn expanded(entries: impl IntoIterator<Item = Entry>) -> Self {
        Self::Object {
            entries: entries.into_iter().collect(),
            expanded: true,
        }
    }

    pub(crate) fn strings<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        Self::Array(
            texts
                .into_iter()
                .map(|text| Self::Text(string(text)))
                .collect(),
        )
    }

    /// Printed into a line that is indented by `indent`, has `before` columns in
    /// front of the expression and `after` behind it.
    pub(crate) fn print(&self, indent: usize, before: usize, after: usize) -> String {
        let mut out = Printer {
            text: String::new(),
            column: before,
        };
        out.code(self, indent, after);
        out.text
    }

    fn flat(&self) -> Option<String> {
        let joined = |codes: &[Code]| {
            let flat: Option<Vec<String>> = codes.iter().map(Self::flat).collect();
            flat.map(|flat| flat.join(", "))
        };
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Call { callee, args } => Some(format!("{callee}({})", joined(args)?)),
            Self::Array(items) => Some(format!("[{}]", joined(items)?)),
            Self::Object { entries, .. } if entries.is_empty() => Some("{}".to_owned()),
            Self::Object { expanded: true, .. } => None,
            Self::Object { entries, .. } => {
                let flat: Option<Vec<String>> = entries.iter().map(Entry::flat).collect();
                Some(format!("{{ {} }}", flat?.join(", ")))
            }
            Self::Chain { head, calls } => {
                let calls: Option<String> = calls.iter().map(Self::flat).collect();
                Some(head.flat()? + &calls?)
            }
        }
    }

    /// Whether a call with it as its last argument opens on the call's line.
    fn opens(&self) -> bool {
        match self {
            Self::Object { entries, .. } => !entries.is_empty(),
            Self::Array(items) => !items.is_empty(),
            _ => false,
        }
    }
}

impl Entry {
    pub(crate) fn new(key: &str, value: Code) -> Self {
        Self {
            comment: None,
            key: property(key),
            value,
            apart: false,
        }
    }

    fn flat(&self) -> Option<String> {
        match &self.comment {
            Some(_) => None,
            None => Some(format!("{}: {}", self.key, self.value.flat()?)),
        }
    }
}

struct Printer {
    text: String,
    column: usize,
}

impl Printer {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.column += text.chars().count();
    }

    fn line(&mut self, indent: usize) {
        self.text.push('\n');
        self.text.extend(std::iter::repeat_n(' ', indent));
        self.column = indent;
    }

    fn code(&mut self, code: &Code, indent: usize, after: usize) {
        if let Some(flat) = code.flat()
            && self.column + flat.chars().count() + after <= WIDTH
        {
            return self.push(&flat);
        }
        match code {
            Code::Text(text) => self.push(text),
            Code::Array(items) => self.lines("[", items, "]", indent),
            Code::Object { entries, .. } => {
                self.push("{");
                for (i, entry) in entries.iter().enumerate() {
                    if entry.apart && i > 0 {
                        self.text.push('\n');
                    }
                    if let Some(comment) = &entry.comment {
                        self.line(indent + 2);
                        self.push(&format!("/** {comment} */"));
                    }
                    self.line(indent + 2);
                    self.push(&format!("{}: ", entry.key));
                    self.code(&entry.value, indent + 2, 1);
                    self.push(",");
                }
                self.line(indent);
                self.push("}");
            }
            Code::Call { callee, args } => self.call(callee, args, indent, after),
            Code::Chain { head, calls } => {
                self.code(head, indent, 0);
                let one = calls.len() == 1;
                for call in calls {
                    if one {
                        self.code(call, indent, after);
                    } else {
                        self.line(indent + 2);
                        self.code(call, indent + 2, 1);
                    }
                }
            }
        }
    }

    fn call(&mut self, callee: &str, args: &[Code], indent: usize, after: usize) {
        if let Some((last, first)) = args.split_last()
            && last.opens()
            && !first.last().is_some_and(Code::opens)
            && let Some(first) = first.iter().map(Code::flat).collect::<Option<Vec<_>>>()
        {
            let head = format!(
                "{callee}({}",
                first.iter().map(|a| format!("{a}, ")).collect::<String>()
            );
            if self.column + head.chars().count() < WIDTH {
                self.push(&head);
                // Not flat, or the whole call would have fitted.
                return match last {
                    Code::Array(items) => {
                        self.lines("[", items, "]", indent);
                        self.push(")");
                    }
                    Code::Object { entries, .. } => {
                        let expanded = Code::expanded(entries.iter().cloned());
                        self.code(&expanded, indent, after + 1);
                        self.push(")");
                    }
                    _ => {}
                };
            }
        }
        if args.is_empty() {
            return self.push(&format!("{callee}()"));
        }
        self.push(callee);
        self.lines("(", args, ")", indent);
    }

    fn lines(&mut self, open: &str, items: &[Code], close: &str, indent: usize) {
        self.push(open);
        for item in items {
            self.line(indent + 2);
            self.code(item, indent + 2, 1);
            self.push(",");
        }
        self.line(indent);
        self.push(close);
    }
}

/// The key of an object, quoted where it must be.
pub(crate) fn property(name: &str) -> String {
    if is_identifier(name) {
        name.to_owned()
    } else {
        string(name)
    }
}

pub(crate) fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || matches!(c, '_' | '$'))
        && chars.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$'))
}

/// Words that nothing can be declared as in a module.
const RESERVED: &str = "arguments await break case catch class const continue debugger default \
    delete do else enum eval export extends false finally for function if implements import in \
    instanceof interface let new null package private protected public return static super switch \
    this throw true try typeof var void while with yield";

/// Whether a name is an identifier, but can't be declared in a module.
pub(crate) fn is_reserved(name: &str) -> bool {
    RESERVED.split(' ').any(|word| word == name)
}

/// A string literal with the quotes that need fewer escapes.
pub(crate) fn string(text: &str) -> String {
    let doubles = text.matches('"').count();
    let quote = if doubles > text.matches('\'').count() {
        '\''
    } else {
        '"'
    };
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            c if c == quote => out.extend(['\\', c]),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                out.push_str(&format!("\\u{:04x}", c as u32));
            }
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

/// A literal, as the argument of `v.literal()`.
pub(crate) fn literal(value: &Value) -> String {
    match value {
        Value::String(text) => string(text),
        Value::Float64(number) if number.is_nan() => "NaN".to_owned(),
        Value::Float64(number) if number.is_infinite() && *number > 0.0 => "Infinity".to_owned(),
        Value::Float64(number) if number.is_infinite() => "-Infinity".to_owned(),
        Value::Float64(number) => number.to_string(),
        Value::Int64(number) => format!("{number}n"),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_stays_on_its_line() {
        let code = Code::call("v.optional", [Code::call("v.string", [])]);
        assert_eq!(code.print(2, 10, 1), "v.optional(v.string())");
        let long = Code::call(
            "v.union",
            (0..9).map(|i| Code::text(format!("v.literal({i})"))),
        );
        assert_eq!(long.print(2, 10, 1).lines().count(), 11);
    }

    #[test]
    fn an_object_opens_on_the_line_of_its_call() {
        let table = Code::Chain {
            head: Box::new(Code::call(
                "defineTable",
                [Code::expanded([Entry::new("a-b", Code::text("v.any()"))])],
            )),
            calls: vec![Code::call(
                ".index",
                [Code::text("\"by\""), Code::strings(["a-b"])],
            )],
        };
        assert_eq!(
            table.print(2, 9, 1),
            "defineTable({\n    \"a-b\": v.any(),\n  }).index(\"by\", [\"a-b\"])"
        );
    }

    #[test]
    fn strings_are_quoted_as_prettier_quotes_them() {
        assert_eq!(string("it's"), r#""it's""#);
        assert_eq!(string(r#"a "b""#), r#"'a "b"'"#);
        assert_eq!(string("a\\\n\u{0}"), r#""a\\\n\u0000""#);
    }
}
