"use node";

import OpenAI from "openai";
import { EMBEDDING_DIMENSIONS, EMBEDDING_MODEL } from "./constants";

/** The gateway speaks OpenAI's protocol for every provider. */
export function gateway(): OpenAI {
  const apiKey = process.env.AI_GATEWAY_KEY;
  if (!apiKey) throw new Error("AI_GATEWAY_KEY is not set");
  return new OpenAI({ apiKey, baseURL: process.env.AI_GATEWAY_URL });
}

export async function embed(text: string): Promise<number[]> {
  const { data } = await gateway().embeddings.create({
    model: EMBEDDING_MODEL,
    input: text.slice(0, 20_000),
    dimensions: EMBEDDING_DIMENSIONS,
  });
  return data[0]!.embedding;
}

/** One answer to one prompt, and what it cost in tokens. */
export async function complete(model: string, system: string, prompt: string) {
  const completion = await gateway().chat.completions.create({
    model,
    messages: [
      { role: "system", content: system },
      { role: "user", content: prompt },
    ],
  });
  return {
    text: completion.choices[0]?.message.content ?? "",
    inputTokens: completion.usage?.prompt_tokens ?? 0,
    outputTokens: completion.usage?.completion_tokens ?? 0,
  };
}
