import { Effect, Layer, Context, Schedule, Schema, pipe } from "effect";
import { v } from "convex/values";
import { action, mutation } from "./_generated/server";

export const retried = action({
  args: { url: v.string() },
  handler: (_, { url }) => Effect.runPromise(pipe(Effect.tryPromise(() => fetch(url)), Effect.retry(Schedule.recurs(3)))),
});

export const add = mutation({ args: { title: v.string() }, handler: (ctx, args) => ctx.db.insert("notes", { ...args, done: false }) });
