// Written by `byod export`.

/** Main does it, later. */
export async function bumpStats(ctx: any, ...given: any[]): Promise<void> {
  await ctx.onMain.help("lib/stats:bumpStats", given);
}
