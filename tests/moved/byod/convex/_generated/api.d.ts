/* eslint-disable */
// Written until `npx convex dev` or `npx convex deploy` writes its own.

import type * as byod_claim from "../byod/claim.js";
import type * as byod_database from "../byod/database.js";
import type * as byod_files from "../byod/files.js";
import type * as byod_moving from "../byod/moving.js";
import type * as byod_order from "../byod/order.js";
import type * as byod_owner from "../byod/owner.js";
import type * as byod_query from "../byod/query.js";
import type * as byod_search from "../byod/search.js";
import type * as byod_tables from "../byod/tables.js";
import type * as byod_vectors from "../byod/vectors.js";
import type * as byod_version from "../byod/version.js";
import type * as custom_peek from "../custom/peek.js";
import type * as folders from "../folders.js";
import type * as functions from "../functions.js";
import type * as lib_auth from "../lib/auth.js";
import type * as notes from "../notes.js";

import type {
  ApiFromModules,
  FilterApi,
  FunctionReference,
} from "convex/server";

declare const modules: ApiFromModules<{
  "byod/claim": typeof byod_claim;
  "byod/database": typeof byod_database;
  "byod/files": typeof byod_files;
  "byod/moving": typeof byod_moving;
  "byod/order": typeof byod_order;
  "byod/owner": typeof byod_owner;
  "byod/query": typeof byod_query;
  "byod/search": typeof byod_search;
  "byod/tables": typeof byod_tables;
  "byod/vectors": typeof byod_vectors;
  "byod/version": typeof byod_version;
  "custom/peek": typeof custom_peek;
  folders: typeof folders;
  functions: typeof functions;
  "lib/auth": typeof lib_auth;
  notes: typeof notes;
}>;

export declare const api: FilterApi<
  typeof modules,
  FunctionReference<any, "public">
>;
export declare const internal: FilterApi<
  typeof modules,
  FunctionReference<any, "internal">
>;
