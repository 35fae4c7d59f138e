import { mutationGeneric as mutation } from "convex/server";
import { v } from "convex/values";

export const touch = mutation({ args: { idempotencyKey: v.number() }, handler: () => null });
