import { queryGeneric as query } from "convex/server";

const handler = () => null;
export const touch = query({ args: {}, handler });
