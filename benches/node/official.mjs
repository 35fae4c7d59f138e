// `ConvexHttpClient` as its documentation has it: one client for all calls, its URL
// and the deploy key set once. It sends no more than the other contenders do, and
// uses Node's own pool of connections.
import { ConvexHttpClient } from "convex/browser";
import { makeFunctionReference } from "convex/server";
import { serve } from "./load.mjs";

const client = new ConvexHttpClient(process.env.DEPLOYMENT_URL, { logger: false });
client.setAdminAuth(process.env.DEPLOY_KEY);
const list = makeFunctionReference("conversations:list");

await serve((limit) =>
  client.query(list, { archived: false, limit, userId: "user_2abcdefghijklmnop" }),
);
