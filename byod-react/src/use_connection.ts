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

/** Connects and disconnects the user's own deployment, through the gateway. */
export function useBYODConnection(): BYODConnection {
  const { gateway } = useProvided("useBYODConnection");
  const [pending, setPending] = useState<What | null>(null);
  const [error, setError] = useState<BYODError | null>(null);
  const underWay = useRef<What | null>(null);
  const mounted = useMounted();

  const run = useCallback(
    async <T>(what: What, call: (gateway: Gateway) => Promise<T>): Promise<T> => {
      if (gateway === null) throw new Error("`<BYODProvider>` needs `fetchToken` for this");
      if (underWay.current !== null)
        throw new BYODError({
          detail: "Something is under way already. Wait until it has ended.",
          code: "pending",
          status: 0,
        });
      underWay.current = what;
      setPending(what);
      setError(null);
      try {
        return await call(gateway);
      } catch (error) {
        if (mounted.current && error instanceof BYODError) setError(error);
        throw error;
      } finally {
        underWay.current = null;
        if (mounted.current) setPending(null);
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
      reset: () => setError(null),
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
