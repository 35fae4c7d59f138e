/* eslint-disable */
/**
 * Generated `api` utility.
 *
 * THIS CODE IS AUTOMATICALLY GENERATED.
 *
 * To regenerate, run `npx convex dev`.
 * @module
 */

import type * as chat from "../chat.js";
import type * as conversations from "../conversations.js";
import type * as conversations_actions from "../conversations/actions.js";
import type * as conversations_branching from "../conversations/branching.js";
import type * as conversations_bulk from "../conversations/bulk.js";
import type * as conversations_exporting from "../conversations/exporting.js";
import type * as conversations_internal from "../conversations/internal.js";
import type * as conversations_tokens from "../conversations/tokens.js";
import type * as emails from "../emails.js";
import type * as generation from "../generation.js";
import type * as generationContext from "../generationContext.js";
import type * as lib_access from "../lib/access.js";
import type * as lib_activity from "../lib/activity.js";
import type * as lib_aggregates from "../lib/aggregates.js";
import type * as lib_ai from "../lib/ai.js";
import type * as lib_auth from "../lib/auth.js";
import type * as lib_cascade from "../lib/cascade.js";
import type * as lib_constants from "../lib/constants.js";
import type * as lib_crypto from "../lib/crypto.js";
import type * as lib_functions from "../lib/functions.js";
import type * as lib_messages from "../lib/messages.js";
import type * as lib_preferences from "../lib/preferences.js";
import type * as lib_rateLimit from "../lib/rateLimit.js";
import type * as lib_stats from "../lib/stats.js";
import type * as memories from "../memories.js";
import type * as memories_extract from "../memories/extract.js";
import type * as memories_internal from "../memories/internal.js";
import type * as memories_search from "../memories/search.js";
import type * as messages from "../messages.js";
import type * as messages_attachments from "../messages/attachments.js";
import type * as messages_embeddings from "../messages/embeddings.js";
import type * as messages_indexing from "../messages/indexing.js";
import type * as messages_sources from "../messages/sources.js";
import type * as messages_streaming from "../messages/streaming.js";
import type * as messages_toolCalls from "../messages/toolCalls.js";
import type * as onboarding from "../onboarding.js";
import type * as schema_accounts from "../schema/accounts.js";
import type * as schema_admin from "../schema/admin.js";
import type * as schema_billing from "../schema/billing.js";
import type * as schema_chat from "../schema/chat.js";
import type * as schema_community from "../schema/community.js";
import type * as schema_knowledge from "../schema/knowledge.js";
import type * as schema_projects from "../schema/projects.js";
import type * as schema_tags from "../schema/tags.js";
import type * as schema_usage from "../schema/usage.js";
import type * as usage_budget from "../usage/budget.js";
import type * as usage_mutations from "../usage/mutations.js";
import type * as usage_queries from "../usage/queries.js";
import type * as users from "../users.js";
import type * as users_preferences from "../users/preferences.js";
import type * as users_stats from "../users/stats.js";

import type {
  ApiFromModules,
  FilterApi,
  FunctionReference,
} from "convex/server";

declare const fullApi: ApiFromModules<{
  chat: typeof chat;
  conversations: typeof conversations;
  "conversations/actions": typeof conversations_actions;
  "conversations/branching": typeof conversations_branching;
  "conversations/bulk": typeof conversations_bulk;
  "conversations/exporting": typeof conversations_exporting;
  "conversations/internal": typeof conversations_internal;
  "conversations/tokens": typeof conversations_tokens;
  emails: typeof emails;
  generation: typeof generation;
  generationContext: typeof generationContext;
  "lib/access": typeof lib_access;
  "lib/activity": typeof lib_activity;
  "lib/aggregates": typeof lib_aggregates;
  "lib/ai": typeof lib_ai;
  "lib/auth": typeof lib_auth;
  "lib/cascade": typeof lib_cascade;
  "lib/constants": typeof lib_constants;
  "lib/crypto": typeof lib_crypto;
  "lib/functions": typeof lib_functions;
  "lib/messages": typeof lib_messages;
  "lib/preferences": typeof lib_preferences;
  "lib/rateLimit": typeof lib_rateLimit;
  "lib/stats": typeof lib_stats;
  memories: typeof memories;
  "memories/extract": typeof memories_extract;
  "memories/internal": typeof memories_internal;
  "memories/search": typeof memories_search;
  messages: typeof messages;
  "messages/attachments": typeof messages_attachments;
  "messages/embeddings": typeof messages_embeddings;
  "messages/indexing": typeof messages_indexing;
  "messages/sources": typeof messages_sources;
  "messages/streaming": typeof messages_streaming;
  "messages/toolCalls": typeof messages_toolCalls;
  onboarding: typeof onboarding;
  "schema/accounts": typeof schema_accounts;
  "schema/admin": typeof schema_admin;
  "schema/billing": typeof schema_billing;
  "schema/chat": typeof schema_chat;
  "schema/community": typeof schema_community;
  "schema/knowledge": typeof schema_knowledge;
  "schema/projects": typeof schema_projects;
  "schema/tags": typeof schema_tags;
  "schema/usage": typeof schema_usage;
  "usage/budget": typeof usage_budget;
  "usage/mutations": typeof usage_mutations;
  "usage/queries": typeof usage_queries;
  users: typeof users;
  "users/preferences": typeof users_preferences;
  "users/stats": typeof users_stats;
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

export declare const components: {
  messageCounts: import("@convex-dev/aggregate/_generated/component.js").ComponentApi<"messageCounts">;
};
