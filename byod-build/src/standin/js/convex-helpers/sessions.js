// Stands in for `convex-helpers/server/sessions`.
import { v } from "convex/values";

export const vSessionId = v.string();
export const SessionIdArg = { sessionId: vSessionId };
