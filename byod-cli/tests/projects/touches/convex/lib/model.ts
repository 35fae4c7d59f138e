import type { Doc, Id, TableNames } from "../_generated/dataModel";
import type { DatabaseReader, MutationCtx, QueryCtx } from "../_generated/server";

export async function removeNote(ctx: MutationCtx, id: Id<"notes">) {
  await ctx.db.delete(id);
}

export { removeNote as dropNote };

export const load = async (ctx: QueryCtx, id: Id<"tags">) => await ctx.db.get(id);

/** Which table shows where it is called. */
export async function getOrThrow<T extends TableNames>(ctx: QueryCtx, id: Id<T>): Promise<Doc<T>> {
  const found = await ctx.db.get(id);
  if (!found) throw new Error("not found");
  return found;
}

export async function countIn(ctx: QueryCtx, table: TableNames) {
  return (await ctx.db.query(table).collect()).length;
}

export function first(store: any, id: Id<"notes">) {
  return store.get(id);
}

export async function newest(reader: DatabaseReader) {
  return await reader.query("notes").order("desc").first();
}

export class Notes {
  constructor(private readonly ctx: QueryCtx) {}
  async all() {
    return await this.ctx.db.query("notes").collect();
  }
  static async tagged(ctx: QueryCtx, id: Id<"tags">) {
    return await ctx.db.get(id);
  }
}

export async function climb(ctx: QueryCtx, id: any, depth: number): Promise<void> {
  const found = await ctx.db.get(id);
  if (found && depth < 3) await climb(ctx, "another", depth + 1);
}

type Check = (ctx: MutationCtx) => Promise<void>;
export const checks: Check[] = [];
