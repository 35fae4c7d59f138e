export const limits: number[] = [];
export function add(limit: number) {
  return limits.push(limit);
}
