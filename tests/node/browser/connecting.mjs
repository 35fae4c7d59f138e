// Alice connects her deployment in the settings, by keyboard, while her chats are watched; it fails and comes back; she
// disconnects it. Her other window follows, and Bob's notices nothing.

import assert from "node:assert/strict";

import { asked, credentials, given, inBrowser, until } from "./chat.mjs";

await inBrowser(async (window) => {
  const [one, other, bob] = [await window("Alice"), await window("Alice"), await window("Bob")];
  await bob.begin("Bob’s");
  await one.begin("On the service’s");
  await one.send("before");
  await other.shows("before");
  await one.saidBy("the service's database");

  const { page } = one;
  const settings = page.getByRole("region", { name: "Your own database" });
  const status = settings.getByRole("status");
  /** What the keyboard is at, by its role and name. */
  const at = (role, name) => until(`the focus is at ${role} ${name}`, () =>
    settings.getByRole(role, { name, exact: true }).evaluate((element) => element === document.activeElement).catch(() => false));
  const { deploymentUrl, deployKey } = await credentials();

  // From the last thing of the chat on, with nothing but the keyboard.
  await page.getByRole("button", { name: "Ask for an answer" }).focus();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await settings.getByText("Your content is kept in the service's database.").waitFor();
  await page.keyboard.press("Tab");
  await at("textbox", "Deployment URL");
  await page.keyboard.type(deploymentUrl);
  await page.keyboard.press("Tab");
  // A password's field has no role; its label names it.
  const key = settings.getByLabel("Deploy key");
  assert.ok(await key.evaluate((element) => element === document.activeElement && element.type === "password"));
  await page.keyboard.type("prod:alice|wrong");
  await page.keyboard.press("Enter");
  const alert = settings.getByRole("alert");
  await alert.getByText(/key/).waitFor();
  const described = (await key.getAttribute("aria-describedby")).split(" ");
  assert.ok(described.includes(await alert.getAttribute("id")), "the field says what is wrong with it");
  // What she entered is stored, and isn't what her chats can be read with.
  for (const chat of [one, other]) await chat.isUnusable();

  await key.focus();
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.type(deployKey);
  await page.keyboard.press("Tab");
  await at("button", "Replace");
  await page.keyboard.press("Enter");
  await status.getByText("Your content is kept in your own database.").waitFor();
  assert.equal(await alert.count(), 0);
  assert.equal(await key.inputValue(), "");

  // Both windows have her own database's chats by now, which has none yet.
  for (const chat of [one, other]) {
    await chat.hasChats();
    await chat.saidBy("your own database");
  }
  await other.begin("On her own");
  await other.send("Here nobody else reads along.");
  await one.shows("Here nobody else reads along.");
  await one.page.getByRole("button", { name: "Ask for an answer" }).click();
  await other.shows("Here nobody else reads along.", "I have read what is here, 1 in all, and kept nothing.");
  if (given.screenshot) {
    await page.evaluate(() => document.activeElement.blur());
    await page.screenshot({ path: given.screenshot, fullPage: true });
  }

  // Her key is revoked: whoever asks next finds out, nothing goes to the service's, and both windows say so.
  await asked("revoke");
  await other.page.reload();
  for (const chat of [one, other]) await chat.isUnusable();
  assert.ok(!(await status.innerText()).includes("It works."), "what was found before is over");
  const mains = await asked("counts", { tables: ["conversations", "messages"] });
  assert.deepEqual(mains, { main: [2, 1], alices: [1, 2] });
  await bob.send("still here");
  await bob.shows("still here");

  await asked("restore");
  await settings.getByRole("button", { name: "Test", exact: true }).focus();
  await page.keyboard.press("Enter");
  for (const chat of [one, other]) {
    await chat.hasChats("On her own");
    await chat.shows("Here nobody else reads along.", "I have read what is here, 1 in all, and kept nothing.");
  }

  await settings.getByRole("button", { name: "Disconnect", exact: true }).focus();
  await page.keyboard.press("Enter");
  // Asked once more, and the focus is on what changes nothing.
  await settings.getByRole("group", { name: "Disconnect? What is in your database stays there." }).waitFor();
  await at("button", "Cancel");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await status.getByText("Your database is disconnected. What is in it stays there.").waitFor();
  for (const chat of [one, other]) {
    await chat.hasChats("On the service’s");
    await chat.shows("before");
    await chat.saidBy("the service's database");
  }
  const left = await asked("counts", { tables: ["conversations", "messages"] });
  assert.deepEqual(left, { main: [2, 2], alices: [1, 2] });
  for (const { received } of [one, other, bob]) assert.ok(!received.join("\n").includes(deployKey), "no key comes back");
});
