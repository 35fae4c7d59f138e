import type { QueryCtx } from "../_generated/server";

export async function getUser(ctx: QueryCtx) {
  const identity = await ctx.auth.getUserIdentity();
  const user =
    identity &&
    (await ctx.db
      .query("users")
      .filter((q) => q.eq(q.field("name"), identity.subject))
      .first());
  if (!user) throw new Error("Sign in");
  return user;
}

/** Who is in the table may. */
export async function getAdmin(ctx: QueryCtx) {
  const identity = await ctx.auth.getUserIdentity();
  const admin =
    identity &&
    (await ctx.db
      .query("admins")
      .filter((q) => q.eq(q.field("subject"), identity.subject))
      .unique());
  if (!admin) throw new Error("Admins only");
  return admin;
}

export async function getMember(ctx: QueryCtx) {
  const user = await getUser(ctx);
  return user.role === "member" ? user : null;
}

/** The app is closed for maintenance. */
export async function getNobody(ctx: QueryCtx) {
  const identity = await ctx.auth.getUserIdentity();
  const user = await ctx.db
    .query("users")
    .filter((q) => q.eq(q.field("name"), identity!.subject))
    .first();
  if (user === null) return user;
  return null as typeof user | null;
}
