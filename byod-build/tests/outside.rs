//! Files that are not the project's: no import is given them, however it names them.

use std::fs;

use crate::common::emit::emit;
use crate::common::{Folder, IMPORTS, paths, read, warnings};
use byod_build::{Error, Limits, read_project};

/// What stands in every file that no project may see.
const SECRET: &str = "geheim4711";

/// A package in a folder of its own, and beside it what isn't its own.
fn project(name: &str) -> Folder {
    Folder::new(name)
        .with("app/package.json", "{ \"name\": \"app\", \"workspaces\": [] }")
        .with("app/.env", &format!("KEY={SECRET}\n"))
        .with("app/.keys/key.json", &format!("{{ \"key\": \"{SECRET}\" }}"))
        .with("app/node_modules/tool/package.json", "{ \"name\": \"tool\", \"exports\": { \".\": \"./index.js\", \"./env\": \"./.env\", \"./up\": \"./../../../key.json\" } }")
        .with("app/node_modules/tool/index.js", "export const tool = 1;\n")
        .with("app/node_modules/tool/.env", SECRET)
        .with("key.json", &format!("{{ \"key\": \"{SECRET}\" }}"))
        .with("key.ts", &format!("export default \"{SECRET}\";\n"))
        .with("app/tsconfig.json", "{ \"compilerOptions\": { \"paths\": { \"@up/*\": [\"../*\"], \"@env\": [\"./.env\"] } } }")
}

/// What is said of a schema that imports `specifier` and throws what it gets.
fn said(folder: &Folder, specifier: &str) -> String {
    folder.write(
        "app/convex/schema.ts",
        &format!(
            "{IMPORTS}import * as it from {specifier:?};\nthrow new Error(JSON.stringify(it) + it.default + it.key);\nexport default defineSchema({{ notes: defineTable({{ body: v.string() }}) }});\n"
        ),
    );
    let error = read_project(&folder.path("app/convex"), &Limits::default()).unwrap_err();
    assert!(matches!(error, Error::Schema { .. }), "{error}");
    let text = error.to_string();
    assert!(!text.contains(SECRET), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    folder.relative(&text)
}

#[test]
fn no_import_is_given_a_file_outside_or_a_hidden_one() {
    // The tests' own folder is in a repository; a copy beside it is in none.
    let folder = project("o_schema");
    let outside = std::env::temp_dir().join(format!("byod-outside-{}", std::process::id()));
    fs::create_dir_all(&outside).unwrap();
    fs::write(
        outside.join("key.json"),
        format!("{{ \"key\": \"{SECRET}\" }}"),
    )
    .unwrap();
    let key = outside.join("key.json");
    let env = folder.path("app/.env");
    let up = "../".repeat(24);
    let (key, env) = (key.to_str().unwrap(), env.to_str().unwrap());
    for (specifier, is_hidden) in [
        (env, true),
        ("../.env", true),
        ("@env", true),
        ("../.keys/key.json", true),
        ("tool/.env", true),
        (key, false),
        (&format!("{up}{}", &key[1..]), false),
        ("/proc/self/environ", false),
        (&format!("{up}proc/self/environ"), false),
    ] {
        let text = said(&folder, specifier);
        let reason = if is_hidden {
            "and imports are given nothing whose name begins with a dot"
        } else {
            "which is outside of "
        };
        // What a package doesn't export isn't found at all.
        let is_not_found = specifier == "tool/.env" && text.contains("which was not found");
        assert!(text.contains(reason) || is_not_found, "{specifier}: {text}");
        assert!(text.starts_with("app/convex/schema.ts"), "{text}");
    }
    let hidden = said(&folder, "tool/env");
    assert!(
        hidden.contains("begins with a dot") || hidden.contains("was not found"),
        "{hidden}"
    );
    fs::remove_dir_all(outside).unwrap();
}

#[cfg(unix)]
#[test]
fn no_import_is_given_what_a_link_leads_to() {
    use std::os::unix::fs::symlink;
    let folder = project("o_links");
    let outside = std::env::temp_dir().join(format!("byod-links-{}", std::process::id()));
    fs::create_dir_all(outside.join("pack")).unwrap();
    fs::write(
        outside.join("key.ts"),
        format!("export default \"{SECRET}\";\n"),
    )
    .unwrap();
    fs::write(
        outside.join("pack/index.js"),
        format!("export default \"{SECRET}\";\n"),
    )
    .unwrap();
    fs::create_dir_all(folder.path("app/src")).unwrap();
    symlink(outside.join("key.ts"), folder.path("app/src/key.ts")).unwrap();
    symlink(folder.path("app/.env"), folder.path("app/src/env.txt")).unwrap();
    symlink(&outside, folder.path("app/src/folder")).unwrap();
    symlink(outside.join("pack"), folder.path("app/node_modules/pack")).unwrap();
    for specifier in ["../src/key", "../src/env.txt", "../src/folder/key", "pack"] {
        let text = said(&folder, specifier);
        assert!(text.contains("leads to"), "{specifier}: {text}");
    }
    // What is installed elsewhere may be linked, as an installed package.
    fs::create_dir_all(outside.join("node_modules/linked")).unwrap();
    fs::write(
        outside.join("node_modules/linked/index.js"),
        "export const fields = {};\n",
    )
    .unwrap();
    symlink(
        outside.join("node_modules/linked"),
        folder.path("app/node_modules/linked"),
    )
    .unwrap();
    let linked = format!(
        "{IMPORTS}import {{ fields }} from \"linked\";\nexport default defineSchema({{ notes: defineTable(fields) }});\n"
    );
    folder.write("app/convex/schema.ts", &linked);
    read_project(&folder.path("app/convex"), &Limits::default()).unwrap();
    let path = outside.join("node_modules/linked/index.js");
    assert!(said(&folder, path.to_str().unwrap()).contains("outside of"));
    // A store of packages inside of the workspace is its own.
    folder.write(
        "app/node_modules/.pnpm/kit@1/node_modules/kit/index.js",
        "export const fields = {};\n",
    );
    symlink(
        folder.path("app/node_modules/.pnpm/kit@1/node_modules/kit"),
        folder.path("app/node_modules/kit"),
    )
    .unwrap();
    folder.write("app/convex/schema.ts", &format!("{IMPORTS}import {{ fields }} from \"kit\";\nexport default defineSchema({{ notes: defineTable(fields) }});\n"));
    read_project(&folder.path("app/convex"), &Limits::default()).unwrap();
    // The schema itself.
    fs::remove_file(folder.path("app/convex/schema.ts")).unwrap();
    symlink(outside.join("key.ts"), folder.path("app/convex/schema.ts")).unwrap();
    let error = read_project(&folder.path("app/convex"), &Limits::default()).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("outside of") && !text.contains(SECRET),
        "{text}"
    );
    fs::remove_dir_all(outside).unwrap();
}

