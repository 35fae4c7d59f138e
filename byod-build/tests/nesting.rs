//! Whatever a file nests, and however deep: the build goes on, or ends with one line.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use crate::common::{Folder, SCHEMA, paths, read, warnings};
use byod_build::{Limits, check_nesting, compile_module, read_project, with_deep_stack};

/// What nests: what stands before, what is repeated, what is inside, and what is
/// repeated behind it.
const NESTED: [(&str, &str, &str, &str); 47] = [
    ("x = ", "(", "1", ")"),
    ("x = ", "[", "1", "]"),
    ("x = ", "{a:", "1", "}"),
    ("", "{", "", "}"),
    ("", "(", "", ""),
    ("", "[", "", ""),
    ("", "{", "", ""),
    ("", "<", "", ""),
    ("x = ", "!", "1", ""),
    ("x = ", "- ", "1", ""),
    ("x = ", "-", "1", ""),
    ("x = ", "~", "1", ""),
    ("x = ", "typeof ", "1", ""),
    ("x = ", "new ", "A", ""),
    ("x = ", "() => ", "1", ""),
    ("x = ", "a => ", "1", ""),
    ("x = ", "() => {", "1", "}"),
    ("x = ", "(a = ", "1", ") => 1"),
    ("x = ", "async () => ", "1", ""),
    ("x = ", "a ? b : ", "1", ""),
    ("x = ", "a ? ", "1", " : b"),
    ("x = ", "`${", "1", "}`"),
    ("x = ", "1 + ", "1", ""),
    ("x = ", "1 ** ", "1", ""),
    ("x = ", "a && ", "1", ""),
    ("x = ", "a = ", "1", ""),
    ("x = a", ".b", "", ""),
    ("x = a", "?.b", "", ""),
    ("x = a", "?.[b", "", "]"),
    ("x = a", "()", "", ""),
    ("x = a", "[0]", "", ""),
    ("x = a", "``", "", ""),
    ("x = a", "!", "", ""),
    ("x = ", "f(", "1", ")"),
    ("x = ", "import(", "1", ")"),
    ("type T = ", "A<", "1", ">"),
    ("type T = ", "A<B, ", "1", ">"),
    ("type T = ", "A extends B ? C : ", "D", ""),
    ("type T = ", "A extends B ? ", "C", " : D"),
    ("type T = 1", " | 2", "", ""),
    ("type T = ", "keyof ", "A", ""),
    ("type T = A", "[]", "", ""),
    ("", "if (a) {} else ", "b", ""),
    ("", "if (a)\n", "b", ""),
    ("", "label:\n", "b", ""),
    ("x = class ", "extends class ", "{}", "{}"),
    ("x = ", "function () { return ", "1", "}"),
];

/// The same in files with tags.
const TAGS: [(&str, &str, &str, &str); 3] = [
    ("x = ", "<a>", "it's", "</a>"),
    ("x = ", "<a b={", "1", "}/>"),
    ("x = ", "<a b=", "'`'", "/>"),
];

fn nested((before, again, inside, behind): (&str, &str, &str, &str), levels: usize) -> String {
    format!(
        "{before}{}{inside}{};\nexport {{}};\n",
        again.repeat(levels),
        behind.repeat(levels)
    )
}

/// What makes brackets look like a part of something else.
const HIDING: [&str; 6] = [
    "",
    "y = /[`/]/;\n",
    "type A = B\n/`/;\n",
    "y = 1 // `\n",
    "if (y) /'/;\n",
    "y = `\\`${1}`;\n",
];

const LEVELS: usize = 2_000_000;

