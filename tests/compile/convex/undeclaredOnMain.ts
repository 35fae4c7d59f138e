import { queryGeneric as query } from "convex/server";

export const list = query({ handler: () => null });
