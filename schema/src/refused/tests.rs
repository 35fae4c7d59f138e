use super::*;

/// Whether something of a project is refused with these words.
fn says(schema: &str, functions: &str, words: &str) -> bool {
    let schema: Schema = serde_json::from_str(&format!(
        r#"{{"tables":[{schema}],"schemaValidation":true}}"#
    ))
    .unwrap();
    let functions: BTreeMap<String, Function> = serde_json::from_str(functions).unwrap();
    let functions = functions
        .into_iter()
        .map(|(path, function)| (path.parse().unwrap(), function))
        .collect();
    let found = refused(&schema, &functions);
    assert!(
        found.iter().all(|line| line.starts_with(REFUSED)),
        "{found:?}"
    );
    if words.is_empty() {
        assert_eq!(found, [""; 0]);
        return true;
    }
    found.len() == 1 && found[0].contains(words)
}

/// A table with that documentType and those members beside it.
fn table(document: &str, members: &str) -> String {
    format!(r#"{{"tableName":"t","documentType":{document}{members}}}"#)
}

fn fields(count: usize) -> String {
    let names: Vec<String> = (0..count).map(|i| format!("\"f{i}\"")).collect();
    names.join(",")
}

#[test]
fn indexes_up_to_the_limits_and_one_more() {
    let indexes = |count: usize| {
        let all: Vec<String> = (0..count)
            .map(|i| format!(r#"{{"indexDescriptor":"i{i}","fields":["f{i}"]}}"#))
            .collect();
        format!(r#","indexes":[{}]"#, all.join(","))
    };
    let one =
        |fields: &str| format!(r#","indexes":[{{"indexDescriptor":"i","fields":[{fields}]}}]"#);
    let search = |filter: &str| {
        format!(
            r#","searchIndexes":[{{"indexDescriptor":"i","searchField":"s","filterFields":[{filter}]}}]"#
        )
    };
    let vector = |length: u32| {
        format!(
            r#","vectorIndexes":[{{"indexDescriptor":"i","vectorField":"s","dimensions":{length},"filterFields":[]}}]"#
        )
    };
    for (members, words) in [
        (indexes(64), ""),
        (indexes(65), "it has 65 indexes, and 64 is the most"),
        (one(&fields(16)), ""),
        (one(&fields(17)), "it has 17 fields, and may have 1 to 16"),
        (one(""), "it has 0 fields, and may have 1 to 16"),
        (one(r#""a","a""#), "once each"),
        (one(r#""_id""#), "once each"),
        (one(r#""a.b-c""#), "can be no field"),
        (search(&fields(16)), ""),
        (search(""), ""),
        (
            search(&fields(17)),
            "it has 17 fields, and may have 0 to 16",
        ),
        (vector(2), ""),
        (vector(4_096), ""),
        (vector(1), "1 dimensions"),
        (vector(4_097), "4097 dimensions"),
    ] {
        let table = table(r#"{"type":"any"}"#, &members);
        assert!(says(&table, "{}", words), "{members}: {words}");
    }
}

#[test]
fn names_and_meanings_of_indexes() {
    let two = |one: &str, other: &str| {
        let index = |(name, field): (&str, &str)| {
            format!(r#"{{"indexDescriptor":"{name}","fields":["{field}"]}}"#)
        };
        let of = |text: &str| index(text.split_once(' ').unwrap());
        table(
            r#"{"type":"any"}"#,
            &format!(r#","indexes":[{},{}]"#, of(one), of(other)),
        )
    };
    for (one, other, words) in [
        ("a x", "b y", ""),
        ("a x", "a y", "another of that name"),
        ("a x", "b x", "the same as `a`"),
        ("by_id x", "b y", "none of Convex's own"),
        ("a x", "_b y", "none of Convex's own"),
        ("a x", "___ y", "none of Convex's own"),
        ("a x", "b-c y", "letters, digits and underscores"),
    ] {
        assert!(
            says(&two(one, other), "{}", words),
            "{one}, {other}: {words}"
        );
    }
}

#[test]
fn validators() {
    let string = r#"{"type":"string"}"#;
    let field = |of: &str, optional: bool| format!(r#"{{"fieldType":{of},"optional":{optional}}}"#);
    let object = |name: &str| {
        format!(
            r#"{{"type":"object","value":{{"{name}":{}}}}}"#,
            field(string, false)
        )
    };
    let record = |keys: &str, optional: bool| {
        let values = field(string, optional);
        let record = format!(r#"{{"type":"record","keys":{keys},"values":{values}}}"#);
        format!(
            r#"{{"type":"object","value":{{"r":{}}}}}"#,
            field(&record, false)
        )
    };
    let literal = r#"{"type":"literal","value":"a"}"#;
    let longest = "a".repeat(64);
    for (document, words) in [
        (object("a"), ""),
        (object(&longest), ""),
        (object(&format!("{longest}a")), "64 at most"),
        (object("a-b"), "the field `a-b` has a name"),
        (string.to_owned(), "must be an object"),
        (
            format!(r#"{{"type":"union","value":[{string}]}}"#),
            "must be an object",
        ),
        (
            format!(r#"{{"type":"union","value":[{}]}}"#, object("a")),
            "",
        ),
        (record(string, false), ""),
        (
            record(r#"{"type":"number"}"#, false),
            "keys that are not texts",
        ),
        (record(literal, false), "keys that are literals"),
        (record(string, true), "values that are optional"),
    ] {
        assert!(
            says(&table(&document, ""), "{}", words),
            "{document}: {words}"
        );
        let is_args = document.starts_with(r#"{"type":"object""#);
        let function = format!(
            r#"{{"m:f":{{"functionType":"Query","visibility":{{"kind":"public"}},"args":{document},"returns":null}}}}"#
        );
        assert!(
            !is_args || says("", &function, words),
            "{function}: {words}"
        );
    }
}

#[test]
fn paths_of_modules_and_names_of_functions() {
    let taken = ["a", "a/b_c", "a.b", "_a", &"a".repeat(61)];
    let refused = ["a-b", "a/_", "a b", "ä", &"a".repeat(62)];
    for (modules, is_taken) in [(taken, true), (refused, false)] {
        for module in modules {
            assert_eq!(refused_module(module).is_none(), is_taken, "{module}");
        }
    }
    let function = |name: &str| {
        format!(
            r#"{{"m:{name}":{{"functionType":"Query","visibility":{{"kind":"public"}},"args":{{"type":"any"}},"returns":null}}}}"#
        )
    };
    assert!(says("", &function("_a1"), ""));
    assert!(says("", &function("$a"), "its name may only have letters"));
    assert!(says("", &function("__"), "its name may only have letters"));
}
