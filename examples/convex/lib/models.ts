/** The models that the app offers, as the gateway names them. */
export const MODELS = [
  "openai/gpt-5",
  "openai/gpt-5-mini",
  "anthropic/claude-sonnet-4.5",
  "google/gemini-2.5-flash",
] as const;
