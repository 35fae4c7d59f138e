import { queryGeneric as query } from "convex/server";

const handler = () => null;

export const list = query({ args: {}, handler });
