import { internalMutationGeneric as internalMutation } from "convex/server";

const handler = () => null;
export const archive = internalMutation({ args: {}, handler });
