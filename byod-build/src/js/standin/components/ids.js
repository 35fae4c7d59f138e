// Stands in for packages of which a project's validators use the ids alone.
import { v } from "convex/values";

const id = v.string();
// `@convex-dev/resend`
export const vEmailId = id;
// `@convex-dev/action-retrier`
export const runIdValidator = id;
// `@convex-dev/persistent-text-streaming`
export const StreamIdValidator = id;
