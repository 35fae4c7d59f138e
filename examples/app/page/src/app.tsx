import { BYODGate, BYODSettings } from "byod-react";
import { useConvexAuth, useQuery } from "convex/react";
import { useState } from "react";

import { AnsweredBy } from "./answered_by";
import { api } from "./api";
import { Boundary } from "./boundary";
import { Conversations } from "./conversations";
import { Messages } from "./messages";
import { useSignIn, type User } from "./sign_in";

const NAMES: Record<User, string> = { alice: "Alice", bob: "Bob" };

export function App() {
  const { user, set } = useSignIn();
  const { isAuthenticated } = useConvexAuth();
  if (user === null) return <SignIn />;
  return (
    <div className="app">
      <header>
        <h1>Chat</h1>
        <p>
          <b>{NAMES[user]}</b>{" "}
          <button type="button" onClick={() => set(null)}>
            Sign out
          </button>
        </p>
      </header>
      {isAuthenticated ? <SignedIn key={user} /> : <p role="status">Signing in…</p>}
    </div>
  );
}

function SignIn() {
  const { set } = useSignIn();
  return (
    <main className="sign-in">
      <h1>Chat</h1>
      <p>Whose window is this?</p>
      {(["alice", "bob"] as const).map((user) => (
        <button key={user} type="button" onClick={() => set(user)}>
          Sign in as {NAMES[user]}
        </button>
      ))}
    </main>
  );
}

function SignedIn() {
  return (
    <>
      <BYODGate fallback={({ error }) => <Unusable reason={error} />}>
        <Boundary fallback={(error) => <Unusable reason={error.message} />}>
          <Chat />
        </Boundary>
      </BYODGate>
      <details className="settings">
        <summary>Settings</summary>
        <BYODSettings />
      </details>
    </>
  );
}

/** In the chat's place, while it can't be had from where it is. */
function Unusable({ reason }: { reason: string | null }) {
  return (
    <main className="unusable">
      <h2>Your chats can't be shown at present</h2>
      <p role="alert">{reason}</p>
      <p>Nothing of them is written anywhere else meanwhile. The settings say how your database is doing.</p>
    </main>
  );
}

function Chat() {
  const conversations = useQuery(api.conversations.list, { archived: false });
  const [chosen, choose] = useState<string | null>(null);
  // The one that was chosen may be gone, or in a database that isn't in use any more.
  const open = conversations?.find(({ _id }) => _id === chosen) ?? conversations?.[0];
  return (
    <>
      <AnsweredBy changed={conversations} />
      <Conversations all={conversations} open={open} choose={choose} />
      <main className="open">
        {open === undefined ? (
          <p>{conversations === undefined ? "Loading…" : "Begin with a first chat."}</p>
        ) : (
          <Boundary key={open._id} fallback={(error) => <p role="alert">{error.message}</p>}>
            <Messages of={open} />
          </Boundary>
        )}
      </main>
    </>
  );
}
