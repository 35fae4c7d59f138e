import { mutationGeneric as mutation } from "convex/server";

const handler = () => null;
export const touch = mutation({ args: {}, handler });
