export function add(to: number[]) {
  return to.push(1);
}
