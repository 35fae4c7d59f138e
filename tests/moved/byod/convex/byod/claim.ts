// Written by `byod export`.

import { makeFunctionReference } from "convex/server";
import { ConvexError, v } from "convex/values";
import {
  internalMutation,
  internalQuery,
  type ActionCtx,
  type DatabaseReader,
} from "../_generated/server";

// This deployment is one user's. The service claims it when they connect it, and
// every function asks whose it is before it does anything.

/** Whose the deployment is, as far as the one who asks may know. */
type State = "yours" | "unclaimed" | "somebody else's";

const state_ = v.union(
  v.literal("yours"),
  v.literal("unclaimed"),
  v.literal("somebody else's"),
);

/** Who asks: by their subject, or by their user id where that is all one has. */
const who = { subject: v.optional(v.string()), user: v.optional(v.string()) };

/** Makes the deployment theirs, if it is nobody's yet. */
export const claim = internalMutation({
  args: { subject: v.string(), user: v.string() },
  returns: v.union(
    v.literal("claimed"),
    v.literal("already yours"),
    v.literal("somebody else's"),
  ),
  handler: async (ctx, { subject, user }) => {
    const state = await stateFor(ctx.db, { subject });
    if (state === "yours") return "already yours";
    if (state !== "unclaimed") return state;
    await ctx.db.insert("byodOwner", { subject, user, since: Date.now() });
    return "claimed";
  },
});

/** Whether the deployment is theirs. */
export const state = internalQuery({
  args: who,
  returns: state_,
  handler: async (ctx, asked) => await stateFor(ctx.db, asked),
});

/** Gives the deployment up, if it is theirs. */
export const release = internalMutation({
  args: who,
  returns: v.union(
    v.literal("released"),
    v.literal("unclaimed"),
    v.literal("somebody else's"),
  ),
  handler: async (ctx, asked) => {
    const state = await stateFor(ctx.db, asked);
    if (state !== "yours") return state;
    const claims = await ctx.db.query("byodOwner").collect();
    for (const { _id } of claims) await ctx.db.delete(_id);
    return "released";
  },
});

/** Throws unless the deployment is the subject's. */
export async function check(db: DatabaseReader, subject: string) {
  refuse(await stateFor(db, { subject }));
}

/** The same, in an action. */
export async function checkInAction(ctx: ActionCtx, subject: string) {
  const state = makeFunctionReference<"query", { subject: string }, State>(
    "byod/claim:state",
  );
  refuse(await ctx.runQuery(state, { subject }));
}

async function stateFor(
  db: DatabaseReader,
  asked: { subject?: string; user?: string },
): Promise<State> {
  const given = Object.entries(asked).filter(
    ([, value]) => value !== undefined,
  );
  if (given.length !== 1 || given[0][1] === "") {
    throw new Error("Give either `subject` or `user`, not empty");
  }
  const claims = await db.query("byodOwner").take(2);
  if (claims.length === 0) return "unclaimed";
  const [name, value] = given[0] as ["subject" | "user", string];
  // More than one is nothing that was written here: then it is nobody's to use.
  const isTheirs = claims.length === 1 && claims[0][name] === value;
  return isTheirs ? "yours" : "somebody else's";
}

function refuse(claim: State) {
  if (claim === "yours") return;
  const message =
    claim === "unclaimed"
      ? "This deployment belongs to nobody yet: connect it, which claims it"
      : "This deployment belongs to somebody else: connect one of your own, or have its owner release it";
  throw new ConvexError({ code: "byod_claim", claim, message });
}
