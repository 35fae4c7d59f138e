/** Who calls, by the two names that the service has for them, or null. */
export const whoAmI = query({
  args: {},
  returns: v.union(
    v.object({ userId: /*id*/, subject: v.string() }),
    v.null(),
  ),
  handler: async (ctx) => {
    const identity = await ctx.auth.getUserIdentity();
    const userId = await callerId(ctx);
    if (identity === null || userId === null) return null;
    return { userId, subject: /*subject*/ };
  },
});
