/** What the hook shows while its user's data moves, by either source. Whoever runs this moves it once there is one more conversation. */

import { cleanup, render, waitFor } from "@testing-library/react";
import { ConvexProvider, ConvexReactClient } from "convex/react";
import { anyApi } from "convex/server";
import assert from "node:assert/strict";
import { test } from "node:test";
import { useEffect, version } from "react";
import WebSocket from "ws";

import { BYODProvider, useBYOD, type BYODProviderProps, type BYODStatus } from "../src/index.js";

const clients: ConvexReactClient[] = [];

/** What one user's page has shown. */
class Page {
  readonly client = new ConvexReactClient(process.env["BYOD_GATEWAY"]!, {
    skipConvexDeploymentUrlCheck: true,
    webSocketConstructor: WebSocket as unknown as typeof globalThis.WebSocket,
    logger: false,
  });
  readonly shown: Record<"main" | "gateway", BYODStatus[]> = { main: [], gateway: [] };

  constructor(private readonly token: string) {
    this.client.setAuth(async () => token);
    clients.push(this.client);
    const sources = ["main", "gateway"] as const;
    render(<ConvexProvider client={this.client}>{sources.map((source) => this.of(source))}</ConvexProvider>);
  }

  private of(source: NonNullable<BYODProviderProps["source"]>) {
    const shown = this.shown[source];
    function Shown() {
      const status = useBYOD();
      useEffect(() => void shown.push(status), [status]);
      return null;
    }
    return (
      <BYODProvider key={source} source={source} fetchToken={async () => this.token}>
        <Shown />
      </BYODProvider>
    );
  }

  /** Until both sources show that. */
  async both(holds: (status: BYODStatus) => boolean, timeout = 10_000) {
    for (const [source, shown] of Object.entries(this.shown))
      await waitFor(() => assert.ok(holds(shown.at(-1)!), `${source}: ${JSON.stringify(shown.at(-1))}`), { timeout });
  }
}

test("it shows how far a move is until it is over", async (context) => {
  context.after(async () => {
    cleanup();
    await Promise.all(clients.map((client) => client.close()));
  });
  assert.ok(version.startsWith(`${process.env["BYOD_REACT"]}.`), version);
  const page = new Page(process.env["BYOD_TOKEN"]!);
  const others = new Page(process.env["BYOD_OTHERS_TOKEN"]!);
  await page.both(({ isLoading, config }) => !isLoading && config === null);
  await others.both(({ isLoading, config }) => !isLoading && config === null);
  await page.client.mutation(anyApi.conversations!.create!, { title: "the last", model: "m" });
  await page.both(({ isEnabled, config }) => isEnabled && config?.moving === undefined, 50_000);

  for (const [source, shown] of Object.entries(page.shown)) {
    const moving = shown.flatMap(({ config }) => config?.moving ?? []);
    const said = `${source}: ${JSON.stringify(moving)}`;
    assert.ok(moving.every(({ direction }) => direction === "in"), said);
    const copied = moving.filter(({ phase }) => phase === "copy");
    assert.ok(copied.every(({ frozen }) => frozen), said);
    assert.ok(copied.some(({ table, done, total }) => table === "conversations" && done > 0 && done < total), said);
    const done = copied.map(({ done }) => done);
    assert.deepEqual(done, [...done].sort((one, other) => one - other), said);
    // The writes that it refuses are those before the other side answers.
    for (const { isEnabled, config } of shown) assert.ok(!(isEnabled && config?.moving?.frozen), said);
  }
  await others.both(({ config }) => config === null);
  for (const shown of Object.values(others.shown)) assert.ok(shown.every(({ config }) => config === null));
});
