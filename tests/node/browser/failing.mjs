// Alice's deployment hangs, dies and comes back; the service is killed in the middle of what is written, and started anew;
// tokens run out. What each window shows is what was said, once, and Bob notices nothing of Alice's database.

import assert from "node:assert/strict";

import { asked, credentials, given, inBrowser, until } from "./chat.mjs";

await inBrowser(async (window) => {
  await asked("connect", await credentials());
  const [one, other, bob] = [await window("Alice"), await window("Alice"), await window("Bob")];
  let signedIn = 0;
  one.page.on("request", (request) => (signedIn += request.url().includes("/sign-in/")));
  await one.begin("Alice’s plans");
  await other.hasChats("Alice’s plans");
  await bob.begin("Bob’s plans");
  const said = ["Alice before"];
  await one.send("Alice before");
  await other.shows(...said);

  // It hangs: what is there stays, what is written waits, and others go on.
  await asked("hang");
  await one.send("Alice meanwhile");
  said.push("Alice meanwhile");
  await bob.send("Bob meanwhile");
  await bob.shows("Bob meanwhile");
  await other.shows("Alice before");
  await asked("live");
  for (const chat of [one, other]) await chat.shows(...said);

  // It dies: nothing of hers is shown from elsewhere, and it comes back by itself.
  await asked("die");
  await other.page.reload();
  for (const chat of [one, other]) await chat.isUnusable();
  await bob.send("Bob goes on");
  await bob.shows("Bob meanwhile", "Bob goes on");
  await asked("live");
  await asked("test");
  for (const chat of [one, other]) await chat.shows(...said);

  // The service is killed while both write, and another one takes over.
  const bobs = ["Bob meanwhile", "Bob goes on"];
  for (let number = 1; number <= 6; number += 1) {
    await one.send(`Alice ${number}`);
    said.push(`Alice ${number}`);
    await bob.send(`Bob ${number}`);
    bobs.push(`Bob ${number}`);
    if (number % 2 === 1) await asked("kill");
    // One's own is shown at once; the next one is written when this one has an answer.
    await one.shows(...said);
    await bob.shows(...bobs);
  }
  await other.shows(...said);

  // Each token runs out; another one is asked for, and nothing is seen of that.
  const before = signedIn;
  await until("another token", () => signedIn > before + 1);
  await one.send("Alice later");
  said.push("Alice later");
  await other.shows(...said.slice(-10));

  // What Bob said last may still be on its way: until it has an answer it is a guess of his own window.
  const counts = async () => await asked("counts", { tables: ["conversations", "messages"] });
  await until("Bob's last message is written", async () => (await counts()).main[1] >= bobs.length);
  const { main, alices } = await counts();
  assert.deepEqual([main, alices], [[1, bobs.length], [1, said.length]]);
  for (const { received, user } of [one, other, bob]) {
    const others = user === "Alice" ? "Bob" : "Alice";
    assert.ok(!received.join("\n").includes(`${others} `), `${user} received something of ${others}'s`);
  }
});
