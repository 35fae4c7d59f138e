/* eslint-disable */
// Written until `npx convex dev` or `npx convex deploy` writes its own.

import { anyApi } from "convex/server";

export const api = anyApi;
export const internal = anyApi;
