globalThis.limit = 3;
