import { createClient } from "@convex-dev/better-auth";
import { convex } from "@convex-dev/better-auth/plugins";
import { betterAuth } from "better-auth";
import { admin, organization, twoFactor } from "better-auth/plugins";
import { components } from "./_generated/api";
import { query } from "./_generated/server";
import authConfig from "./auth.config";

export const auth = createClient(components.betterAuth);

export const createAuth = (ctx) =>
  betterAuth({
    database: auth.adapter(ctx),
    plugins: [convex({ authConfig }), admin(), organization(), twoFactor()],
  });

export const me = query({ args: {}, handler: (ctx) => auth.getAuthUser(ctx) });
