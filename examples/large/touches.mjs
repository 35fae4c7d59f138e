// Which tables every function of convex/ touches, as TypeScript's own checker sees it:
//
//   node touches.mjs          prints them, as JSON
//   node touches.mjs --check  compares with expected.json, for the public ones, and internal.json;
//                             exit status 1 where they differ, or the project doesn't typecheck
//
// A table is touched where `ctx.db` or `ctx.vectorSearch` is called with its name, or with
// an id whose type names it: in the function, in what it calls, and in the functions that
// it runs or schedules by reference ("throughCalls", as far as they are reached only so).
// What an aggregate counts is touched where the aggregate is used, what a trigger touches
// where its table is written by a builder that has the triggers. The lookup of the user
// who calls is not counted, but whatever is read of their document beyond its id is.
// "?" stands for a table that no type names.
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import ts from "typescript";

const root = import.meta.dirname;
const convex = join(root, "convex");

/**
 * Where the checker sees more than there is: a table that a function takes as a value
 * of a generic type stands for all that the type allows.
 */
const WIDER = new Set([
  "bookmarks:get",
  "bookmarks:recent",
  "snippets:get",
  "snippets:list",
]);

const config = ts.getParsedCommandLineOfConfigFile(
  join(root, "tsconfig.json"),
  {},
  {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
      throw new Error(
        ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n"),
      );
    },
  },
);
const program = ts.createProgram(config.fileNames, config.options);
const checker = program.getTypeChecker();

const moduleOf = (file) => relative(convex, file.fileName).replace(/\.ts$/, "");
const isOurs = (file) =>
  file.fileName.startsWith(root) &&
  !file.fileName.includes("node_modules") &&
  !file.fileName.includes("_generated") &&
  // What `byod export --main` has written is not the app's.
  !file.fileName.startsWith(join(convex, "byod"));

const skipped = (node) =>
  ts.isAsExpression(node) ||
  ts.isParenthesizedExpression(node) ||
  ts.isNonNullExpression(node) ||
  ts.isAwaitExpression(node);
const bare = (node) => {
  while (skipped(node)) node = node.expression;
  return node;
};
const followed = (symbol) =>
  symbol && symbol.flags & ts.SymbolFlags.Alias
    ? checker.getAliasedSymbol(symbol)
    : symbol;

// --- The functions that are registered ---------------------------------------------------

const functions = new Map();
for (const file of program.getSourceFiles()) {
  if (!file.fileName.startsWith(convex) || !isOurs(file)) continue;
  const symbol = checker.getSymbolAtLocation(file);
  for (const exported of symbol ? checker.getExportsOfModule(symbol) : []) {
    const target = followed(exported);
    const declaration = target.valueDeclaration;
    if (!declaration) continue;
    const type = checker.getTypeOfSymbol(target);
    if (!type.getProperty("isConvexFunction")) continue;
    functions.set(`${moduleOf(file)}:${exported.name}`, {
      declaration,
      type,
      isPublic: type.getProperty("isPublic") !== undefined,
    });
  }
}

// --- Types --------------------------------------------------------------------------------

const parts = (type) => (type.isUnion() ? type.types : [type]);
const ofTypeParameter = (type) => checker.getBaseConstraintOfType(type) ?? type;
const all = checker.getTypeOfSymbol(
  checker
    .getExportsOfModule(
      checker.getSymbolAtLocation(
        program.getSourceFile(join(convex, "schema.ts")),
      ),
    )
    .find((s) => s.name === "default"),
);
const tablesOfSchema = checker
  .getTypeOfSymbol(all.getProperty("tables"))
  .getProperties()
  .map((property) => property.name);

/** The tables that a type of names stands for. */
function named(type) {
  const names = parts(ofTypeParameter(type)).map((part) =>
    part.isStringLiteral() ? part.value : "?",
  );
  // Any table is none in particular.
  return names.length >= tablesOfSchema.length ? ["?"] : names;
}

/** The tables whose ids a type stands for. */
function ofIds(type) {
  return parts(ofTypeParameter(checker.getNonNullableType(type))).flatMap(
    (part) => {
      const brand = part.getProperty("__tableName");
      return brand ? named(checker.getTypeOfSymbol(brand)) : ["?"];
    },
  );
}

