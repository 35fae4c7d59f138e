/** Where the status comes from. */

import { useQueries } from "convex/react";
import { makeFunctionReference } from "convex/server";
import { useEffect, useMemo, useState } from "react";

import { BYODError } from "./error.js";
import type { Gateway } from "./gateway.js";
import { LOADING, statusOf, unknownStatus, type BYODConfig, type BYODStatus } from "./status.js";

const GET_CONFIG = {
  query: makeFunctionReference<"query">("byod/credentials:getConfig"),
  args: {},
};

/** Asks for nothing; the same object each time, for the hook watches anew when it changes. */
const NOTHING = {};
const CONFIG = { config: GET_CONFIG };

/** What main's public query says, live. Its error is a status; it doesn't throw while rendering. */
export function useMainStatus(signedIn: boolean): BYODStatus {
  const { config } = useQueries(signedIn ? CONFIG : NOTHING) as {
    config?: BYODConfig | null | Error;
  };
  return useMemo(() => {
    if (!signedIn) return statusOf(null);
    if (config === undefined) return LOADING;
    return config instanceof Error ? unknownStatus(config) : statusOf(config);
  }, [signedIn, config]);
}

/** Between attempts, in ms: at first and at most. */
const PAUSE = { first: 250, most: 15_000 };

/**
 * What the gateway's events say. The last status stands while the connection is made anew; it is of one `Gateway`, and so
 * of one user.
 */
export function useGatewayStatus(gateway: Gateway | null): BYODStatus {
  const [seen, setSeen] = useState<{ of: Gateway; status: BYODStatus } | null>(null);
  useEffect(() => {
    if (gateway === null) return;
    const ended = new AbortController();
    const set = (status: BYODStatus) => {
      if (!ended.signal.aborted) setSeen({ of: gateway, status });
    };
    void follow(gateway, ended.signal, set);
    return () => ended.abort();
  }, [gateway]);
  if (gateway === null) return NOBODY;
  return seen?.of === gateway ? seen.status : LOADING;
}

const NOBODY = statusOf(null);

async function follow(gateway: Gateway, ended: AbortSignal, set: (status: BYODStatus) => void) {
  let pause = PAUSE.first;
  let known = false;
  while (!ended.aborted) {
    try {
      for await (const config of gateway.configs(ended)) {
        known = true;
        pause = PAUSE.first;
        set(statusOf(config));
      }
    } catch (error) {
      // A connection that breaks is made anew; what the gateway says is said.
      const isSaid = error instanceof BYODError && error.status !== 0;
      if (isSaid || !known) set(unknownStatus(error));
    }
    await waited(pause * (0.5 + Math.random() / 2), ended);
    pause = Math.min(pause * 2, PAUSE.most);
  }
}

function waited(ms: number, ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(() => {
      ended.removeEventListener("abort", end);
      resolve();
    }, ms);
    ended.addEventListener("abort", end, { once: true });
    if (ended.aborted) end();
  });
}
