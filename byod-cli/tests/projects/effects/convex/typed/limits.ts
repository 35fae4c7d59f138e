export type Limit = number;
const limits: Limit[] = [];
limits.push(1);
