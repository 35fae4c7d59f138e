// Written by `byod export --main`.

/*imports*/
/** The user's id of who calls, or null where nobody is signed in. */
/*caller*/
async function recordOf(ctx: QueryCtx, userId: /*id type*/) {
  return await ctx.db
    .query("userDatabaseConfig")
    /*find*/
    .unique();
}

/** A user's record with the encrypted credentials, for the service alone. */
export const getConfigInternal = internalQuery({
  args: { userId: /*id*/ },
  handler: async (ctx, { userId }) =>/*read*/,
});

/*together*/
/** How the caller's own deployment is doing. No secret leaves here. */
export const getConfig = query({
  args: {},
  returns: v.union(
    v.object({
      connectionStatus,
      lastConnectionTest: v.optional(v.number()),
      connectionError: v.optional(v.string()),
      schemaVersion: v.number(),
      lastSchemaDeploy: v.optional(v.number()),
/*moving type*/    }),
    v.null(),
  ),
  handler: async (ctx) => {
    const userId = await callerId(ctx);
    if (userId === null) return null;
    const config = await recordOf(ctx, userId);
    if (config === null) return null;
    return {
      connectionStatus: config.connectionStatus,
      lastConnectionTest: config.lastConnectionTest,
      connectionError: config.connectionError,
      schemaVersion: config.schemaVersion,
      lastSchemaDeploy: config.lastSchemaDeploy,
/*moving*/    };
  },
});

/*who*/
/** Sends the caller's calls to main again. The user's own data stays where it is. */
export const disconnect = mutation({
  args: {},
  returns: v.null(),
  handler: async (ctx) => {
    const userId = await callerId(ctx);
    if (userId === null) throw new Error("Sign in first");
    const config = await recordOf(ctx, userId);
    if (config !== null) {
      await ctx.db.patch(config._id, {
        connectionStatus: "disconnected",
        connectionError: undefined,
        // Later than what others have seen, also within one millisecond.
        updatedAt: Math.max(Date.now(), config.updatedAt + 1),
      });
/*noted disconnect*/    }
    return null;
  },
});

export const createConfig = internalMutation({
  args: databaseConfig,
  returns: v.id("userDatabaseConfig"),
  handler: async (ctx, config) => {
    if ((await recordOf(ctx, config.userId)) !== null)
      throw new Error("This user has a record: update it instead");
/*create*/  },
});

/*update*/
/*changes*//*rotation*/