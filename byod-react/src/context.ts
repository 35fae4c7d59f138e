/** What the provider hands down. */

import { createContext, useContext } from "react";

import type { Gateway } from "./gateway.js";
import type { BYODStatus } from "./status.js";

export interface Provided {
  status: BYODStatus;
  /** `null` where the app gave no token to reach it with. */
  gateway: Gateway | null;
  /** Another one when another user signs in: what belongs to the former one is dropped. */
  who: string;
}

export const Context = createContext<Provided | null>(null);

export function useProvided(who: string): Provided {
  const provided = useContext(Context);
  if (provided === null)
    throw new Error(`\`${who}\` is used outside of \`<BYODProvider>\`: put it around your app`);
  return provided;
}
