//! A service that builds from the snapshot alone, by Cargo.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::common::Folder;
use crate::common::emit::emit;

const SCHEMA: &str = "import { day } from \"../shared/days\";\nexport default defineSchema({ notes: defineTable({ body: v.string(), day }) });\n";
const DAYS: &str =
    "import { v } from \"convex/values\";\nexport const day = v.optional(v.number());\n";

/// A service with a snapshot of its project. Cargo tells packages with one target folder apart by their names alone.
fn service(name: &str) -> Folder {
    let this = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = Folder::new(name)
        .with("shared/days.ts", DAYS)
        .with_schema(SCHEMA)
        .with(
            "byod.toml",
            "snapshot = \"byod-snapshot.json\"\nmain.convex = \"convex\"\n",
        )
        .with(
            "Cargo.toml",
            &format!(
                "[package]\nname = \"{name}\"\nedition = \"2024\"\n[workspace]\n[build-dependencies]\nbyod-build = {{ path = {this:?}, default-features = false }}\n"
            ),
        )
        .with("build.rs", "fn main() {\n    byod_build::emit();\n}\n")
        .with(
            "src/lib.rs",
            "pub const MANIFEST: &str = include_str!(env!(\"BYOD_MANIFEST\"));\n",
        );
    let versions = fs::read_to_string(this.join("../Cargo.lock")).unwrap();
    folder.write("Cargo.lock", &versions);
    let (ok, _, err) = emit(&folder, Some("write"));
    assert!(ok, "{err}");
    folder
}

/// What Cargo says of the service: nothing, warnings or errors.
fn check(folder: &Folder, snapshot: &str) -> (bool, String) {
    let output = Command::new(std::env::var("CARGO").unwrap())
        .args(["check", "--offline"])
        .current_dir(folder.path(""))
        // What is compiled serves all tests of this file.
        .env("CARGO_TARGET_DIR", folder.path("../without_reader-target"))
        .env("BYOD_SNAPSHOT", snapshot)
        .output()
        .unwrap();
    let text = folder.relative(&String::from_utf8_lossy(&output.stderr));
    let told = text.lines().filter_map(|line| {
        let (_, told) = line.split_once("@0.0.0: ")?;
        Some(told)
    });
    (output.status.success(), told.collect::<Vec<_>>().join("\n"))
}

#[test]
fn neither_compiler_nor_engine_is_needed() {
    let folder = service("w_packages");
    let output = Command::new(std::env::var("CARGO").unwrap())
        .args(["tree", "--offline", "--prefix", "none"])
        .current_dir(folder.path(""))
        .output()
        .unwrap();
    let packages = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && packages.contains("serde_json v"));
    for heavy in ["oxc", "rquickjs"] {
        assert!(!packages.contains(heavy), "{packages}");
    }
}

#[test]
fn the_project_is_the_snapshots_and_a_change_is_told() {
    let folder = service("w_changes");
    assert_eq!(check(&folder, ""), (true, String::new()));
    assert_eq!(check(&folder, "check"), (true, String::new()));

    // Outside of the Convex folder, as the snapshot knows.
    folder.write("shared/days.ts", &DAYS.replace("number", "string"));
    let (ok, told) = check(&folder, "");
    let expected = "byod-snapshot.json: it was written before convex changed. Run `byod snapshot` where the Convex projects are";
    assert!(ok && told == expected, "{told}");
    let (ok, told) = check(&folder, "check");
    assert!(!ok && told.contains(expected), "{told}");

    let (ok, _, err) = emit(&folder, Some("write"));
    assert!(ok, "{err}");
    assert_eq!(check(&folder, "check"), (true, String::new()));
    folder.write("convex/notes.ts", "export const one = 1;\n");
    let (ok, told) = check(&folder, "");
    assert!(ok && told.contains(expected), "{told}");

    let (ok, told) = check(&folder, "write");
    let message = "BYOD_SNAPSHOT: a build without the reader (`default-features = false` of byod-build) can't write byod-snapshot.json. Run `byod snapshot`";
    assert!(!ok && told.contains(message), "{told}");
}

#[test]
fn the_folder_need_not_be_there() {
    let folder = service("w_absent");
    fs::remove_dir_all(folder.path("convex")).unwrap();
    assert_eq!(check(&folder, ""), (true, String::new()));
}

#[test]
fn without_a_snapshot_it_says_what_to_do() {
    let folder = service("w_none");
    folder.write("byod.toml", "main.convex = \"convex\"\n");
    let (ok, told) = check(&folder, "");
    let message = "byod.toml:1: this build has no reader of projects (`default-features = false` of byod-build), so it needs a snapshot. Add as the first line: snapshot = \"byod-snapshot.json\", and run `byod snapshot`";
    assert!(!ok && told.contains(message), "{told}");

    folder.write(
        "byod.toml",
        "snapshot = \"byod-snapshot.json\"\nmain.convex = \"convex\"\n",
    );
    fs::remove_file(folder.path("byod-snapshot.json")).unwrap();
    let (ok, told) = check(&folder, "");
    let message = "byod-snapshot.json: this build has no reader of projects (`default-features = false` of byod-build), and there is no such snapshot either. Run `byod snapshot` where the Convex projects are";
    assert!(!ok && told.contains(message), "{told}");
}
