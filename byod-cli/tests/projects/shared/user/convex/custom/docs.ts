import { v } from "convex/values";
import { ownerMutation, ownerQuery } from "../byod/owner";
import { getAny, insertAny } from "../docs";

// Functions called directly.
export const direct = ownerQuery({
  args: { id: v.string(), friend: v.string() },
  handler: async (ctx, { id, friend }): Promise<any> => {
    const f: any = getAny;
    return await (f._handler ?? f)(ctx, { id, userId: friend });
  },
});
export const directInsert = ownerMutation({
  args: { value: v.any(), friend: v.string() },
  handler: async (ctx, { value, friend }): Promise<any> => {
    const direct: any = (insertAny as any)._handler;
    return await direct(ctx, { value, userId: friend });
  },
});
