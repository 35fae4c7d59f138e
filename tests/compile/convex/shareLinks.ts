import { mutationGeneric as mutation, queryGeneric as query } from "convex/server";
import { v } from "convex/values";

const handler = () => null;

export const create = mutation({ args: { noteId: v.id("notes") }, handler });
export const list = query({ args: {}, handler });
