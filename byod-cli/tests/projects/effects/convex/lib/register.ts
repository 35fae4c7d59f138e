import { Guards } from "./elsewhere";

Guards.all.push(async (ctx, id, who) => {
  const board = await ctx.db.get("boards", id);
  if (!board?.members.includes(who)) throw new Error("forbidden");
});
export const registered = true;
