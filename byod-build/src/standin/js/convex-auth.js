// Stands in for `@convex-dev/auth/server`: its tables, and the functions that a
// project exports from `convexAuth(…)`.
import { actionGeneric, defineTable, internalMutationGeneric, queryGeneric } from "convex/server";
import { v } from "convex/values";

const { absent } = import.meta;
const text = v.string();
const maybeText = v.optional(v.string());

export const authTables = {
  users: defineTable({
    name: maybeText,
    image: maybeText,
    email: maybeText,
    emailVerificationTime: v.optional(v.number()),
    phone: maybeText,
    phoneVerificationTime: v.optional(v.number()),
    isAnonymous: v.optional(v.boolean()),
  })
    .index("email", ["email"])
    .index("phone", ["phone"]),
  authSessions: defineTable({ userId: v.id("users"), expirationTime: v.number() }).index("userId", ["userId"]),
  authAccounts: defineTable({
    userId: v.id("users"),
    provider: text,
    providerAccountId: text,
    secret: maybeText,
    emailVerified: maybeText,
    phoneVerified: maybeText,
  })
    .index("userIdAndProvider", ["userId", "provider"])
    .index("providerAndAccountId", ["provider", "providerAccountId"]),
  authRefreshTokens: defineTable({
    sessionId: v.id("authSessions"),
    expirationTime: v.number(),
    firstUsedTime: v.optional(v.number()),
    parentRefreshTokenId: v.optional(v.id("authRefreshTokens")),
  })
    .index("sessionId", ["sessionId"])
    .index("sessionIdAndParentRefreshTokenId", ["sessionId", "parentRefreshTokenId"]),
  authVerificationCodes: defineTable({
    accountId: v.id("authAccounts"),
    provider: text,
    code: text,
    expirationTime: v.number(),
    verifier: maybeText,
    emailVerified: maybeText,
    phoneVerified: maybeText,
  })
    .index("accountId", ["accountId"])
    .index("code", ["code"]),
  authVerifiers: defineTable({ sessionId: v.optional(v.id("authSessions")), signature: maybeText }).index("signature", [
    "signature",
  ]),
  authRateLimits: defineTable({ identifier: text, lastAttemptTime: v.number(), attemptsLeft: v.number() }).index(
    "identifier",
    ["identifier"],
  ),
};

const step = (type, fields) => v.object({ type: v.literal(type), ...fields });

// What the package's own actions pass to its mutation `store`.
const storeArgs = v.union(
  step("signIn", { userId: v.id("users"), sessionId: v.optional(v.id("authSessions")), generateTokens: v.boolean() }),
  step("signOut"),
  step("refreshSession", { refreshToken: text }),
  step("verifyCodeAndSignIn", {
    params: v.any(),
    provider: maybeText,
    verifier: maybeText,
    generateTokens: v.boolean(),
    allowExtraProviders: v.boolean(),
  }),
  step("verifier"),
  step("verifierSignature", { verifier: text, signature: text }),
  step("userOAuth", { provider: text, providerAccountId: text, profile: v.any(), signature: text }),
  step("createVerificationCode", {
    accountId: v.optional(v.id("authAccounts")),
    provider: text,
    email: maybeText,
    phone: maybeText,
    code: text,
    expirationTime: v.number(),
    allowExtraProviders: v.boolean(),
  }),
  step("createAccountFromCredentials", {
    provider: text,
    account: v.object({ id: text, secret: maybeText }),
    profile: v.any(),
    shouldLinkViaEmail: v.optional(v.boolean()),
    shouldLinkViaPhone: v.optional(v.boolean()),
  }),
  step("retrieveAccountWithCredentials", { provider: text, account: v.object({ id: text, secret: maybeText }) }),
  step("modifyAccount", { provider: text, account: v.object({ id: text, secret: text }) }),
  step("invalidateSessions", { userId: v.id("users"), except: v.optional(v.array(v.id("authSessions"))) }),
);

export function convexAuth(_config) {
  const handler = async () => null;
  return {
    auth: absent.auth,
    signIn: actionGeneric({
      args: {
        provider: maybeText,
        params: v.optional(v.any()),
        verifier: maybeText,
        refreshToken: maybeText,
        calledBy: maybeText,
      },
      handler,
    }),
    signOut: actionGeneric({ args: {}, handler }),
    store: internalMutationGeneric({ args: { args: storeArgs }, handler }),
    isAuthenticated: queryGeneric({ args: {}, handler }),
  };
}
