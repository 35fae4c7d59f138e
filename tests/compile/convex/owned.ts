import { queryGeneric as query } from "convex/server";
import { v } from "convex/values";

const handler = () => null;

export const list = query({ args: { userId: v.id("users") }, handler });
