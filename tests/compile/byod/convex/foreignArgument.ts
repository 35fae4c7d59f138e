import { queryGeneric as query } from "convex/server";
import { v } from "convex/values";

export const list = query({ args: { by: v.string(), team: v.optional(v.id("users")) }, handler: () => null });
