// Written by `byod export --main`.

import { setting } from "./sealed";

// A user's URL was typed by a stranger. It is judged as the service judges it, each
// time: what `BYOD_ALLOWED_HOSTS` of main allows beside `*.convex.cloud` must be what
// the service allows. `BYOD_DEVELOPMENT=1` allows this machine, also over http.

/** What is wrong with a URL, as the rest of a sentence that begins with "the URL". */
export class AddressError extends Error {}

/** Names that mean nothing on the internet, or something else in each network. */
const NOT_PUBLIC =
  /(?:^|\.)(?:localhost|local|internal|arpa|test|example|invalid|onion|alt)$/;

/** The origin of a user's deployment. */
export function originOf(text: string): string {
  const { scheme, host, port } = parsed(text.trim());
  const isHere = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(host);
  const isDevelopment = setting("BYOD_DEVELOPMENT") === "1" && isHere;
  if (!isDevelopment) check(scheme, host, port);
  const origin = `${scheme}://${host}:${port}`;
  // As HTTP clients read it.
  const url = new URL(origin);
  if (url.hostname !== host || Number(url.port || standard(scheme)) !== port)
    throw new AddressError("holds a host that programs read in different ways");
  return url.origin;
}

function parsed(text: string) {
  if (text.length > 300) throw new AddressError("is too long");
  if (!/^[!-~]+$/.test(text) || /[\\@%]/.test(text))
    throw new AddressError("holds a character that addresses don't have");
  const found =
    /^(https?):\/\/([a-z0-9.-]+|\[[0-9a-f:.]+\])(?::([1-9]\d{0,4}))?\/?$/i.exec(
      text,
    );
  if (found === null)
    throw new AddressError("is not `https://`, a host, and nothing else");
  const scheme = found[1]!.toLowerCase();
  const host = found[2]!.toLowerCase();
  const labels = host.startsWith("[") ? [] : host.split(".");
  if (!labels.every((label) => /^(?!-)[a-z0-9-]{1,63}(?<!-)$/.test(label)))
    throw new AddressError("names a host that is no domain name");
  return { scheme, host, port: Number(found[3] ?? standard(scheme)) };
}

function standard(scheme: string): number {
  return scheme === "https" ? 443 : 80;
}

function check(scheme: string, host: string, port: number) {
  if (scheme !== "https") throw new AddressError("is not encrypted (http://)");
  const list = setting("BYOD_ALLOWED_HOSTS")?.toLowerCase().split(",") ?? [];
  const allowed = list.map((entry) => entry.trim());
  const ports: number[] = [];
  for (const entry of allowed.filter((entry) => entry !== "*")) {
    const of = /^(\*\.)?(.*?)(?::(\d+))?$/.exec(entry)!;
    const fits = of[1] ? host.endsWith(`.${of[2]}`) : host === of[2];
    ports.push(...(fits ? [Number(of[3] ?? 443)] : []));
  }
  if (ports.includes(port)) return;
  if (ports.length > 0)
    throw new AddressError("names another port than main allows for its host");
  const isAddress =
    host.startsWith("[") || /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/.test(host);
  if (isAddress)
    throw new AddressError("names an IP address in place of a host");
  if (port !== 443) throw new AddressError("names a port");
  const isConvex =
    /^(?!xn--)[a-z0-9-]+(?:\.(?!xn--)[a-z0-9-]+)?\.convex\.cloud$/;
  if (isConvex.test(host)) return;
  if (!allowed.includes("*") || /(?:^|\.)convex\.(?:site|dev)$/.test(host))
    throw new AddressError("names a host that main does not allow");
  if (!host.includes(".") || NOT_PUBLIC.test(host))
    throw new AddressError("names a host that is not on the internet");
}
