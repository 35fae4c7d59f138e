//! How modules are written that hold something: what functions write there, and what they read.

/// A way of writing to what a module holds: its name, the module, and what a handler
/// does with the user's own text `s`, giving what it found.
pub(crate) struct Way<'a>(pub(crate) &'a str, pub(crate) &'a str, pub(crate) &'a str);

/// Ways that authors may take without knowing.
pub(crate) const WAYS: &[Way<'static>] = &[
    Way(
        "regex",
        r#"export const re = /a/g;"#,
        r#"return L.re.test(s);"#,
    ),
    Way(
        "regexexec",
        r#"const re = /a+/y;
export const has = (s: string) => re.exec(s)?.[0] ?? null;"#,
        r#"return L.has(s);"#,
    ),
    Way(
        "gen",
        r#"export const g = (function* (): any { let last: any = null; for (;;) last = yield last; })();"#,
        r#"return L.g.next(s).value;"#,
    ),
    Way(
        "fnprop",
        r#"export function f2(x: any) { const old = (f2 as any).last; (f2 as any).last = x; return old; }"#,
        r#"return L.f2(s);"#,
    ),
    Way(
        "defparam",
        r#"const SH: string[] = [];
export function add(x: string, acc = SH) { acc.push(x); return acc.join(); }"#,
        r#"return L.add(s);"#,
    ),
    Way(
        "privstatic",
        r#"export class C { static #last: any = null; static swap(x: any) { const o = C.#last; C.#last = x; return o; } }"#,
        r#"return L.C.swap(s);"#,
    ),
    Way(
        "proto",
        r#"export function set(x: any) { const o = (Array.prototype as any).last; (Array.prototype as any).last = x; return o; }"#,
        r#"return L.set(s);"#,
    ),
    Way(
        "objproto",
        r#"export function set(x: any) { const o = ({} as any).last; ({} as any).__proto__.last = x; return o ?? null; }"#,
        r#"return L.set(s);"#,
    ),
    Way(
        "ctorproto",
        r#"export function set(x: any) { const o: any = [].constructor; const old = o.last; o.last = x; return old ?? null; }"#,
        r#"return L.set(s);"#,
    ),
    Way(
        "boundto",
        r#"export const swap = function (this: any, x: any) { const o = this.last; this.last = x; return o ?? null; }.bind({} as any);"#,
        r#"return L.swap(s);"#,
    ),
    Way(
        "boundgiven",
        r#"const swap = (kept: any, x: any) => { const o = kept.last; kept.last = x; return o ?? null; };
export const swapped = { of: [swap.bind(null, { last: null })] };"#,
        r#"return L.swapped.of[0](s);"#,
    ),
    Way(
        "boundlist",
        r#"export const add = Array.prototype.push.bind([] as any[]);"#,
        r#"return L.add(s);"#,
    ),
    Way(
        "boundassign",
        r#"export const all = Object.assign.bind(null, {} as any);"#,
        r#"return L.all({ [s]: 1 });"#,
    ),
    Way(
        "boundmap",
        r#"export const put = Map.prototype.set.bind(new Map());"#,
        r#"return [...(L.put(s, s) as any).keys()];"#,
    ),
    Way(
        "boundbind",
        r#"export const swap = Function.prototype.bind.call(function (this: any, x: any) { const o = this.last; this.last = x; return o ?? null; }, {});"#,
        r#"return (L.swap as any)(s);"#,
    ),
    Way(
        "decoder",
        r#"export const dec = new TextDecoder();"#,
        r#"return L.dec.decode(new TextEncoder().encode(s), { stream: true });"#,
    ),
    Way(
        "typed",
        r#"export const buf = new Uint8Array(8);"#,
        r#"const old = [...L.buf]; new TextEncoder().encodeInto(s, L.buf); return old;"#,
    ),
    Way(
        "tag",
        r#"const c = new WeakMap<any, any>();
export function tag(s: TemplateStringsArray, x: any) { const o = c.get(s); c.set(s, x); return o ?? null; }"#,
        r#"return L.tag`x${s}`;"#,
    ),
    Way(
        "memo",
        r#"export function memo<A, B>(f: (a: A) => B) { const m = new Map<A, B>(); return (a: A) => { if (!m.has(a)) m.set(a, f(a)); return m.get(a)!; }; }
export const up = memo((s: string) => s.toUpperCase());"#,
        r#"return L.up(s);"#,
    ),
    Way(
        "once",
        r#"export function once<B>(f: (x: any) => B) { let v: B | undefined; return (x: any) => (v ??= f(x)); }
export const first = once((s: string) => s.toUpperCase());"#,
        r#"return L.first(s);"#,
    ),
    Way(
        "lazy",
        r#"let cfg: any;
export const get = (t: string) => (cfg ??= { t });"#,
        r#"return L.get(s).t;"#,
    ),
    Way(
        "promise",
        r#"let res: any; const p = new Promise<any>((r) => { res = r; });
export const x = async (s: any) => { res(s); return await p; };"#,
        r#"return await L.x(s);"#,
    ),
    Way(
        "arrfill",
        r#"const hist: any[] = new Array(3);
export const x = (s: any) => { const old = hist[0]; hist.fill(s); return old ?? null; };"#,
        r#"return L.x(s);"#,
    ),
    Way(
        "sortinpl",
        r#"const list = ["b", "a"];
export const x = (s: any) => { list.sort(() => s.length - 3); return list[0]; };"#,
        r#"return L.x(s);"#,
    ),
    Way(
        "destr",
        r#"const o: any = { last: null };
export const x = (s: any) => { const old = o.last; [o.last] = [s]; return old; };"#,
        r#"return L.x(s);"#,
    ),
    Way(
        "forof",
        r#"const o: any = { last: null };
export const x = (s: any) => { const old = o.last; for (o.last of [s]); return old; };"#,
        r#"return L.x(s);"#,
    ),
    Way(
        "forin",
        r#"const o: any = { last: null };
export const x = (s: any) => { const old = o.last; for (o.last in { [s]: 1 }); return old; };"#,
        r#"return L.x(s);"#,
    ),
    Way(
        "assign",
        r#"const o: any = { last: null };
export const x = (s: any) => { const old = o.last; Object.assign(o, { last: s }); return old; };"#,
        r#"return L.x(s);"#,
    ),
    Way(
        "reflect",
        r#"const o: any = { last: null };
export const x = (s: any) => { const old = o.last; Reflect.set(o, "last", s); return old; };"#,
        r#"return L.x(s);"#,
    ),
    Way(
        "define",
        r#"const o: any = {};
export const x = (s: any) => { const old = o.last; Object.defineProperty(o, "last", { value: s, configurable: true }); return old ?? null; };"#,
        r#"return L.x(s);"#,
    ),
    Way(
        "setter",
        r#"let last: any = null;
const o = { set v(x: any) { last = x; }, get v() { return last; } };
export const x = (s: any) => { const old = o.v; o.v = s; return old; };"#,
        r#"return L.x(s);"#,
    ),
    Way(
        "alias",
        r#"const o: any = { inner: { last: null } };
export const x = (s: any) => { const { inner } = o; const old = inner.last; inner.last = s; return old; };"#,
        r#"return L.x(s);"#,
    ),
    Way(
        "aliasfn",
        r#"const o: any = { inner: { last: null } };
const pick = () => o.inner;
export const x = (s: any) => { const i = pick(); const old = i.last; i.last = s; return old; };"#,
        r#"return L.x(s);"#,
    ),
    Way(
        "aliasarr",
        r#"const pool: any[] = [{ last: null }];
export const x = (s: any) => { const i = pool.find(() => true); const old = i.last; i.last = s; return old; };"#,
        r#"return L.x(s);"#,
    ),
    Way(
        "aliasdef",
        r#"const D: any = { opts: {} };
export const x = (s: any, o: any = D.opts) => { const old = o.last ?? null; o.last = s; return old; };"#,
        r#"return L.x(s);"#,
    ),
    Way(
        "spreadshare",
        r#"const D: any = { opts: { last: null } };
export const x = (s: any) => { const c = { ...D }; const old = c.opts.last; c.opts.last = s; return old; };"#,
        r#"return L.x(s);"#,
    ),
    Way(
        "map2",
        r#"const D = [{ last: null as any }];
export const x = (s: any) => D.map((d) => { const o = d.last; d.last = s; return o; })[0];"#,
        r#"return L.x(s);"#,
    ),
    Way(
        "foreach",
        r#"const D = [{ last: null as any }];
export const x = (s: any) => { let o: any; D.forEach((d) => { o = d.last; d.last = s; }); return o; };"#,
        r#"return L.x(s);"#,
    ),
    Way(
        "reduce",
        r#"const D = { acc: [] as any[] };
export const x = (s: any) => [s].reduce((a, b) => { a.push(b); return a; }, D.acc).join();"#,
        r#"return L.x(s);"#,
    ),
    Way(
        "classinst",
        r#"class K { v: any = null; swap(x: any) { const o = this.v; this.v = x; return o; } }
const k = new K();
export const x = (s: any) => k.swap(s);"#,
        r#"return L.x(s);"#,
    ),
    Way(
        "this",
        r#"export const k = { v: null as any, swap(x: any) { const o = this.v; this.v = x; return o; } };"#,
        r#"return L.k.swap(s);"#,
    ),
    Way(
        "bound",
        r#"const k = { v: null as any }; function swap(this: any, x: any) { const o = this.v; this.v = x; return o; }
export const b = swap.bind(k);"#,
        r#"return L.b(s);"#,
    ),
    Way(
        "err",
        r#"export const E = new Error("x");"#,
        r#"const o = L.E.message; L.E.message = s; return o;"#,
    ),
    Way(
        "incr",
        r#"export const D: any = { n: 0 };"#,
        r#"return L.D.n++;"#,
    ),
    Way(
        "urlsp",
        r#"export const U = new URLSearchParams();"#,
        r#"const o = U2(); return o; function U2() { const s = L.U.toString(); L.U.set("x", s); return s; }"#,
    ),
    Way(
        "url",
        r#"export const U = new URL("https://x.y");"#,
        r#"const o = L.U.hash; L.U.hash = s; return o;"#,
    ),
    Way(
        "date",
        r#"export const D = new Date(0);"#,
        r#"const o = L.D.getTime(); L.D.setTime(s.length); return o;"#,
    ),
    Way(
        "headers",
        r#"export const H = new Headers();"#,
        r#"const o = L.H.get("x"); L.H.set("x", s); return o;"#,
    ),
    Way(
        "weakref",
        r#"const m = new Set<any>();
export const x = (s: any) => { const o = [...m]; m.add(s); return o; };"#,
        r#"return L.x(s);"#,
    ),
    Way(
        "validator",
        r#"export const val: any = v2();
function v2() { return { k: {} as any }; }"#,
        r#"const o = L.val.k.last ?? null; L.val.k.last = s; return o;"#,
    ),
    Way(
        "seed",
        r#"export const DEFAULTS: any[] = [{ title: "Welcome" }];"#,
        r#"const o = L.DEFAULTS[0].meta ?? null; for (const t of L.DEFAULTS) { t.meta = s; await ctx.db.insert("notes", { ...t, userId: u._id }); } return o;"#,
    ),
    Way(
        "find",
        r#"export const T: any[] = [{ id: "a", title: "Welcome" }];"#,
        r#"const t = L.T.find((t) => t.id === "a")!; const o = t.title; t.title = s; return o;"#,
    ),
    Way(
        "index",
        r#"export const T: Record<string, any> = { a: { title: "Welcome" } };"#,
        r#"const t = L.T["a"]; const o = t.title; t.title = s; return o;"#,
    ),
    Way(
        "getter",
        r#"export class Cfg { static defaults = { tags: [] as string[] }; static get() { return Cfg.defaults; } }"#,
        r#"const c = L.Cfg.get(); const o = c.tags.join(); c.tags.push(s); return o;"#,
    ),
    Way(
        "builderfn",
        r#"const base = { tags: [] as string[], n: 0 };
export function make(title: string) { const r = { ...base, title }; r.tags.push(title); return r; }"#,
        r#"return L.make(s).tags.join();"#,
    ),
    Way(
        "assigncopy",
        r#"const base = { tags: [] as string[], n: 0 };
export function make(title: string) { const r = Object.assign({}, base, { title }); r.tags.push(title); return r; }"#,
        r#"return L.make(s).tags.join();"#,
    ),
    Way(
        "slice",
        r#"const base = [{ tags: [] as string[] }];
export function make(title: string) { const r = base.slice(); r[0].tags.push(title); return r[0]; }"#,
        r#"return L.make(s).tags.join();"#,
    ),
    Way(
        "classopt",
        r#"const OPTS = { seen: [] as string[] };
export class Svc { constructor(private o = OPTS) {} add(t: string) { this.o.seen.push(t); return this.o.seen.join(); } }"#,
        r#"return new L.Svc().add(s);"#,
    ),
    Way(
        "classopt2",
        r#"const OPTS = { seen: [] as string[] };
export class Svc { o = OPTS; add(t: string) { this.o.seen.push(t); return this.o.seen.join(); } }"#,
        r#"return new L.Svc().add(s);"#,
    ),
    Way(
        "proto2",
        r#"export class Svc { add(t: string) { this.seen.push(t); return this.seen.join(); } declare seen: string[]; }
(Svc.prototype as any).seen = [];"#,
        r#"return new L.Svc().add(s);"#,
    ),
    Way(
        "entries",
        r#"const M: any = { a: { x: null } };
export const f3 = (s: any) => { let o: any; for (const [, e] of Object.entries(M) as any) { o = e.x; e.x = s; } return o; };"#,
        r#"return L.f3(s);"#,
    ),
    Way(
        "values",
        r#"const M: any = { a: { x: null } };
export const f3 = (s: any) => { const [e]: any = Object.values(M); const o = e.x; e.x = s; return o; };"#,
        r#"return L.f3(s);"#,
    ),
    Way(
        "tern",
        r#"const A: any = { x: null }, B: any = { x: null };
export const f3 = (s: any) => { const e = s ? A : B; const o = e.x; e.x = s; return o; };"#,
        r#"return L.f3(s);"#,
    ),
    Way(
        "nullish",
        r#"const A: any = { x: null };
export const f3 = (s: any, e?: any) => { const t = e ?? A; const o = t.x; t.x = s; return o; };"#,
        r#"return L.f3(s);"#,
    ),
    Way(
        "await",
        r#"const A: any = { x: null };
export const f3 = async (s: any) => { const t = await Promise.resolve(A); const o = t.x; t.x = s; return o; };"#,
        r#"return await L.f3(s);"#,
    ),
    Way(
        "mapget",
        r#"const A = new Map<string, any>([["k", { x: null }]]);
export const f3 = (s: any) => { const t = A.get("k"); const o = t.x; t.x = s; return o; };"#,
        r#"return L.f3(s);"#,
    ),
    Way(
        "helperpush",
        r#"const A: any[] = [];
const put = (l: any[], x: any) => { l.push(x); };
export const f3 = (s: any) => { const o = A.join(); put(A, s); return o; };"#,
        r#"return L.f3(s);"#,
    ),
    Way(
        "helperset",
        r#"const A: any = {};
const put = (o: any, x: any) => { o.x = x; };
export const f3 = (s: any) => { const o = A.x ?? null; put(A, s); return o; };"#,
        r#"return L.f3(s);"#,
    ),
    Way(
        "closure2",
        r#"const mk = () => { const st: any = { x: null }; return { swap: (s: any) => { const o = st.x; st.x = s; return o; } }; };
export const K = mk();"#,
        r#"return L.K.swap(s);"#,
    ),
    Way(
        "destrparam",
        r#"const A: any = { i: { x: null } };
const g = ({ i }: any, s: any) => { const o = i.x; i.x = s; return o; };
export const f3 = (s: any) => g(A, s);"#,
        r#"return L.f3(s);"#,
    ),
    Way(
        "restparam",
        r#"const A: any = { x: null };
const g = (...[a, s]: any[]) => { const o = a.x; a.x = s; return o; };
export const f3 = (s: any) => g(A, s);"#,
        r#"return L.f3(s);"#,
    ),
    Way(
        "callapply",
        r#"const A: any[] = [];
export const f3 = (s: any) => { const o = A.join(); Array.prototype.push.call(A, s); return o; };"#,
        r#"return L.f3(s);"#,
    ),
    Way(
        "concatpush",
        r#"const A = { l: [] as any[] };
export const f3 = (s: any) => { const o = A.l.join(); [A.l].forEach((l) => l.push(s)); return o; };"#,
        r#"return L.f3(s);"#,
    ),
    Way(
        "delete",
        r#"const A: any = { aaaBOBSECRET: 1, aaalice: 1 };
export const f3 = (s: any) => { const o = Object.keys(A).join(); delete A[s]; return o; };"#,
        r#"return L.f3(s);"#,
    ),
    Way(
        "lastmatch",
        r#"export const f3 = (s: any) => { const o = (RegExp as any).$1; /(BOB.*)/.test(s); return o; };"#,
        r#"return L.f3(s);"#,
    ),
    Way(
        "supermap",
        r#"class Cache extends Map<string, any> { put(x: any) { const o = this.get("last") ?? null; super.set("last", x); return o; } }
export const C = new Cache();"#,
        r#"return L.C.put(s);"#,
    ),
    Way(
        "superheld",
        r#"class Cache extends Map<string, any> { put(x: any) { const o = this.get("last") ?? null; super["set"]("last", x); return o; } }
export const C = new Cache();"#,
        r#"return L.C.put(s);"#,
    ),
    Way(
        "borrowedset",
        r#"const M = new Map<string, any>();
export const f3 = (s: any) => { const o = M.get("last") ?? null; Map.prototype.set.call(M, "last", s); return o; };"#,
        r#"return L.f3(s);"#,
    ),
    Way(
        "namedadd",
        r#"const A = new Set<any>();
const put = Set.prototype.add;
export const f3 = (s: any) => { const o = [...A].join(); put.call(A, s); return o; };"#,
        r#"return L.f3(s);"#,
    ),
    Way(
        "borroweddate",
        r#"const D = new Date(0);
const put = Date.prototype.setTime;
export const f3 = (s: any) => { const o = D.getTime(); put.call(D, s.length); return o; };"#,
        r#"return L.f3(s);"#,
    ),
    Way(
        "compiled",
        r#"const R: any = /a/;
export const f3 = (s: any) => { const o = R.source; R["compile"](s); return o; };"#,
        r#"return L.f3(s);"#,
    ),
    Way(
        "boundset",
        r#"const mk = () => { const m = new Map<string, any>(); return { put: m.set.bind(m), read: m.get.bind(m) }; };
export const K = mk();"#,
        r#"const o = L.K.read("last") ?? null; L.K.put("last", s); return o;"#,
    ),
    Way(
        "boundpush",
        r#"export const K = (() => { const l: any[] = []; return { put: l.push.bind(l), all: l.join.bind(l) }; })();"#,
        r#"const o = L.K.all(); L.K.put(s); return o;"#,
    ),
    Way(
        "givenout",
        r#"const mk = () => { const l: any[] = []; return () => l; };
export const all = mk();"#,
        r#"const o = L.all().join(); L.all().push(s); return o;"#,
    ),
    Way(
        "givenout2",
        r#"function mk(store: any) { return { of: (name: string) => store[name] }; }
export const all = mk({ last: { x: null } });"#,
        r#"const e = L.all.of("last"); const o = e.x; e.x = s; return o;"#,
    ),
    Way(
        "givenout3",
        r#"export const all = (() => { const l: any = { x: null }; return () => l; })();"#,
        r#"const o = L.all().x; L.all().x = s; return o;"#,
    ),
    Way(
        "givenout4",
        r#"export const [all] = [[] as any[]].map((l) => () => l);"#,
        r#"const o = L.all!().join(); L.all!().push(s); return o;"#,
    ),
    Way(
        "console",
        r#"export const f3 = (s: any) => { const o = (console as any).last ?? null; (console as any).last = s; return o; };"#,
        r#"return L.f3(s);"#,
    ),
    Way(
        "errorlimit",
        r#"export const f3 = (s: any) => { const o = (Error as any).stackTraceLimit; (Error as any).stackTraceLimit = s.length; return o; };"#,
        r#"return L.f3(s);"#,
    ),
    Way(
        "urlstatic",
        r#"export const f3 = (s: any) => { const U: any = new URL("http://a").constructor; const o = U.last ?? null; U.last = s; return o; };"#,
        r#"return L.f3(s);"#,
    ),
    Way(
        "listproto",
        r#"export const f3 = (s: any) => { const o = ([] as any).at(0) ?? null; ([] as any).__proto__.at = () => s; return o; };"#,
        r#"return L.f3(s);"#,
    ),
    Way(
        "textproto",
        r#"export const f3 = (s: any) => { const o = "x".trim(); Object.defineProperty("".constructor.prototype, "trim", { value: () => s, configurable: true, writable: true }); return o; };"#,
        r#"return L.f3(s);"#,
    ),
    Way(
        "protoof",
        r#"export const f3 = (s: any) => { const o = ([] as any).last ?? null; (Object.getPrototypeOf(new TextEncoder()) as any).last = s; return o ?? (new TextEncoder() as any).last ?? null; };"#,
        r#"return L.f3(s);"#,
    ),
];

