import { formatDistance, addDays } from "date-fns";
import _ from "lodash";
import { paginationOptsValidator } from "convex/server";
import { zCustomQuery } from "convex-helpers/server/zod4";
import { NoOp } from "convex-helpers/server/customFunctions";
import { z } from "zod";
import { v } from "convex/values";
import { query } from "./_generated/server";

const zQuery = zCustomQuery(query, NoOp);
export const page = query({ args: { paginationOpts: paginationOptsValidator }, handler: (ctx, args) => ctx.db.query("notes").paginate(args.paginationOpts) });
export const titled = zQuery({ args: { title: z.string().min(1), limit: z.number().optional() }, handler: async (ctx, args) => _.sortBy(await ctx.db.query("notes").collect(), "title") });
export const due = query({ args: { at: v.number() }, returns: v.string(), handler: async (_ctx, { at }) => formatDistance(addDays(at, 1), at) });
