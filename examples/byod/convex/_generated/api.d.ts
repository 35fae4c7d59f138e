/* eslint-disable */
/**
 * Generated `api` utility.
 *
 * THIS CODE IS AUTOMATICALLY GENERATED.
 *
 * To regenerate, run `npx convex dev`.
 * @module
 */

import type * as conversations from "../conversations.js";
import type * as functions from "../functions.js";
import type * as lib_conversations from "../lib/conversations.js";
import type * as lib_documents from "../lib/documents.js";
import type * as memories from "../memories.js";
import type * as messages from "../messages.js";
import type * as notes from "../notes.js";
import type * as projects from "../projects.js";
import type * as schema_activity from "../schema/activity.js";
import type * as schema_chat from "../schema/chat.js";
import type * as schema_knowledge from "../schema/knowledge.js";
import type * as schema_presentations from "../schema/presentations.js";
import type * as schema_projects from "../schema/projects.js";
import type * as schema_shared from "../schema/shared.js";
import type * as schema_tags from "../schema/tags.js";
import type * as tasks from "../tasks.js";

import type {
  ApiFromModules,
  FilterApi,
  FunctionReference,
} from "convex/server";

declare const fullApi: ApiFromModules<{
  conversations: typeof conversations;
  functions: typeof functions;
  "lib/conversations": typeof lib_conversations;
  "lib/documents": typeof lib_documents;
  memories: typeof memories;
  messages: typeof messages;
  notes: typeof notes;
  projects: typeof projects;
  "schema/activity": typeof schema_activity;
  "schema/chat": typeof schema_chat;
  "schema/knowledge": typeof schema_knowledge;
  "schema/presentations": typeof schema_presentations;
  "schema/projects": typeof schema_projects;
  "schema/shared": typeof schema_shared;
  "schema/tags": typeof schema_tags;
  tasks: typeof tasks;
}>;

/**
 * A utility for referencing Convex functions in your app's public API.
 *
 * Usage:
 * ```js
 * const myFunctionReference = api.myModule.myFunction;
 * ```
 */
export declare const api: FilterApi<
  typeof fullApi,
  FunctionReference<any, "public">
>;

/**
 * A utility for referencing Convex functions in your app's internal API.
 *
 * Usage:
 * ```js
 * const myFunctionReference = internal.myModule.myFunction;
 * ```
 */
export declare const internal: FilterApi<
  typeof fullApi,
  FunctionReference<any, "internal">
>;

export declare const components: {};
