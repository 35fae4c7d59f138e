// Which versions of each package its stand-in is equal to: those of which every fixture
// that uses it is read as with the one that the stand-in was made from.
//
//   npm ci --legacy-peer-deps && node versions.mjs [NAME…]           print them
//   npm ci --legacy-peer-deps && node versions.mjs --write [NAME…]   into versions.json
//
// Of the line of versions that it was made from, the first, the last and a few in between
// are installed, each apart; what lies between two that are equal is taken as equal, and between one that is
// and one that isn't it is searched. A module of a package may have versions of its own.
import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const fixtures = process.env.FIXTURES ?? path.join(here, "..", "fixtures");
const file = process.env.VERSIONS ?? path.join(here, "../../src/standin/versions.json");
const served = JSON.parse(fs.readFileSync(file, "utf8"));

const numbers = (version) => version.split(".").map(Number);
const compare = (one, other) => {
  const [a, b] = [numbers(one), numbers(other)];
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
};

function published(name) {
  const json = execFileSync("npm", ["view", name, "versions", "--json"], { encoding: "utf8" });
  return [JSON.parse(json)].flat().filter((version) => /^\d+\.\d+\.\d+$/.test(version)).sort(compare);
}

const line = (version) => version.split(".", 2).join(".");

// The first, the last, and some between.
function some(versions) {
  const wanted = Math.min(versions.length, versions.length > 20 ? 8 : 4);
  const at = Array.from({ length: wanted }, (_, i) => Math.round((i * (versions.length - 1)) / Math.max(wanted - 1, 1)));
  return [...new Set(at)].map((index) => versions[index]);
}

const packageOf = (specifier) => specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");

// Whether a fixture uses a package, or a module of one, and none that has its own versions.
function isOf(fixture, name) {
  const others = Object.keys(served).filter((other) => other !== name && other.startsWith(`${name}/`));
  return uses(fixture, name) && !others.some((other) => uses(fixture, other));
}

function uses(fixture, name) {
  const source = (folder) =>
    fs.readdirSync(folder, { withFileTypes: true }).some((entry) => {
      const at = path.join(folder, entry.name);
      if (entry.isDirectory()) return source(at);
      return /\.[cm]?[jt]sx?$/.test(entry.name) && new RegExp(`["']${name}(/[^"']*)?["']`).test(fs.readFileSync(at, "utf8"));
    });
  return fs.existsSync(path.join(fixture, "expected.json")) && source(fixture);
}

function isEqual(name, version, names) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "byod-versions-"));
  try {
    execFileSync("cp", ["-al", path.join(here, "node_modules"), path.join(folder, "node_modules")]);
    for (const one of ["package.json", "package-lock.json", "regenerate.mjs"]) fs.copyFileSync(path.join(here, one), path.join(folder, one));
    const flags = ["--legacy-peer-deps", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"];
    const installed = spawnSync("npm", ["install", ...flags, `${name}@${version}`], { cwd: folder });
    if (installed.status !== 0) return "not installed";
    const env = { ...process.env, FIXTURES: fixtures };
    const checked = spawnSync("node", ["regenerate.mjs", "--check", ...names], { cwd: folder, env, encoding: "utf8" });
    return checked.status === 0 ? "equal" : `differs: ${checked.stderr.split("\n").filter(Boolean).slice(0, 3).join(" | ").slice(0, 200)}`;
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

const args = process.argv.slice(2);
const writes = args[0] === "--write" && args.shift() !== undefined;
for (const name of args.length > 0 ? args : Object.keys(served)) {
  const known = served[name];
  const names = fs.readdirSync(fixtures).filter((one) => isOf(path.join(fixtures, one), name));
  // In other lines what the fixtures don't use may be another.
  const isOfLine = (version) => line(version) === line(known.last) && compare(version, known.last) <= 0;
  const all = published(packageOf(name)).filter(isOfLine);
  const isSame = (version) => {
    const found = isEqual(packageOf(name), version, names);
    console.log(`${name} ${version}: ${found}`);
    return found === "equal";
  };
  // From the newest that was compared down to the first that differs.
  let [first, differs] = [];
  for (const version of [...new Set([known.last, ...some(all).reverse()])]) {
    if (!isSame(version)) {
      differs = version;
      break;
    }
    first = version;
  }
  let between = all.filter((version) => first && differs && compare(differs, version) < 0 && compare(version, first) < 0);
  while (between.length > 0) {
    const middle = between[between.length >> 1];
    const same = isSame(middle);
    if (same) first = middle;
    between = between.filter((version) => (same ? compare(version, middle) < 0 : compare(version, middle) > 0));
  }
  if (first !== undefined) known.first = first;
  if (writes) fs.writeFileSync(file, `${JSON.stringify(served, null, 1)}\n`);
}
