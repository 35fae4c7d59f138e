// The operator's page, before a fleet of 10,000 users: as an operator goes about it, at a desk and on a phone, by day and by
// night, while things happen.

import assert from "node:assert/strict";
import { chromium } from "playwright-core";

import { asked, given, until } from "./chat.mjs";

const root = process.getuid?.() === 0;
const quiet = ["--no-first-run", "--disable-gpu", "--disable-background-networking", "--disable-component-update"];
const browser = await chromium.launch({
  executablePath: given.chromium,
  args: root ? [...quiet, "--no-sandbox"] : quiet,
});
const errors = [];
const urls = [];

async function open(viewport, colorScheme, { url = given.url, before = async () => {} } = {}) {
  const context = await browser.newContext({ viewport, colorScheme, reducedMotion: "reduce" });
  const page = await context.newPage();
  await before(page);
  page.setDefaultTimeout(20_000);
  page.on("pageerror", (error) => errors.push(String(error.stack)));
  // What the page's policy forbids is said there, too.
  page.on("console", (line) => {
    if (line.type() === "error" && !/status of (401|404)/.test(line.text())) errors.push(line.text());
  });
  page.on("request", (request) => urls.push(request.url()));
  await page.goto(`${url}/byod/admin`);
  return page;
}

async function signIn(page) {
  await page.getByLabel("Operator's token").fill(given.token);
  const begun = performance.now();
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.locator("#users li").first().waitFor();
  return performance.now() - begun;
}

const totals = (page) =>
  page.locator("#totals > div").evaluateAll((cards) =>
    Object.fromEntries(
      cards.map((card) => [
        card.querySelector("dt").textContent,
        Number(card.querySelector("dd").textContent.replaceAll(/\D/g, "")),
      ]),
    ),
  );
/** All that the page has, entered texts too. */
const everything = (page) =>
  page.evaluate(() => {
    const entered = [...document.querySelectorAll("input, select")].map(({ id, value }) => `${id}: ${value}`);
    return [document.documentElement.outerHTML, ...entered].join("\n");
  });
const ids = (page) => page.locator("#users .id").allInnerTexts();
const picture = async (page, name) => {
  if (given.pictures) await page.screenshot({ path: `${given.pictures}/${name}.png` });
};

/** What is wider than the window; and how well texts can be told from what is behind them, at the worst. */
const looks = (page) =>
  page.evaluate(() => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const rgb = (colour) => {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
      return [...canvas.getImageData(0, 0, 1, 1).data];
    };
    const light = ([r, g, b]) => {
      const [x, y, z] = [r, g, b].map((it) => (it / 255 <= 0.03928 ? it / 255 / 12.92 : ((it / 255 + 0.055) / 1.055) ** 2.4));
      return 0.2126 * x + 0.7152 * y + 0.0722 * z;
    };
    const behind = (element) => {
      for (let at = element; at; at = at.parentElement) {
        const colour = rgb(getComputedStyle(at).backgroundColor);
        if (colour[3] === 255) return colour;
      }
      return rgb("canvas");
    };
    let worst = [Infinity, ""];
    for (const element of document.querySelectorAll("body *")) {
      const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== "");
      if (!hasText || element.disabled || !element.checkVisibility()) continue;
      const [a, b] = [light(rgb(getComputedStyle(element).color)), light(behind(element))];
      const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (contrast < worst[0]) worst = [contrast, element.outerHTML.slice(0, 120)];
    }
    const { scrollWidth, clientWidth } = document.documentElement;
    return { wider: scrollWidth - clientWidth, worst };
  });

async function looksWell(page, what) {
  const { wider, worst } = await looks(page);
  assert.ok(wider <= 0, `${what} is ${wider} pixels too wide`);
  assert.ok(worst[0] >= 4.5, `${what}: contrast ${worst.join(" of ")}`);
}

