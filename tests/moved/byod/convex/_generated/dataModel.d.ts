/* eslint-disable */
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
