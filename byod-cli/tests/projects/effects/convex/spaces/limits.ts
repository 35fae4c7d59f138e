export const limits: number[] = [];
