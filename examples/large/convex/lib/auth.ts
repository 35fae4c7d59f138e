import { ConvexError } from "convex/values";
import type { Doc } from "../_generated/dataModel";
import type { MutationCtx, QueryCtx } from "../_generated/server";

/** The user who calls, or null where nobody is signed in. */
export async function getCurrentUser(
  ctx: QueryCtx | MutationCtx,
): Promise<Doc<"users"> | null> {
  const identity = await ctx.auth.getUserIdentity();
  if (!identity) return null;
  return await ctx.db
    .query("users")
    .withIndex("by_clerk_id", (q) => q.eq("clerkId", identity.subject))
    .unique();
}

/** The user who calls. Throws where nobody is signed in. */
export async function requireUser(
  ctx: QueryCtx | MutationCtx,
): Promise<Doc<"users">> {
  const user = await getCurrentUser(ctx);
  if (!user) throw new ConvexError("Not signed in");
  return user;
}

/** As `requireUser`; writes the user where the webhook hasn't come yet. */
export async function getCurrentUserOrCreate(
  ctx: MutationCtx,
): Promise<Doc<"users">> {
  const existing = await getCurrentUser(ctx);
  if (existing) return existing;
  const identity = await ctx.auth.getUserIdentity();
  if (!identity) throw new ConvexError("Not signed in");
  const now = Date.now();
  const id = await ctx.db.insert("users", {
    clerkId: identity.subject,
    email: identity.email ?? "",
    name: identity.name ?? "Anonymous",
    imageUrl: identity.pictureUrl,
    plan: "free",
    createdAt: now,
    updatedAt: now,
  });
  const created = await ctx.db.get(id);
  if (!created) throw new Error("User was not created");
  return created;
}

/** Signed in, and an admin. */
export async function requireAdmin(
  ctx: QueryCtx | MutationCtx,
): Promise<Doc<"users">> {
  const user = await requireUser(ctx);
  if (user.role !== "admin") throw new ConvexError("Admins only");
  return user;
}

/** Signed in, not banned, and on a plan that is paid for. */
export async function requirePro(
  ctx: QueryCtx | MutationCtx,
): Promise<Doc<"users">> {
  const user = await requireUser(ctx);
  if (user.bannedAt !== undefined) {
    throw new ConvexError("This account is suspended");
  }
  if (user.plan === "free") {
    throw new ConvexError({ code: "upgrade", message: "This needs Pro" });
  }
  return user;
}
