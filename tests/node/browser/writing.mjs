// What is written shows at once and goes again where it is refused; older messages come page by page, while others arrive.

import assert from "node:assert/strict";

import { asked, credentials, given, inBrowser } from "./chat.mjs";

await inBrowser(async (window) => {
  if (given.connected) await asked("connect", await credentials());
  const [one, other] = [await window("Alice"), await window("Alice")];
  await one.begin("Long");
  await other.hasChats("Long");

  await one.send("first");
  await one.shows("first");
  const [seen, seenByOther] = [await one.watched(), await other.watched()];
  await one.send("refused: of this nothing stays");
  const alert = one.page.getByRole("alert");
  await alert.getByText("This can't be said here.").waitFor();
  await one.shows("first");
  const guessed = (seen) => seen.some((messages) => messages.includes("refused: of this nothing stays"));
  assert.ok(guessed(await seen.jsonValue()), "it was shown before there was an answer");
  assert.ok(!guessed(await seenByOther.jsonValue()), "and to nobody else");
  // The draft is there again, and can be sent as something else.
  const draft = one.page.getByRole("textbox", { name: "Message" });
  assert.equal(await draft.inputValue(), "refused: of this nothing stays");
  await one.send("second");
  await other.shows("first", "second");
  assert.equal(await alert.count(), 0);

  const all = ["first", "second"];
  const say = async (content) => {
    await one.send(content);
    all.push(content);
    await one.messages.last().getByText(content, { exact: true }).waitFor();
  };
  for (let number = 3; number <= 25; number += 1) await say(`number ${number}`);
  await other.page.reload();
  await other.shows(...all.slice(-10));
  // The next page is asked for while messages arrive.
  const more = other.older.click();
  await say("number 26");
  await more;
  await other.older.getByText("Older messages").waitFor();
  await other.shows(...all.slice(-21));
  await other.delete("number 20");
  all.splice(all.indexOf("number 20"), 1);
  await other.older.click();
  await say("number 27");
  await other.shows(...all);
  assert.equal(await other.older.count(), 0);
  const { main, alices } = await asked("counts", { tables: ["messages"] });
  assert.deepEqual([main, alices], given.connected ? [[0], [all.length]] : [[all.length], [0]]);
});
