// What moving is measured against: a script as one would write it with `ConvexHttpClient`, one document a
// mutation. Ids stay as they are, nothing is compared, and what is cut off begins anew.
import { ConvexHttpClient } from "convex/browser";
import { makeFunctionReference } from "convex/server";

const main = new ConvexHttpClient(process.env.MAIN_URL, { logger: false });
main.setAuth(process.env.TOKEN);
const own = new ConvexHttpClient(process.env.OWN_URL, { logger: false });
own.setAdminAuth(process.env.OWN_KEY);

const begun = performance.now();
const notes = await main.query(makeFunctionReference("notes:list"), {});
for (const { title, content, createdAt, updatedAt } of notes) {
  const userId = process.env.SUBJECT;
  const note = { title, content, userId, createdAt, updatedAt };
  await own.mutation(makeFunctionReference("notes:create"), note);
}
const seconds = (performance.now() - begun) / 1000;
console.log(JSON.stringify({ documents: notes.length, seconds }));
