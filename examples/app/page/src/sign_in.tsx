/** Who uses this window. In an app of your own this is your auth provider's package. */

import { createContext, useCallback, useContext, useMemo, useState, type ReactNode } from "react";

export type User = "alice" | "bob";

interface SignIn {
  user: User | null;
  set(user: User | null): void;
  fetchToken(): Promise<string | null>;
}

const Context = createContext<SignIn | null>(null);

/** Kept for the window, so that two of them may be two users'. */
const KEPT = "user";

/** Convex's client says nothing until it has a token, so it gets one as soon as the service is there again. */
async function tokenOf(user: User): Promise<string> {
  for (let pause = 100; ; pause = Math.min(2 * pause, 5_000)) {
    const answer = await fetch(`/sign-in/${user}`, { method: "POST" }).catch(() => null);
    if (answer?.ok) return await answer.text();
    if (answer !== null && answer.status < 500) throw new Error(`The service answers with HTTP status ${answer.status}`);
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

export function SignInProvider({ children }: { children: ReactNode }) {
  const [user, setUser] = useState(() => sessionStorage.getItem(KEPT) as User | null);
  const signIn = useMemo<SignIn>(
    () => ({
      user,
      set(user) {
        if (user === null) sessionStorage.removeItem(KEPT);
        else sessionStorage.setItem(KEPT, user);
        setUser(user);
      },
      fetchToken: async () => (user === null ? null : await tokenOf(user)),
    }),
    [user],
  );
  return <Context.Provider value={signIn}>{children}</Context.Provider>;
}

export function useSignIn(): SignIn {
  return useContext(Context)!;
}

/** As Convex's `ConvexProviderWithAuth` asks for it. */
export function useAuth() {
  const { user, fetchToken } = useSignIn();
  const fetchAccessToken = useCallback(async () => await fetchToken(), [fetchToken]);
  return useMemo(
    () => ({ isLoading: false, isAuthenticated: user !== null, fetchAccessToken }),
    [user, fetchAccessToken],
  );
}
