"use strict";

// All that comes from records is text: it is put in place as such, never as HTML.

const KEY = "byod-operator";
const PAGE = 100;

const byId = (id) => document.getElementById(id);

/** An element with properties and children; texts become text. */
function element(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [property, value] of Object.entries(properties)) {
    if (property in made) made[property] = value;
    else made.setAttribute(property, value);
  }
  made.append(...children);
  return made;
}

/** A text of somebody's, with what can't be seen, or turns what is around it, spelled out. */
const shown = (text) =>
  text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (letter) => `\\u{${letter.codePointAt(0).toString(16)}}`,
  );

const number = new Intl.NumberFormat();
const count = (value) => number.format(value);
const words = (kind) => (kind === "recorded" ? "other" : kind.replaceAll("_", " "));

/** When the gateway said last what time it is, and what it said. This machine's clock may be another time's. */
let clock = { at: performance.now(), said: Date.now() };
const now = () => clock.said + performance.now() - clock.at;

function setClock(answer) {
  const said = Date.parse(answer.headers.get("date"));
  if (!Number.isNaN(said)) clock = { at: performance.now(), said };
}

function ago(at) {
  const seconds = Math.max(0, (now() - at) / 1000);
  if (seconds < 60) return "just now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86400)} d ago`;
}

const when = (at) =>
  at === null || at === undefined
    ? "never"
    : element("time", {
        dateTime: new Date(at).toISOString(),
        title: new Date(at).toLocaleString(),
        textContent: ago(at),
      });

// Who looks

let token = null;
/** Ends what was begun for the token before. */
let session = new AbortController();

class Refused extends Error {}

async function ask(path, query = {}, signal = session.signal) {
  const url = new URL(`admin/api/${path}`, location.href);
  url.search = new URLSearchParams(query);
  const answer = await fetch(url, {
    headers: { authorization: `Bearer ${token}` },
    cache: "no-store",
    signal,
  });
  setClock(answer);
  if (answer.ok) return answer;
  const { detail } = await answer.json().catch(() => ({}));
  const said = detail ?? `The gateway answered with HTTP status ${answer.status}.`;
  if (answer.status === 401) throw new Refused(said);
  throw new Error(said);
}

/** What is to be asked in a moment. */
let soon = null;
let typing = null;

/** Every place in which something is shown or entered, and how it is before that. */
const places = [...document.querySelectorAll("[id]")]
  .filter((place) => place.querySelector("[id]") === null)
  .map((place) => [place, place.cloneNode(true)]);

/** Nothing that was shown or entered is left, in the page or in what the script knows. */
function forget() {
  token = null;
  session.abort();
  session = new AbortController();
  clearTimeout(soon);
  clearTimeout(typing);
  soon = typing = fleetIs = open = null;
  rolloutsAre = [];
  offset = 0;
  listing++;
  byId("one").close();
  byId("fleet").hidden = true;
  byId("sign-in").hidden = false;
  for (const [place, before] of places) {
    for (const { name } of [...place.attributes]) if (!before.hasAttribute(name)) place.removeAttribute(name);
    for (const { name, value } of before.attributes) place.setAttribute(name, value);
    place.replaceChildren(...before.cloneNode(true).childNodes);
    if (place.matches("input, select")) place.value = "";
  }
  for (const filter of ["status", "problem", "version"]) options(filter, "any", []);
}

function leave(why = "") {
  sessionStorage.removeItem(KEY);
  forget();
  byId("refused").textContent = why;
  byId("token").focus();
}

function enter() {
  byId("sign-in").hidden = true;
  byId("fleet").hidden = byId("leave").hidden = false;
  byId("token").value = byId("refused").textContent = "";
  follow(session.signal);
  list();
}

byId("token-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const entered = byId("token").value.trim();
  token = entered;
  try {
    await ask("fleet");
    sessionStorage.setItem(KEY, entered);
    enter();
  } catch (error) {
    token = null;
    byId("refused").textContent = error.message;
  }
});
byId("leave").addEventListener("click", () => leave());
// A browser may keep the page as it was left, to show it again.
addEventListener("pagehide", forget);
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) location.reload();
});

// What is told

function live(is, text) {
  byId("live").dataset.is = is;
  byId("live").textContent = text;
}

