import { queryGeneric as query } from "convex/server";
import { v } from "convex/values";

export const list = query({ args: { by: v.string() }, handler: () => null });
