//! What a `tsconfig.json` has Convex's bundler make of the same code.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use oxc_allocator::Allocator;
use oxc_ast::ast::{Expression, ObjectExpression, ObjectPropertyKind, Statement};
use oxc_parser::Parser;
use oxc_span::{GetSpan, SourceType};

/// The options by which code means something else, where they aren't as they are if
/// nothing is said: each with its value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bundling(BTreeMap<&'static str, bool>);

/// Each with what holds where nothing is said.
const OPTIONS: [(&str, bool); 4] = [
    ("experimentalDecorators", false),
    ("preserveValueImports", false),
    ("useDefineForClassFields", true),
    ("verbatimModuleSyntax", false),
];

/// With these, fields of classes are set, not defined.
const OLD_TARGETS: [&str; 9] = [
    "es3", "es5", "es6", "es2015", "es2016", "es2017", "es2018", "es2019", "es2020",
];

impl Bundling {
    /// What the nearest `tsconfig.json` of a Convex folder says, and what it leaves to
    /// another file.
    pub(crate) fn of(convex: &Path) -> (Self, Option<String>) {
        let text = nearest(convex).and_then(|file| byod_build::read_text(&file).ok());
        text.map(|text| Self::parse(&text)).unwrap_or_default()
    }

    /// A `tsconfig.json` is an object of JavaScript: it may have comments.
    fn parse(text: &str) -> (Self, Option<String>) {
        let text = format!("({text}\n)");
        let file = Path::new("tsconfig.json");
        if byod_build::check_nesting(file, &text).is_err() {
            return Default::default();
        }
        let allocator = Allocator::default();
        let parsed = Parser::new(&allocator, &text, SourceType::mjs()).parse();
        let Some(Statement::ExpressionStatement(statement)) = parsed.program.body.first() else {
            return Default::default();
        };
        let Expression::ObjectExpression(root) = statement.expression.get_inner_expression() else {
            return Default::default();
        };
        let written = |value: &Expression| {
            let span = value.span();
            text[span.start as usize..span.end as usize]
                .trim_matches('"')
                .to_owned()
        };
        let extends = member(root, "extends").map(written);
        let Some(Expression::ObjectExpression(said)) = member(root, "compilerOptions") else {
            return (Self::default(), extends);
        };
        let mut found = BTreeMap::new();
        for (name, default) in OPTIONS {
            let value = match member(said, name) {
                Some(Expression::BooleanLiteral(value)) => value.value,
                None if name == "useDefineForClassFields" => {
                    let target = member(said, "target").map(|t| written(t).to_lowercase());
                    !target.is_some_and(|t| OLD_TARGETS.contains(&&*t) || t == "es2021")
                }
                _ => default,
            };
            if value != default {
                found.insert(name, value);
            }
        }
        (Self(found), extends)
    }

    /// As lines of `compilerOptions`.
    pub(crate) fn lines(&self) -> String {
        let options = self.0.iter();
        options
            .map(|(name, value)| format!("    \"{name}\": {value},\n"))
            .collect()
    }
}

/// Where code that is carried over would be made into something else than on main.
pub(crate) fn differences(main: &Path, user: &Path) -> Vec<String> {
    let ((of_main, extends), (of_user, _)) = (Bundling::of(main), Bundling::of(user));
    let mut found = Vec::new();
    for (name, default) in OPTIONS {
        let value = |of: &Bundling| of.0.get(name).copied().unwrap_or(default);
        let (is, was) = (value(&of_main), value(&of_user));
        if is != was {
            found.push(format!(
                "main's tsconfig.json comes to `\"{name}\": {is}`, the users' project's to {was}, by which Convex's bundler makes other code of the same text: write `\"{name}\": {is}` into the users' `compilerOptions`"
            ));
        }
    }
    if let Some(from) = extends {
        found.push(format!(
            "main's tsconfig.json extends `{}`, which isn't looked at: what that says of {} must be in the users' project's tsconfig.json too",
            from.chars().filter(|c| !c.is_control()).take(80).collect::<String>(),
            OPTIONS.map(|(name, _)| format!("`{name}`")).join(", ")
        ));
    }
    found
}

fn member<'e>(object: &'e ObjectExpression<'e>, name: &str) -> Option<&'e Expression<'e>> {
    object
        .properties
        .iter()
        .find_map(|property| match property {
            ObjectPropertyKind::ObjectProperty(property)
                if property.key.static_name().as_deref() == Some(name) =>
            {
                Some(property.value.get_inner_expression())
            }
            _ => None,
        })
}

/// That of the folder, or of one around it as far as its package goes.
fn nearest(convex: &Path) -> Option<PathBuf> {
    let absolute = std::fs::canonicalize(convex).ok()?;
    for folder in absolute.ancestors() {
        let file = folder.join("tsconfig.json");
        if file.is_file() {
            return Some(file);
        }
        if folder.join("package.json").is_file() {
            return None;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::Bundling;

    #[test]
    fn what_matters_is_what_it_comes_to() {
        let lines = |text: &str| Bundling::parse(text).0.lines();
        for plain in [
            "",
            "{}",
            "{ \"compilerOptions\": { \"target\": \"ES2022\", \"strict\": true } }",
            "{ \"compilerOptions\": { \"target\": \"es5\", \"useDefineForClassFields\": true } }",
        ] {
            assert_eq!(lines(plain), "", "{plain}");
        }
        let text = "// as ever\n{ \"extends\": \"./base.json\", \"compilerOptions\": { /* old */ \"target\": \"ES2021\", \"experimentalDecorators\": true, }, }";
        assert_eq!(
            lines(text),
            "    \"experimentalDecorators\": true,\n    \"useDefineForClassFields\": false,\n"
        );
        assert_eq!(Bundling::parse(text).1.unwrap(), "./base.json");
    }
}