/** Follows the gateway's events until who looks has left. */
async function follow(signal) {
  let pause = 500;
  while (!signal.aborted) {
    try {
      const answer = await ask("events", {}, signal);
      live("on", "live");
      pause = 500;
      for await (const [event, data] of events(answer.body)) {
        if (signal.aborted) return;
        told[event]?.(JSON.parse(data));
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Refused) return leave(error.message);
    }
    live("off", "connecting again");
    await new Promise((then) => setTimeout(then, pause));
    pause = Math.min(pause * 2, 15_000);
  }
}

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    text += value;
    const blocks = text.split("\n\n");
    text = blocks.pop();
    for (const block of blocks) {
      const field = (name) =>
        block
          .split("\n")
          .filter((line) => line.startsWith(`${name}: `))
          .map((line) => line.slice(name.length + 2))
          .join("\n");
      if (field("event") !== "") yield [field("event"), field("data")];
    }
  }
}

const told = {
  fleet(fleet) {
    drawFleet(fleet);
    // The first ones at once.
    if (byId("users").children.length === 0) list();
    else listSoon();
  },
  changed(users) {
    if (open !== null && (users === null || users.includes(open))) showOne(open);
  },
  rollouts: drawRollouts,
};

// All of them

let fleetIs = null;

function drawFleet(fleet) {
  fleetIs = fleet;
  const trouble = [];
  if (fleet.state.is === "failed")
    trouble.push(`Main's records can't be read: ${shown(fleet.state.why)}`);
  if (fleet.beyond > 0)
    trouble.push(
      `${count(fleet.beyond)} users more are not shown here: ask \`byod fleet status\`.`,
    );
  byId("trouble").hidden = trouble.length === 0;
  byId("trouble").textContent = trouble.join(" ");

  const card = (name, value, of = "") =>
    element(
      "div",
      { className: of },
      element("dt", { textContent: name }),
      element("dd", { textContent: count(value) }),
    );
  const cards = [
    card(fleet.state.is === "reading" ? "Users, so far" : "Users", fleet.users),
    card("With a database", fleet.connected),
    card("Failing", fleet.failing, fleet.failing > 0 ? "bad" : ""),
    card("Disconnected", fleet.statuses.disconnected ?? 0),
  ];
  byId("totals").replaceChildren(...cards);

  const versions = Object.entries(fleet.versions).sort(([a], [b]) => b - a);
  const colour = (at) => `hsl(${(215 + at * 67) % 360} 55% ${at % 2 ? 45 : 55}%)`;
  const segments = versions.map(([version, users], at) => {
    const segment = element("span", {
      title: `version ${version}: ${count(users)}`,
    });
    segment.style.flex = `${users} 0 0`;
    segment.style.background = colour(at);
    return segment;
  });
  byId("version-bar").replaceChildren(...segments);
  const bar = versions.map(([version, users]) => `${version}: ${users}`);
  byId("version-bar").setAttribute("role", "img");
  byId("version-bar").setAttribute("aria-label", bar.join(", "));
  legend("versions", "version", versions, (version, at) => {
    const swatch = element("span", { className: "swatch" });
    swatch.style.background = colour(at);
    return [swatch, version === "0" ? "none yet" : version];
  });
  const problems = Object.entries(fleet.problems).sort(([, a], [, b]) => b - a);
  legend("problems", "problem", problems, (kind) => [words(kind)]);
  if (problems.length === 0)
    byId("problems").replaceChildren(
      element("li", { className: "quiet", textContent: "none" }),
    );

  const status = Object.keys(fleet.statuses);
  options("status", "any", status.map((it) => [it, it]));
  options("problem", "any or none", [
    ["any", "any"],
    ...problems.map(([kind]) => [kind, words(kind)]),
  ]);
  options("version", "any", versions.map(([it]) => [it, it]));
}

/** Buttons that filter. They stay while their numbers change: somebody may be about to press one. */
function legend(id, filter, entries, label) {
  const list = byId(id);
  const values = JSON.stringify(entries.map(([value]) => value));
  if (list.dataset.values !== values) {
    list.dataset.values = values;
    const buttons = entries.map(([value], at) => {
      const button = element("button", { type: "button" }, ...label(value, at), element("b"));
      button.addEventListener("click", () => {
        const select = byId(filter);
        select.value = select.value === value ? "" : value;
        changed();
      });
      return element("li", {}, button);
    });
    list.replaceChildren(...buttons);
  }
  entries.forEach(([value, users], at) => {
    const button = list.children[at].firstChild;
    button.lastChild.textContent = count(users);
    button.setAttribute("aria-pressed", String(byId(filter).value === value));
  });
}

