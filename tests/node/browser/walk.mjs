// So many steps at random, by a seed: Alice and Bob write, delete and come back in two windows each, while Alice's chats
// are now on her own deployment and now on the service's. What each window shows is what was said there.

import assert from "node:assert/strict";

import { asked, credentials, given, inBrowser } from "./chat.mjs";

/** Numbers by the seed (mulberry32). */
let state = given.seed >>> 0;
function random(below) {
  state = (state + 0x6d2b79f5) >>> 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
}
const one = (all) => all[random(all.length)];

await inBrowser(async (window) => {
  const people = [];
  for (const name of ["Alice", "Bob"]) {
    const windows = [await window(name), await window(name)];
    people.push({ name, windows, side: "main", said: {} });
  }
  const [alice, bob] = people;

  /** Begins a chat where there is none yet, and has every window show what was said in it. */
  const settle = async ({ name, windows, side, said }) => {
    const title = `${name}: ${side}`;
    if (said[side] === undefined) {
      for (const chat of windows) await chat.hasChats();
      await one(windows).begin(title);
      said[side] = [];
    }
    for (const chat of windows) {
      await chat.hasChats(title);
      await chat.showsLast(said[side]);
    }
  };
  for (const person of people) await settle(person);

  const steps = {
    async send(person, number) {
      const content = `${person.name} says ${number}`;
      await one(person.windows).send(content);
      person.said[person.side].push(content);
    },
    async refused(person, number) {
      const chat = one(person.windows);
      await chat.send(`refused ${number}`);
      await chat.page.getByText("This can't be said here.").waitFor();
    },
    async delete(person) {
      const said = person.said[person.side];
      if (said.length === 0) return;
      const content = said.at(-1 - random(Math.min(said.length, 3)));
      await one(person.windows).delete(content);
      said.splice(said.indexOf(content), 1);
    },
    async reload(person) {
      await one(person.windows).page.reload();
    },
    async move() {
      const back = alice.side === "alices";
      await (back ? asked("disconnect") : asked("connect", await credentials()));
      alice.side = back ? "main" : "alices";
    },
    /** Her key doesn't work for a while. */
    async block() {
      if (alice.side === "main") return;
      await asked("revoke");
      await one(alice.windows).page.reload();
      for (const chat of alice.windows) await chat.isUnusable();
      await settle(bob);
      await asked("restore");
      await asked("test");
    },
  };
  const often = ["send", "send", "send", "refused", "delete", "reload", "move", "block"];
  const done = [];
  try {
    for (let number = 1; number <= given.steps; number += 1) {
      const [step, person] = [one(often), one(people)];
      done.push(`${step} ${person.name}`);
      await steps[step](person, number);
      for (const each of people) await settle(each);
    }
  } catch (error) {
    console.error(`seed ${given.seed}, after ${done.join(", ")}`);
    throw error;
  }

  // All of it is there, once, and where it belongs.
  for (const { windows, side, said } of people) {
    const [chat] = windows;
    await chat.page.reload();
    await chat.showsLast(said[side]);
    while (await chat.older.count()) await chat.older.click({ timeout: 1000 }).catch(() => {});
    await chat.shows(...said[side]);
  }
  const all = (side) => people.flatMap((person) => person.said[side] ?? []).length;
  const { main, alices } = await asked("counts", { tables: ["messages"] });
  assert.deepEqual([main, alices], [[all("main")], [all("alices")]]);
  for (const { windows, name } of people)
    for (const { received } of windows) {
      const other = name === "Alice" ? "Bob" : "Alice";
      assert.ok(!received.join("\n").includes(`${other} says`), `${name} received something of ${other}'s`);
    }
  console.log(`browser: ${given.steps} steps by seed ${given.seed}, wrong 0`);
});
