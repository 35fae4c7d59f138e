/* eslint-disable */
// Written until `npx convex dev` or `npx convex deploy` writes its own.

import type * as byod_claim from "../byod/claim.js";
import type * as byod_database from "../byod/database.js";
import type * as byod_idempotency from "../byod/idempotency.js";
import type * as byod_order from "../byod/order.js";
import type * as byod_owner from "../byod/owner.js";
import type * as byod_query from "../byod/query.js";
import type * as byod_tables from "../byod/tables.js";
import type * as byod_vectors from "../byod/vectors.js";
import type * as byod_version from "../byod/version.js";
import type * as conversations from "../conversations.js";
import type * as functions from "../functions.js";
import type * as lib_conversations from "../lib/conversations.js";
import type * as lib_documents from "../lib/documents.js";
import type * as memories from "../memories.js";
import type * as messages from "../messages.js";
import type * as notes from "../notes.js";
import type * as projects from "../projects.js";
import type * as schema_chat from "../schema/chat.js";
import type * as schema_knowledge from "../schema/knowledge.js";
import type * as schema_projects from "../schema/projects.js";
import type * as schema_shared from "../schema/shared.js";
import type * as tasks from "../tasks.js";
import type * as users from "../users.js";

import type {
  ApiFromModules,
  FilterApi,
  FunctionReference,
} from "convex/server";

declare const modules: ApiFromModules<{
  "byod/claim": typeof byod_claim;
  "byod/database": typeof byod_database;
  "byod/idempotency": typeof byod_idempotency;
  "byod/order": typeof byod_order;
  "byod/owner": typeof byod_owner;
  "byod/query": typeof byod_query;
  "byod/tables": typeof byod_tables;
  "byod/vectors": typeof byod_vectors;
  "byod/version": typeof byod_version;
  conversations: typeof conversations;
  functions: typeof functions;
  "lib/conversations": typeof lib_conversations;
  "lib/documents": typeof lib_documents;
  memories: typeof memories;
  messages: typeof messages;
  notes: typeof notes;
  projects: typeof projects;
  "schema/chat": typeof schema_chat;
  "schema/knowledge": typeof schema_knowledge;
  "schema/projects": typeof schema_projects;
  "schema/shared": typeof schema_shared;
  tasks: typeof tasks;
  users: typeof users;
}>;

export declare const api: FilterApi<
  typeof modules,
  FunctionReference<any, "public">
>;
export declare const internal: FilterApi<
  typeof modules,
  FunctionReference<any, "internal">
>;
