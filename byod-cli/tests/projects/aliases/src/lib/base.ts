export const base = 4;
