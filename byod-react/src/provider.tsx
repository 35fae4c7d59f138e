import { useConvex } from "convex/react";
import { useEffect, useMemo, useRef, type ReactNode } from "react";

import { Context } from "./context.js";
import { Gateway, type FetchToken } from "./gateway.js";
import type { BYODStatus } from "./status.js";
import { useGatewayStatus, useMainStatus } from "./sources.js";

export interface BYODProviderProps {
  children?: ReactNode;
  /**
   * Whether somebody is signed in; `true` by default. While it is `false` nothing is asked, and the status is that of a
   * user without a deployment of their own.
   */
  signedIn?: boolean;
  /**
   * Where the status comes from. `"main"`, by default: the app's Convex client watches main's public query
   * `byod/credentials:getConfig`. `"gateway"`: the gateway's events, for apps whose main has no such function.
   */
  source?: "main" | "gateway";
  /**
   * The token of who is signed in, as the auth provider gives it. Needed to connect and disconnect, and by the source
   * `"gateway"`.
   */
  fetchToken?: FetchToken;
  /** Where the gateway is; by default where the app's Convex client is connected to, where that is the gateway. */
  gatewayUrl?: string;
}

/** Knows whether the user has a deployment of their own. Stands inside of Convex's provider. */
export function BYODProvider(props: BYODProviderProps) {
  const { children, signedIn = true, source = "main", fetchToken } = props;
  const gateway = useGateway(props.gatewayUrl, fetchToken);
  if (source === "gateway" && gateway === null)
    throw new Error(
      '`<BYODProvider source="gateway">` needs `fetchToken`, and `gatewayUrl` where the Convex client is of another kind',
    );
  const Source = source === "main" ? FromMain : FromGateway;
  return (
    <Source signedIn={signedIn} gateway={gateway}>
      {children}
    </Source>
  );
}

/** One for as long as it is at one place, however often the app makes a new function for the token. */
function useGateway(url: string | undefined, fetchToken: FetchToken | undefined) {
  const convex = useConvex() as ReturnType<typeof useConvex> | undefined;
  const latest = useRef(fetchToken);
  useEffect(() => {
    latest.current = fetchToken;
  });
  const at = url ?? convex?.url;
  const canAsk = fetchToken !== undefined;
  return useMemo(
    () => (canAsk && at !== undefined ? new Gateway(at, async () => latest.current?.()) : null),
    [at, canAsk],
  );
}

interface SourceProps {
  signedIn: boolean;
  gateway: Gateway | null;
  children: ReactNode;
}

function FromMain({ signedIn, gateway, children }: SourceProps) {
  const status = useMainStatus(signedIn);
  return <Provide {...{ status, gateway, children }} />;
}

function FromGateway({ signedIn, gateway, children }: SourceProps) {
  const status = useGatewayStatus(signedIn ? gateway : null);
  return <Provide {...{ status, gateway, children }} />;
}

interface ProvideProps {
  status: BYODStatus;
  gateway: Gateway | null;
  children: ReactNode;
}

function Provide({ status, gateway, children }: ProvideProps) {
  const provided = useMemo(() => ({ status, gateway }), [status, gateway]);
  return <Context.Provider value={provided}>{children}</Context.Provider>;
}
