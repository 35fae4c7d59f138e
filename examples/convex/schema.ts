import { defineSchema } from "convex/server";
import { activityTables } from "./schema/activity";
import { appTables } from "./schema/app";
import { byodTables } from "./schema/byod";
import { chatTables } from "./schema/chat";
import { knowledgeTables } from "./schema/knowledge";
import { presentationTables } from "./schema/presentations";
import { projectTables } from "./schema/projects";
import { tagTables } from "./schema/tags";
import { userTables } from "./schema/users";

export default defineSchema({
  // Always on main.
  ...userTables,
  ...appTables,
  ...byodTables,
  // On the user's own deployment, where they connected one.
  ...chatTables,
  ...knowledgeTables,
  ...projectTables,
  ...tagTables,
  ...presentationTables,
  ...activityTables,
});
