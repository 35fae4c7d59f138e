//! Errors of both sides in the same words.
//!
//! `byod-local` words them as Convex's backend does. `convex-test` checks
//! arguments with validators of its own, whose messages are shorter and say
//! neither where a value is nor what was declared; so of these only what both
//! say is compared. All other messages must be equal to the letter.
//!
//! | `convex-test` | backend | why |
//! | --- | --- | --- |
//! | ``Missing required field `x` in object`` | ``Object is missing the required field `x`. …`` | wording |
//! | ``Unexpected field `x` in object`` | ``Object contains extra field `x` …`` | wording |
//! | ``Expected ID for table "t", got …`` | `Value does not match …` or `Found ID … from table …` | it does not ask which table an id is of |
//! | ``Expected `string`, got 7`` for an id | `… Validator: v.id("t")` | it asks for a string first |
//! | ``Expected one of literal, literal, got …`` | `… Validator: v.union(…)` | it names kinds |
//! | ``Expected `number`, got …`` | `… Validator: v.float64()` | the backend has names of its own |
//! | `Cannot convert undefined or null to object` | `… Validator: v.object(…)` | it does not expect null |
//!
//! Where several arguments are wrong, the backend names the first by its name,
//! `convex-test` the first as they are declared: then only that they are wrong is
//! compared. What a validator of a record would refuse, `convex-test` accepts; the calls
//! leave that out.

use serde_json::Value as Json;

use super::sides::Failure;

/// What an error says, as far as both sides say it.
#[derive(Debug, PartialEq)]
pub struct Said {
    message: String,
    data: Option<Json>,
}

const ARGUMENTS: &str = "ArgumentValidationError: ";

pub fn of_backend(failure: &Failure, several: bool) -> Said {
    said(failure, several, |why| {
        if let Some(field) = between(why, "Object is missing the required field `", "`") {
            return format!("missing {field}");
        }
        if let Some(field) = between(why, "Object contains extra field `", "`") {
            return format!("extra {field}");
        }
        if let Some(table) = between(why, "in validator `v.id(\"", "\"") {
            return format!("expected id of {table}");
        }
        let is_string = why.contains("\nValue: \"");
        let expected = between(why, "\nValidator: v.", "(").unwrap_or(why);
        match expected {
            "id" if is_string => {
                let table = between(why, "Validator: v.id(\"", "\"");
                format!("expected id of {}", table.unwrap_or_default())
            }
            "id" => "expected string".to_owned(),
            "float64" => "expected number".to_owned(),
            "int64" => "expected bigint".to_owned(),
            "bytes" => "expected ArrayBuffer".to_owned(),
            "array" => "expected Array".to_owned(),
            "union" => "expected one of several".to_owned(),
            other => format!("expected {other}"),
        }
    })
}

pub fn of_convex_test(failure: &Failure, several: bool) -> Said {
    said(failure, several, |why| {
        if let Some(field) = between(why, "Missing required field `", "`") {
            return format!("missing {field}");
        }
        if let Some(field) = between(why, "Unexpected field `", "`") {
            return format!("extra {field}");
        }
        if let Some(table) = between(why, "Expected ID for table \"", "\"") {
            return format!("expected id of {table}");
        }
        if why.contains("Expected one of ") {
            return "expected one of several".to_owned();
        }
        if why.contains("Cannot convert undefined or null to object") {
            return "expected object".to_owned();
        }
        let expected = between(why, "Expected a plain old JavaScript `", "`")
            .or_else(|| between(why, "Expected `", "`"));
        format!("expected {}", expected.unwrap_or(why))
    })
}

fn said(failure: &Failure, several: bool, arguments: impl Fn(&str) -> String) -> Said {
    let message = match failure.message.strip_prefix(ARGUMENTS) {
        Some(_) if several => ARGUMENTS.to_owned(),
        Some(why) => format!("{ARGUMENTS}{}", arguments(why)),
        None => failure.message.clone(),
    };
    Said {
        message,
        data: failure.data.clone(),
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(before)?;
    Some(rest.split_once(after)?.0)
}