#[test]
fn a_module_of_functions_is_read_without() {
    let folder = Folder::new("o_functions")
        .with("package.json", "{}")
        .with(".env.json", &format!("{{ \"key\": \"{SECRET}\" }}"))
        .with_schema(crate::common::SCHEMA)
        .with_module(
            "notes.ts",
            "import env from \"../.env.json\";\nexport const a = query({ args: {}, handler: async () => env.key });\nexport const b = query({ args: { [env.key]: v.string() }, handler: async () => null });\n",
        );
    let reading = read(&folder);
    assert_eq!(paths(&reading), ["notes:a"]);
    let warnings = warnings(&folder, &reading);
    assert!(
        warnings.iter().all(|line| !line.contains(SECRET)),
        "{warnings:?}"
    );
    let named = |text: &str| {
        warnings
            .iter()
            .any(|line| line.contains("convex/notes.ts") && line.contains(text))
    };
    assert!(named("begins with a dot"), "{warnings:?}");
    assert!(named("`b`"), "{warnings:?}");
}

/// Behind a line break, a name or a message would be an instruction to Cargo.
#[cfg(unix)]
#[test]
fn nothing_that_cargo_is_told_has_a_second_line() {
    let name = "x\ncargo::rustc-env=OWNED=1\n.ts";
    let folder = Folder::new("o_lines\ncargo::rustc-env=OWNED=2")
        .with("byod.toml", "main.convex = \"convex\"\n")
        .with(&format!("src/{name}"), "export const x = 1;\n")
        .with_schema(crate::common::SCHEMA)
        .with_module("a.ts", &format!("import {{ x }} from {:?};\nexport const a = query({{ args: {{}}, handler: async () => x }});\n", format!("../src/{name}")))
        .with_module("b.ts", "throw new Error(\"no\\ncargo::rustc-env=OWNED=3\\rcargo::rustc-env=OWNED=4\");\n")
        .with_module("c.ts", "import \"absent\\ncargo::rustc-env=OWNED=5\";\nimport \"./absent\\ncargo::rustc-env=OWNED=6\";\nexport const c = query({ args: {}, handler: async () => null });\n");
    let (ok, out, err) = emit(&folder, None);
    assert!(ok, "{err}");
    let told: Vec<&str> = out
        .lines()
        .filter(|line| line.starts_with("cargo:"))
        .collect();
    assert!(told.len() > 4, "{out}");
    for line in told {
        assert!(!line.starts_with("cargo::rustc-env=OWNED"), "{line}");
    }
    // Also where it fails.
    folder.write(
        "convex/schema.ts",
        "throw new Error(\"no\\ncargo::rustc-env=OWNED=7\");\n",
    );
    let (ok, out, _) = emit(&folder, None);
    assert!(!ok);
    let mut told = out.lines();
    assert!(
        told.all(|line| !line.starts_with("cargo::rustc-env=OWNED")),
        "{out}"
    );
}

