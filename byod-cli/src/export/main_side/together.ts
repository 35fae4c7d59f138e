/** The records of several users, in their order; null for who has none. */
export const getConfigs = internalQuery({
  args: { userIds: v.array(/*id*/) },
  handler: async (ctx, { userIds }) =>
    await Promise.all(
      userIds.map(async (userId) =>/*read*/),
    ),
});
