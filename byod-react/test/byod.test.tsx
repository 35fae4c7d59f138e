/** The hooks, the gate and the form, against a real gateway and a real deployment. */

import { render, screen, cleanup, fireEvent, waitFor } from "@testing-library/react";
import { ConvexProvider, ConvexReactClient } from "convex/react";
import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { StrictMode, useEffect, version, type ReactNode } from "react";
import { renderToString } from "react-dom/server";

import {
  BYODError,
  BYODGate,
  BYODProvider,
  BYODSettings,
  useBYOD,
  useBYODConnection,
  useBYODEnabled,
  type BYODConnection,
} from "../src/index.js";

function given(name: string): string {
  const value = process.env[name];
  assert.ok(value, `${name} is not set`);
  return value;
}

const GATEWAY = given("BYOD_GATEWAY");
const TOKEN = given("BYOD_TOKEN");
const OTHERS_TOKEN = given("BYOD_OTHERS_TOKEN");
const CREDENTIALS = { deploymentUrl: given("BYOD_DEPLOYMENT"), deployKey: given("BYOD_DEPLOY_KEY") };

const convex = new ConvexReactClient(GATEWAY, { skipConvexDeploymentUrlCheck: true, logger: false });
const fetchToken = async () => TOKEN;

afterEach(cleanup);
after(() => convex.close());

interface AppProps {
  children: ReactNode;
  token?: () => Promise<string | null>;
  signedIn?: boolean;
  user?: string | undefined;
}

/** An app whose status comes from the gateway. */
function App(props: AppProps) {
  return (
    <StrictMode>
      <ConvexProvider client={convex}>
        <BYODProvider
          source="gateway"
          fetchToken={props.token ?? fetchToken}
          signedIn={props.signedIn ?? true}
          user={props.user}
        >
          {props.children}
        </BYODProvider>
      </ConvexProvider>
    </StrictMode>
  );
}

function Status() {
  const { isLoading, config, error } = useBYOD();
  const isEnabled = useBYODEnabled();
  return <output>{JSON.stringify({ isEnabled, isLoading, status: config?.connectionStatus ?? null, error })}</output>;
}

/** Hands the hook's value out, and what was under way since it was first there. */
let connection: BYODConnection;
let seen: (string | null)[] = [];
function Connection() {
  connection = useBYODConnection();
  useEffect(() => void seen.push(connection.pending), [connection.pending]);
  return null;
}

const shown = () => JSON.parse(screen.getByRole("status").textContent ?? "null");

async function shows(expected: object) {
  await waitFor(() => assert.deepEqual(shown(), { error: null, isLoading: false, ...expected }), { timeout: 10_000 });
}

test("it is the React that was asked for", () => {
  assert.ok(version.startsWith(`${process.env["BYOD_REACT"]}.`), version);
});

test("the status follows connect and disconnect without a reload", async () => {
  render(
    <App>
      <Status />
      <Connection />
    </App>,
  );
  assert.equal(shown().isLoading, true);
  await shows({ isEnabled: false, status: null });

  seen = [];
  const found = connection.connect(CREDENTIALS);
  await assert.rejects(connection.test(), (error) => error instanceof BYODError && error.code === "pending");
  assert.deepEqual([(await found).status, (await found).problem], ["connected", null]);
  await waitFor(() => assert.deepEqual(seen, ["connect", null]));
  await shows({ isEnabled: true, status: "connected" });
  assert.equal((await connection.test()).status, "connected");
  assert.equal((await connection.rotate(CREDENTIALS)).status, "connected");

  await connection.disconnect();
  await shows({ isEnabled: false, status: "disconnected" });
  await waitFor(() => assert.equal(connection.pending, null));
});

test("what the gateway refuses is an error with words and a code", async () => {
  render(
    <App>
      <Connection />
    </App>,
  );
  const wrong = connection.connect({ deploymentUrl: "ftp://nowhere", deployKey: "prod:x|secret" });
  await assert.rejects(wrong, (error) => {
    assert.ok(error instanceof BYODError);
    assert.deepEqual([error.code, error.status], ["entered", 400]);
    assert.ok(!error.message.includes("secret"));
    return true;
  });
  await waitFor(() => assert.equal(connection.error?.code, "entered"));
  connection.reset();
  await waitFor(() => assert.equal(connection.error, null));
});

