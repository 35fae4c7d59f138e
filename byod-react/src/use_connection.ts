import { useCallback, useEffect, useMemo, useRef, useState } from "react";

import { useProvided } from "./context.js";
import { BYODError } from "./error.js";
import type { BYODConnectionTest, BYODCredentials, Gateway } from "./gateway.js";

type What = "connect" | "test" | "disconnect" | "rotate";

/** What {@link useBYODConnection} gives. Each call ends with an error that is a {@link BYODError}. */
export interface BYODConnection {
  /**
   * Tests a deployment and stores its credentials, encrypted, in the user's record on main. It is in use if the test
   * says `connected`.
   */
  connect(credentials: BYODCredentials): Promise<BYODConnectionTest>;
  /** Tests the deployment that is stored. */
  test(): Promise<BYODConnectionTest>;
  /** Sends the user's calls to main again. Their data stays on their deployment. */
  disconnect(): Promise<void>;
  /** Stores a new deploy key, or the deployment's new URL, without anything being sent to main in between. */
  rotate(credentials: BYODCredentials): Promise<BYODConnectionTest>;
  /** What is under way, one thing at a time. */
  pending: What | null;
  /** Why the last call failed; `null` after one that didn't. */
  error: BYODError | null;
  /** Forgets the error. */
  reset(): void;
}

/** How the calls of one user stand. */
interface Calls {
  of: Gateway | null;
  pending: What | null;
  error: BYODError | null;
}

/** Connects and disconnects the user's own deployment, through the gateway. */
export function useBYODConnection(): BYODConnection {
  const { gateway } = useProvided("useBYODConnection");
  const [calls, setCalls] = useState<Calls>({ of: gateway, pending: null, error: null });
  // What a former user's call is doing, or failed with, is not this one's.
  const { pending, error } = calls.of === gateway ? calls : { pending: null, error: null };
  const underWay = useRef<Gateway | null>(null);
  const mounted = useMounted();

  const run = useCallback(
    async <T>(what: What, call: (gateway: Gateway) => Promise<T>): Promise<T> => {
      if (gateway === null) throw new Error("`<BYODProvider>` needs `fetchToken` for this");
      if (underWay.current === gateway)
        throw new BYODError({
          detail: "Something is under way already. Wait until it has ended.",
          code: "pending",
          status: 0,
        });
      underWay.current = gateway;
      setCalls({ of: gateway, pending: what, error: null });
      let failed: BYODError | null = null;
      try {
        return await call(gateway);
      } catch (error) {
        if (error instanceof BYODError) failed = error;
        throw error;
      } finally {
        if (underWay.current === gateway) {
          underWay.current = null;
          if (mounted.current) setCalls({ of: gateway, pending: null, error: failed });
        }
      }
    },
    [gateway, mounted],
  );

  return useMemo(
    () => ({
      connect: (credentials) => run("connect", (gateway) => gateway.connect(credentials)),
      test: () => run("test", (gateway) => gateway.test()),
      disconnect: () => run("disconnect", (gateway) => gateway.disconnect()),
      rotate: (credentials) => run("rotate", (gateway) => gateway.rotate(credentials)),
      pending,
      error,
      reset: () => setCalls((calls) => ({ ...calls, error: null })),
    }),
    [run, pending, error],
  );
}

function useMounted() {
  const mounted = useRef(false);
  useEffect(() => {
    mounted.current = true;
    return () => {
      mounted.current = false;
    };
  }, []);
  return mounted;
}
