/** The functions that the page calls. In an app of your own they come from `convex/_generated/api`. */

import {
  makeFunctionReference as reference,
  type PaginationOptions,
  type PaginationResult,
} from "convex/server";

export interface Conversation {
  _id: string;
  title: string;
}

export interface Message {
  _id: string;
  _creationTime: number;
  role: "user" | "assistant";
  content: string;
}

type Said = Pick<Message, "role" | "content">;

export const api = {
  ai: {
    reply: reference<"action", { model: string; messages: Said[] }, string>("ai:reply"),
  },
  conversations: {
    list: reference<"query", { archived?: boolean; limit?: number }, Conversation[]>("conversations:list"),
    create: reference<"mutation", { title: string; model: string }, string>("conversations:create"),
  },
  messages: {
    page: reference<
      "query",
      { conversationId: string; paginationOpts: PaginationOptions },
      PaginationResult<Message>
    >("messages:page"),
    create: reference<"mutation", Said & { conversationId: string }, string>("messages:create"),
    remove: reference<"mutation", { id: string }, null>("messages:remove"),
  },
};

/** The model that conversations are made with; the example has none behind it. */
export const MODEL = "none";
