import { insertAtTop, useAction, useMutation, usePaginatedQuery } from "convex/react";
import { useState, type FormEvent } from "react";

import { api, MODEL, type Conversation, type Message } from "./api";
import { said } from "./failure";

const PAGE = 10;

/** One conversation: its last messages, the older ones on demand, and a form to write another. */
export function Messages({ of: { _id: conversationId, title } }: { of: Conversation }) {
  const { results, status, loadMore } = usePaginatedQuery(
    api.messages.page,
    { conversationId },
    { initialNumItems: PAGE },
  );
  const create = useMutation(api.messages.create).withOptimisticUpdate((store, { role, content }) => {
    const guess: Message = { _id: crypto.randomUUID(), _creationTime: Date.now(), role, content };
    insertAtTop({ paginatedQuery: api.messages.page, argsToMatch: { conversationId }, localQueryStore: store, item: guess });
  });
  const remove = useMutation(api.messages.remove);
  const reply = useAction(api.ai.reply);
  const [draft, setDraft] = useState("");
  const [failure, setFailure] = useState<string | null>(null);

  const tried = async (what: Promise<unknown>) => {
    setFailure(null);
    try {
      await what;
      return true;
    } catch (error) {
      setFailure(said(error));
      return false;
    }
  };
  const send = async (event: FormEvent) => {
    event.preventDefault();
    setDraft("");
    // What could not be sent may be sent again.
    if (!(await tried(create({ conversationId, role: "user", content: draft }))))
      setDraft((since) => since || draft);
  };
  const answer = async () => {
    const messages = results.map(({ role, content }) => ({ role, content })).reverse();
    const content = await reply({ model: MODEL, messages });
    await create({ conversationId, role: "assistant", content });
  };

  return (
    <>
      <h2>{title}</h2>
      {status === "CanLoadMore" || status === "LoadingMore" ? (
        <button type="button" disabled={status === "LoadingMore"} onClick={() => loadMore(PAGE)}>
          Older messages
        </button>
      ) : null}
      <ol aria-label="Messages" aria-live="polite" aria-busy={status === "LoadingFirstPage"}>
        {results.toReversed().map(({ _id, role, content }) => (
          <li key={_id} className={role}>
            <p>{content}</p>
            <button type="button" aria-label={`Delete “${content}”`} onClick={() => void tried(remove({ id: _id }))}>
              ×
            </button>
          </li>
        ))}
      </ol>
      {failure === null ? null : <p role="alert">{failure}</p>}
      <form onSubmit={send}>
        <input aria-label="Message" placeholder="Message" required autoComplete="off" value={draft} onChange={(event) => setDraft(event.target.value)} />
        <button type="submit">Send</button>
        <button type="button" onClick={() => void tried(answer())}>
          Ask for an answer
        </button>
      </form>
    </>
  );
}
