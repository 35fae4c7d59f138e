// Written by `byod export`.

// Several users share the deployment, and what a module holds may outlive a call. So
// nothing of it can be changed once a function runs: what a call wrote there, the next
// could read, whosever that is. Writing throws a TypeError, and the call fails.

type Held = () => Record<string, unknown>;

/** What modules hold that can be changed still: since they were loaded. */
const held: [string, Held][] = [];
const still = new WeakSet<object>();
const expressions: RegExp[] = [];
let failed: { why: unknown } | undefined;

/** What functions are bound to, which nothing can ask them: what `bind` was given. */
const bound = new WeakMap<object, unknown[]>();
const bind = Function.prototype.bind;
Object.defineProperty(Function.prototype, "bind", {
  ...Object.getOwnPropertyDescriptor(Function.prototype, "bind"),
  value: {
    bind(this: any, to: any, ...given: any[]) {
      const made = Reflect.apply(bind, this, [to, ...given]);
      bound.set(made, [this, to, ...given]);
      return made;
    },
  }.bind,
});

/** Notes what the module holds; it is looked at when the next function runs. */
export function byodHold(module: string, values: Held) {
  held.push([module, values]);
}

/** Nothing that is noted can be changed from now on. */
export function holdStill() {
  // Where one of them can't be held still, no function runs, however often it is called.
  if (failed !== undefined) throw failed.why;
  for (const expression of expressions) expression.lastIndex = 0;
  if (held.length === 0) return;
  try {
    intrinsics();
    for (const [module, values] of held) {
      for (const [name, value] of Object.entries(values())) {
        freeze(value, `\`${name}\` of \`${module}\``);
      }
    }
  } catch (why) {
    failed = { why };
    throw why;
  }
  held.length = 0;
}

/** The value and all that can be reached from it. */
function freeze(value: unknown, whose: string) {
  const todo = [value];
  const prototypes = new WeakSet<object>();
  while (todo.length > 0) {
    const next = todo.pop();
    if (!isObject(next) || still.has(next)) continue;
    // What a class or a generator makes is kept apart from what it makes it of.
    const isPrototype = prototypes.has(next) || isMadeOf(next);
    const kind = isPrototype ? undefined : moving(next);
    if (kind !== undefined) {
      throw new Error(
        `${whose} holds a ${kind}, which can't be kept from changing, and users share this deployment: make it in the function that uses it`,
      );
    }
    todo.push(...withoutWriting(next), ...(bound.get(next) ?? []));
    still.add(next);
    for (const key of Reflect.ownKeys(next)) {
      const property = Reflect.getOwnPropertyDescriptor(next, key)!;
      const makesOf = typeof next === "function" && key === "prototype";
      if (makesOf && isObject(property.value)) prototypes.add(property.value);
      for (const part of [property.value, property.get, property.set]) {
        if (isObject(part)) todo.push(part);
      }
    }
    todo.push(Reflect.getPrototypeOf(next));
  }
}

function isObject(value: unknown): value is object {
  return (
    (typeof value === "object" && value !== null) || typeof value === "function"
  );
}

/** Freezes it; gives what it holds otherwise than in properties. */
function withoutWriting(value: object): unknown[] {
  const contents: unknown[] = [];
  if (PLAIN.has(Reflect.getPrototypeOf(value))) {
    Object.freeze(value);
    return contents;
  }
  closed.add(value);
  if (answers(Map.prototype.has, value)) {
    Map.prototype.forEach.call(value, (of, key) => contents.push(key, of));
  } else if (answers(Set.prototype.has, value)) {
    Set.prototype.forEach.call(value, (of) => contents.push(of));
  } else if (
    value instanceof RegExp &&
    Object.hasOwn(value, "lastIndex") &&
    (value.global || value.sticky)
  ) {
    // Where it goes on searching is written by whatever uses it: each call begins at
    // the beginning.
    expressions.push(value);
    value.lastIndex = 0;
    Object.preventExtensions(value);
    return contents;
  }
  Object.freeze(value);
  return contents;
}

/** Whether it is of the kind whose method that is: a prototype of such a class isn't. */
function answers(method: (of: any) => unknown, value: object): boolean {
  try {
    Reflect.apply(method, value, [undefined]);
    return true;
  } catch {
    return false;
  }
}

/** Whether it is what a class makes its instances of. */
function isMadeOf(value: object): boolean {
  const made = Reflect.getOwnPropertyDescriptor(value, "constructor")?.value;
  return typeof made === "function" && made.prototype === value;
}

/** What changes otherwise than by its properties, and is held still. */
const closed = new WeakSet<object>();

/**
 * These methods throw for what is held still, however they are called: by `super`, by
 * `call`, or by another name.
 */
