import { v } from "convex/values";
import { internal } from "../_generated/api";
import { mutation, query } from "../_generated/server";
import { requireUser } from "../lib/auth";
import { randomToken } from "../lib/crypto";
import { requireMember } from "../teams";

const WEEK = 7 * 24 * 60 * 60 * 1000;

export const invite = mutation({
  args: { teamId: v.id("teams"), email: v.string() },
  handler: async (ctx, { teamId, email }) => {
    const { user } = await requireMember(ctx, teamId);
    const team = await ctx.db.get(teamId);
    await ctx.db.insert("invitations", {
      teamId,
      email: email.toLowerCase(),
      token: randomToken(32),
      invitedBy: user._id,
      status: "pending",
      expiresAt: Date.now() + WEEK,
    });
    await ctx.scheduler.runAfter(0, internal.emails.sendInvitation, {
      to: email,
      team: team!.name,
    });
  },
});

export const pending = query({
  args: { teamId: v.id("teams") },
  handler: async (ctx, { teamId }) => {
    await requireMember(ctx, teamId);
    const invitations = await ctx.db
      .query("invitations")
      .withIndex("by_team", (q) => q.eq("teamId", teamId))
      .collect();
    return invitations
      .filter(({ status }) => status === "pending")
      .map(({ token, ...invitation }) => invitation);
  },
});

export const accept = mutation({
  args: { token: v.string() },
  handler: async (ctx, { token }) => {
    const user = await requireUser(ctx);
    const invitation = await ctx.db
      .query("invitations")
      .withIndex("by_token", (q) => q.eq("token", token))
      .unique();
    if (
      !invitation ||
      invitation.status !== "pending" ||
      invitation.expiresAt < Date.now()
    ) {
      throw new Error("This invitation is not valid any more");
    }
    await ctx.db.patch(invitation._id, { status: "accepted" });
    await ctx.db.insert("teamMembers", {
      teamId: invitation.teamId,
      userId: user._id,
      role: "member",
      joinedAt: Date.now(),
    });
    return invitation.teamId;
  },
});

export const revoke = mutation({
  args: { invitationId: v.id("invitations") },
  handler: async (ctx, { invitationId }) => {
    const invitation = await ctx.db.get(invitationId);
    if (!invitation) throw new Error("Invitation not found");
    await requireMember(ctx, invitation.teamId);
    await ctx.db.patch(invitationId, { status: "revoked" });
  },
});
