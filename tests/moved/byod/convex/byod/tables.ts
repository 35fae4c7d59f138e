// Written by `byod export`.

import { ConvexError } from "convex/values";
import type { DatabaseReader } from "../_generated/server";

/** Whose the documents of a table are. */
export type Whose =
  /** Theirs whose subject is in each of these fields. */
  | { fields: string[] }
  /** Theirs whose the document is that this field names by its id; an index by it. */
  | { parent: string; tables: string[]; index?: string }
  /** Everybody's who uses this deployment. */
  | "everybody's";

/** The tables that functions can reach; to them there are no others. */
const TABLES: Record<string, Whose> = {
  comments: "everybody's",
  notes: { fields: ["userId"] },
  folders: { fields: ["userId"] },
  boxes: { fields: ["userId"] },
  lids: { fields: ["userId"] },
};

/** The fields of owners by which an index for searching filters. */
const FILTERED: Record<string, string[]> = {};

/** The arguments that say whose call a scheduled function is. */
export const SUBJECTS: string[] = ["userId"];

export function isTable(table: string): boolean {
  return Object.hasOwn(TABLES, table);
}

/** Whose the table's documents are; an error where functions can't reach it. */
export function whoseAre(table: string): Whose {
  if (isTable(table)) return TABLES[table];
  throw new ConvexError({
    code: "unknown_table",
    message: `The table \`${table}\` can't be reached here: it is not in \`tables\` under [user] in byod.toml`,
  });
}

/** The field by which the index finds an owner's documents, if it has one. */
export function filterOf(table: string, index: string): string | undefined {
  const name = `${table}.${index}`;
  return Object.hasOwn(FILTERED, name) ? FILTERED[name][0] : undefined;
}

/** The table of the id, if functions can reach it. */
export function tableOf(db: DatabaseReader, id: string): string | undefined {
  return Object.keys(TABLES).find((table) => isOf(db, table, id));
}

export function isOf(db: DatabaseReader, table: string, id: string): boolean {
  return db.normalizeId(table as any, id) !== null;
}

/** Whether the document is the owner's; one whose parent is gone is nobody's. */
export async function isMine(
  db: DatabaseReader,
  table: string,
  doc: any,
  owner: string,
): Promise<boolean> {
  const whose = whoseAre(table);
  if (whose === "everybody's") return true;
  if ("fields" in whose) {
    return whose.fields.every((field) => valueAt(doc, field) === owner);
  }
  const id = valueAt(doc, whose.parent);
  if (typeof id !== "string") return false;
  const parents = whose.tables.find((parents) => isOf(db, parents, id));
  if (parents === undefined) return false;
  const parent = await db.get(id as any);
  return parent !== null && (await isMine(db, parents, parent, owner));
}

/** A table with a document that is whose the one with the id is, by that one alone. */
export async function childOf(
  db: DatabaseReader,
  table: string,
  id: string,
): Promise<string | undefined> {
  for (const [children, whose] of Object.entries(TABLES)) {
    if (typeof whose === "string" || !("parent" in whose)) continue;
    const { parent, tables, index } = whose;
    if (!tables.includes(table)) continue;
    const all: any = db.query(children as any);
    const those =
      index === undefined
        ? all.filter((q: any) => q.eq(q.field(parent), id))
        : all.withIndex(index, (q: any) => q.eq(parent, id));
    if ((await those.first()) !== null) return children;
  }
}

/** What the document has at the path, as `owner.userId`. */
export function valueAt(doc: any, path: string): unknown {
  const step = (value: any, name: string) =>
    value !== null && typeof value === "object" && Object.hasOwn(value, name)
      ? value[name]
      : undefined;
  return path.split(".").reduce(step, doc);
}
