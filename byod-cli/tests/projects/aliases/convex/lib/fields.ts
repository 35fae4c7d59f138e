import { v } from "convex/values";

export default { text: v.string() };
