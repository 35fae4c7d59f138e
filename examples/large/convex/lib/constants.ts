export const EMBEDDING_DIMENSIONS = 1536;
export const EMBEDDING_MODEL = "openai/text-embedding-3-small";
export const MAX_TITLE = 120;
export const MAX_PINNED = 20;
