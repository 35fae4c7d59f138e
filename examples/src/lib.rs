//! The tables of the example app, a chat service: one struct each, its fields
//! taken from `convex/schema.ts`, its functions from the module of that name.

#![allow(missing_docs)]

use byod_runtime::{FunctionInfo, TableInfo, byod_table, functions, tables};

/// The manifest of the example app, for a deployment inside the process.
pub const MANIFEST: &str = include_str!(env!("BYOD_MANIFEST"));

/// Every table, and where it lives.
pub const TABLES: &[TableInfo] = tables!();

/// Every public function of main, and where it runs.
pub const FUNCTIONS: &[FunctionInfo] = functions!();

// The programs of the README and of the book are compiled, and run, with these tables'
// project.
#[cfg(doctest)]
mod book {
    #[doc = include_str!("../../README.md")]
    struct Readme;
    #[doc = include_str!("../../docs/connecting.md")]
    struct Connecting;
    #[doc = include_str!("../../docs/live.md")]
    struct Live;
    #[doc = include_str!("../../docs/moving.md")]
    struct Moving;
    #[doc = include_str!("../../docs/moving-data.md")]
    struct MovingData;
    #[doc = include_str!("../../docs/project.md")]
    struct Project;
    #[doc = include_str!("../../docs/promises.md")]
    struct Promises;
    #[doc = include_str!("../../docs/operations.md")]
    struct Operations;
    #[doc = include_str!("../../docs/start.md")]
    struct Start;
    #[doc = include_str!("../../docs/tables.md")]
    struct Tables;
}

#[byod_table(location = "main")]
pub struct Users;

#[byod_table(location = "main")]
pub struct UserPreferences;

#[byod_table(location = "main")]
pub struct UserOnboarding;

#[byod_table(location = "main")]
pub struct UserStats;

#[byod_table(location = "main")]
pub struct Templates;

#[byod_table(location = "main")]
pub struct AdminSettings;

#[byod_table(location = "main")]
pub struct Feedback;

#[byod_table(location = "main")]
pub struct Shares;

#[byod_table(location = "main")]
pub struct Notifications;

#[byod_table(location = "main")]
pub struct Migrations;

#[byod_table(location = "main")]
pub struct EmailAlerts;

#[byod_table(location = "main")]
pub struct Jobs;

#[byod_table(location = "main")]
pub struct UserDatabaseConfig;

#[byod_table(location = "main")]
pub struct ByodMigrations;

#[byod_table(location = "user")]
pub struct Conversations;

#[byod_table(location = "user")]
pub struct ConversationParticipants;

#[byod_table(location = "user")]
pub struct Messages;

#[byod_table(location = "user")]
pub struct ToolCalls;

#[byod_table(location = "user")]
pub struct Sources;

#[byod_table(location = "user")]
pub struct Attachments;

#[byod_table(location = "user")]
pub struct Memories;

#[byod_table(location = "user")]
pub struct Files;

#[byod_table(location = "user")]
pub struct FileChunks;

#[byod_table(location = "user")]
pub struct Notes;

#[byod_table(location = "user")]
pub struct Bookmarks;

#[byod_table(location = "user")]
pub struct Snippets;

#[byod_table(location = "user")]
pub struct Projects;

#[byod_table(location = "user")]
pub struct ProjectConversations;

#[byod_table(location = "user")]
pub struct ProjectNotes;

#[byod_table(location = "user")]
pub struct ProjectFiles;

#[byod_table(location = "user")]
pub struct Tasks;

#[byod_table(location = "user")]
pub struct Tags;

#[byod_table(location = "user")]
pub struct ConversationTags;

#[byod_table(location = "user")]
pub struct NoteTags;

#[byod_table(location = "user")]
pub struct TaskTags;

#[byod_table(location = "user")]
pub struct Presentations;

#[byod_table(location = "user")]
pub struct Slides;

#[byod_table(location = "user")]
pub struct OutlineItems;

#[byod_table(location = "user")]
pub struct DesignTemplates;

#[byod_table(location = "user")]
pub struct PresentationSessions;

#[byod_table(location = "user")]
pub struct UsageRecords;

#[byod_table(location = "user")]
pub struct TtsCache;

#[byod_table(location = "user")]
pub struct ActivityEvents;
