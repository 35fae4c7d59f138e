// What depends on a language. The engine compares texts by their characters and
// knows no language; a deployment compares as Unicode says (CLDR's root order,
// which is that of English), and the order of a union's literals may come of it.
// What can't be had is inert, so that no validator is made of it unnoticed.

// In the order of Unicode, all before digits and letters.
const SYMBOLS = " _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$";
// Accents in the order of Unicode; others come after them by their characters.
const ACCENTS = "\u0301\u0300\u0306\u0302\u030c\u030a\u0308\u030b\u0303\u0307\u0338\u0335\u0327\u0328\u0304\u030f\u0311\u031b\u0323";
// Letters that are others with something added, though Unicode does not take them apart.
const LETTERS = { "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o\u0338", "đ": "d\u0335", "ł": "l\u0335" };
// Languages in which texts of these characters are in the order of English.
const PLAIN = /^(?:en|de|fr|it|pt|nl|und)\b/i;

// The primary, secondary and tertiary weights of a text.
function weightsOf(text, { numeric, ignorePunctuation }) {
  const weights = { primary: [], secondary: [], tertiary: [], isExact: true };
  let run = "";
  const add = (primary, tertiary = 0) => {
    weights.primary.push(primary);
    weights.secondary.push(0);
    weights.tertiary.push(tertiary);
  };
  const endRun = () => {
    if (run !== "") add(1000 + Number(run));
    run = "";
  };
  for (const character of text.normalize("NFD")) {
    if (numeric && /[0-9]/.test(character)) {
      run += character;
      continue;
    }
    endRun();
    if (/[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad]/.test(character)) continue;
    if (/\p{M}/u.test(character)) {
      const known = ACCENTS.indexOf(character);
      if (known < 0) weights.isExact = false;
      const weight = known < 0 ? 100 + character.codePointAt(0) : known + 1;
      weights.secondary[weights.secondary.length - 1] = (weights.secondary.at(-1) ?? 0) * 1e7 + weight;
      continue;
    }
    const symbol = SYMBOLS.indexOf(character);
    if (symbol >= 0 || /[\p{P}\p{S}\p{Z}\s]/u.test(character)) {
      if (symbol < 0) weights.isExact = false;
      if (!ignorePunctuation) add(symbol < 0 ? symbol - 1 / character.codePointAt(0) : symbol - 1000);
      continue;
    }
    const lower = character.toLowerCase();
    const isUpper = lower !== character ? 1 : 0;
    if (/[0-9]/.test(character)) add(1000 + Number(character));
    else if (/[a-z]/.test(lower)) add(1e9 + lower.charCodeAt(0), isUpper);
    else if (LETTERS[lower]) {
      const weight = ACCENTS.indexOf(LETTERS[lower][1]) + 1;
      add(1e9 + LETTERS[lower].charCodeAt(0), isUpper + (weight > 0 ? 0 : 0.5));
      weights.secondary[weights.secondary.length - 1] = weight || 0.5;
      // Beside an accented letter their order is another.
      if (weight === 0 && lower !== "ß") weights.isExact = false;
      if (weight === 0) add(1e9 + LETTERS[lower].charCodeAt(1), isUpper + 0.5);
    } else {
      weights.isExact = false;
      add(1e9 + lower.codePointAt(0), isUpper);
    }
  }
  endRun();
  return weights;
}

function compareWeights(a, b) {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    // A text that ends comes first.
    const order = (a[i] ?? -Infinity) - (b[i] ?? -Infinity);
    if (order !== 0 && !Number.isNaN(order)) return order < 0 ? -1 : 1;
  }
  return 0;
}

function compareByLocale(a, b, locales, options) {
  const { sensitivity = "variant", caseFirst = "false" } = options ?? {};
  const [first, second] = [weightsOf(a, options ?? {}), weightsOf(b, options ?? {})];
  const locale = Array.isArray(locales) ? locales[0] : locales;
  const isPlain = locale === undefined || PLAIN.test(String(locale));
  if (!(isPlain && first.isExact && second.isExact) && a !== b) host.approximates();
  const accents = sensitivity === "accent" || sensitivity === "variant";
  const cases = sensitivity === "case" || sensitivity === "variant";
  return (
    compareWeights(first.primary, second.primary) ||
    (accents && compareWeights(first.secondary, second.secondary)) ||
    (cases && compareWeights(first.tertiary, second.tertiary) * (caseFirst === "upper" ? -1 : 1)) ||
    0
  );
}

class Collator {
  constructor(locales, options = {}) {
    this.compare = (a, b) => compareByLocale(String(a), String(b), locales, options);
    this.resolvedOptions = () => ({ locale: locales ?? "en-US", ...options });
  }
  static supportedLocalesOf = (locales) => [locales].flat();
}

function groupDigits(value) {
  if (!Number.isFinite(value)) return value < 0 ? "-∞" : value > 0 ? "∞" : "NaN";
  const shortest = String(Math.abs(value));
  const [digits, decimals = ""] = (shortest.includes("e") ? Math.abs(value).toFixed(4) : shortest).split(".");
  const thousandths = BigInt(digits + decimals.slice(0, 3).padEnd(3, "0")) + (decimals[3] >= "5" ? 1n : 0n);
  const whole = String(thousandths / 1000n);
  const fraction = String(thousandths % 1000n).padStart(3, "0");
  const kept = fraction.replace(/0+$/, "");
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  return sign + whole.replace(/\B(?=(\d{3})+$)/g, ",") + (kept && `.${kept}`);
}

const isEnglish = (locales, options) =>
  options === undefined && (locales === undefined || /^en(-US)?$/.test(String(locales)));

function defineMethod(prototype, name, method) {
  Object.defineProperty(prototype, name, { value: method, writable: true, configurable: true });
}

defineMethod(String.prototype, "localeCompare", function (other, locales, options) {
  return compareByLocale(String(this), String(other), locales, options);
});
for (const name of ["toLocaleLowerCase", "toLocaleUpperCase"]) {
  const plain = String.prototype[name];
  defineMethod(String.prototype, name, function (locales) {
    return /^(tr|az|lt)\b/.test(String(locales)) ? inert(`\`${name}\``) : plain.call(this);
  });
}
defineMethod(Number.prototype, "toLocaleString", function (locales, options) {
  const isPlain = isEnglish(locales, options) && Math.abs(this) < 1e12;
  return isPlain ? groupDigits(Number(this)) : inert("`toLocaleString()` of a number");
});
defineMethod(BigInt.prototype, "toLocaleString", function (locales, options) {
  const plain = String(this).replace(/\B(?=(\d{3})+$)/g, ",");
  return isEnglish(locales, options) ? plain : inert("`toLocaleString()` of a number");
});
for (const name of ["toLocaleString", "toLocaleDateString", "toLocaleTimeString"]) {
  defineMethod(Date.prototype, name, () => inert(`\`${name}()\` of a date`));
}
