// Inert values stand for what is not there: a package that is not installed, a
// Node builtin, an export of a module that failed. They can be called,
// constructed, spread, iterated and asked for any property, and remember where
// they came from. A validator that is one, or holds its mark in a text or a
// field name, is found when it is exported.

const inertOrigins = [];
const inertInfo = new WeakMap();
// Around a mark: a character of private use, which JSON does not escape.
const INERT_SIGN = "\ue000";
// A mark, in whatever case, also without its number and what is around it; or either end
// of one.
const MARK = /\ue000?byodinert(\d*)|\ue000b|\d\ue000/i;
// Whether a mark was given to anyone, without which no text has one.
let isMarkGiven = false;
// Of what marks were given.
const marked = new Set();

// Where something was asked how many, which or what an inert value holds, by the module
// that ran then: what comes of the answer may lack anything.
const askedInert = new Map();

function askedWhich(origin) {
  const id = host.runningNow();
  if (!askedInert.has(id)) askedInert.set(id, origin);
}

// Names that say of an object what it is.
const NOT_INHERITED = new Set(["constructor", "then", "toJSON", "toString", "valueOf", "isQuery", "isMutation", "isAction", "isConvexValidator", "kind", "export"]);

// Of what is of the environment (`isAmbient`), packages that are installed make texts and
// numbers while they load; of what is absent such a text would be a guess.
function inert(origin, path = "", isAmbient = false) {
  const target = function () {};
  // What a class of a project's own inherits from it.
  target.prototype = new Proxy(target.prototype, {
    get: (own, name) => (typeof name === "symbol" || NOT_INHERITED.has(name) ? own[name] : child(path === "" ? name : `.${name}`)),
  });
  const children = new Map();
  const child = (name) => {
    if (!children.has(name)) children.set(name, inert(origin, path + name, isAmbient));
    return children.get(name);
  };
  const number = inertOrigins.push({ origin, path, isAmbient }) - 1;
  const mark = `${INERT_SIGN}byodinert${number}${INERT_SIGN}`;
  const giveMark = () => {
    if (!isMarkGiven) keepMarks();
    isMarkGiven = true;
    marked.add(number);
    askedWhich(origin);
    return mark;
  };
  const isGuess = () => host.notices && !isAmbient && !isAnswering && mayNotGuess(host.runningNow());
  // For `const [a, b] = …`; what takes all of them can't be told how many there are.
  const several = function* () {
    for (let i = 0; i < 32; i++) yield child(`[${i}]`);
    undecided(value);
  };
  const value = new Proxy(target, {
    get(_, name) {
      if (name === Symbol.toPrimitive) {
        return (hint) => (isGuess() ? undecided(value) : hint === "number" ? NaN : giveMark());
      }
      if (name === Symbol.iterator || name === Symbol.asyncIterator) askedWhich(origin);
      if (name === Symbol.iterator) {
        return function* () {
          if (isGuess()) yield* several();
          else yield child("[0]");
        };
      }
      if (name === Symbol.asyncIterator) {
        return async function* () {
          yield child("[0]");
        };
      }
      if (typeof name === "symbol" || name === "then") return undefined;
      if (name === "prototype") return target.prototype;
      const isNoticed = host.notices && !isAnswering;
      if (name === "toJSON" || (!isNoticed && (name === "toString" || name === "valueOf"))) return giveMark;
      if (name === "length" && !isNoticed) {
        askedWhich(origin);
        return 0;
      }
      if (name === mark) return value;
      // No program needs a path this long; a loop over `node.parent` ends here.
      return path.length > 1000 ? undefined : child(path === "" ? name : `.${name}`);
    },
    apply(_, __, args) {
      // What it would have been called with may have made anything.
      const isGiven = args.some((arg) => typeof arg === "function" && !isInert(arg));
      if (isGiven && isGuess() && path.endsWith(".forEach")) undecided(value);
      if (isGiven) askedWhich(origin);
      return path.length > 1000 ? undefined : child("()");
    },
    construct(_, args, newTarget) {
      // Not `()`, for no function of Convex comes of `new`.
      if (newTarget === value) return child("{}");
      return Object.create(newTarget.prototype ?? Object.prototype);
    },
    has(_, name) {
      askedWhich(origin);
      return typeof name !== "symbol" && name !== "then";
    },
    set: () => true,
    defineProperty: () => true,
    deleteProperty: () => true,
    // Spreading leaves the mark behind, so that what is missing is noticed.
    ownKeys: () => ["prototype", giveMark()],
    getOwnPropertyDescriptor: (_, name) =>
      name === "prototype"
        ? Reflect.getOwnPropertyDescriptor(target, name)
        : { value: name === mark ? value : child(String(name)), enumerable: true, configurable: true, writable: true },
  });
  inertInfo.set(value, { origin, path, isAmbient, child });
  return value;
}

function isInert(value) {
  return typeof value === "function" && inertInfo.has(value);
}

// What is known of the first inert value in a text that was made from it.
function inertIn(text) {
  if (!isMarkGiven) return undefined;
  const found = MARK.exec(text);
  if (!found) return undefined;
  const only = marked.size === 1 ? [...marked][0] : undefined;
  return inertOrigins[found[1] || only] ?? { origin: "something that is not there", path: "" };
}

// What makes other texts of one.
const OF_TEXTS = [
  "at",
  "charAt",
  "normalize",
  "padEnd",
  "padStart",
  "repeat",
  "replace",
  "replaceAll",
  "slice",
  "split",
  "substr",
  "substring",
  "toLocaleLowerCase",
  "toLocaleUpperCase",
  "toLowerCase",
  "toUpperCase",
  "trim",
  "trimEnd",
  "trimStart",
];

// From the first mark on, nothing that is made of a text with one is without: what
// `replace(/[^a-z]/g, "")` leaves of it would be a name like any other.
function keepMarks() {
  const hasMark = (text) => inertIn(text) !== undefined;
  for (const name of OF_TEXTS) {
    const own = String.prototype[name];
    const kept = function (...args) {
      const made = own.apply(this, args);
      const found = MARK.exec(`${this}`);
      if (!found) return made;
      const mark = found[1] ? `${INERT_SIGN}byodinert${found[1]}${INERT_SIGN}` : found[0];
      if (Array.isArray(made)) return made.some(hasMark) ? made : [mark];
      return typeof made !== "string" || hasMark(made) ? made : mark;
    };
    Object.defineProperty(String.prototype, name, { value: kept, enumerable: false, configurable: true, writable: true });
  }
}

const shownPath = (path) => path.replaceAll("{}", "()");

function describeInert({ origin, path }) {
  return path === "" ? origin : `\`${shownPath(path)}\` of ${origin}`;
}
