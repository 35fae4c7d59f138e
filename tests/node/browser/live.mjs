// Two users, two windows each: what one writes, their other window shows, and nothing of it reaches the other user.

import assert from "node:assert/strict";

import { asked, credentials, inBrowser, given } from "./chat.mjs";

await inBrowser(async (window) => {
  if (given.connected) await asked("connect", await credentials());
  const users = [];
  for (const user of ["Alice", "Bob"]) users.push([await window(user), await window(user)]);
  for (const [one, other] of users) {
    await one.begin(`${one.user}’s plans`);
    await other.hasChats(`${one.user}’s plans`);
    // Both ways.
    await one.send(`${one.user} from the one`);
    await other.shows(`${one.user} from the one`);
    await other.send(`${one.user} from the other`);
    for (const chat of [one, other]) await chat.shows(`${one.user} from the one`, `${one.user} from the other`);
    // An action of main's, whose words are kept where the conversation is.
    await one.page.getByRole("button", { name: "Ask for an answer" }).click();
    const answer = "I have read what is here, 2 in all, and kept nothing.";
    for (const chat of [one, other]) await chat.shows(`${one.user} from the one`, `${one.user} from the other`, answer);
    await other.delete(answer);
    for (const chat of [one, other]) await chat.shows(`${one.user} from the one`, `${one.user} from the other`);
  }
  const [[alice], [bob]] = users;
  await alice.saidBy(given.connected ? "your own database" : "the service's database");
  await bob.saidBy("the service's database");

  for (const [own, others] of [users, users.toReversed()])
    for (const { received, user } of own) {
      const texts = received.join("\n");
      assert.ok(texts.includes(`${user} from the one`), "what is received is seen");
      assert.ok(!texts.includes(others[0].user), `${user} received something of ${others[0].user}'s`);
    }
  // Alice leaves a window to Bob, whose it is then.
  await alice.page.getByRole("button", { name: "Sign out" }).click();
  await alice.signInAs("Bob");
  await alice.hasChats("Bob’s plans");
  await alice.shows("Bob from the one", "Bob from the other");
  assert.ok(!(await alice.page.locator("body").innerText()).includes("Alice"));
  const { main, alices } = await asked("counts", { tables: ["conversations", "messages"] });
  assert.deepEqual([main, alices], given.connected ? [[1, 2], [1, 2]] : [[2, 4], [0, 0]]);
});
