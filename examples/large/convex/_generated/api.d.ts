/* eslint-disable */
/**
 * Generated `api` utility.
 *
 * THIS CODE IS AUTOMATICALLY GENERATED.
 *
 * To regenerate, run `npx convex dev`.
 * @module
 */

import type * as activity from "../activity.js";
import type * as admin_audit from "../admin/audit.js";
import type * as admin_debug from "../admin/debug.js";
import type * as admin_settings from "../admin/settings.js";
import type * as admin_usage from "../admin/usage.js";
import type * as admin_users from "../admin/users.js";
import type * as announcements from "../announcements.js";
import type * as apiKeys from "../apiKeys.js";
import type * as billing from "../billing.js";
import type * as bookmarks from "../bookmarks.js";
import type * as bookmarks_tags from "../bookmarks/tags.js";
import type * as canvas_documents from "../canvas/documents.js";
import type * as canvas_history from "../canvas/history.js";
import type * as chat from "../chat.js";
import type * as cli from "../cli.js";
import type * as cliAuth from "../cliAuth.js";
import type * as conversations from "../conversations.js";
import type * as conversations_actions from "../conversations/actions.js";
import type * as conversations_branching from "../conversations/branching.js";
import type * as conversations_bulk from "../conversations/bulk.js";
import type * as conversations_exporting from "../conversations/exporting.js";
import type * as conversations_internal from "../conversations/internal.js";
import type * as conversations_tokens from "../conversations/tokens.js";
import type * as crons from "../crons.js";
import type * as dashboard from "../dashboard.js";
import type * as drafts from "../drafts.js";
import type * as emails from "../emails.js";
import type * as feedback from "../feedback.js";
import type * as files from "../files.js";
import type * as files_processing from "../files/processing.js";
import type * as files_search from "../files/search.js";
import type * as follows from "../follows.js";
import type * as generation from "../generation.js";
import type * as generationContext from "../generationContext.js";
import type * as http from "../http.js";
import type * as inbox from "../inbox.js";
import type * as jobs from "../jobs.js";
import type * as lib_access from "../lib/access.js";
import type * as lib_activity from "../lib/activity.js";
import type * as lib_aggregates from "../lib/aggregates.js";
import type * as lib_ai from "../lib/ai.js";
import type * as lib_auth from "../lib/auth.js";
import type * as lib_cascade from "../lib/cascade.js";
import type * as lib_constants from "../lib/constants.js";
import type * as lib_crud from "../lib/crud.js";
import type * as lib_crypto from "../lib/crypto.js";
import type * as lib_flags from "../lib/flags.js";
import type * as lib_functions from "../lib/functions.js";
import type * as lib_journal from "../lib/journal.js";
import type * as lib_messages from "../lib/messages.js";
import type * as lib_preferences from "../lib/preferences.js";
import type * as lib_rateLimit from "../lib/rateLimit.js";
import type * as lib_stats from "../lib/stats.js";
import type * as lib_triggers from "../lib/triggers.js";
import type * as library from "../library.js";
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
import type * as migrations_backfillMessageCounts from "../migrations/backfillMessageCounts.js";
import type * as models from "../models.js";
import type * as models_admin from "../models/admin.js";
import type * as notes from "../notes.js";
import type * as notes_ai from "../notes/ai.js";
import type * as notes_journal from "../notes/journal.js";
import type * as notes_tags from "../notes/tags.js";
import type * as notifications from "../notifications.js";
import type * as onboarding from "../onboarding.js";
import type * as posts from "../posts.js";
import type * as projects from "../projects.js";
import type * as projects_resources from "../projects/resources.js";
import type * as projects_stats from "../projects/stats.js";
import type * as prompts from "../prompts.js";
import type * as schema_accounts from "../schema/accounts.js";
import type * as schema_admin from "../schema/admin.js";
import type * as schema_billing from "../schema/billing.js";
import type * as schema_chat from "../schema/chat.js";
import type * as schema_community from "../schema/community.js";
import type * as schema_knowledge from "../schema/knowledge.js";
import type * as schema_projects from "../schema/projects.js";
import type * as schema_tags from "../schema/tags.js";
import type * as schema_usage from "../schema/usage.js";
import type * as search_hybrid from "../search/hybrid.js";
import type * as search_text from "../search/text.js";
import type * as shares from "../shares.js";
import type * as shares_fork from "../shares/fork.js";
import type * as snippets from "../snippets.js";
import type * as snippets_tags from "../snippets/tags.js";
import type * as tags_admin from "../tags/admin.js";
import type * as tags_mutations from "../tags/mutations.js";
import type * as tags_queries from "../tags/queries.js";
import type * as tasks from "../tasks.js";
import type * as tasks_board from "../tasks/board.js";
import type * as tasks_tags from "../tasks/tags.js";
import type * as teams from "../teams.js";
import type * as teams_invitations from "../teams/invitations.js";
import type * as templates from "../templates.js";
import type * as templates_ratings from "../templates/ratings.js";
import type * as transfer from "../transfer.js";
import type * as tts from "../tts.js";
import type * as ttsCache from "../ttsCache.js";
import type * as usage_budget from "../usage/budget.js";
import type * as usage_mutations from "../usage/mutations.js";
import type * as usage_queries from "../usage/queries.js";
import type * as users from "../users.js";
import type * as users_preferences from "../users/preferences.js";
import type * as users_stats from "../users/stats.js";
import type * as webhooks from "../webhooks.js";

