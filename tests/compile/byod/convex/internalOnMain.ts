import { mutationGeneric as mutation } from "convex/server";

const handler = () => null;
export const archive = mutation({ args: {}, handler });
