import { httpRouter } from "convex/server";
import { api } from "./_generated/api";
import { httpAction } from "./byod/server";

const http = httpRouter();

http.route({
  path: "/notes",
  method: "GET",
  handler: httpAction(async (ctx) => {
    const notes = await ctx.runQuery(api.notes.list, {});
    return Response.json(notes);
  }),
});

export default http;