/// What modules are for: nothing of it is written.
pub(crate) const READS: &[Way<'static>] = &[
    Way(
        "sets",
        "export const S = new Set([\"a\", \"b\"]);",
        "return [S.has(s), [...L.S].join(), new Set([...S, s]).size];",
    ),
    Way(
        "maps",
        "export const M = new Map([[\"a\", { n: 1 }]]);",
        "return [L.M.get(\"a\")!.n, [...M.keys()], new Map(M).set(s, { n: 2 }).size];",
    ),
    Way(
        "lists",
        "export const A = [3, 1, 2];",
        "return [[...L.A].sort(), A.map((n) => n + 1), A.slice().reverse(), A.concat(4).length];",
    ),
    Way(
        "clones",
        "export const D = { tags: [\"a\"], at: new Date(5) };",
        "const c = structuredClone(L.D); c.tags.push(s); c.at.setTime(6); const { tags, ...rest } = D; return [c.tags.length, { ...rest, tags: [...tags, s] }.tags, D.at.getTime()];",
    ),
    Way(
        "words",
        "export const RE = /a+/g;\nexport const ONE = /b/;",
        "const n: Record<string, number> = {}; n[\"constructor\"] = 1; return [s.replace(L.RE, \"-\"), s.split(RE), [...s.matchAll(RE)].length, L.ONE.test(s), n];",
    ),
    Way(
        "classes",
        "export class Base { tags: string[] = []; add(t: string) { this.tags.push(t); return this; } toString() { return this.tags.join(); } }\nexport class Sub extends Base { name = \"sub\"; }\nexport class Failed extends Error { name = \"Failed\"; }",
        "const e = new L.Failed(s); e.message = \"x\"; return [`${new L.Sub().add(s).add(\"x\")}`, String(e)];",
    ),
    Way(
        "validators",
        "import { v } from \"convex/values\";\nexport const fields = { a: v.string(), b: v.optional(v.number()) };\nexport const whole = v.object(fields);\nexport enum Kind { A = \"a\", B = \"b\" }\nexport function* count(n: number) { for (let i = 0; i < n; i++) yield i; }",
        "return [Object.keys(L.fields), L.whole.kind, L.Kind.B, [...L.count(3)]];",
    ),
    Way(
        "made",
        "const adder = (n: number) => (l: number[]) => l.concat(n);\nexport const one = adder(1);\nexport const split = (t: string) => { const parts: string[] = []; [...t].forEach((c) => parts.push(c)); return parts; };\nexport const told = (t: string) => { const of: any = { t }; return [1].map(() => of)[0]; };",
        "const l = L.one([0]); l.push(2); const p = L.split(\"ab\"); p.reverse(); const t = L.told(s); t.x = 1; return [l, p, t.x];",
    ),
];
