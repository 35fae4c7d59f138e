import { useConvex } from "convex/react";
import { useInsertionEffect, useMemo, useRef, type ReactNode } from "react";

import { Context, type Provided } from "./context.js";
import { Gateway, type FetchToken } from "./gateway.js";
import { useGatewayStatus, useMainStatus } from "./sources.js";

export interface BYODProviderProps {
  children?: ReactNode;
  /**
   * Whether somebody is signed in; `true` by default. While it is `false` nothing is asked, and the status is that of a
   * user without a deployment of their own.
   */
  signedIn?: boolean;
  /**
   * Who is signed in, such as the id that the auth provider gives them. Needed where one user can follow another without
   * `signedIn` being `false` in between: what was the former one's is dropped. (What main says, its source being
   * `"main"`, is of whom the app's Convex client is authenticated as, like each of its queries.)
   */
  user?: string | null | undefined;
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
  const { children, signedIn = true, user, source = "main", fetchToken } = props;
  const who = signedIn ? `user ${user ?? ""}` : "nobody";
  const gateway = useGateway(props.gatewayUrl, fetchToken, who);
  if (source === "gateway" && gateway === null)
    throw new Error(
      '`<BYODProvider source="gateway">` needs `fetchToken`, and `gatewayUrl` where the Convex client is of another kind',
    );
  const Source = source === "main" ? FromMain : FromGateway;
  return <Source {...{ signedIn, gateway, who }}>{children}</Source>;
}

/** One for as long as it is at one place and one user's, however often the app makes a new function for the token. */
function useGateway(url: string | undefined, fetchToken: FetchToken | undefined, who: string) {
  const convex = useConvex() as ReturnType<typeof useConvex> | undefined;
  const latest = useRef<{ gateway: Gateway | null; fetchToken: FetchToken | undefined }>({ gateway: null, fetchToken });
  const at = url ?? convex?.url;
  const canAsk = fetchToken !== undefined;
  const gateway = useMemo(() => {
    if (!canAsk || at === undefined) return null;
    const made: Gateway = new Gateway(at, async () => {
      const token = await latest.current.fetchToken?.();
      // What one user asked for never goes out with the next one's token.
      return latest.current.gateway === made ? token : null;
    });
    return made;
  }, [at, canAsk, who]);
  // Before any other effect: those of the components inside ask for the token.
  useInsertionEffect(() => {
    latest.current = { gateway, fetchToken };
  });
  return gateway;
}

interface SourceProps {
  signedIn: boolean;
  gateway: Gateway | null;
  who: string;
  children: ReactNode;
}

function FromMain({ signedIn, gateway, who, children }: SourceProps) {
  const status = useMainStatus(signedIn);
  return <Provide {...{ status, gateway, who, children }} />;
}

function FromGateway({ signedIn, gateway, who, children }: SourceProps) {
  const status = useGatewayStatus(signedIn ? gateway : null);
  return <Provide {...{ status, gateway, who, children }} />;
}

interface ProvideProps extends Provided {
  children: ReactNode;
}

function Provide({ status, gateway, who, children }: ProvideProps) {
  const provided = useMemo(() => ({ status, gateway, who }), [status, gateway, who]);
  return <Context.Provider value={provided}>{children}</Context.Provider>;
}