/// A repository in another one, as a submodule is, is given nothing of what is around it.
#[test]
fn a_submodule_ends_where_it_begins() {
    let of = |name: &str, own: &[&str]| {
        let mut folder = Folder::new(name)
            .with(".git/HEAD", "ref: refs/heads/main\n")
            .with(
                "package.json",
                "{ \"workspaces\": [\"vendor/*\", \"shared\"] }",
            )
            .with(
                "shared/package.json",
                "{ \"name\": \"shared\", \"main\": \"index.js\" }",
            )
            .with(
                "shared/index.js",
                &format!("export const key = \"{SECRET}\";\n"),
            )
            .with("key.ts", &format!("export const key = \"{SECRET}\";\n"))
            .with(
                "node_modules/tool/package.json",
                "{ \"name\": \"tool\", \"main\": \"index.js\" }",
            )
            .with(
                "node_modules/tool/index.js",
                "export const key = \"hoisted\";\n",
            );
        for file in own {
            folder = folder.with(file, "gitdir: ../../.git/modules/app\n");
        }
        folder
    };
    let schema = |specifier: &str| {
        format!(
            "import {{ key }} from {specifier:?};\nexport default defineSchema({{ notes: defineTable({{ key: v.literal(key) }}) }});\n"
        )
    };
    for (name, own, specifier, given) in [
        ("o_monorepo", &[][..], "../../../key", Some(SECRET)),
        ("o_monorepo", &[], "shared", Some(SECRET)),
        ("o_submodule", &["vendor/app/.git"], "../../../key", None),
        ("o_submodule", &["vendor/app/.git"], "shared", None),
        ("o_submodule", &["vendor/app/.git"], "tool", Some("hoisted")),
    ] {
        let folder = of(name, own)
            .with("vendor/app/package.json", "{ \"name\": \"app\" }")
            .with(
                "vendor/app/convex/schema.ts",
                &format!("{IMPORTS}{}", schema(specifier)),
            );
        let read = read_project(&folder.path("vendor/app/convex"), &Limits::default());
        match (read, given) {
            (Ok(reading), Some(text)) => assert!(reading.schema.json.get().contains(text)),
            (Err(error), None) => {
                let error = error.to_string();
                assert!(error.contains("which is outside of "), "{error}");
                assert!(!error.contains(SECRET), "{error}");
            }
            (other, _) => panic!("{name} {specifier}: {other:?}"),
        }
    }
}

/// What stands in a checkout leads to the project of nobody else.
#[cfg(unix)]
#[test]
fn the_folder_of_an_app_is_in_its_project() {
    use std::os::unix::fs::symlink;
    let outside = std::env::temp_dir().join(format!("byod-folder-{}", std::process::id()));
    fs::create_dir_all(outside.join("convex")).unwrap();
    let schema = format!(
        "{IMPORTS}export default defineSchema({{ {SECRET}: defineTable({{ body: v.string() }}) }});\n"
    );
    fs::write(outside.join("convex/schema.ts"), schema).unwrap();
    let named = outside.join("convex");
    let up = format!("{}{}", "../".repeat(24), &named.to_str().unwrap()[1..]);
    let folder = Folder::new("o_folder").with("linked/package.json", "{}");
    symlink(&named, folder.path("linked/convex")).unwrap();
    for (app, functions) in [
        ("absolute", named.to_str().unwrap()),
        ("above", &up),
        ("link", "../linked/convex/"),
    ] {
        let json = format!("{{ \"functions\": {functions:?} }}");
        folder.write(&format!("{app}/convex.json"), &json);
    }
    for app in ["absolute", "above", "link", "linked", ""] {
        let error = read_project(&folder.path(app), &Limits::default()).unwrap_err();
        let text = error.to_string();
        let is_several = matches!(error, Error::SeveralProjects { .. });
        assert!(
            text.contains("which is outside of ") || app.is_empty() && is_several,
            "{app}: {text}"
        );
        assert!(!text.contains(SECRET), "{app}: {text}");
    }
    // Who names it, means it.
    let project = read_project(&named, &Limits::default()).unwrap();
    assert_eq!(project.schema.value.table_names().count(), 1);
    fs::remove_dir_all(outside).unwrap();
}
