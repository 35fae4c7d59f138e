/**
 * Whose records were changed since then, the latest first: services watch it, and read
 * those records again.
 */
export const changedConfigs = internalQuery({
  args: { since: v.number() },
  handler: async (ctx, { since }) => {
    const changed = await ctx.db
      .query("userDatabaseConfig")
      /*updated*/
      .order("desc")
      .take(256);
    return changed.map(({ userId, updatedAt }) => ({ userId, updatedAt }));
  },
});

