import { mutationGeneric as mutation, queryGeneric as query } from "convex/server";
import { v } from "convex/values";

const handler = () => null;

export const value = query({ args: { name: v.string() }, returns: v.number(), handler });
// Clears what the user wrote, too, which is not on main for everybody.
export const reset = mutation({ args: {}, returns: v.null(), handler });
