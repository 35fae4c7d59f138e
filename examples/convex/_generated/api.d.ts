/* eslint-disable */
/**
 * Generated `api` utility.
 *
 * THIS CODE IS AUTOMATICALLY GENERATED.
 *
 * To regenerate, run `npx convex dev`.
 * @module
 */

import type * as ai from "../ai.js";
import type * as byod_credentials from "../byod/credentials.js";
import type * as conversations from "../conversations.js";
import type * as crons from "../crons.js";
import type * as http from "../http.js";
import type * as lib_auth from "../lib/auth.js";
import type * as lib_conversations from "../lib/conversations.js";
import type * as lib_documents from "../lib/documents.js";
import type * as lib_functions from "../lib/functions.js";
import type * as lib_models from "../lib/models.js";
import type * as lib_webhooks from "../lib/webhooks.js";
import type * as memories from "../memories.js";
import type * as messages from "../messages.js";
import type * as notes from "../notes.js";
import type * as notifications from "../notifications.js";
import type * as projects from "../projects.js";
import type * as schema_activity from "../schema/activity.js";
import type * as schema_app from "../schema/app.js";
import type * as schema_byod from "../schema/byod.js";
import type * as schema_chat from "../schema/chat.js";
import type * as schema_knowledge from "../schema/knowledge.js";
import type * as schema_presentations from "../schema/presentations.js";
import type * as schema_projects from "../schema/projects.js";
import type * as schema_shared from "../schema/shared.js";
import type * as schema_tags from "../schema/tags.js";
import type * as schema_users from "../schema/users.js";
import type * as shares from "../shares.js";
import type * as tasks from "../tasks.js";
import type * as templates from "../templates.js";
import type * as userPreferences from "../userPreferences.js";
import type * as userStats from "../userStats.js";
import type * as users from "../users.js";

import type {
  ApiFromModules,
  FilterApi,
  FunctionReference,
} from "convex/server";

declare const fullApi: ApiFromModules<{
  ai: typeof ai;
  "byod/credentials": typeof byod_credentials;
  conversations: typeof conversations;
  crons: typeof crons;
  http: typeof http;
  "lib/auth": typeof lib_auth;
  "lib/conversations": typeof lib_conversations;
  "lib/documents": typeof lib_documents;
  "lib/functions": typeof lib_functions;
  "lib/models": typeof lib_models;
  "lib/webhooks": typeof lib_webhooks;
  memories: typeof memories;
  messages: typeof messages;
  notes: typeof notes;
  notifications: typeof notifications;
  projects: typeof projects;
  "schema/activity": typeof schema_activity;
  "schema/app": typeof schema_app;
  "schema/byod": typeof schema_byod;
  "schema/chat": typeof schema_chat;
  "schema/knowledge": typeof schema_knowledge;
  "schema/presentations": typeof schema_presentations;
  "schema/projects": typeof schema_projects;
  "schema/shared": typeof schema_shared;
  "schema/tags": typeof schema_tags;
  "schema/users": typeof schema_users;
  shares: typeof shares;
  tasks: typeof tasks;
  templates: typeof templates;
  userPreferences: typeof userPreferences;
  userStats: typeof userStats;
  users: typeof users;
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