#[test]
fn two_million_levels_are_an_error_in_a_line() {
    let folder = Folder::new("n_deep");
    for (index, case) in NESTED.into_iter().chain(TAGS).enumerate() {
        let hiding = HIDING[index % HIDING.len()];
        let text = format!("{hiding}{}", nested(case, LEVELS));
        let name = if TAGS.contains(&case) {
            "a.test.tsx"
        } else {
            ["a.ts", "a.test.ts", "a.mts"][index % 3]
        };
        let error = check_nesting(&folder.path(name), &text).unwrap_err();
        let error = folder.relative(&error.to_string());
        assert!(error.starts_with(&format!("{name}:")), "{error}");
        assert!(error.contains("nested more than 10000 deep"), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

#[test]
fn such_a_module_costs_itself_and_such_a_schema_is_an_error() {
    let mut folder = Folder::new("n_files").with_schema(SCHEMA);
    folder = folder.with_module(
        "fine.ts",
        "export const a = query({ args: {}, handler: async () => null });\n",
    );
    let text = nested(NESTED[0], LEVELS);
    for name in ["deep.ts", "deep.test.ts", "more.jsx", "lib/x.mjs"] {
        folder.write(&format!("convex/{name}"), &text);
    }
    // What is said in other formats.
    let deep = format!("{}1{}", "[".repeat(LEVELS), "]".repeat(LEVELS));
    folder.write("convex/data.json", &deep);
    folder.write(
        "package.json",
        &format!("{{ \"name\": \"x\", \"y\": {deep} }}"),
    );
    folder.write(
        "tsconfig.json",
        &format!("{{ \"compilerOptions\": {{ \"paths\": {deep} }} }}"),
    );
    folder.write("convex/json.ts", &format!("{}import data from \"./data.json\";\nexport const b = query({{ args: {{ [data.x]: v.any() }}, handler: async () => data }});\n", crate::common::FUNCTIONS));
    let regexp = format!(
        "{}export const pattern = /{}/;\nexport const c = query({{ args: {{}}, handler: async () => null }});\n",
        crate::common::FUNCTIONS,
        "(".repeat(LEVELS) + &")".repeat(LEVELS)
    );
    folder.write("convex/pattern.ts", &regexp);
    let reading = read(&folder);
    assert!(paths(&reading).contains(&"fine:a".to_owned()));
    let warnings = warnings(&folder, &reading);
    for name in ["deep.ts", "more.jsx", "lib/x.mjs"] {
        let start = format!("convex/{name}:");
        let named = warnings.iter().find(|line| line.starts_with(&start));
        let named = named.unwrap_or_else(|| panic!("{name}: {warnings:?}"));
        assert!(named.contains("nested more than 10000 deep"), "{named}");
    }
    assert!(warnings.iter().all(|line| line.len() < 2_000));
    folder.write("convex/schema.ts", &text);
    let error = read_project(&folder.path("convex"), &Limits::default()).unwrap_err();
    assert_eq!(error.to_string().lines().count(), 1);
    assert!(
        error.to_string().contains("nested more than 10000 deep"),
        "{error}"
    );
}

/// What is let pass is compiled, in the stack that there is, and soon.
#[test]
fn nesting_that_is_let_pass_is_compiled() {
    let mut slow = String::new();
    let mut compiled = 0;
    for case in NESTED.into_iter().chain(TAGS) {
        let name = if TAGS.contains(&case) {
            "a.tsx"
        } else {
            "a.ts"
        };
        let path = std::path::Path::new(name);
        // The most of it that passes.
        let passes = |levels: &usize| check_nesting(path, &nested(case, *levels)).is_ok();
        let levels = [9_990, 4_995, 3_330, 2_497, 1_998, 1_600, 1_400]
            .into_iter()
            .find(passes);
        let text = nested(case, levels.unwrap());
        let started = Instant::now();
        let code = with_deep_stack(|| compile_module(path, &text)).unwrap();
        let elapsed = started.elapsed();
        compiled += usize::from(code.is_some());
        // Seconds where nothing else runs; what grows with the square takes minutes.
        if elapsed > Duration::from_secs(60) {
            writeln!(slow, "{case:?}: {elapsed:?}").unwrap();
        }
    }
    assert!(slow.is_empty(), "{slow}");
    assert!(compiled > 35, "{compiled}");
}