import type {
  ApiFromModules,
  FilterApi,
  FunctionReference,
} from "convex/server";

declare const fullApi: ApiFromModules<{
  activity: typeof activity;
  "admin/audit": typeof admin_audit;
  "admin/debug": typeof admin_debug;
  "admin/settings": typeof admin_settings;
  "admin/usage": typeof admin_usage;
  "admin/users": typeof admin_users;
  announcements: typeof announcements;
  apiKeys: typeof apiKeys;
  billing: typeof billing;
  bookmarks: typeof bookmarks;
  "bookmarks/tags": typeof bookmarks_tags;
  "canvas/documents": typeof canvas_documents;
  "canvas/history": typeof canvas_history;
  chat: typeof chat;
  cli: typeof cli;
  cliAuth: typeof cliAuth;
  conversations: typeof conversations;
  "conversations/actions": typeof conversations_actions;
  "conversations/branching": typeof conversations_branching;
  "conversations/bulk": typeof conversations_bulk;
  "conversations/exporting": typeof conversations_exporting;
  "conversations/internal": typeof conversations_internal;
  "conversations/tokens": typeof conversations_tokens;
  crons: typeof crons;
  dashboard: typeof dashboard;
  drafts: typeof drafts;
  emails: typeof emails;
  feedback: typeof feedback;
  files: typeof files;
  "files/processing": typeof files_processing;
  "files/search": typeof files_search;
  follows: typeof follows;
  generation: typeof generation;
  generationContext: typeof generationContext;
  http: typeof http;
  inbox: typeof inbox;
  jobs: typeof jobs;
  "lib/access": typeof lib_access;
  "lib/activity": typeof lib_activity;
  "lib/aggregates": typeof lib_aggregates;
  "lib/ai": typeof lib_ai;
  "lib/auth": typeof lib_auth;
  "lib/cascade": typeof lib_cascade;
  "lib/constants": typeof lib_constants;
  "lib/crud": typeof lib_crud;
  "lib/crypto": typeof lib_crypto;
  "lib/flags": typeof lib_flags;
  "lib/functions": typeof lib_functions;
  "lib/journal": typeof lib_journal;
  "lib/messages": typeof lib_messages;
  "lib/preferences": typeof lib_preferences;
  "lib/rateLimit": typeof lib_rateLimit;
  "lib/stats": typeof lib_stats;
  "lib/triggers": typeof lib_triggers;
  library: typeof library;
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
  "migrations/backfillMessageCounts": typeof migrations_backfillMessageCounts;
  models: typeof models;
  "models/admin": typeof models_admin;
  notes: typeof notes;
  "notes/ai": typeof notes_ai;
  "notes/journal": typeof notes_journal;
  "notes/tags": typeof notes_tags;
  notifications: typeof notifications;
  onboarding: typeof onboarding;
  posts: typeof posts;
  projects: typeof projects;
  "projects/resources": typeof projects_resources;
  "projects/stats": typeof projects_stats;
  prompts: typeof prompts;
  "schema/accounts": typeof schema_accounts;
  "schema/admin": typeof schema_admin;
  "schema/billing": typeof schema_billing;
  "schema/chat": typeof schema_chat;
  "schema/community": typeof schema_community;
  "schema/knowledge": typeof schema_knowledge;
  "schema/projects": typeof schema_projects;
  "schema/tags": typeof schema_tags;
  "schema/usage": typeof schema_usage;
  "search/hybrid": typeof search_hybrid;
  "search/text": typeof search_text;
  shares: typeof shares;
  "shares/fork": typeof shares_fork;
  snippets: typeof snippets;
  "snippets/tags": typeof snippets_tags;
  "tags/admin": typeof tags_admin;
  "tags/mutations": typeof tags_mutations;
  "tags/queries": typeof tags_queries;
  tasks: typeof tasks;
  "tasks/board": typeof tasks_board;
  "tasks/tags": typeof tasks_tags;
  teams: typeof teams;
  "teams/invitations": typeof teams_invitations;
  templates: typeof templates;
  "templates/ratings": typeof templates_ratings;
  transfer: typeof transfer;
  tts: typeof tts;
  ttsCache: typeof ttsCache;
  "usage/budget": typeof usage_budget;
  "usage/mutations": typeof usage_mutations;
  "usage/queries": typeof usage_queries;
  users: typeof users;
  "users/preferences": typeof users_preferences;
  "users/stats": typeof users_stats;
  webhooks: typeof webhooks;
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