function options(id, none, entries) {
  const select = byId(id);
  const was = select.value;
  const wanted = [["", none], ...entries];
  if (was !== "" && !entries.some(([value]) => value === was))
    wanted.push([was, words(was)]);
  const now = JSON.stringify(wanted);
  if (select.dataset.now === now) return;
  select.dataset.now = now;
  select.replaceChildren(
    ...wanted.map(([value, textContent]) => element("option", { value, textContent })),
  );
  select.value = was;
}

// Some of them

let offset = 0;
let listing = 0;

/** Anew, a moment after something has changed; however often it does, once a second. */
function listSoon() {
  soon ??= setTimeout(list, 1000);
}

async function list() {
  clearTimeout(soon);
  soon = null;
  const number = ++listing;
  const query = { offset, limit: PAGE, q: byId("q").value };
  for (const filter of ["status", "problem", "version"])
    if (byId(filter).value !== "") query[filter] = byId(filter).value;
  try {
    const answer = await ask("users", query);
    const listed = await answer.json();
    if (number === listing) drawUsers(listed);
  } catch (error) {
    if (error.name === "AbortError") return;
    if (error instanceof Refused) return leave(error.message);
    if (number !== listing) return;
    byId("found").textContent = error.message;
  }
}

function changed() {
  offset = 0;
  if (fleetIs !== null) drawFleet(fleetIs);
  list();
}

function drawUsers({ found, users }) {
  const last = offset + users.length;
  byId("found").textContent =
    found === 0
      ? fleetIs === null || fleetIs.state.is === "reading"
        ? "Reading…"
        : "Nobody."
      : `${count(offset + 1)}–${count(last)} of ${count(found)}`;
  byId("back").disabled = offset === 0;
  byId("on").disabled = last >= found;
  const present = [...byId("users").children];
  const rows = users.map((user, at) => {
    const now = JSON.stringify(user);
    // What is as it was stays: somebody may be about to press it.
    if (present[at]?.dataset.now === now) return present[at];
    const row = element(
      "button",
      { type: "button" },
      element("span", { className: "id", textContent: shown(user.userId) }),
      element("span", { className: user.status, textContent: user.status }),
      element("span", { textContent: `v${user.schemaVersion}` }),
      element("span", { className: "when" }, when(user.lastTested)),
      element("span", {
        className: "wrong",
        textContent: user.problem === null ? "" : shown(user.problem.message),
      }),
    );
    row.addEventListener("click", () => showOne(user.userId));
    const item = element("li", {}, row);
    item.dataset.now = now;
    return item;
  });
  const focused = present.findIndex((item) => item.contains(document.activeElement));
  rows.forEach((row, at) => {
    if (present[at] === undefined) byId("users").append(row);
    else if (present[at] !== row) present[at].replaceWith(row);
  });
  for (const row of present.slice(rows.length)) row.remove();
  if (focused >= 0 && !byId("one").open) rows[focused]?.firstChild.focus();
}

byId("q").addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(changed, 150);
});
for (const filter of ["status", "problem", "version"])
  byId(filter).addEventListener("change", changed);
byId("filters").addEventListener("submit", (event) => {
  event.preventDefault();
  changed();
});
byId("back").addEventListener("click", () => {
  offset = Math.max(0, offset - PAGE);
  list();
});
byId("on").addEventListener("click", () => {
  offset += PAGE;
  list();
});

// One of them

let open = null;

const HAPPENED = {
  connected: "connected",
  credentials: "other credentials entered",
  blocked: "blocked",
  recovered: "works again",
  disconnected: "disconnected",
  deployed: "deployed",
  unknown: "something that this page doesn't know",
};

function happened({ kind, direction, version }) {
  if (kind === "moved")
    return direction === "in" ? "data moved to their database" : "data moved back to main";
  return kind === "deployed" ? `version ${version} deployed` : (HAPPENED[kind] ?? kind);
}

async function showOne(id) {
  open = id;
  try {
    const answer = await ask("user", { id });
    const user = await answer.json();
    if (open === id) drawOne(user);
  } catch (error) {
    if (error.name === "AbortError") return;
    if (error instanceof Refused) return leave(error.message);
    if (open !== id) return;
    byId("one-title").textContent = shown(id);
    byId("one-body").replaceChildren(
      element("p", { className: "trouble", textContent: error.message }),
    );
  }
  if (open === id && !byId("one").open) byId("one").showModal();
}

