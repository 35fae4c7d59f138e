const recordChange = {
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
};

/**
 * Changes a record, unless it is another by now than the one that the writer has
 * seen: false then. Services of before there was `expected` write as they did.
 */
export const updateConfig = internalMutation({
  args: recordChange,
  returns: v.boolean(),
  handler: async (ctx, change) => await changeRecord(ctx, change),
});

/** The same for many users, each by itself: which of the records were changed. */
export const updateConfigs = internalMutation({
  args: { changes: v.array(v.object(recordChange)) },
  returns: v.array(v.boolean()),
  handler: async (ctx, { changes }) => {
    const changed: boolean[] = [];
    for (const change of changes) changed.push(await changeRecord(ctx, change));
    return changed;
  },
});

async function changeRecord(
  ctx: MutationCtx,
  { configId, expected, ...changes }: ObjectType<typeof recordChange>,
): Promise<boolean> {
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
/*noted*/  return true;
}
