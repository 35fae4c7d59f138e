import { query } from "../_generated/server";

async function ring(ctx: any) {
  const a: any = b && { ...b };
  const b: any = a && { ...a };
  if (!a) throw new Error("Sign in");
  return b;
}

export const all = query({
  args: {},
  handler: async (ctx) => {
    const user = await ring(ctx);
    await ctx.db.query("users").first();
    return await ctx.db
      .query("items")
      .filter((q) => q.eq(q.field("userId"), user._id))
      .collect();
  },
});
