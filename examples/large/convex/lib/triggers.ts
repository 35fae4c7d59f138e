import {
  customCtx,
  customMutation,
} from "convex-helpers/server/customFunctions";
import { Triggers } from "convex-helpers/server/triggers";
import type { DataModel } from "../_generated/dataModel";
import { mutation as rawMutation } from "../_generated/server";

const triggers = new Triggers<DataModel>();

/** Whatever is done to a card stands in the timeline. */
triggers.register("tasks", async (ctx, { operation, id, oldDoc, newDoc }) => {
  const task = newDoc ?? oldDoc;
  await ctx.db.insert("activityEvents", {
    userId: task.userId,
    kind: operation,
    target: "task",
    targetId: id,
    summary: task.title,
    createdAt: Date.now(),
  });
});

/** As Convex's own; what writes by it sets off the triggers. */
export const mutation = customMutation(rawMutation, customCtx(triggers.wrapDB));
