//! Which changes run a build again, by Cargo's own judgement.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, SystemTime};

use crate::common::Folder;
use crate::common::emit::emit;

const SCHEMA: &str = "export default defineSchema({ notes: defineTable({ body: v.string() }) });\n";

/// A service whose build script says to Cargo what `emit` says.
fn service(name: &str) -> Folder {
    let project = Folder::new(name)
        .with_schema(SCHEMA)
        .with_module("notes.ts", "import { tool } from \"acme-tools\";\nimport { flag } from \"../shared/flags\";\nexport const a = query({ args: {}, handler: async () => tool(flag) });\n")
        .with("byod.toml", "main.convex = \"convex\"\n");
    service_of(project, None)
}

fn service_of(project: Folder, snapshot: Option<&str>) -> Folder {
    let folder = project
        .with(
            "Cargo.toml",
            "[package]\nname = \"service\"\nedition = \"2024\"\n[workspace]\n",
        )
        .with("src/lib.rs", "");
    let (ok, out, err) = emit(&folder, snapshot);
    assert!(ok, "{err}");
    let watched: String = out
        .lines()
        .filter(|line| line.starts_with("cargo::rerun-if-changed="))
        .map(|line| format!("    println!({line:?});\n"))
        .collect();
    folder.write("build.rs", &format!("fn main() {{\n{watched}}}\n"));
    folder
}

/// Whether Cargo finds something to do.
fn is_run_again(folder: &Folder) -> bool {
    let output = Command::new(std::env::var("CARGO").unwrap())
        .args(["build", "--verbose", "--offline"])
        .current_dir(folder.path(""))
        .env("CARGO_TARGET_DIR", folder.path("target"))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    text.contains("build-script-build`")
}

/// Cargo compares times of files with the time of the last build.
fn later() {
    thread::sleep(Duration::from_millis(20));
}

fn built(name: &str) -> Folder {
    let folder = service(name);
    assert!(is_run_again(&folder));
    assert!(!is_run_again(&folder), "nothing has changed");
    later();
    folder
}

#[test]
fn a_package_that_is_installed_later() {
    let folder = built("r_install");
    folder.write("node_modules/other/package.json", "{}");
    assert!(!is_run_again(&folder), "nothing imports it");
    later();
    // As pnpm does, whose files are as old as its store.
    let file = folder.path("node_modules/acme-tools/package.json");
    folder.write("node_modules/acme-tools/package.json", "{}");
    let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    fs::File::options()
        .write(true)
        .open(file)
        .unwrap()
        .set_modified(old)
        .unwrap();
    assert!(is_run_again(&folder));
}

#[test]
fn a_file_that_is_written_later() {
    let folder = built("r_file");
    folder.write("shared/other.ts", "export const other = 1;\n");
    assert!(!is_run_again(&folder), "nothing imports it");
    later();
    folder.write("shared/flags.ts", "export const flag = 1;\n");
    assert!(is_run_again(&folder));
}

/// As an unpacked archive gives it back.
#[test]
fn a_project_that_comes_back_as_old_as_it_was() {
    let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    for (name, stays) in [("r_back", false), ("r_back_empty", true)] {
        let folder = service_of(
            Folder::new(name).with_schema(SCHEMA).with(
                "byod.toml",
                "snapshot = \"byod-snapshot.json\"\nmain.convex = \"convex\"\n",
            ),
            Some("write"),
        );
        let (convex, away) = (folder.path("convex"), folder.path("away"));
        fs::rename(&convex, &away).unwrap();
        if stays {
            fs::create_dir(&convex).unwrap();
        }
        let folder = service_of(folder, None);
        assert!(is_run_again(&folder));
        assert!(!is_run_again(&folder), "{name}: it is not there");
        for file in [away.join("schema.ts"), away.clone()] {
            fs::File::open(&file).unwrap().set_modified(old).unwrap();
        }
        if stays {
            fs::remove_dir(&convex).unwrap();
        }
        fs::rename(&away, &convex).unwrap();
        assert!(is_run_again(&folder), "{name}");
    }
}

#[test]
fn a_module_that_is_new() {
    let folder = built("r_module");
    folder.write("convex/more.ts", "export const one = 1;\n");
    assert!(is_run_again(&folder));
}

#[test]
fn a_file_beside_the_project() {
    let folder = built("r_beside");
    folder.write("README.md", "of the app");
    folder.write("src/unrelated.ts", "export const one = 1;\n");
    assert!(!is_run_again(&folder));
    later();
    folder.write("tsconfig.json", "{}");
    assert!(is_run_again(&folder), "it decides where imports lead");
}
