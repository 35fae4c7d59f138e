import { internalQueryGeneric as query } from "convex/server";
import { v } from "convex/values";

const handler = () => null;

export const list = query({ args: { userId: v.string(), conversationId: v.id("conversations") }, handler });