function drawOne(user) {
  byId("one-title").textContent = shown(user.userId);
  const fact = (name, ...value) => [
    element("dt", { textContent: name }),
    element("dd", {}, ...value),
  ];
  const facts = element(
    "dl",
    { className: "facts" },
    ...fact("status", element("span", { className: user.status, textContent: user.status })),
    ...fact("version", user.schemaVersion === 0 ? "none yet" : String(user.schemaVersion)),
    ...fact("tested last", when(user.lastTested)),
    ...fact("deployed to last", when(user.lastSchemaDeploy)),
    ...fact("since", when(user.created)),
  );
  if (user.problem !== null)
    facts.append(
      ...fact(
        "problem",
        element("span", { className: "wrong", textContent: shown(user.problem.message) }),
        ` (${words(user.problem.kind)})`,
      ),
    );
  if (user.moving !== null) {
    const { direction, phase, done, total } = user.moving;
    const way = direction === "in" ? "to their database" : "back to main";
    const far = `${count(done)} of ${count(total)} documents`;
    facts.append(...fact("moving", `${way}: ${shown(phase)}, ${far}`));
  }
  const parts = [facts, element("h2", { textContent: "What has become of it" })];
  if (user.history === null) parts.push(older());
  else if (user.history.length === 0)
    parts.push(element("p", { className: "quiet", textContent: "Nothing since that is kept." }));
  else
    parts.push(
      element(
        "ol",
        { className: "history" },
        ...user.history.map((entry) =>
          element(
            "li",
            {},
            element("span", { className: entry.kind, textContent: happened(entry) }),
            " ",
            element("span", { className: "when" }, when(entry.at)),
          ),
        ),
      ),
    );
  byId("one-body").replaceChildren(...parts);
}

const older = () =>
  element("p", {
    className: "quiet",
    textContent:
      "Main's functions are older than this. Run `byod export --main`, and deploy main: from then on it is kept.",
  });

byId("close").addEventListener("click", () => byId("one").close());
byId("one").addEventListener("close", () => (open = null));

// Roll-outs

let rolloutsAre = [];
/** So long nothing may be heard of one that goes on. */
const SILENCE = 45_000;

function drawRollouts(rollouts) {
  rolloutsAre = rollouts;
  if (rollouts === null) return byId("rollouts").replaceChildren(older());
  if (rollouts.length === 0)
    return byId("rollouts").replaceChildren(
      element("p", { className: "quiet", textContent: "None yet." }),
    );
  byId("rollouts").replaceChildren(...rollouts.slice(0, 5).map(drawRollout));
}

function drawRollout(rollout) {
  const { state, version, by, begun, updated } = rollout;
  const silent = state === "running" && now() - updated > SILENCE;
  const is = silent ? "silent" : state;
  const said = silent ? "running, nothing heard of it for a while" : words(state);
  return element(
    "article",
    { className: "rollout" },
    element(
      "p",
      {},
      element("b", { textContent: `Version ${version}` }),
      " ",
      element("span", { className: is, textContent: said }),
      element("span", { className: "when" }, " · ", shown(by), " · begun ", when(begun)),
    ),
    ...rollout.waves.map((wave, at) => drawWave(wave, state === "running" && at + 1 === rollout.wave)),
  );
}

function drawWave({ upTo, users, due, done, failed, left, allowed }, current) {
  // Some may have connected since it was counted.
  const have = Math.min(users, users - due + done);
  const bar = element("div", { className: "bar" });
  for (const [className, value] of [["good", have], ["bad", failed], ["left", left]]) {
    if (value === 0) continue;
    const part = element("span", { className });
    part.style.width = `${(100 * value) / Math.max(users, 1)}%`;
    bar.append(part);
  }
  const parts = [`${count(have)} of ${count(users)} have it`];
  if (failed > 0) parts.push(`${count(failed)} failed, ${count(allowed)} may`);
  if (left > 0) parts.push(`${count(left)} left out for now`);
  const drawn = element(
    "div",
    { className: "wave" },
    element("b", { textContent: shown(upTo) }),
    bar,
    element("span", { className: "what", textContent: parts.join("; ") }),
  );
  if (current) drawn.setAttribute("aria-current", "step");
  return drawn;
}

// Times grow old by themselves.
setInterval(() => {
  for (const time of document.querySelectorAll("time"))
    time.textContent = ago(Date.parse(time.dateTime));
  if (rolloutsAre?.some(({ state }) => state === "running")) drawRollouts(rolloutsAre);
}, 15_000);

forget();
token = sessionStorage.getItem(KEY);
if (token === null) byId("token").focus();
else enter();
