//! What `npx convex` and `tsc` want beside the modules: `package.json`,
//! `tsconfig.json`, and `_generated` until Convex writes its own.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::bundling::Bundling;
use crate::carry::Mounted;
use crate::layout::{is_reserved, property, string};

/// `package.json`, with main's versions where it names them, and these packages.
pub(crate) fn package(
    convex_folder: &str,
    main: Option<&Value>,
    packages: &BTreeMap<String, String>,
) -> String {
    let version = |list: &str, name: &str, default: &str| {
        let found = main.and_then(|main| main.get(list)?.get(name)?.as_str());
        found.unwrap_or(default).to_owned()
    };
    let convex = version("dependencies", "convex", "^1.31.0");
    let mut dependencies: BTreeMap<&str, &str> = BTreeMap::from([("convex", convex.as_str())]);
    dependencies.extend(
        packages
            .iter()
            .map(|(name, asked)| (name.as_str(), asked.as_str())),
    );
    let lines = dependencies.iter();
    let lines: Vec<String> = lines
        .map(|(name, asked)| format!("    {}: {}", Value::from(*name), Value::from(*asked)))
        .collect();
    PACKAGE
        .replace("FOLDER", convex_folder)
        .replace("    DEPENDENCIES", &lines.join(",\n"))
        .replace(
            "TYPESCRIPT",
            &version("devDependencies", "typescript", "^5.9.0"),
        )
}

const PACKAGE: &str = r#"{
  "name": "user-deployment",
  "private": true,
  "type": "module",
  "scripts": {
    "deploy": "convex deploy",
    "typecheck": "tsc --project FOLDER"
  },
  "dependencies": {
    DEPENDENCIES
  },
  "devDependencies": {
    "typescript": "TYPESCRIPT"
  }
}
"#;

/// `tsconfig.json`, which has the bundler make of main's code what it makes of it on main.
pub(crate) fn tsconfig(bundling: &Bundling) -> String {
    let before = "    \"module\": \"ESNext\",\n";
    TSCONFIG.replace(before, &(bundling.lines() + before))
}

const TSCONFIG: &str = r#"{
  "compilerOptions": {
    "target": "ESNext",
    "lib": ["ES2023", "DOM", "DOM.Iterable"],
    "module": "ESNext",
    "moduleResolution": "Bundler",
    "types": [],
    "strict": true,
    "isolatedModules": true,
    "forceConsistentCasingInFileNames": true,
    "allowJs": true,
    "skipLibCheck": true,
    "noEmit": true
  },
  "include": ["./**/*"]
}
"#;

/// `_generated/`, as far as `tsc` and tests need it before `npx convex` has
/// written its own.
pub(crate) fn generated(
    modules: &BTreeSet<String>,
    components: &BTreeMap<String, Mounted>,
) -> Vec<(&'static str, String)> {
    let api = if components.is_empty() {
        API.to_owned()
    } else {
        API.replace("{ anyApi }", "{ anyApi, componentsGeneric }")
            + "export const components = componentsGeneric();\n"
    };
    vec![
        (API_TYPES, api_types(modules, components)),
        (API_VALUES, api),
        ("_generated/dataModel.d.ts", DATA_MODEL.to_owned()),
        ("_generated/server.d.ts", SERVER_TYPES.to_owned()),
        ("_generated/server.js", SERVER.to_owned()),
    ]
}

/// The files that Convex writes anew where there are other modules or components.
pub(crate) const API_TYPES: &str = "_generated/api.d.ts";
pub(crate) const API_VALUES: &str = "_generated/api.js";

/// Whether an `api.js` knows components, where there are any.
pub(crate) fn knows_components(api: &str, components: &BTreeMap<String, Mounted>) -> bool {
    components.is_empty() || api.contains("componentsGeneric")
}

/// Whether an `api.d.ts` knows exactly these modules, and these components.
pub(crate) fn is_current(
    api: &str,
    modules: &BTreeSet<String>,
    components: &BTreeMap<String, Mounted>,
) -> bool {
    let mut mounted = components.keys();
    if !mounted.all(|name| api.contains(&format!("  {}: ", property(name)))) {
        return false;
    }
    let known: BTreeSet<String> = api
        .lines()
        .filter_map(|line| line.strip_prefix("import type * as "))
        .filter_map(|line| line.split_once("from \"../"))
        .filter_map(|(_, path)| path.split(".js\"").next())
        .map(str::to_owned)
        .collect();
    known == *modules
}

