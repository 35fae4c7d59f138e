//! Small projects written for one test.

#![allow(dead_code, reason = "each test program uses a part")]

pub(crate) mod emit;

use std::fs;
use std::path::{Path, PathBuf};

use byod_build::{Limits, ProjectReading, read_project};

/// What most schemas begin with.
pub(crate) const IMPORTS: &str = "import { defineSchema, defineTable } from \"convex/server\";\nimport { v } from \"convex/values\";\n";

/// What most modules begin with.
pub(crate) const FUNCTIONS: &str =
    "import { query } from \"./_generated/server\";\nimport { v } from \"convex/values\";\n";

/// A schema with one table.
pub(crate) const SCHEMA: &str =
    "export default defineSchema({ notes: defineTable({ body: v.string() }) });\n";

/// A folder of its own for the test `name`, empty at first.
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self { path }
    }

    /// With a file.
    pub(crate) fn with(self, name: &str, text: &str) -> Self {
        self.write(name, text);
        self
    }

    /// With `convex/schema.ts`: the usual imports and `text`.
    pub(crate) fn with_schema(self, text: &str) -> Self {
        self.with("convex/schema.ts", &format!("{IMPORTS}{text}"))
    }

    /// With a module of functions: the usual imports and `text`.
    pub(crate) fn with_module(self, name: &str, text: &str) -> Self {
        self.with(&format!("convex/{name}"), &format!("{FUNCTIONS}{text}"))
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// `text` with paths as if this folder were the present one.
    pub(crate) fn relative(&self, text: &str) -> String {
        text.replace(&format!("{}/", self.path.display()), "")
    }
}

pub(crate) fn read(folder: &Folder) -> ProjectReading {
    read_project(&folder.path("convex"), &Limits::default()).unwrap()
}

pub(crate) fn warnings(folder: &Folder, reading: &ProjectReading) -> Vec<String> {
    let lines = reading.warnings.iter();
    lines.map(|line| folder.relative(line)).collect()
}

pub(crate) fn paths(reading: &ProjectReading) -> Vec<String> {
    reading.functions.keys().map(ToString::to_string).collect()
}
