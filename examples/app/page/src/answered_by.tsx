import { useConvex } from "convex/react";
import { useEffect, useState } from "react";

import { useSignIn } from "./sign_in";

/** What is asked, once of either side. */
const ASKED = { account: { path: "users:me", args: {} }, chats: { path: "conversations:list", args: { limit: 1 } } };

type Answered = Record<keyof typeof ASKED, string>;

const SIDES: Record<string, string> = { main: "the service's database", user: "your own database" };

/** Says which database answered. The gateway tells, in a header of what it answers over HTTP. */
export function AnsweredBy({ changed }: { changed: unknown }) {
  const { url } = useConvex();
  const { fetchToken } = useSignIn();
  const [answered, setAnswered] = useState<Answered | null>(null);
  useEffect(() => {
    const ended = new AbortController();
    const ask = async ({ path, args }: (typeof ASKED)[keyof typeof ASKED], token: string | null) => {
      const answer = await fetch(`${url}/api/query`, {
        method: "POST",
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: JSON.stringify({ path, args, format: "json" }),
        signal: ended.signal,
      });
      return SIDES[answer.headers.get("byod-deployment") ?? ""] ?? "nobody";
    };
    const askAll = async () => {
      const token = await fetchToken();
      const [account, chats] = await Promise.all([ask(ASKED.account, token), ask(ASKED.chats, token)]);
      setAnswered({ account, chats });
    };
    // Whatever keeps it from being asked keeps the page from working, which says so.
    askAll().catch(() => {});
    return () => ended.abort();
  }, [url, fetchToken, changed]);
  return (
    <p className="answered" role="status" aria-label="Which database answered">
      {answered === null ? "…" : <>Chats: answered by <b>{answered.chats}</b>. Account: by {answered.account}.</>}
    </p>
  );
}
