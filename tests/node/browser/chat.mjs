// The example app's page in Chromium: windows, each of a user, and what they do there as people do it.

import assert from "node:assert/strict";
import { chromium } from "playwright-core";

/** What the test program gives: where Chromium and the page are, who sees to the deployments, and more. */
export const given = JSON.parse(process.argv[2]);

/** Has the test program do something to the deployments, or look into them. */
export async function asked(what, body = {}) {
  const answer = await fetch(`${given.control}/${what}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  assert.equal(answer.status, 200, `${what}: ${await answer.clone().text()}`);
  return await answer.json();
}

export const credentials = () => asked("credentials");

// Without what it would ask of its maker's hosts.
const QUIET = ["--no-first-run", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/** Runs a test in a browser of its own; where it fails, what every window showed is printed. */
export async function inBrowser(test) {
  const root = process.getuid?.() === 0;
  const browser = await chromium.launch({
    executablePath: given.chromium,
    // Chromium's sandbox can't be made by root.
    args: root ? [...QUIET, "--no-sandbox"] : QUIET,
  });
  const windows = [];
  try {
    await test(async (user) => {
      // Tabs of one window would wait for one another: all but one are hidden.
      const page = await browser.newPage({ viewport: { width: 900, height: 620 }, reducedMotion: "reduce" });
      page.setDefaultTimeout(20_000);
      const chat = new Chat(user, page);
      windows.push(chat);
      await chat.signIn();
      return chat;
    });
    for (const { user, errors } of windows) assert.deepEqual(errors, [], `errors in a window of ${user}`);
  } catch (error) {
    for (const { user, page, errors } of windows)
      console.error(`-- ${user}'s window:\n${await page.locator("body").innerText().catch(String)}\n${errors.join("\n")}`);
    throw error;
  } finally {
    await browser.close();
  }
}

/** Until it holds; `what` it is, in words or a function that says it in the end. */
export async function until(what, holds) {
  for (const end = Date.now() + 20_000; !(await holds()); ) {
    if (Date.now() > end) assert.fail(`not in time: ${typeof what === "function" ? what() : what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A window of a user. */
export class Chat {
  /** Every text that came to this window: its socket's frames, and answers over HTTP. */
  received = [];
  errors = [];

  constructor(user, page) {
    this.user = user;
    this.page = page;
    page.on("pageerror", (error) => this.errors.push(String(error.stack)));
    page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => this.received.push(String(payload))));
    page.on("response", async (response) => {
      // Of one that the window no longer waits for there is nothing to read.
      if (response.url().includes("/convex/")) this.received.push(await response.text().catch(() => ""));
    });
    this.messages = page.getByRole("list", { name: "Messages" }).getByRole("listitem").getByRole("paragraph");
    this.chats = page.getByRole("navigation", { name: "Chats" }).getByRole("listitem");
    this.answered = page.getByRole("status", { name: "Which database answered" });
    this.older = page.getByRole("button", { name: "Older messages" });
  }

  async signIn() {
    await this.page.goto(given.url);
    await this.signInAs(this.user);
  }

  async signInAs(user) {
    this.user = user;
    await this.page.getByRole("button", { name: `Sign in as ${this.user}` }).click();
    await this.page.getByRole("navigation", { name: "Chats" }).waitFor();
  }

  async begin(title) {
    await this.page.getByRole("textbox", { name: "Title of a new chat" }).fill(title);
    await this.page.getByRole("button", { name: "Begin" }).click();
    await this.page.getByRole("heading", { name: title }).waitFor();
  }

  async open(title) {
    await this.chats.getByRole("button", { name: title, exact: true }).click();
    await this.page.getByRole("heading", { name: title }).waitFor();
  }

  async send(content) {
    await this.page.getByRole("textbox", { name: "Message" }).fill(content);
    await this.page.getByRole("button", { name: "Send" }).click();
  }

  async delete(content) {
    await this.page.getByRole("button", { name: `Delete “${content}”` }).click();
  }

  /** Until these are the messages, all that are shown, the oldest first. */
  async shows(...contents) {
    let shown;
    const holds = async () => JSON.stringify((shown = await this.messages.allInnerTexts())) === JSON.stringify(contents);
    await until(() => `${this.user} sees ${contents}; but ${shown}`, holds);
  }

  /** Until the last of these, and no others, are shown. */
  async showsLast(all) {
    let shown;
    const holds = async () => {
      shown = await this.messages.allInnerTexts();
      const last = shown.length === 0 ? [] : all.slice(-shown.length);
      return (shown.length > 0 || all.length === 0) && JSON.stringify(shown) === JSON.stringify(last);
    };
    await until(() => `${this.user} sees the last of ${all}; but ${shown}`, holds);
  }

  async hasChats(...titles) {
    let shown;
    const holds = async () => JSON.stringify((shown = await this.chats.allInnerTexts())) === JSON.stringify(titles);
    await until(() => `${this.user} has the chats ${titles}; but ${shown}`, holds);
  }

  /** Every list of messages that was shown since, guesses among them. */
  async watched() {
    return await this.page.evaluateHandle(() => {
      const seen = [];
      const note = () => seen.push([...document.querySelectorAll("ol p")].map((p) => p.textContent));
      new MutationObserver(note).observe(document.body, { subtree: true, childList: true, characterData: true });
      return seen;
    });
  }

  /** Until the gate shows its fallback. */
  async isUnusable() {
    await this.page.getByRole("heading", { name: "Your chats can't be shown at present" }).waitFor();
    assert.equal(await this.messages.count(), 0);
  }

  async saidBy(database) {
    await this.answered.getByText(`Chats: answered by ${database}`).waitFor();
  }
}
