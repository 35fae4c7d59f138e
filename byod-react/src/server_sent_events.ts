/**
 * Reads server-sent events of a response. A browser's own `EventSource` sends no authorization, so it can't be used:
 * https://html.spec.whatwg.org/multipage/server-sent-events.html
 */

export interface ServerSentEvent {
  type: string;
  data: string;
}

/** More of one event than any status has, in UTF-16 units. */
const LONGEST = 1 << 20;

export async function* eventsOf(response: Response): AsyncGenerator<ServerSentEvent> {
  if (response.body === null) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    let rest = "";
    let event = { type: "", data: [] as string[] };
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      rest += value;
      // A line may end in CR, LF or both; a CR at the end may be half of both.
      const lines = rest.split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop() ?? "";
      if (rest.length > LONGEST) throw new Error("An event is too long");
      for (const line of lines) {
        if (line !== "") {
          read(line, event);
          continue;
        }
        if (event.data.length > 0)
          yield { type: event.type || "message", data: event.data.join("\n") };
        event = { type: "", data: [] };
      }
    }
  } finally {
    // The connection ends with who reads it.
    await reader.cancel().catch(() => {});
  }
}

function read(line: string, event: { type: string; data: string[] }) {
  const colon = line.indexOf(":");
  const name = colon === -1 ? line : line.slice(0, colon);
  const value = colon === -1 ? "" : line.slice(colon + 1).replace(/^ /, "");
  if (name === "event") event.type = value;
  if (name === "data") event.data.push(value);
}
