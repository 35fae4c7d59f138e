import { v } from "convex/values";
import type { Id } from "./_generated/dataModel";
import { mutation, query, type QueryCtx } from "./_generated/server";
import { requireUser } from "./lib/auth";
import { slugify } from "@/lib/slug";

/** Whoever calls, if they are in the team. */
export async function requireMember(ctx: QueryCtx, teamId: Id<"teams">) {
  const user = await requireUser(ctx);
  const member = await ctx.db
    .query("teamMembers")
    .withIndex("by_team_user", (q) =>
      q.eq("teamId", teamId).eq("userId", user._id),
    )
    .unique();
  if (!member) throw new Error("Team not found");
  return { user, member };
}

export const mine = query({
  args: {},
  handler: async (ctx) => {
    const user = await requireUser(ctx);
    const memberships = await ctx.db
      .query("teamMembers")
      .withIndex("by_user", (q) => q.eq("userId", user._id))
      .collect();
    return await Promise.all(
      memberships.map(async ({ teamId, role }) => ({
        team: await ctx.db.get(teamId),
        role,
      })),
    );
  },
});

export const create = mutation({
  args: { name: v.string() },
  handler: async (ctx, { name }) => {
    const user = await requireUser(ctx);
    if (user.plan !== "team") throw new Error("Teams need the Team plan");
    const slug = slugify(name);
    const taken = await ctx.db
      .query("teams")
      .withIndex("by_slug", (q) => q.eq("slug", slug))
      .unique();
    if (taken) throw new Error("This name is taken");
    const now = Date.now();
    const teamId = await ctx.db.insert("teams", {
      name,
      slug,
      ownerId: user._id,
      createdAt: now,
    });
    await ctx.db.insert("teamMembers", {
      teamId,
      userId: user._id,
      role: "owner",
      joinedAt: now,
    });
    return teamId;
  },
});

export const members = query({
  args: { teamId: v.id("teams") },
  handler: async (ctx, { teamId }) => {
    await requireMember(ctx, teamId);
    const members = await ctx.db
      .query("teamMembers")
      .withIndex("by_team", (q) => q.eq("teamId", teamId))
      .collect();
    return await Promise.all(
      members.map(async ({ userId, role }) => {
        const user = await ctx.db.get(userId);
        return { userId, role, name: user?.name, email: user?.email };
      }),
    );
  },
});

/** What the members have used this month: for the owner's bill. */
export const usage = query({
  args: { teamId: v.id("teams"), month: v.string() },
  handler: async (ctx, { teamId, month }) => {
    const { member } = await requireMember(ctx, teamId);
    if (member.role !== "owner") throw new Error("Owners only");
    const members = await ctx.db
      .query("teamMembers")
      .withIndex("by_team", (q) => q.eq("teamId", teamId))
      .collect();
    return await Promise.all(
      members.map(async ({ userId }) => {
        const rows = await ctx.db
          .query("tokenUsage")
          .withIndex("by_user_date", (q) =>
            q
              .eq("userId", userId)
              .gte("date", `${month}-01`)
              .lte("date", `${month}-31`),
          )
          .collect();
        return { userId, cost: rows.reduce((sum, row) => sum + row.cost, 0) };
      }),
    );
  },
});

export const leave = mutation({
  args: { teamId: v.id("teams") },
  handler: async (ctx, { teamId }) => {
    const { member } = await requireMember(ctx, teamId);
    if (member.role === "owner") throw new Error("An owner can't leave");
    await ctx.db.delete(member._id);
  },
});
