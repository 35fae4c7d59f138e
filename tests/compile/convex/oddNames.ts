import { mutationGeneric as mutation, queryGeneric as query } from "convex/server";
import { v } from "convex/values";

const handler = () => null;

export const type = query({ args: { self: v.string() }, returns: v.string(), handler });
export const match = mutation({ args: {}, returns: v.string(), handler });
export const loop = mutation({ args: {}, handler });
export const getItem = query({ args: { a: v.string() }, returns: v.object({ a: v.string() }), handler });
export const get_item = query({ args: { b: v.string() }, returns: v.object({ b: v.string() }), handler });
// Their builders' names come out equal, too.
const t0 = v.object({ inner: v.string() });
export const ab = mutation({ args: { t0, note: v.optional(v.string()) }, handler });
export const a_b = mutation({ args: { b: v.string(), note: v.optional(v.string()) }, handler });
export const aB = mutation({ args: { c: v.string(), note: v.optional(v.string()) }, handler });
export const letters = mutation({ args: { m: v.object({ M: v.string() }) }, handler });
