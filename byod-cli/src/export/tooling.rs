//! What `npx convex` and `tsc` want beside the modules: `package.json`,
//! `tsconfig.json`, and `_generated` until Convex writes its own.

use std::collections::BTreeSet;

use super::bundling::Bundling;
use crate::layout::{is_reserved, property};

/// `package.json`, with main's versions where it names them.
pub(crate) fn package(convex_folder: &str, main: Option<&serde_json::Value>) -> String {
    let version = |list: &str, name: &str, default: &str| {
        let found = main.and_then(|main| main.get(list)?.get(name)?.as_str());
        found.unwrap_or(default).to_owned()
    };
    PACKAGE
        .replace("FOLDER", convex_folder)
        .replace("CONVEX", &version("dependencies", "convex", "^1.31.0"))
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
    "convex": "CONVEX"
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
pub(crate) fn generated(modules: &BTreeSet<String>) -> Vec<(&'static str, String)> {
    vec![
        ("_generated/api.d.ts", api_types(modules)),
        ("_generated/api.js", API.to_owned()),
        ("_generated/dataModel.d.ts", DATA_MODEL.to_owned()),
        ("_generated/server.d.ts", SERVER_TYPES.to_owned()),
        ("_generated/server.js", SERVER.to_owned()),
    ]
}

/// Whether an `api.d.ts` knows exactly these modules.
pub(crate) fn is_current(api: &str, modules: &BTreeSet<String>) -> bool {
    let known: BTreeSet<String> = api
        .lines()
        .filter_map(|line| line.strip_prefix("import type * as "))
        .filter_map(|line| line.split_once("from \"../"))
        .filter_map(|(_, path)| path.split(".js\"").next())
        .map(str::to_owned)
        .collect();
    known == *modules
}

fn api_types(modules: &BTreeSet<String>) -> String {
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
"#
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
