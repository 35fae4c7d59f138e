import { ConvexError } from "convex/values";
import type { Doc, Id } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";
import { getCurrentUser } from "./users";

/** The note, if it is the caller's. */
export async function ensureNote(
  ctx: QueryCtx | MutationCtx,
  noteId: Id<"notes">,
) {
  const user = await getCurrentUser(ctx);
  const note = await ctx.db.get(noteId);
  return owned(user._id, note);
}

function owned<D extends { userId: Id<"users"> }>(
  userId: Id<"users">,
  doc: D | null,
): D {
  if (!doc || doc.userId !== userId) throw new ConvexError("Not found");
  return doc;
}

export async function descendants(ctx: QueryCtx, root: Doc<"notes">) {
  const found: Id<"notes">[] = [];
  const todo = [root._id];
  while (todo.length > 0) {
    const parentId = todo.pop()!;
    const children = await ctx.db
      .query("notes")
      .withIndex("by_parent", (q) => q.eq("parentId", parentId))
      .collect();
    for (const child of children) {
      found.push(child._id);
      todo.push(child._id);
    }
  }
  return found;
}