test("a service that can't be reached, and nobody who is signed in, are said", async () => {
  render(
    <ConvexProvider client={convex}>
      <BYODProvider source="gateway" fetchToken={fetchToken} gatewayUrl="http://127.0.0.1:9">
        <Status />
      </BYODProvider>
    </ConvexProvider>,
  );
  await waitFor(() => assert.match(shown().error ?? "", /can't be reached/));
  cleanup();
  render(
    <App token={async () => null}>
      <Status />
      <Connection />
    </App>,
  );
  await assert.rejects(connection.disconnect(), /Sign in first/);
  cleanup();
  render(
    <App signedIn={false}>
      <Status />
    </App>,
  );
  await shows({ isEnabled: false, status: null });
});

test("what was under way when its component went away ends without a word", async (context) => {
  const errors = context.mock.method(console, "error", () => {});
  render(
    <App>
      <Connection />
    </App>,
  );
  const going = connection.test();
  cleanup();
  // There is a record; whatever the test found, it is said to who asked.
  await going;
  assert.deepEqual(errors.mock.calls, []);
});

test("under Strict Mode one stream of events is open, and none once its component went away", async (context) => {
  const asked = context.mock.method(globalThis, "fetch");
  render(
    <App>
      <Status />
    </App>,
  );
  await waitFor(() => assert.equal(shown().isLoading, false), { timeout: 10_000 });
  const open = () => asked.mock.calls.filter((call) => call.arguments[1]?.signal?.aborted === false).length;
  assert.ok(asked.mock.callCount() > 0);
  assert.equal(open(), 1);
  cleanup();
  assert.equal(open(), 0);
});

test("what was typed is sent also when the form goes away, and nothing is said of it then", async (context) => {
  const errors = context.mock.method(console, "error", () => {});
  const asked = context.mock.method(globalThis, "fetch");
  render(
    <App>
      <BYODSettings />
    </App>,
  );
  const url = screen.getByLabelText("Deployment URL") as HTMLInputElement;
  fireEvent.change(url, { target: { value: CREDENTIALS.deploymentUrl } });
  fireEvent.change(screen.getByLabelText("Deploy key"), { target: { value: "prod:alice|wrong" } });
  fireEvent.submit(url.form!);
  const sent = () => asked.mock.calls.find((call) => /\/byod\/(connect|rotate)$/.test(String(call.arguments[0])));
  await waitFor(() => assert.ok(sent()));
  cleanup();
  assert.equal((await sent()!.result)!.status, 200);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(errors.mock.calls, []);
});

test("the form connects, says what fails, and disconnects once that is confirmed", async () => {
  render(
    <App>
      <BYODSettings words={{ title: "Deine Datenbank" }} />
      <BYODGate fallback={<p>gate: closed</p>}>
        <p>gate: open</p>
      </BYODGate>
    </App>,
  );
  screen.getByRole("region", { name: "Deine Datenbank" });
  screen.getByText("gate: open");
  const url = screen.getByLabelText("Deployment URL") as HTMLInputElement;
  const key = screen.getByLabelText("Deploy key") as HTMLInputElement;
  assert.equal(key.type, "password");

  const enter = (url_: string, key_: string) => {
    fireEvent.change(url, { target: { value: url_ } });
    fireEvent.change(key, { target: { value: key_ } });
    fireEvent.submit(url.form!);
  };
  enter(CREDENTIALS.deploymentUrl, "prod:alice|wrong");
  const alert = await screen.findByRole("alert", {}, { timeout: 10_000 });
  assert.match(alert.textContent ?? "", /key/);
  assert.ok(url.getAttribute("aria-describedby")?.includes(alert.id));
  assert.equal(url.getAttribute("aria-invalid"), "true");
  // The key was sent, so it is gone; the URL may be right.
  assert.deepEqual([url.value, key.value], [CREDENTIALS.deploymentUrl, ""]);

  enter(` ${CREDENTIALS.deploymentUrl} `, CREDENTIALS.deployKey);
  await waitFor(() => assert.match(screen.getByRole("status").textContent ?? "", /kept in your own database\. It works\./), {
    timeout: 10_000,
  });
  assert.equal(screen.queryByRole("alert"), null);
  assert.deepEqual([url.value, key.value], ["", ""]);

  fireEvent.click(screen.getByRole("button", { name: "Disconnect" }));
  const group = screen.getByRole("group", { name: /^Disconnect\?/ });
  assert.equal(document.activeElement?.textContent, "Cancel");
  fireEvent.keyDown(group, { key: "Escape" });
  fireEvent.click(screen.getByRole("button", { name: "Disconnect" }));
  fireEvent.click(screen.getByRole("button", { name: "Disconnect" }));
  await waitFor(() => assert.match(screen.getByRole("status").textContent ?? "", /disconnected/), { timeout: 10_000 });
});

const others = async () => OTHERS_TOKEN;

/** Every status that a page has rendered. */
let rendered: ReturnType<typeof useBYOD>[] = [];
function Rendered() {
  rendered.push(useBYOD());
  return null;
}

test("who signs in is never shown the status of who was signed in before", async () => {
  const page = (
    <>
      <Status />
      <Rendered />
      <Connection />
    </>
  );
  const { rerender } = render(<App>{page}</App>);
  await waitFor(() => assert.equal(shown().isLoading, false), { timeout: 10_000 });
  await connection.connect(CREDENTIALS);
  await shows({ isEnabled: true, status: "connected" });

  // One signs out, and another one in.
  rerender(<App signedIn={false}>{page}</App>);
  await shows({ isEnabled: false, status: null });
  rendered = [];
  rerender(<App token={others}>{page}</App>);
  await shows({ isEnabled: false, status: null });
  assert.deepEqual(
    rendered.filter(({ config, error }) => config !== null || error !== null),
    [],
  );
  assert.equal(rendered[0]?.isLoading, true);

  // One takes the other's place.
  rerender(
    <App user="alice" token={fetchToken}>
      {page}
    </App>,
  );
  await shows({ isEnabled: true, status: "connected" });
  rendered = [];
  rerender(
    <App user="bob" token={others}>
      {page}
    </App>,
  );
  await shows({ isEnabled: false, status: null });
  assert.deepEqual(
    rendered.filter(({ config, error }) => config !== null || error !== null),
    [],
  );
  assert.equal(rendered[0]?.isLoading, true);
});

/** How one user follows another: in their place, or after they signed out, where the app names nobody. */
const FOLLOWING = { "in their place": ["alice", "bob"], "after signing out": [undefined, undefined] } as const;

for (const [how, [alice, bob]] of Object.entries(FOLLOWING))
  test(`what one user asks for is not sent with the token of the next one, ${how}`, async (context) => {
    let give: (token: string) => void = () => {};
    const slow = () => new Promise<string>((resolve) => (give = resolve));
    const { rerender } = render(
      <App user={alice}>
        <Connection />
      </App>,
    );
    rerender(
      <App user={alice} token={slow}>
        <Connection />
      </App>,
    );
    const refused = assert.rejects(connection.connect(CREDENTIALS), /Sign in first/);
    await waitFor(() => assert.equal(connection.pending, "connect"));
    if (bob === undefined)
      rerender(
        <App signedIn={false} token={slow}>
          <Connection />
        </App>,
      );
    rerender(
      <App user={bob} token={others}>
        <Connection />
      </App>,
    );
    assert.equal(connection.pending, null);
    const asked = context.mock.method(globalThis, "fetch");
    give(OTHERS_TOKEN);
    await refused;
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.equal(connection.error, null);
    assert.deepEqual(asked.mock.calls.filter((call) => String(call.arguments[0]).endsWith("/connect")), []);
  });

test("the form has nothing of what another user typed and was told", async () => {
  const { rerender } = render(
    <App user="alice">
      <BYODSettings />
    </App>,
  );
  const field = (label: string) => screen.getByLabelText(label) as HTMLInputElement;
  fireEvent.change(field("Deployment URL"), { target: { value: CREDENTIALS.deploymentUrl } });
  fireEvent.change(field("Deploy key"), { target: { value: "prod:alice|wrong" } });
  fireEvent.submit(field("Deployment URL").form!);
  await screen.findByRole("alert", {}, { timeout: 10_000 });
  fireEvent.change(field("Deploy key"), { target: { value: CREDENTIALS.deployKey } });
  rerender(
    <App user="bob" token={others}>
      <BYODSettings />
    </App>,
  );
  assert.deepEqual([field("Deployment URL").value, field("Deploy key").value], ["", ""]);
  assert.equal(screen.queryByRole("alert"), null);
});

test("on a server it renders, and asks for nothing", (context) => {
  const asked = context.mock.method(globalThis, "fetch");
  const html = renderToString(
    <App>
      <Status />
      <BYODSettings />
    </App>,
  );
  assert.ok(html.includes("&quot;isLoading&quot;:true"), html);
  // So it does where main's own query is what says it.
  const ofMain = renderToString(
    <StrictMode>
      <ConvexProvider client={convex}>
        <BYODProvider>
          <Status />
          <BYODGate fallback={null} loading={<p>not yet</p>}>
            <p>what is inside</p>
          </BYODGate>
        </BYODProvider>
      </ConvexProvider>
    </StrictMode>,
  );
  assert.ok(ofMain.includes("&quot;isLoading&quot;:true") && ofMain.includes("not yet"), ofMain);
  assert.equal(asked.mock.callCount(), 0);
});

test("outside of its provider it says what to do", (context) => {
  context.mock.method(console, "error", () => {});
  assert.throws(() => renderToString(<Status />), /put it around your app/);
});
