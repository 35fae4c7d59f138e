//! What `cargo check` costs a service with a struct per table.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::project;
use crate::table::Table;

/// Runs of every figure.
pub(crate) const RUNS: usize = 5;

/// Tables of the crates that are checked.
const SIZES: [usize; 4] = [0, 15, 30, 60];

pub(crate) fn measure(scratch: &Path) -> Result<Table, Box<dyn Error>> {
    let mut table = Table::new(&[
        "tables",
        "first",
        "a .rs file touched",
        "a .ts file changed",
        "nothing changed",
    ]);
    let service = Service::new(scratch)?;
    eprintln!("building the dependencies of a service …");
    service.write(1)?;
    service.check()?;
    for tables in SIZES {
        service.write(tables)?;
        let run = |change: &dyn Fn(usize) -> Result<(), Box<dyn Error>>| {
            let mut times = Vec::new();
            for number in 0..RUNS {
                change(number)?;
                times.push(service.check()?);
            }
            times.sort();
            Ok::<_, Box<dyn Error>>(format!("{:.2} s", times[RUNS / 2].as_secs_f64()))
        };
        let first = run(&|_| service.clean())?;
        let touched = run(&|number| service.touch(number))?;
        let changed = match tables {
            0 => "–".to_owned(),
            _ => run(&|number| service.change_project(number))?,
        };
        let nothing = run(&|_| Ok(()))?;
        table.row(vec![tables.to_string(), first, touched, changed, nothing]);
    }
    Ok(table)
}

/// A crate that depends on this repository by path, as the README says.
struct Service {
    folder: PathBuf,
}

const MAIN: &str = "mod tables;\nmod touched;\n\nfn main() {}\n";

impl Service {
    fn new(scratch: &Path) -> Result<Self, Box<dyn Error>> {
        let folder = scratch.join("service");
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .ok_or("this package has no workspace")?;
        fs::create_dir_all(folder.join("src"))?;
        // The same versions of everything as in the workspace.
        fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
        let root = root.display();
        let manifest = format!(
            r#"[package]
name = "service"
version = "0.1.0"
edition = "2024"

[dependencies]
byod-runtime = {{ path = "{root}/byod-runtime" }}

[build-dependencies]
byod-build = {{ path = "{root}/byod-build" }}

[profile.dev.build-override]
opt-level = 1

[workspace]
"#
        );
        write(&folder.join("Cargo.toml"), &manifest)?;
        write(&folder.join("byod.toml"), "[main]\nconvex = \"convex\"\n")?;
        write(
            &folder.join("build.rs"),
            "fn main() {\n    byod_build::emit();\n}\n",
        )?;
        write(&folder.join("src/main.rs"), MAIN)?;
        write(&folder.join("src/touched.rs"), "")?;
        Ok(Self { folder })
    }

    /// The Convex project of that many tables, and a struct for each.
    fn write(&self, tables: usize) -> Result<(), Box<dyn Error>> {
        project::write(&self.folder.join("convex"), tables)?;
        let structs: String = (0..tables)
            .map(|table| {
                format!(
                    "#[byod_runtime::byod_table(location = \"main\")]\npub struct Table{table};\n\n"
                )
            })
            .collect();
        fs::write(
            self.folder.join("src/tables.rs"),
            format!("#![allow(dead_code)]\n\n{structs}"),
        )?;
        Ok(())
    }

    /// Makes Cargo forget this crate, not its dependencies.
    fn clean(&self) -> Result<(), Box<dyn Error>> {
        self.cargo(&["clean", "-q", "-p", "service"])
    }

    /// Changes a source file that has nothing to do with the tables.
    fn touch(&self, number: usize) -> Result<(), Box<dyn Error>> {
        fs::write(self.folder.join("src/touched.rs"), format!("// {number}\n"))?;
        Ok(())
    }

    /// Changes the arguments of one Convex function.
    fn change_project(&self, number: usize) -> Result<(), Box<dyn Error>> {
        let path = self.folder.join("convex/table0.ts");
        let text = fs::read_to_string(&path)?;
        let head = text.split("\n// added\n").next().unwrap_or_default();
        let added = format!(
            "export const more = query({{ args: {{ n{number}: v.number() }}, returns: v.null(), handler: async () => null }});"
        );
        fs::write(&path, format!("{head}\n// added\n{added}\n"))?;
        Ok(())
    }

    fn check(&self) -> Result<Duration, Box<dyn Error>> {
        let start = Instant::now();
        self.cargo(&["check", "-q"])?;
        Ok(start.elapsed())
    }

    fn cargo(&self, arguments: &[&str]) -> Result<(), Box<dyn Error>> {
        let cargo = option_env!("CARGO").unwrap_or("cargo");
        let status = Command::new(cargo)
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

/// Writes what isn't there already, so that a second run builds nothing anew.
fn write(path: &Path, text: &str) -> Result<(), Box<dyn Error>> {
    if fs::read_to_string(path).is_ok_and(|known| known == text) {
        return Ok(());
    }
    fs::write(path, text)?;
    Ok(())
}
