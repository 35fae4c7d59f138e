//! The bodies of a push's three requests. They hold the deploy key, so none has `Debug`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IgnoredAny;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StartPush {
    pub(crate) admin_key: String,
    pub(crate) dry_run: bool,
    pub(super) app_definition: AppDefinition,
    pub(super) component_definitions: Vec<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AppDefinition {
    pub(super) schema: Option<Module>,
    pub(super) changed_modules: Vec<Module>,
    pub(super) unchanged_module_hashes: Vec<ModuleHash>,
    pub(super) udf_server_version: String,
}

/// A module as the bundler made it.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Module {
    pub(super) path: String,
    pub(super) source: String,
    #[serde(default)]
    pub(super) source_map: Option<String>,
    pub(super) environment: String,
}

/// A module that the deployment is to have already.
#[derive(Deserialize)]
pub(super) struct ModuleHash {
    pub(super) path: String,
    pub(super) environment: String,
    pub(super) sha256: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WaitForSchema {
    pub(crate) admin_key: String,
    pub(crate) schema_change: SchemaChange,
    #[serde(default)]
    pub(crate) timeout_ms: u64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FinishPush {
    pub(crate) admin_key: String,
    pub(crate) start_push: Started,
    pub(crate) dry_run: bool,
}

/// What is looked at of the reply to `start_push`, which has to come back whole.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Started {
    pub(super) environment_variables: BTreeMap<String, String>,
    pub(super) schema_change: SchemaChange,
    #[serde(rename = "analysis")]
    pub(super) _analysis: BTreeMap<String, IgnoredAny>,
    #[serde(rename = "app")]
    pub(super) _app: BTreeMap<String, IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SchemaChange {
    schema_ids: BTreeMap<String, String>,
}

impl SchemaChange {
    /// The push that it is of.
    pub(crate) fn push(&self) -> &str {
        self.schema_ids.get("").map_or("", String::as_str)
    }
}
