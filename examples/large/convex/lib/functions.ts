import {
  customCtx,
  customMutation,
  customQuery,
} from "convex-helpers/server/customFunctions";
import { mutation, query } from "../_generated/server";
import { requireAdmin, requireUser } from "./auth";

/** For whoever is signed in: `ctx.user` is who calls. */
export const userQuery = customQuery(
  query,
  customCtx(async (ctx) => ({ user: await requireUser(ctx) })),
);

export const userMutation = customMutation(
  mutation,
  customCtx(async (ctx) => ({ user: await requireUser(ctx) })),
);

/** For admins; `ctx.admin` is who calls. */
export const adminQuery = customQuery(
  query,
  customCtx(async (ctx) => ({ admin: await requireAdmin(ctx) })),
);

export const adminMutation = customMutation(
  mutation,
  customCtx(async (ctx) => ({ admin: await requireAdmin(ctx) })),
);