const isName = (type) =>
  parts(ofTypeParameter(type)).every(
    (part) =>
      part.flags & ts.TypeFlags.StringLike && !part.getProperty("__tableName"),
  );

const isUser = (type) =>
  parts(checker.getNonNullableType(type)).some(
    (part) => part.getProperty("clerkId") && part.getProperty("_id"),
  );

// --- What a piece of code touches -----------------------------------------------------------

const DB = new Set(["query", "get", "insert", "patch", "replace", "delete"]);

const isDbType = (type) =>
  parts(type).some(
    (part) => part.getProperty("normalizeId") && part.getProperty("query"),
  );

function isDb(receiver) {
  const type = checker.getTypeAtLocation(receiver);
  if (!(type.flags & ts.TypeFlags.Any)) return isDbType(type);
  const node = bare(receiver);
  return ts.isPropertyAccessExpression(node)
    ? node.name.text === "db"
    : ts.isIdentifier(node) && node.text === "db";
}

/** What is registered with `triggers.register(table, run)`, by the table. */
const triggers = new Map();
for (const file of program.getSourceFiles().filter(isOurs)) {
  const visit = (node) => {
    if (
      ts.isCallExpression(node) &&
      ts.isPropertyAccessExpression(node.expression) &&
      node.expression.name.text === "register" &&
      checker.getTypeAtLocation(node.expression.expression).symbol?.name ===
        "Triggers"
    ) {
      for (const table of named(checker.getTypeAtLocation(node.arguments[0]))) {
        triggers.set(table, [
          ...(triggers.get(table) ?? []),
          node.arguments[1],
        ]);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
}

/** `ctx.db.query("users").withIndex("by_clerk_id", …)` with the caller's own identity. */
function asksWhoCalls(call) {
  const next = call.parent?.parent;
  return (
    next &&
    ts.isCallExpression(next) &&
    ts.isPropertyAccessExpression(next.expression) &&
    next.expression.expression === call &&
    next.expression.name.text === "withIndex" &&
    /"by_clerk_id".*\bidentity!?\.subject/s.test(next.getText())
  );
}

/** `internal.a.b.c` or `api.a.b.c`, as `a/b:c`. */
function reference(expression) {
  const names = [];
  let node = bare(expression);
  while (ts.isPropertyAccessExpression(node)) {
    names.unshift(node.name.text);
    node = bare(node.expression);
  }
  if (
    !ts.isIdentifier(node) ||
    !["api", "internal"].includes(node.text) ||
    names.length < 2
  )
    return null;
  return `${names.slice(0, -1).join("/")}:${names.at(-1)}`;
}

class Walk {
  direct = new Set();
  called = new Set();
  #seen = new Set();
  #inAction = false;
  /** Tables that are written while triggers are on. */
  #triggering = false;
  #written = new Map();

  constructor(name) {
    this.#function(name, false);
    if (!this.#triggering) return;
    for (const [table, through] of this.#written) {
      for (const run of triggers.get(table) ?? []) this.#visit(run, through);
    }
  }

  #function(name, through) {
    const found = functions.get(name);
    if (!found) throw new Error(`${name} is called, and is no function`);
    // What an action knows of a document, it has from a function that it runs.
    const around = this.#inAction;
    this.#inAction = found.type.getProperty("isAction") !== undefined;
    this.#declaration(found.declaration, through, true);
    this.#inAction = around;
    // It answers with the caller's whole document.
    const returns = found.type.aliasTypeArguments?.at(-1);
    const answer = returns && checker.getAwaitedType(returns);
    if (answer && isUser(answer)) this.#add(["users"], through);
  }

  #add(tables, through) {
    for (const table of tables) {
      // Convex's own tables are on both sides.
      if (!table.startsWith("_"))
        (through ? this.called : this.direct).add(table);
    }
  }

  /** Where something is declared, once. */
  #declaration(declaration, through, asked = false) {
    if (!isOurs(declaration.getSourceFile())) return;
    const key = `${declaration.getSourceFile().fileName}:${declaration.pos}:${through}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    if (
      ts.isFunctionDeclaration(declaration) ||
      ts.isMethodDeclaration(declaration)
    ) {
      if (declaration.body) this.#visit(declaration.body, through);
    } else if (ts.isVariableDeclaration(declaration)) {
      // Another function of the module, that is only named.
      const type = checker.getTypeAtLocation(declaration);
      if (!asked && type.getProperty("isConvexFunction")) return;
      if (declaration.initializer)
        this.#visit(declaration.initializer, through);
    } else if (ts.isBindingElement(declaration)) {
      this.#taken(declaration, through);
    } else if (ts.isPropertyAssignment(declaration)) {
      this.#visit(declaration.initializer, through);
    }
  }

  /** `const { a } = …`: of the object, only what is taken out of it. */
  #taken(element, through) {
    const variable = element.parent.parent;
    if (!ts.isVariableDeclaration(variable) || !variable.initializer) return;
    const statement = variable.parent?.parent;
    if (
      !statement ||
      !ts.isVariableStatement(statement) ||
      !ts.isSourceFile(statement.parent)
    )
      return;
    const name = (element.propertyName ?? element.name).getText();
    const property = checker
      .getTypeAtLocation(variable.initializer)
      .getProperty(name);
    for (const declaration of property?.declarations ?? []) {
      this.#declaration(declaration, through, true);
    }
  }

  #visit(node, through) {
    if (ts.isTypeNode(node)) return;
    if (ts.isCallExpression(node)) this.#call(node, through);
    if (ts.isPropertyAccessExpression(node) && node.name.text !== "_id") {
      if (isUser(checker.getTypeAtLocation(node.expression)))
        this.#add(["users"], through || this.#inAction);
    }
    if (
      ts.isIdentifier(node) &&
      !(ts.isPropertyAccessExpression(node.parent) && node.parent.name === node)
    ) {
      const symbol = ts.isShorthandPropertyAssignment(node.parent)
        ? checker.getShorthandAssignmentValueSymbol(node.parent)
        : checker.getSymbolAtLocation(node);
      const declaration = followed(symbol)?.valueDeclaration;
      if (declaration) this.#declaration(declaration, through);
      if (checker.getTypeAtLocation(node).symbol?.name === "Triggers")
        this.#triggering = true;
    }
    ts.forEachChild(node, (child) => this.#visit(child, through));
  }

  /** A package's function that is given the database: what it is told, and what it answers. */
  #library(call, through) {
    const declaration = checker.getResolvedSignature(call)?.declaration;
    if (
      !declaration ||
      !declaration.getSourceFile().fileName.includes("node_modules")
    )
      return;
    if (
      !call.arguments.some((argument) =>
        isDbType(checker.getTypeAtLocation(argument)),
      )
    )
      return;
    for (const argument of call.arguments) {
      const type = checker.getTypeAtLocation(argument);
      if (type.isStringLiteral() && tablesOfSchema.includes(type.value))
        this.#add([type.value], through);
    }
    const answer = checker.getAwaitedType(checker.getTypeAtLocation(call));
    const one =
      (answer && checker.getIndexTypeOfType(answer, ts.IndexKind.Number)) ??
      answer;
    for (const part of one ? parts(checker.getNonNullableType(one)) : []) {
      const id = part.getProperty("_id");
      if (id) this.#add(ofIds(checker.getTypeOfSymbol(id)), through);
    }
  }

  #call(call, through) {
    const callee = bare(call.expression);
    this.#library(call, through);
    if (!ts.isPropertyAccessExpression(callee)) return;
    const method = callee.name.text;
    const [first, second] = call.arguments;
    // A method of the project's own.
    const own = followed(
      checker.getSymbolAtLocation(callee.name),
    )?.valueDeclaration;
    if (own) this.#declaration(own, through);
    if (DB.has(method) && isDb(callee.expression) && first) {
      const type = checker.getTypeAtLocation(first);
      if (method === "query" && asksWhoCalls(call)) return;
      const byName =
        method === "query" || method === "insert" || (second && isName(type));
      const tables = byName ? named(type) : ofIds(type);
      this.#add(tables, through);
      if (method !== "query" && method !== "get") {
        for (const table of tables)
          this.#written.set(
            table,
            through && (this.#written.get(table) ?? true),
          );
      }
    } else if (method === "vectorSearch" && first) {
      this.#add(named(checker.getTypeAtLocation(first)), through);
    } else if (/^run(Query|Mutation|Action|After|At)$/.test(method)) {
      for (const argument of call.arguments) {
        const name = reference(argument);
        if (name) this.#function(name, true);
      }
    }
    const receiver = checker.getTypeAtLocation(callee.expression);
    if (receiver.symbol?.name === "TableAggregate") {
      const [of] = checker.getTypeArguments(receiver);
      const table = of?.getProperty("TableName");
      if (table) this.#add(named(checker.getTypeOfSymbol(table)), through);
    }
  }
}

// --- What it says --------------------------------------------------------------------------

const toml = readFileSync(join(root, "byod.toml"), "utf8");
const [, list] = /^tables = \[(.*?)^\]/ms.exec(toml);
const users = new Set([...list.matchAll(/"(\w+)"/g)].map(([, table]) => table));
for (const table of users)
  if (!tablesOfSchema.includes(table))
    throw new Error(`byod.toml: no table ${table}`);

function sideOf(touches) {
  if (touches.includes("?")) return "unknown";
  const sides = new Set(
    touches.map((table) => (users.has(table) ? "user" : "main")),
  );
  return sides.size === 2 ? "mixed" : ([...sides][0] ?? "main");
}

const found = new Map();
for (const [name, { isPublic }] of functions) {
  const { direct, called } = new Walk(name);
  const touches = [...new Set([...direct, ...called])].sort();
  const throughCalls = [...called].filter((table) => !direct.has(table)).sort();
  found.set(name, {
    function: name,
    isPublic,
    touches,
    throughCalls,
    side: sideOf(touches),
  });
}

if (!process.argv.includes("--check")) {
  const sorted = [...found.values()].sort((a, b) =>
    a.function < b.function ? -1 : 1,
  );
  console.log(JSON.stringify(sorted, null, 1));
  process.exit(0);
}
const ill = ts.getPreEmitDiagnostics(program);
if (ill.length) {
  console.error(
    ts.formatDiagnostics(ill, {
      getCanonicalFileName: (name) => name,
      getCurrentDirectory: () => root,
      getNewLine: () => "\n",
    }),
  );
  process.exit(1);
}

const wrong = [];

function compare(entry, seen) {
  const tables = (what, a, b) => {
    const more = b.filter((table) => !a.includes(table));
    const less = a.filter((table) => !b.includes(table));
    if (less.length || (more.length && !WIDER.has(entry.function))) {
      wrong.push(
        `${entry.function}: ${what}: only expected: ${less.join(" ") || "-"}; only seen: ${more.join(" ") || "-"}`,
      );
    }
  };
  tables("touches", entry.touches, seen.touches);
  tables("throughCalls", entry.throughCalls ?? [], seen.throughCalls);
  if (entry.side !== seen.side) {
    wrong.push(
      `${entry.function}: side: expected ${entry.side}, seen ${seen.side}`,
    );
  }
}

for (const [file, isPublic] of [
  ["expected.json", true],
  ["internal.json", false],
]) {
  const expected = JSON.parse(readFileSync(join(root, file), "utf8"));
  const names = new Set(expected.map((entry) => entry.function));
  for (const seen of found.values()) {
    if (seen.isPublic === isPublic && !names.has(seen.function)) {
      wrong.push(`${seen.function}: isn't in ${file}`);
    }
  }
  for (const entry of expected) {
    const seen = found.get(entry.function);
    if (seen?.isPublic === isPublic) compare(entry, seen);
    else wrong.push(`${entry.function}: no such function, but in ${file}`);
  }
}
for (const line of wrong) console.error(line);
console.log(`${found.size} functions, ${wrong.length} differences`);
process.exit(wrong.length ? 1 : 0);
