import { useMutation } from "convex/react";
import { useState, type FormEvent } from "react";

import { api, MODEL, type Conversation } from "./api";
import { said } from "./failure";

interface ConversationsProps {
  all: Conversation[] | undefined;
  open: Conversation | undefined;
  choose: (id: string) => void;
}

/** The user's conversations, and a form to begin another. */
export function Conversations({ all, open, choose }: ConversationsProps) {
  const create = useMutation(api.conversations.create);
  const [title, setTitle] = useState("");
  const [failure, setFailure] = useState<string | null>(null);
  const begin = async (event: FormEvent) => {
    event.preventDefault();
    setFailure(null);
    try {
      choose(await create({ title, model: MODEL }));
      setTitle("");
    } catch (error) {
      setFailure(said(error));
    }
  };
  return (
    <nav aria-label="Chats">
      <ul>
        {all?.map(({ _id, title }) => (
          <li key={_id}>
            <button type="button" aria-current={_id === open?._id} onClick={() => choose(_id)}>
              {title}
            </button>
          </li>
        ))}
      </ul>
      <form onSubmit={begin}>
        <input aria-label="Title of a new chat" placeholder="New chat" required value={title} onChange={(event) => setTitle(event.target.value)} />
        <button type="submit">Begin</button>
      </form>
      {failure === null ? null : <p role="alert">{failure}</p>}
    </nav>
  );
}
