import { mutationGeneric as mutation, queryGeneric as query } from "convex/server";

const handler = () => null;
export const me = query({ args: {}, handler });
export const update = mutation({ handler });