function keep(prototype: object, methods: string[]) {
  for (const method of methods) {
    const property = Reflect.getOwnPropertyDescriptor(prototype, method);
    const run = property?.value;
    if (typeof run !== "function") continue;
    const { [method]: value } = {
      [method](this: unknown, ...args: unknown[]) {
        if (isObject(this) && closed.has(this)) {
          throw new TypeError(
            `Cannot ${method}: what a module holds can't be changed where users share a deployment`,
          );
        }
        return Reflect.apply(run, this, args);
      },
    };
    Object.defineProperty(prototype, method, { ...property, value });
  }
}

// This module is loaded before those that hold something.
keep(Map.prototype, [
  "set",
  "delete",
  "clear",
  "getOrInsert",
  "getOrInsertComputed",
]);
keep(Set.prototype, ["add", "delete", "clear"]);
keep(
  Date.prototype,
  Object.getOwnPropertyNames(Date.prototype).filter((name) =>
    name.startsWith("set"),
  ),
);
keep(RegExp.prototype, ["compile"]);

const iterators = [
  Object.getPrototypeOf(Object.getPrototypeOf([].values())),
  Object.getPrototypeOf(
    Object.getPrototypeOf(Object.getPrototypeOf((async function* () {})())),
  ),
];
/** What changes by itself, or inside. */
const MOVING = [
  "ArrayBuffer",
  "SharedArrayBuffer",
  "WeakMap",
  "WeakSet",
  "WeakRef",
  "FinalizationRegistry",
  "Promise",
  "TextDecoder",
  "URL",
  "URLSearchParams",
  "Headers",
  "FormData",
  "Request",
  "Response",
  "AbortController",
  "EventTarget",
  "ReadableStream",
  "WritableStream",
  "TransformStream",
];

/** The prototypes of those, where there are such here. */
const movers = new Map<object, string>(
  MOVING.map((name) => [(globalThis as any)[name]?.prototype, name] as const)
    .filter(([prototype]) => isObject(prototype))
    .concat(iterators.map((of) => [of, "generator or an iterator"] as const)),
);
const PLAIN = new Set<object | null>([
  null,
  Object.prototype,
  Array.prototype,
  Function.prototype,
]);

/** What it is, where freezing it doesn't keep it from changing. */
function moving(value: object): string | undefined {
  if (ArrayBuffer.isView(value)) return "typed array";
  let above = Reflect.getPrototypeOf(value);
  while (above !== null && !PLAIN.has(above)) {
    const kind = movers.get(above);
    if (kind !== undefined) return kind;
    above = Reflect.getPrototypeOf(above);
  }
  return undefined;
}

/** The language's own, beside what has no name. */
const LANGUAGE = [
  "Object",
  "Function",
  "Array",
  "String",
  "Number",
  "Boolean",
  "Symbol",
  "BigInt",
  "Math",
  "JSON",
  "Reflect",
  "Proxy",
  "Date",
  "RegExp",
  "Map",
  "Set",
  "WeakMap",
  "WeakSet",
  "WeakRef",
  "Promise",
  "Iterator",
  "ArrayBuffer",
  "SharedArrayBuffer",
  "DataView",
  "Int8Array",
  "Uint8Array",
  "Uint8ClampedArray",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
  "Error",
  "AggregateError",
  "EvalError",
  "RangeError",
  "ReferenceError",
  "SyntaxError",
  "TypeError",
  "URIError",
];

/** Nothing can be added to what all modules have of the language. */
function intrinsics() {
  const all: any = globalThis;
  const withPrototypes = (some: any[]) =>
    [...some, ...some.map((one) => one?.prototype)].filter(isObject);
  const functions = [
    function* () {},
    async function () {},
    async function* () {},
  ].map((of) => Object.getPrototypeOf(of));
  const steps = [
    [].values(),
    new Map().values(),
    new Set().values(),
    "".matchAll(/x/g),
    ""[Symbol.iterator](),
  ].map((of) => Object.getPrototypeOf(of));
  const closed = withPrototypes([
    ...LANGUAGE.map((name) => all[name]),
    Object.getPrototypeOf(Uint8Array),
    ...functions,
    ...functions.map((of) => of.constructor),
    ...steps,
    ...iterators,
  ]);
  // What shows stack traces sets it later.
  const error: any = Error;
  if (!("prepareStackTrace" in error)) error.prepareStackTrace = undefined;
  for (const one of closed) {
    // Not frozen: else nothing that inherits a property could be given its own.
    Object.preventExtensions(one);
    for (const key of Reflect.ownKeys(one)) {
      const { value, get, set } = Reflect.getOwnPropertyDescriptor(one, key)!;
      for (const of of [value, get, set]) {
        if (typeof of === "function") Object.preventExtensions(of);
      }
    }
  }
  // What else is there belongs to whatever runs this.
  const others = Reflect.ownKeys(all).map(
    (name) => Reflect.getOwnPropertyDescriptor(all, name)?.value,
  );
  for (const one of [...closed, ...withPrototypes(others)]) still.add(one);
}
