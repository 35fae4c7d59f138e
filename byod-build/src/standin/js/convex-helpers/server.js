// Stands in for `convex-helpers/server`.
import { defineTable } from "convex/server";
import { v } from "convex/values";
import { crud as crudOf } from "convex-helpers/server/crud";
import { systemFields } from "convex-helpers/validators";

export function Table(name, fields) {
  const added = systemFields(name);
  const withSystemFields = { ...fields, ...added };
  return {
    name,
    table: defineTable(fields),
    doc: v.object(withSystemFields),
    withoutSystemFields: fields,
    withSystemFields,
    systemFields: added,
    _id: added._id,
  };
}

export const crud = (table, query, mutation) => crudOf({ tables: { [table.name]: table.table } }, table.name, query, mutation);

export function missingEnvVariableUrl(name, whereToGet) {
  const lines = [`Missing ${name} in environment variables.`, `Get it from ${whereToGet} and set it in the dashboard.`];
  return lines.join("\n\n");
}

export const missingEnvVariableError = missingEnvVariableUrl;
