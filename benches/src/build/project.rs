//! Convex projects of any size, as people write them: a file per table's
//! validators, a schema that brings them together, a module of functions a table.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

/// Fields of every table.
pub(crate) const FIELDS: usize = 10;

/// Functions of every table's module.
pub(crate) const FUNCTIONS: usize = 5;

/// How the tables are written down.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// A file per table's validators, which functions share.
    Modules,
    /// Everything in `schema.ts`, for readers that don't follow imports; functions
    /// repeat the validators.
    OneFile,
}

/// Writes the project of that many tables into `folder`, which is emptied first.
pub(crate) fn write(folder: &Path, tables: usize, layout: Layout) -> io::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    fs::create_dir_all(folder)?;
    let mut imports = String::from("import { defineSchema } from \"convex/server\";\n");
    let mut entries = String::new();
    if layout == Layout::Modules {
        fs::create_dir_all(folder.join("tables"))?;
    } else {
        imports = String::from(
            "import { defineSchema, defineTable } from \"convex/server\";\nimport { v } from \"convex/values\";\n",
        );
    }
    for table in 0..tables {
        let fields = fields((table + 1) % tables);
        let functions = match layout {
            Layout::Modules => {
                let import = format!("import {{ table{table} }} from \"./tables/table{table}\";\n");
                imports.push_str(&import);
                let _ = writeln!(entries, "  table{table},");
                let module = format!(
                    "import {{ defineTable }} from \"convex/server\";\nimport {{ v }} from \"convex/values\";\n\nexport const fields = {{\n{fields}}};\n\nexport const table{table} = defineTable(fields){INDEX};\n"
                );
                fs::write(folder.join(format!("tables/table{table}.ts")), module)?;
                let fields = format!("import {{ fields }} from \"./tables/table{table}\";\n");
                functions(table, &fields, "...fields,", "fields")
            }
            Layout::OneFile => {
                let _ = writeln!(
                    entries,
                    "  table{table}: defineTable({{\n{fields}}}){INDEX},"
                );
                functions(table, "", &fields, &format!("{{ {fields} }}"))
            }
        };
        fs::write(folder.join(format!("table{table}.ts")), functions)?;
    }
    let schema = format!("{imports}\nexport default defineSchema({{\n{entries}}});\n");
    fs::write(folder.join("schema.ts"), schema)
}

const INDEX: &str = ".index(\"by_parent\", [\"parent\", \"archived\"])";

fn fields(other: usize) -> String {
    format!(
        r#"  parent: v.id("table{other}"),
  title: v.string(),
  note: v.optional(v.string()),
  score: v.number(),
  archived: v.boolean(),
  status: v.union(v.literal("open"), v.literal("closed"), v.literal("lost")),
  tags: v.array(v.string()),
  settings: v.object({{ theme: v.string(), size: v.optional(v.number()) }}),
  counts: v.record(v.string(), v.number()),
  deletedAt: v.union(v.number(), v.null()),
"#
    )
}

/// The functions of a table: `import` brings in what `members` (of an object) and
/// `object` mention.
fn functions(table: usize, import: &str, members: &str, object: &str) -> String {
    format!(
        r#"import {{ mutation, query }} from "./_generated/server";
import {{ v }} from "convex/values";
{import}
const document = v.object({{ {members} _id: v.id("table{table}"), _creationTime: v.number() }});

export const list = query({{
  args: {{ archived: v.optional(v.boolean()) }},
  returns: v.array(document),
  handler: async (ctx) => await ctx.db.query("table{table}").collect(),
}});

export const get = query({{
  args: {{ id: v.id("table{table}") }},
  returns: v.union(document, v.null()),
  handler: async (ctx, args) => await ctx.db.get(args.id),
}});

export const create = mutation({{
  args: {object},
  returns: v.id("table{table}"),
  handler: async (ctx, args) => await ctx.db.insert("table{table}", args),
}});

export const rename = mutation({{
  args: {{ id: v.id("table{table}"), title: v.string() }},
  returns: v.null(),
  handler: async (ctx, args) => {{
    await ctx.db.patch(args.id, {{ title: args.title }});
    return null;
  }},
}});

export const remove = mutation({{
  args: {{ id: v.id("table{table}") }},
  returns: v.null(),
  handler: async (ctx, args) => {{
    await ctx.db.delete(args.id);
    return null;
  }},
}});
"#
    )
}
