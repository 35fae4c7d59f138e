// Stands in for `convex-helpers`: what shapes fields and tables at a module's top
// level. What only runs inside a function is not here, and inert.

export function pick(object, names) {
  const kept = Object.entries(object).filter(([name]) => names.includes(name));
  return Object.fromEntries(kept);
}

export function omit(object, names) {
  const kept = Object.entries(object).filter(([name]) => !names.includes(name));
  return Object.fromEntries(kept);
}

export const withoutSystemFields = (document) => omit(document, ["_id", "_creationTime"]);

export const pruneNull = (list) => list.filter((item) => item !== null);

export class NullDocumentError extends Error {}

export function nullThrows(document, message) {
  if (document === null) throw new NullDocumentError(message ?? "Unexpected null document.");
  return document;
}

export function assert(condition, message) {
  if (!condition) throw new Error(message);
}

export async function asyncMap(list, transform) {
  const items = [];
  for (const item of await list) items.push(transform(item, items.length));
  return Promise.all(items);
}
