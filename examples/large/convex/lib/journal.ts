import type { Doc, Id } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";
import { dayOf } from "@/lib/tokens";

/** One note a day, found by its title. */
export class Journal<Ctx extends QueryCtx> {
  constructor(
    protected readonly ctx: Ctx,
    protected readonly userId: Id<"users">,
  ) {}

  titleOf(timestamp: number): string {
    return `Journal ${dayOf(timestamp)}`;
  }

  async page(timestamp: number): Promise<Doc<"notes"> | null> {
    return await this.ctx.db
      .query("notes")
      .withIndex("by_user", (q) => q.eq("userId", this.userId))
      .filter((q) => q.eq(q.field("title"), this.titleOf(timestamp)))
      .first();
  }
}

export class WritableJournal extends Journal<MutationCtx> {
  async append(text: string): Promise<Id<"notes">> {
    const now = Date.now();
    const page = await this.page(now);
    if (page) {
      await this.ctx.db.patch(page._id, {
        content: `${page.content}\n\n${text}`,
        updatedAt: now,
      });
      return page._id;
    }
    return await this.ctx.db.insert("notes", {
      userId: this.userId,
      title: this.titleOf(now),
      content: text,
      pinned: false,
      createdAt: now,
      updatedAt: now,
    });
  }
}
