// Stands in for packages of which a project's validators use the ids alone.
import { v } from "convex/values";

// `@convex-dev/persistent-text-streaming`
export const StreamIdValidator = v.string();
