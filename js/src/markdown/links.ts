/**
 * Which links and images of a model's answer may become real ones. The answer is hostile input: a scheme that is not
 * on the list, or a target dressed up to look like another, is no link.
 */

const SCHEMES: ReadonlySet<string> = new Set(["http", "https", "mailto"]);

/** Removed by browsers from any URL before they look at it. */
const IGNORED = /[\t\n\r]/g;

/** Stripped by browsers from both ends. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about.
const ENDS = /^[\u0000-\u0020]+|[\u0000-\u0020]+$/g;

/** Control and invisible formatting characters: no honest target has them. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

const SCHEME = /^([a-z][a-z0-9+.-]*):/i;

/** The authority of a URL after its two slashes; browsers take a backslash for a slash. */
const AUTHORITY = /^[/\\]{2}([^/\\?#]*)/;

/** What becomes of the targets in a text; null: no link, no image. */
export interface Policy {
  href(raw: string): string | null;
  image(raw: string): { readonly src: string; readonly host: string } | null;
}

/** The address a link may lead to, as a browser reads it and as it is shown to the user; null if it may not be one. */
export function safeHref(raw: string): string | null {
  const url = raw.replace(IGNORED, "").replace(ENDS, "");
  if (url === "" || INVISIBLE.test(url)) return null;
  const scheme = SCHEME.exec(url)?.[1]?.toLowerCase();
  if (scheme === undefined) return relative(url);
  if (!SCHEMES.has(scheme)) return null;
  const rest = url.slice(scheme.length + 1);
  if (scheme === "mailto") return rest === "" ? null : `mailto:${encode(rest)}`;
  return network(scheme, rest);
}

/** The address and the host of a remote image; null if it is no http(s) address. */
export function safeImage(raw: string): { readonly src: string; readonly host: string } | null {
  const src = safeHref(raw);
  const host = src === null ? undefined : /^https?:\/\/([^/?#]*)/.exec(src)?.[1];
  return src === null || host === undefined ? null : { src, host };
}

function relative(url: string): string | null {
  // Within the answer: the page's own addresses are the notebook's.
  if (url.startsWith("#")) return url.length > 1 ? encode(url) : null;
  if (AUTHORITY.test(url)) return network("https", url);
  // No relative address has a colon before its first slash: it is a scheme in disguise.
  if (/^[^/?#]*:/.test(url)) return null;
  return encode(url);
}

function network(scheme: string, rest: string): string | null {
  const authority = AUTHORITY.exec(rest);
  const host = authority?.[1] ?? "";
  // "https://bank.example@evil.example" leads to the second.
  if (authority === null || host === "" || host.includes("@")) return null;
  const path = rest.slice(authority[0].length).replace(/^\\/, "/");
  return `${scheme}://${encode(host)}${encode(path)}`;
}

/** Percent-encode what a URL cannot hold, and keep what is encoded already. */
function encode(part: string): string {
  return encodeURI(part.replace(/\p{Cs}/gu, "\ufffd")).replace(/%25([0-9a-f]{2})/gi, "%$1");
}

export const SAFE: Policy = { href: safeHref, image: safeImage };
