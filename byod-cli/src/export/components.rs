//! The components of users' deployments: those of main that carried functions use.

use std::collections::BTreeMap;

use crate::carry::Mounted;
use crate::error::Error;
use crate::layout::string;
use crate::tree::Tree;

/// `convex.config.ts`. None of them is given a place among the routes: what anybody could
/// call is nothing that users' deployments have.
pub(super) fn config(components: &BTreeMap<String, Mounted>) -> String {
    let imported: BTreeMap<&str, &str> = components
        .values()
        .map(|mounted| (mounted.own_name, mounted.specifier.as_str()))
        .collect();
    let imports: String = imported
        .iter()
        .map(|(name, specifier)| format!("import {name} from {};\n", string(specifier)))
        .collect();
    let uses: String = components
        .iter()
        .map(|(name, mounted)| {
            let of = mounted.own_name;
            format!("app.use({of}, {{ name: {} }});\n", string(name))
        })
        .collect();
    format!(
        "// Written by `byod export`.\n\n\
         {imports}import {{ defineApp }} from \"convex/server\";\n\n\
         const app = defineApp();\n{uses}\nexport default app;\n"
    )
}

/// The packages that the project needs and its `package.json`, which is a person's once it
/// is there, doesn't name.
pub(super) fn to_install(
    folder: &Tree,
    packages: &BTreeMap<String, String>,
) -> Result<Vec<String>, Error> {
    let Some(text) = folder.parent().read("package.json")? else {
        return Ok(Vec::new());
    };
    let package: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    let is_named = |name: &str| {
        let mut lists = ["dependencies", "devDependencies"].iter();
        lists.any(|list| package[list].get(name).is_some())
    };
    let missing = packages.iter().filter(|(name, _)| !is_named(name));
    let notes = missing.map(|(name, asked)| {
        format!(
            "functions need `{name}`, which `package.json` beside the users' Convex folder doesn't name: add `{}: {}` to its `dependencies`",
            string(name),
            string(asked)
        )
    });
    Ok(notes.collect())
}

/// `byod/owner.ts` where there are components, whose functions are told of nobody.
pub(super) fn with_components(owner_ts: &str) -> String {
    let named = "    args[position] = ofOwner(args[position], owner);\n";
    let arguments = "/** The arguments with who calls; where they name";
    owner_ts
        .replace(named, &format!("{PAST_COMPONENTS}{named}"))
        .replace(arguments, &format!("{IS_OF_COMPONENT}{arguments}"))
}

const PAST_COMPONENTS: &str = "    if (isOfComponent(args[0]))
      return await turn(async () => await run(...args));
";

const IS_OF_COMPONENT: &str = r#"/** Whether it is a component's function: the owner is nothing that it takes. */
function isOfComponent(reference: any): boolean {
  const path = reference?.[Symbol.for("toReferencePath")];
  return (
    typeof path === "string" && path.startsWith("_reference/childComponent/")
  );
}

"#;
