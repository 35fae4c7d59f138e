import { queryGeneric as query } from "convex/server";
import { v } from "convex/values";

const handler = () => null;

export const list = query({ args: { conversationId: v.id("conversations") }, handler });
// Counted on main.
export const stats = query({ args: {}, returns: v.number(), handler });
// Of both.
export const report = query({ args: {}, returns: v.number(), handler });
