// What operators do with what is unknown: an inert value, or a text that was made of one. Whatever can't be told is as unknown; where it would have
// to be told to go on, the module ends.

class Undecided extends Error {}

const isUnknown = (value) => infoOf(value) !== undefined;

function infoOf(value) {
  if (isInert(value)) return inertInfo.get(value);
  return isMarkGiven && typeof value === "string" ? inertIn(value) : undefined;
}

// To a package: it may ask which environment it is in, and whether it was given a
// validator, for then it passes on what it was given.
function isUnknownToPackage(value) {
  const known = infoOf(value);
  return known !== undefined && !known.isAmbient && !known.path.endsWith("isConvexValidator");
}

// What several values were spread from.
const manyOf = new WeakMap();
const isMany = (value) => isInert(value) && manyOf.has(value);
// As many as a function may name.
const MANY = 16;

// A text that is known for being made of what is unknown.
const textOfUnknown = (value) => (isInert(value) ? value.toJSON() : value);

// Ends the module that runs: what it does from here on shows nowhere.
function undecided(value) {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = Infinity;
  const known = infoOf(value);
  const error = new Undecided(`what it does depends on ${describeInert(known)}`);
  Error.stackTraceLimit = stackTraceLimit;
  const frames = String(error.stack).split("\n").map((line) => /(?:\(|at )([^()]*):\d+:\d+\)?$/.exec(line)?.[1]);
  // A package that was called ends who called it; else it was loading.
  const ids = frames.filter((one) => records.has(one));
  const id = ids.findLast(isOwn) ?? ids.at(-1);
  if (id !== undefined) endUndecided(records.get(id), error);
  throw error;
}

// Also where the module itself catches it.
function endUndecided(record, error) {
  record.undecided ??= error;
  if (record.state === "done") fail(record, error);
}

const isOwn = (id) => id.startsWith("/") && !id.includes("/node_modules/");
const mayNotGuess = (id) => (host.packagesNotice ? id.startsWith("/") : isOwn(id));

const BINARY = {
  "==": (a, b) => a == b,
  "!=": (a, b) => a != b,
  "===": (a, b) => a === b,
  "!==": (a, b) => a !== b,
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "%": (a, b) => a % b,
  "**": (a, b) => a ** b,
  "<<": (a, b) => a << b,
  ">>": (a, b) => a >> b,
  ">>>": (a, b) => a >>> b,
  "|": (a, b) => a | b,
  "^": (a, b) => a ^ b,
  "&": (a, b) => a & b,
  in: (a, b) => a in b,
  instanceof: (a, b) => a instanceof b,
};
const UNARY = { "!": (a) => !a, "-": (a) => -a, "+": (a) => +a, "~": (a) => ~a, typeof: (a) => typeof a };

const noticingBy = (isUnknown) => ({
  test: (value) => (isUnknown(value) ? undecided(value) : value),
  // Whether something fails, which it did not where there is an answer.
  failing: (value) => !isUnknown(value) && value,
  and: (value, other) => (isUnknown(value) ? value : value && other()),
  or: (value, other) => (isUnknown(value) ? value : value || other()),
  coalesce: (value, other) => (isUnknown(value) ? value : value ?? other()),
  choose: (value, one, other) => (isUnknown(value) ? value : value ? one() : other()),
  binary(operator, a, b) {
    const unknown = isUnknown(a) ? a : isUnknown(b) ? b : undefined;
    if (unknown === undefined) return BINARY[operator](a, b);
    return operator === "+" && (typeof a === "string" || typeof b === "string") ? textOfUnknown(unknown) : unknown;
  },
  unary: (operator, value) => (isUnknown(value) ? value : UNARY[operator](value)),
  typed(kind, value) {
    if (kind !== "function" && kind !== "string") return kind;
    const known = value();
    return isUnknown(known) ? known : kind;
  },
  text(texts, ...values) {
    const unknown = values.find(isUnknown);
    if (unknown !== undefined) return textOfUnknown(unknown);
    return values.reduce((text, value, i) => `${text}${value}${texts[i + 1]}`, texts[0]);
  },
  // What is spread into a list.
  many(value) {
    if (!isUnknown(value)) return value;
    const one = isInert(value) ? inertInfo.get(value).child("[0]") : inert(inertIn(value).origin);
    manyOf.set(one, value);
    return Array(MANY).fill(one);
  },
  array(list) {
    const one = list.find(isMany);
    return one === undefined ? list : manyOf.get(one);
  },
  key: (value) => (isInert(value) ? textOfUnknown(value) : value),
  object: (object) => openObject(object, isUnknown),
  pure(make, ...values) {
    const unknown = values.find(isUnknown);
    if (unknown === undefined) return make(...values);
    return make === String || make === encodeURIComponent ? textOfUnknown(unknown) : unknown;
  },
  // What validates as is not known.
  valid: (object, name, ...values) => values.find(isInert) ?? object[name](...values),
  look(object, name, ...values) {
    const isList = Array.isArray(object);
    if (!isUnknown(object) && (isList || object instanceof Set || object instanceof Map || typeof object === "string")) {
      const unknown = values.find(isUnknown) ?? (isList ? object.find(isUnknown) : undefined);
      if (unknown !== undefined) return unknown;
    }
    return object[name](...values);
  },
  deciding(decide) {
    if (typeof decide !== "function" || isInert(decide)) return decide;
    return function (...values) {
      const said = decide.apply(this, values);
      const known = decide === Boolean ? values[0] : said;
      return isUnknown(known) ? undecided(known) : known;
    };
  },
});
const noticing = noticingBy(isUnknown);
const noticingInPackage = noticingBy(isUnknownToPackage);
const noticingOf = (record) => (record.id.includes("/node_modules/") ? noticingInPackage : noticing);

// An object into which something unknown was spread, or whose keys are: any other name may
// be among them, and what is plain and came before may be another's.
function openObject(object, isUnknown) {
  if (!isMarkGiven) return object;
  const names = Object.keys(object);
  const at = names.findLastIndex(isUnknown);
  if (at < 0) return object;
  const before = new Set(names.slice(0, at));
  const unknown = object[names[at]];
  const other = isInert(unknown) ? unknown : inert(inertIn(names[at]).origin);
  return new Proxy(object, {
    get(own, name, receiver) {
      const value = Reflect.get(own, name, receiver);
      if (typeof name === "symbol" || NOT_INHERITED.has(name)) return value;
      const isPlain = !isObject(value);
      return (before.has(name) && isPlain) || (value === undefined && !Object.hasOwn(own, name)) ? other : value;
    },
  });
}
