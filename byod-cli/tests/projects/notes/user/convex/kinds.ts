// Written by `byod export`.

import { v } from "convex/values";

export const noteKind = v.union(v.literal("text"), v.literal("list"));
