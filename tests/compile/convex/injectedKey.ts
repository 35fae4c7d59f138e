import { mutationGeneric as mutation } from "convex/server";

export const touch = mutation({ args: {}, handler: () => null });
