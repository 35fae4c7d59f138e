/** The gateway's HTTP endpoints, for the user who is signed in. */

import { BYODError, errorOf, unreachable } from "./error.js";
import { eventsOf } from "./server_sent_events.js";
import type { BYODConfig, ConnectionStatus } from "./status.js";

/** Where a deployment is and what opens it. They are sent, and never kept. */
export interface BYODCredentials {
  deploymentUrl: string;
  deployKey: string;
}

/** What a test of the user's deployment found. */
export interface BYODConnectionTest {
  /** The status of the user's record after the test. */
  status: ConnectionStatus;
  schemaVersion: number | null;
  /** What keeps the deployment from being used; `null` if nothing does. */
  problem: { kind: string; message: string; code?: string } | null;
  claim: string | null;
  durationMs: number;
}

/** The token of who is signed in; `null` where nobody is. */
export type FetchToken = () => Promise<string | null | undefined>;

/** What the gateway says of a user: its names are those of the record's, `null` where there is nothing. */
interface StatusBody {
  loading: boolean;
  record: { [Name in keyof Required<BYODConfig>]: BYODConfig[Name] | null } | null;
  error: string | null;
}

/** The record as it is, or `undefined` where the service hasn't read it yet. */
function configOf({ loading, record, error }: StatusBody): BYODConfig | null | undefined {
  if (loading) return undefined;
  if (record === null) {
    if (error === null) return null;
    throw new BYODError({ detail: error, code: "record", status: 200 });
  }
  const config: BYODConfig = {
    connectionStatus: record.connectionStatus ?? "error",
    schemaVersion: record.schemaVersion ?? 0,
  };
  if (record.lastSchemaDeploy != null) config.lastSchemaDeploy = record.lastSchemaDeploy;
  if (record.lastConnectionTest != null) config.lastConnectionTest = record.lastConnectionTest;
  if (record.moving != null) config.moving = record.moving;
  const reason = record.connectionError ?? error;
  if (reason != null) config.connectionError = reason;
  return config;
}

export class Gateway {
  constructor(
    /** Where the gateway is, as the app's Convex client has it. */
    private readonly url: string,
    private readonly fetchToken: FetchToken,
  ) {}

  connect(credentials: BYODCredentials): Promise<BYODConnectionTest> {
    return this.post("connect", { ...credentials });
  }

  rotate(credentials: BYODCredentials): Promise<BYODConnectionTest> {
    return this.post("rotate", { ...credentials });
  }

  test(): Promise<BYODConnectionTest> {
    return this.post("test", {});
  }

  async disconnect(): Promise<void> {
    await this.post("disconnect", {});
  }

  /** The user's record now, and after every change, until `signal` ends it or the connection does. */
  async *configs(signal: AbortSignal): AsyncGenerator<BYODConfig | null> {
    const response = await this.fetch("events", {
      headers: { accept: "text/event-stream" },
      signal,
    });
    for await (const event of eventsOf(response)) {
      if (event.type !== "status") continue;
      const config = configOf(JSON.parse(event.data) as StatusBody);
      if (config !== undefined) yield config;
    }
  }

  private async post<T>(what: string, body: object): Promise<T> {
    const response = await this.fetch(what, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    return (await response.json()) as T;
  }

  private async fetch(what: string, init: RequestInit): Promise<Response> {
    const token = await this.fetchToken();
    if (token == null)
      throw new BYODError({ detail: "Sign in first.", code: "unauthenticated", status: 401 });
    const url = `${this.url.replace(/\/+$/, "")}/byod/${what}`;
    const headers = { ...init.headers, authorization: `Bearer ${token}` };
    let response: Response;
    try {
      response = await fetch(url, { ...init, headers, cache: "no-store", credentials: "omit" });
    } catch (error) {
      if (init.signal?.aborted) throw error;
      throw unreachable();
    }
    if (!response.ok) throw await errorOf(response);
    return response;
  }
}
