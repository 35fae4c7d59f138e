//! What routing knows of the functions here.

#![allow(missing_docs)]

use byod_runtime::{FunctionInfo, TableInfo, functions, tables};

pub const TABLES: &[TableInfo] = tables!();
pub const FUNCTIONS: &[FunctionInfo] = functions!();