try {
  const page = await open({ width: 1200, height: 900 }, "light");
  await page.getByLabel("Operator's token").fill("not the one that was made for this");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("alert").getByText("operator's token").waitFor();
  assert.equal(await page.locator("#fleet").isVisible(), false);
  const first = await signIn(page);
  await page.getByRole("status").getByText("live").waitFor();

  // All of them.
  await until("all are counted", async () => (await totals(page)).Users === given.users);
  assert.deepEqual(await totals(page), {
    Users: given.users,
    "With a database": given.connected,
    Failing: given.failing,
    Disconnected: given.users - given.connected,
  });
  const parts = page.locator("#version-bar span");
  assert.equal(await parts.count(), 3);
  const [wide, narrow] = await parts.evaluateAll((all) => all.map((part) => part.getBoundingClientRect().width));
  assert.ok(wide > 10 * narrow, "the bar's parts are as wide as there are users");
  await picture(page, "desk-light");
  await looksWell(page, "the page by day");

  // Some of them.
  const found = page.locator("#found");
  await found.getByText(/^1–100 of /).waitFor();
  await page.getByRole("button", { name: "Next" }).click();
  await found.getByText(/^101–200 of /).waitFor();
  await page.getByRole("button", { name: "Back" }).click();
  await found.getByText(/^1–100 of /).waitFor();
  await page.locator("#problems").getByRole("button", { name: /timed out/ }).click();
  await found.getByText("1–100 of 100").waitFor();
  await page.locator("#problem").selectOption("");
  await page.locator("#versions").getByRole("button", { name: /^11/ }).click();
  await found.getByText("1–100 of 300").waitFor();
  await page.locator("#version").selectOption("");
  const q = page.getByLabel("Find");
  await q.fill("USER_0042");
  await found.getByText("1–10 of 10").waitFor();
  assert.deepEqual((await ids(page)).slice(0, 2), ["user_00420", "user_00421"]);
  await q.fill("nobody's");
  await found.getByText("Nobody.").waitFor();

  // Whatever they are called is text.
  await q.fill("<img");
  await until("who is called so is found", async () => (await ids(page))[0] === given.image);
  await page.locator("#users button").first().click();
  await page.getByRole("dialog").getByRole("heading", { name: given.image }).waitFor();
  await page.getByRole("dialog").getByText("<script>").waitFor();
  await page.keyboard.press("Escape");
  await q.fill("bell");
  await until("what can't be seen is spelled out", async () => (await ids(page))[0] === "bell\\u{7} and \\u{202e}turned");
  assert.equal(await page.locator("img, script:not([src]), #users b").count(), 0);
  assert.equal(await page.evaluate(() => window.caught), undefined);

  // One of them, while things happen.
  await q.fill("alice");
  await until("she is found", async () => (await ids(page))[0] === "alice");
  await page.locator("#users button").first().click();
  const dialog = page.getByRole("dialog");
  const history = () => dialog.locator(".history li span:first-child").allInnerTexts();
  await until("her history is there", async () => (await history()).join() === "connected");
  await asked("block");
  await until("that she is blocked", async () => (await history()).join() === "blocked,connected");
  await dialog.getByText(/does not accept the deploy key/).waitFor();
  await picture(page, "one-light");
  await looksWell(page, "one user by day");
  await asked("restore");
  await until("that she is back", async () => (await history()).join() === "works again,blocked,connected");
  await asked("moved", "in");
  await asked("moved", "out");
  await asked("deployed");
  const since = "version 14 deployed,data moved back to main,data moved to their database,works again,blocked,connected";
  await until("what has become of her since", async () => (await history()).join() === since);
  await dialog.getByRole("button", { name: "Close" }).click();
  await asked("disconnect");
  await until("the totals follow", async () => (await totals(page)).Disconnected === given.users - given.connected + 1);
  await q.fill("");

  // A roll-out, as it goes.
  const rollouts = page.locator("#rollouts");
  await rollouts.getByText("None yet.").waitFor();
  const wave = (number) => rollouts.locator(".rollout").first().locator(".wave").nth(number);
  await asked("rollout", { wave: 1, done: [50, 0], failed: [0, 0], state: "running" });
  await rollouts.getByText("Version 13").waitFor();
  await wave(0).getByText("50 of 100 have it").waitFor();
  await asked("rollout", { wave: 2, done: [99, 4_000], failed: [1, 7], state: "running" });
  await wave(1).getByText("4,000 of 9,850 have it; 7 failed, 197 may").waitFor();
  assert.equal(await rollouts.locator("[aria-current]").count(), 1);
  await picture(page, "rollout-light");
  await asked("rollout", { wave: 2, done: [99, 9_000], failed: [1, 198], state: "stopped" });
  await rollouts.locator(".stopped").waitFor();

  // By night, and on a phone.
  const night = await open({ width: 1200, height: 900 }, "dark");
  await signIn(night);
  await rollouts.locator(".stopped").waitFor();
  await until("all are counted", async () => (await totals(night)).Users === given.users);
  await picture(night, "desk-dark");
  await looksWell(night, "the page by night");
  const back = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.notEqual(await back(page), await back(night));
  for (const scheme of ["light", "dark"]) {
    const phone = await open({ width: 360, height: 740 }, scheme);
    await looksWell(phone, `the phone's sign-in, ${scheme}`);
    await signIn(phone);
    await until("all are counted", async () => (await totals(phone)).Users === given.users);
    await phone.locator("#rollouts .stopped").waitFor();
    await phone.locator("#problem").selectOption("any");
    await phone.locator("#users .wrong:not(:empty)").first().waitFor();
    await looksWell(phone, `the phone, ${scheme}`);
    await picture(phone, `phone-${scheme}`);
    await phone.locator("#users").scrollIntoViewIfNeeded();
    await picture(phone, `phone-users-${scheme}`);
    await phone.locator("#users button").first().click();
    await phone.getByRole("dialog").getByText("status").waitFor();
    await looksWell(phone, `one user on the phone, ${scheme}`);
    await picture(phone, `phone-one-${scheme}`);
    await phone.close();
  }

  // Whoever signs out has a page as it was before, and whoever leaves it as well; also later.
  const isRunning = () => asked("rollout", { wave: 2, done: [99, 9_000], failed: [1, 9], state: "running" });
  const gone = await open({ width: 1200, height: 900 }, "light", { before: (page) => page.clock.install() });
  const blank = await everything(gone);
  const look = async () => {
    await isRunning();
    await signIn(gone);
    await until("all are counted", async () => (await totals(gone)).Users === given.users);
    await gone.locator("#rollouts .running").waitFor();
    await gone.getByLabel("Find").fill("user_0");
    await gone.locator("#found").getByText(/^1–100 of /).waitFor();
    await gone.locator("#problem").selectOption("any");
    await gone.locator("#users button").first().click();
    await gone.getByRole("dialog").getByText("status").waitFor();
  };
  // Twice, for one may follow another in the same tab.
  for (const _ of [1, 2]) {
    await look();
    await gone.getByRole("button", { name: "Close" }).click();
    await gone.getByRole("button", { name: "Sign out" }).click();
    await gone.clock.runFor(60_000);
    assert.equal(await everything(gone), blank);
  }
  await look();
  const leave = (type) => gone.evaluate((type) => dispatchEvent(new PageTransitionEvent(type, { persisted: true })), type);
  await leave("pagehide");
  await gone.clock.runFor(60_000);
  assert.equal(await everything(gone), blank);
  await leave("pageshow");
  await gone.locator("#users li").first().waitFor();

  // This machine's clock may be wrong: what was heard a moment ago was heard a moment ago.
  const wrong = await open({ width: 1200, height: 900 }, "light", {
    before: (page) =>
      page.addInitScript(() => {
        const real = Date.now;
        Date.now = () => real() + 3_600_000;
      }),
  });
  await isRunning();
  await signIn(wrong);
  await wrong.locator("#rollouts .running").waitFor();
  await wrong.locator("#rollouts time").getByText("just now").waitFor();

  // Whom a gateway has no room for is said to be there.
  const small = await open({ width: 1200, height: 900 }, "light", { url: given.small });
  await signIn(small);
  const listed = given.users - 1_000;
  await small.getByRole("alert").getByText("1,000 users more are not shown here: ask `byod fleet status`").waitFor();
  assert.equal((await totals(small)).Users, listed);
  await small.locator("#found").getByText(`1–100 of ${listed.toLocaleString("en")}`).waitFor();
  await picture(small, "beyond");
  await looksWell(small, "a page that doesn't list all");

  // The token is in the tab until they sign out, and was in no URL.
  await night.reload();
  await night.locator("#users li").first().waitFor();
  await night.getByRole("button", { name: "Sign out" }).click();
  await night.getByLabel("Operator's token").waitFor();
  await night.reload();
  await night.getByLabel("Operator's token").waitFor();
  const kept = await night.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }, document.cookie]));
  assert.ok(!kept.includes(given.token), kept);
  assert.ok(urls.length > 20 && !urls.some((url) => url.includes(given.token)));
  assert.ok(urls.every((url) => url.startsWith(given.url) || url.startsWith(given.small) || url.startsWith("data:")), "nothing comes from elsewhere");
  assert.deepEqual(errors, []);
  console.log(`operator's page: ${given.users} users, the first list ${Math.round(first)} ms after the token was entered`);
} catch (error) {
  for (const context of browser.contexts())
    for (const page of context.pages())
      console.error(`-- ${(await page.locator("body").innerText().catch(String)).slice(0, 3000)}`);
  console.error(errors.join("\n"));
  throw error;
} finally {
  await browser.close();
}
