//! Crates that use a generator, as its README says.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::project::{self, Layout};
use crate::cargo::cargo;

/// Where the types of the tables come from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Generator {
    /// `#[byod_table]`, a whole-schema struct a table.
    Byod,
    /// The crate `convex-typegen`, which writes a file that is a module of the crate.
    Typegen,
}

/// A crate that depends on a generator, with a Convex project beside it.
pub(super) struct Service {
    folder: PathBuf,
    generator: Generator,
}

const TYPEGEN_BUILD: &str = r#"use convex_typegen::prelude::*;

fn main() {
    let config = Configuration::default();
    println!("cargo:rerun-if-changed={}", config.schema_path.display());
    println!("cargo:rerun-if-changed={}", config.convex_dir.display());
    for path in rcfp(&config).expect("resolve convex function sources") {
        println!("cargo:rerun-if-changed={}", path.display());
    }
    if let Err(e) = generate(config) {
        panic!("convex-typegen failed: {e}");
    }
}
"#;

impl Service {
    pub(super) fn new(scratch: &Path, generator: Generator) -> Result<Self, Box<dyn Error>> {
        let folder = scratch.join(match generator {
            Generator::Byod => "service",
            Generator::Typegen => "typegen-service",
        });
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .ok_or("this package has no workspace")?;
        fs::create_dir_all(folder.join("src"))?;
        let (dependencies, build) = match generator {
            Generator::Byod => {
                // The same versions of everything as in the workspace.
                fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
                write(&folder.join("byod.toml"), "[main]\nconvex = \"convex\"\n")?;
                let root = root.display();
                let dependencies = format!(
                    "byod-runtime = {{ path = \"{root}/byod-runtime\" }}\ntokio = {{ version = \"1\", features = [\"rt\"] }}\n\n[build-dependencies]\nbyod-build = {{ path = \"{root}/byod-build\" }}\n"
                );
                let build = "fn main() {\n    byod_build::emit();\n}\n";
                (dependencies, build)
            }
            // Without the official client, which the types don't need.
            Generator::Typegen => {
                let typegen = "convex-typegen = { version = \"0.4\", default-features = false }\n";
                let dependencies = format!("{typegen}\n[build-dependencies]\n{typegen}");
                (dependencies, TYPEGEN_BUILD)
            }
        };
        let manifest = format!(
            r#"[package]
name = "service"
version = "0.1.0"
edition = "2024"

[dependencies]
{dependencies}
[profile.dev.build-override]
opt-level = 1

[profile.release]
strip = true

[workspace]
"#
        );
        write(&folder.join("Cargo.toml"), &manifest)?;
        write(&folder.join("build.rs"), build)?;
        write(&folder.join("src/touched.rs"), "")?;
        Ok(Self { folder, generator })
    }

    /// The Convex project of that many tables, and a crate with a type for each.
    pub(super) fn write(&self, tables: usize) -> Result<(), Box<dyn Error>> {
        let (layout, main) = match self.generator {
            Generator::Byod => (
                Layout::Modules,
                "mod tables;\nmod touched;\n\nfn main() {}\n",
            ),
            Generator::Typegen => (
                Layout::OneFile,
                "#[allow(dead_code)]\nmod convex_types;\nmod touched;\n\nfn main() {}\n",
            ),
        };
        project::write(&self.folder.join("convex"), tables, layout)?;
        write(&self.folder.join("src/main.rs"), main)?;
        if self.generator == Generator::Byod {
            fs::write(
                self.folder.join("src/tables.rs"),
                format!("#![allow(dead_code)]\n\n{}", structs(tables)),
            )?;
        }
        Ok(())
    }

    /// A program that lists and creates documents of each of `used` tables, of 60.
    pub(super) fn write_program(&self, used: usize) -> Result<(), Box<dyn Error>> {
        let calls: String = (0..used)
            .map(|table| {
                format!(
                    "        println!(\"{{:?}}\", table{table}::list(&session, Default::default()).await);\n        println!(\"{{:?}}\", table{table}::remove(&session, table{table}::RemoveArgs {{ id: byod_runtime::DocumentId::new(\"a\") }}).await);\n"
                )
            })
            .collect();
        let main = format!(
            "#![allow(dead_code)]\n\n{}fn main() {{\n    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();\n    let session = byod_runtime::Byod::from_env().unwrap().session(\"a\", \"b\");\n    runtime.block_on(async {{\n{calls}    }});\n}}\n",
            structs(used)
        );
        project::write(&self.folder.join("convex"), 60, Layout::Modules)?;
        fs::write(self.folder.join("src/main.rs"), main)?;
        Ok(())
    }

    /// The size of the program, built for release and stripped, in bytes.
    pub(super) fn size(&self) -> Result<u64, Box<dyn Error>> {
        self.cargo(&["build", "-q", "--release"])?;
        Ok(fs::metadata(self.folder.join("target/release/service"))?.len())
    }

    /// Makes Cargo forget this crate, not its dependencies.
    pub(super) fn clean(&self) -> Result<(), Box<dyn Error>> {
        self.cargo(&["clean", "-q", "-p", "service"])
    }

    /// Changes a source file that has nothing to do with the tables.
    pub(super) fn touch(&self, number: usize) -> Result<(), Box<dyn Error>> {
        fs::write(self.folder.join("src/touched.rs"), format!("// {number}\n"))?;
        Ok(())
    }

    /// Changes the arguments of one Convex function.
    pub(super) fn change_project(&self, number: usize) -> Result<(), Box<dyn Error>> {
        let path = self.folder.join("convex/table0.ts");
        let text = fs::read_to_string(&path)?;
        let head = text.split("\n// added\n").next().unwrap_or_default();
        let added = format!(
            "export const more = query({{ args: {{ n{number}: v.number() }}, returns: v.null(), handler: async () => null }});"
        );
        fs::write(&path, format!("{head}\n// added\n{added}\n"))?;
        Ok(())
    }

    pub(super) fn check(&self) -> Result<Duration, Box<dyn Error>> {
        let start = Instant::now();
        self.cargo(&["check", "-q"])?;
        Ok(start.elapsed())
    }

    fn cargo(&self, arguments: &[&str]) -> Result<(), Box<dyn Error>> {
        let status = cargo()
            .args(arguments)
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", self.folder.join("target"))
            .status()?;
        match status.success() {
            true => Ok(()),
            false => Err(format!("cargo {} failed: {status}", arguments.join(" ")).into()),
        }
    }
}

fn structs(tables: usize) -> String {
    (0..tables)
        .map(|table| {
            format!(
                "#[byod_runtime::byod_table(location = \"main\")]\npub struct Table{table};\n\n"
            )
        })
        .collect()
}

/// Writes what isn't there already, so that a second run builds nothing anew.
fn write(path: &Path, text: &str) -> Result<(), Box<dyn Error>> {
    if fs::read_to_string(path).is_ok_and(|known| known == text) {
        return Ok(());
    }
    fs::write(path, text)?;
    Ok(())
}
