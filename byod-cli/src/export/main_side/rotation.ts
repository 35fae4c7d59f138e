/** A page of all users' records, for `byod rotate-key` alone. */
export const listConfigs = internalQuery({
  args: { paginationOpts: paginationOptsValidator },
  handler: async (ctx, { paginationOpts }) =>
    await ctx.db.query("userDatabaseConfig").paginate(paginationOpts),
});

/**
 * Replaces what a record has sealed, unless somebody else did so meanwhile. It says
 * nothing new then, so `updatedAt`, which services send, stays as it is.
 */
export const resealConfig = internalMutation({
  args: {
    configId: v.id("userDatabaseConfig"),
    expectedAuthTags: v.string(),
    encryptedDeploymentUrl: v.string(),
    encryptedDeployKey: v.string(),
    encryptionIV: v.string(),
    authTags: v.string(),
    updatedAt: v.optional(v.number()),
  },
  returns: v.boolean(),
  handler: async (ctx, { configId, expectedAuthTags, ...given }) => {
    const { updatedAt: _, ...sealed } = given;
    const config = await ctx.db.get(configId);
    if (config?.authTags !== expectedAuthTags) return false;
    await ctx.db.patch(configId, sealed);
/*resealed*/    return true;
  },
});
