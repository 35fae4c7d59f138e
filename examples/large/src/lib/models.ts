/** The models that the app offers; prices in dollars per million tokens. */
export const MODELS = {
  "openai/gpt-5": { name: "GPT-5", context: 400_000, input: 1.25, output: 10 },
  "openai/gpt-5-mini": {
    name: "GPT-5 mini",
    context: 400_000,
    input: 0.25,
    output: 2,
  },
  "anthropic/claude-sonnet-4.5": {
    name: "Claude Sonnet 4.5",
    context: 200_000,
    input: 3,
    output: 15,
  },
  "anthropic/claude-haiku-4.5": {
    name: "Claude Haiku 4.5",
    context: 200_000,
    input: 1,
    output: 5,
  },
  "google/gemini-2.5-flash": {
    name: "Gemini 2.5 Flash",
    context: 1_000_000,
    input: 0.3,
    output: 2.5,
  },
} as const;

export type ModelSlug = keyof typeof MODELS;

export const DEFAULT_MODEL: ModelSlug = "openai/gpt-5-mini";

export function isModel(slug: string): slug is ModelSlug {
  return slug in MODELS;
}

/** What a call costs, in dollars; 0 for a model we don't know. */
export function costOf(
  model: string,
  inputTokens: number,
  outputTokens: number,
): number {
  if (!isModel(model)) return 0;
  const { input, output } = MODELS[model];
  return (inputTokens * input + outputTokens * output) / 1_000_000;
}