fn api_types(modules: &BTreeSet<String>, components: &BTreeMap<String, Mounted>) -> String {
    let mut imports = String::new();
    let mut members = String::new();
    // Those that the file itself declares.
    let own = [
        "ApiFromModules",
        "FilterApi",
        "FunctionReference",
        "modules",
        "api",
        "internal",
    ];
    let mut taken: BTreeSet<String> = own.map(str::to_owned).into();
    for module in modules {
        let mut alias = module.replace(['/', '-', '.'], "_");
        while is_reserved(&alias) || !taken.insert(alias.clone()) {
            alias.push('_');
        }
        imports.push_str(&format!(
            "import type * as {alias} from \"../{module}.js\";\n"
        ));
        let key = property(module);
        members.push_str(&format!("  {key}: typeof {alias};\n"));
    }
    let mounted: String = components
        .iter()
        .map(|(name, mounted)| {
            let api = if mounted.has_type {
                let of = format!("{}/_generated/component.js", mounted.package);
                format!("import({}).ComponentApi<{}>", string(&of), string(name))
            } else {
                "any".to_owned()
            };
            format!("  {}: {api};\n", property(name))
        })
        .collect();
    let mounted = if mounted.is_empty() {
        mounted
    } else {
        format!("\nexport declare const components: {{\n{mounted}}};\n")
    };
    format!(
        r#"/* eslint-disable */
// Written until `npx convex dev` or `npx convex deploy` writes its own.

{imports}
import type {{
  ApiFromModules,
  FilterApi,
  FunctionReference,
}} from "convex/server";

declare const modules: ApiFromModules<{{
{members}}}>;

export declare const api: FilterApi<
  typeof modules,
  FunctionReference<any, "public">
>;
export declare const internal: FilterApi<
  typeof modules,
  FunctionReference<any, "internal">
>;
{mounted}"#
    )
}

const API: &str = r#"/* eslint-disable */
// Written until `npx convex dev` or `npx convex deploy` writes its own.

import { anyApi } from "convex/server";

export const api = anyApi;
export const internal = anyApi;
"#;

const DATA_MODEL: &str = r#"/* eslint-disable */
// Written until `npx convex dev` or `npx convex deploy` writes its own.

import type {
  DataModelFromSchemaDefinition,
  DocumentByName,
  SystemTableNames,
  TableNamesInDataModel,
} from "convex/server";
import type { GenericId } from "convex/values";
import type schema from "../schema.js";

export type DataModel = DataModelFromSchemaDefinition<typeof schema>;
export type TableNames = TableNamesInDataModel<DataModel>;
export type Doc<Table extends TableNames> = DocumentByName<DataModel, Table>;
export type Id<Table extends TableNames | SystemTableNames> = GenericId<Table>;
"#;

const SERVER_TYPES: &str = r#"/* eslint-disable */
// Written until `npx convex dev` or `npx convex deploy` writes its own.

import type {
  ActionBuilder,
  GenericActionCtx,
  GenericDatabaseReader,
  GenericDatabaseWriter,
  GenericMutationCtx,
  GenericQueryCtx,
  HttpActionBuilder,
  MutationBuilder,
  QueryBuilder,
} from "convex/server";
import type { DataModel } from "./dataModel.js";

export declare const query: QueryBuilder<DataModel, "public">;
export declare const internalQuery: QueryBuilder<DataModel, "internal">;
export declare const mutation: MutationBuilder<DataModel, "public">;
export declare const internalMutation: MutationBuilder<DataModel, "internal">;
export declare const action: ActionBuilder<DataModel, "public">;
export declare const internalAction: ActionBuilder<DataModel, "internal">;
export declare const httpAction: HttpActionBuilder;

export type QueryCtx = GenericQueryCtx<DataModel>;
export type MutationCtx = GenericMutationCtx<DataModel>;
export type ActionCtx = GenericActionCtx<DataModel>;
export type DatabaseReader = GenericDatabaseReader<DataModel>;
export type DatabaseWriter = GenericDatabaseWriter<DataModel>;
"#;

const SERVER: &str = r#"/* eslint-disable */
// Written until `npx convex dev` or `npx convex deploy` writes its own.

import {
  actionGeneric,
  httpActionGeneric,
  internalActionGeneric,
  internalMutationGeneric,
  internalQueryGeneric,
  mutationGeneric,
  queryGeneric,
} from "convex/server";

export const query = queryGeneric;
export const internalQuery = internalQueryGeneric;
export const mutation = mutationGeneric;
export const internalMutation = internalMutationGeneric;
export const action = actionGeneric;
export const internalAction = internalActionGeneric;
export const httpAction = httpActionGeneric;
"#;
