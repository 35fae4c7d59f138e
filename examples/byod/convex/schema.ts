import { defineSchema } from "convex/server";
import { activityTables } from "./schema/activity";
import { chatTables } from "./schema/chat";
import { knowledgeTables } from "./schema/knowledge";
import { presentationTables } from "./schema/presentations";
import { projectTables } from "./schema/projects";
import { tagTables } from "./schema/tags";

// The user tables of main, file by file the same; only `owner` in
// `schema/shared.ts` differs, because there are no users here to refer to.
export default defineSchema({
  ...chatTables,
  ...knowledgeTables,
  ...projectTables,
  ...tagTables,
  ...presentationTables,
  ...activityTables,
});
