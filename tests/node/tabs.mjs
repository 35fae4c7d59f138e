// Two users with two tabs each, through a gateway that dies, before main and Alice's deployment, which she connects and
// which dies too. The arguments are the port of the network before the gateway, a token of `alice` and one of `bob`, and
// what Alice enters to connect. What is to happen elsewhere is asked for on stdout, a word a line, and has
// happened once a line came back.

import assert from "node:assert/strict";
import net from "node:net";
import readline from "node:readline";
import { ConvexClient } from "convex/browser";
import { anyApi as api } from "convex/server";
import { ConvexError } from "convex/values";

const [port, alices, bobs, entered] = process.argv.slice(2);
const lines = readline.createInterface({ input: process.stdin })[Symbol.asyncIterator]();

/** Has that done outside. */
async function have(what) {
  console.log(what);
  await lines.next();
}

async function until(what, holds, time = 30_000) {
  for (const end = Date.now() + time; !holds(); ) {
    assert.ok(Date.now() < end, `not in time: ${what}: ${JSON.stringify(tabs.map(({ shown }) => shown))}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** A browser's tab: its client, what it shows, and every byte that it was sent. */
class Tab {
  shown = {};
  sent = [];
  #sockets = new Set();

  async open(token) {
    this.network = net.createServer((near) => {
      const far = net.connect(Number(port), "127.0.0.1");
      far.on("data", (bytes) => this.sent.push(bytes));
      for (const [from, to] of [[near, far], [far, near]]) {
        this.#sockets.add(from);
        from.on("error", () => {}).on("close", () => (this.#sockets.delete(from), to.destroy()));
        from.pipe(to);
      }
    });
    await new Promise((resolve) => this.network.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${this.network.address().port}`;
    this.client = new ConvexClient(url, { logger: false });
    if (token) this.client.setAuth(async () => token);
    this.#watch("conversations", api.conversations.list);
    this.#watch("shares", api.shares.list);
    return this;
  }

  #watch(name, query) {
    const titles = (list) => list.map(({ title }) => title).sort();
    this.client.onUpdate(
      query,
      {},
      (list) => (this.shown[name] = titles(list)),
      (error) => (this.shown[name] = error instanceof ConvexError ? error.data : error.message),
    );
  }

  create(title) {
    return this.client.mutation(api.conversations.create, { title, model: "m" });
  }

  share(title) {
    return this.client.mutation(api.shares.create, { conversationId: "c", title, messages: [] });
  }

  /** Whether it was ever sent that text. */
  saw(text) {
    return Buffer.concat(this.sent).includes(text);
  }

  async close() {
    await this.client.close();
    this.network.close();
    this.#sockets.forEach((socket) => socket.destroy());
  }
}

const shows = (tab, name, ...titles) => JSON.stringify(tab.shown[name]) === JSON.stringify(titles);
const both = (...tabs) => (name, ...titles) => tabs.every((tab) => shows(tab, name, ...titles));

async function connection(what, body) {
  const response = await fetch(`http://127.0.0.1:${port}/byod/${what}`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${alices}` },
    body,
  });
  assert.equal(response.status, 200, await response.text());
}

const tabs = [];
for (const token of [alices, alices, bobs, bobs, undefined]) tabs.push(await new Tab().open(token));
const [a1, a2, b1, b2, nobody] = tabs;
const [alice, bob] = [both(a1, a2), both(b1, b2)];

// Live both ways, each user by themselves; nobody is nobody.
await until("the lists", () => alice("conversations") && bob("conversations") && alice("shares") && bob("shares"));
await until("nobody's error", () => typeof nobody.shown.conversations === "string");
await Promise.all([a1.create("ALICES main"), b1.create("BOBS main"), a1.share("ALICES share"), b1.share("BOBS share")]);
assert.ok(shows(a1, "conversations", "ALICES main") && shows(b1, "conversations", "BOBS main"));
await until("the other tabs", () => alice("conversations", "ALICES main") && bob("conversations", "BOBS main"));
await until("the shares", () => alice("shares", "ALICES share") && bob("shares", "BOBS share"));

// Alice connects her deployment, which is empty, while all of it is watched.
await connection("connect", entered);
await until("her own deployment", () => alice("conversations"));
await a2.create("ALICES own");
assert.ok(shows(a2, "conversations", "ALICES own"));
await until("the other tab", () => alice("conversations", "ALICES own"));
assert.ok(alice("shares", "ALICES share") && bob("conversations", "BOBS main"));

// It dies: what is there fails and says so; main's goes on, and so does Bob.
await have("die");
const isBlocked = ({ shown }) => shown.conversations.byod === "blocked";
await until("the error", () => isBlocked(a1) && isBlocked(a2));
assert.ok(a1.shown.conversations.reason.length > 0);
const refused = await a1.create("ALICES lost").catch((error) => error);
assert.equal(refused.data?.byod, "blocked");
await Promise.all([a1.share("ALICES share 2"), b1.create("BOBS main 2")]);
assert.ok(shows(a1, "shares", "ALICES share", "ALICES share 2"));
await until("Bob's", () => bob("conversations", "BOBS main", "BOBS main 2"));
// It comes back, and all goes on by itself.
await have("live");
await until("the values", () => alice("conversations", "ALICES own"), 60_000);

// It hangs: main's goes on.
await have("hang");
await a1.share("ALICES share 3");
assert.ok(shows(a1, "shares", "ALICES share", "ALICES share 2", "ALICES share 3"));
assert.ok(alice("conversations", "ALICES own"));
await have("live");
await a1.create("ALICES own 2");
await until("both", () => alice("conversations", "ALICES own", "ALICES own 2"));

// The gateway is killed again and again in the middle of mutations; another one takes over.
const many = [];
for (let number = 100; number < 140; number += 1) {
  many.push(a1.create(`ALICES own ${number}`), a2.share(`ALICES share ${number}`), b1.create(`BOBS main ${number}`));
  await pause(40);
  if (number % 10 === 5) await have("kill");
}
await Promise.all(many);
const count = (tab, name) => tab.shown[name].length;
await until("all of them", () => [a1, a2].every((tab) => count(tab, "conversations") === 42), 60_000);
await until("all of main's", () => count(a1, "shares") === 43 && count(b2, "conversations") === 42, 60_000);
for (const [tab, name] of [[a1, "conversations"], [a2, "shares"], [b1, "conversations"]]) {
  assert.equal(new Set(tab.shown[name]).size, count(tab, name));
}

// She disconnects: nothing of that deployment comes any more.
await connection("disconnect", "{}");
await until("main's", () => alice("conversations", "ALICES main"));
for (const tab of [a1, a2]) tab.sent.length = 0;
await have("write");
await a1.create("ALICES main 2");
await until("both", () => alice("conversations", "ALICES main", "ALICES main 2"));
assert.ok(!a1.saw("ALICES own") && !a2.saw("ALICES own"));
assert.ok(!a1.saw("written later") && !a2.saw("written later"));

// No byte that anybody was sent is of somebody else's texts.
for (const tab of [a1, a2]) assert.ok(tab.saw("ALICES") && !tab.saw("BOBS"));
for (const tab of [b1, b2]) assert.ok(tab.saw("BOBS") && !tab.saw("ALICES"));
assert.ok(!nobody.saw("ALICES") && !nobody.saw("BOBS"));
await Promise.all(tabs.map((tab) => tab.close()));
process.stdin.destroy();
