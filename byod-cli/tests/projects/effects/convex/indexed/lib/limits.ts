export const limits = new Map<string, number>();
