/**
 * Changes a record, unless it is another by now than the one that the writer has
 * seen: false then. Services of before there was `expected` write as they did.
 */
export const updateConfig = internalMutation({
  args: {
    configId: v.id("userDatabaseConfig"),
    expected: v.optional(
      v.object({
        connectionStatus: v.string(),
        authTags: v.string(),
        updatedAt: v.number(),
      }),
    ),
    encryptedDeploymentUrl: v.optional(v.string()),
    encryptedDeployKey: v.optional(v.string()),
    encryptionIV: v.optional(v.string()),
    authTags: v.optional(v.string()),
    connectionStatus: v.optional(connectionStatus),
    lastConnectionTest: v.optional(v.number()),
    connectionError: v.optional(v.string()),
    schemaVersion: v.optional(v.number()),
    lastSchemaDeploy: v.optional(v.number()),
    updatedAt: v.number(),
  },
  returns: v.boolean(),
  handler: async (ctx, { configId, expected, ...changes }) => {
    const config = await ctx.db.get(configId);
    if (config === null) return false;
    if (
      expected !== undefined &&
      (config.connectionStatus !== expected.connectionStatus ||
        config.authTags !== expected.authTags ||
        config.updatedAt !== expected.updatedAt)
    ) {
      return false;
    }
    // A status other than "error" ends the error that was there before.
    const status = changes.connectionStatus;
    const over =
      status !== undefined && status !== "error"
        ? { connectionError: undefined }
        : {};
    await ctx.db.patch(configId, { ...over, ...changes });
/*noted*/    return true;
  },
});
