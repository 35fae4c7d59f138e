import { defineSchema } from "convex/server";
import { byodOutboxTables } from "./byod/applied";
import { byodTables } from "./byod/tables";
import { accountTables } from "./schema/accounts";
import { adminTables } from "./schema/admin";
import { billingTables } from "./schema/billing";
import { chatTables } from "./schema/chat";
import { communityTables } from "./schema/community";
import { knowledgeTables } from "./schema/knowledge";
import { projectTables } from "./schema/projects";
import { tagTables } from "./schema/tags";
import { usageTables } from "./schema/usage";

export default defineSchema({
  ...byodTables,
  ...byodOutboxTables,
  ...accountTables,
  ...billingTables,
  ...adminTables,
  ...communityTables,
  ...chatTables,
  ...knowledgeTables,
  ...projectTables,
  ...tagTables,
  ...usageTables,
});
