/**
 * Which links and images of a model's answer may become real ones. The answer is hostile input: a target with a scheme
 * that is not on the list, or one that is disguised as another, does not become a link.
 */

const SCHEMES: ReadonlySet<string> = new Set(["http", "https", "mailto"]);

/** Browsers remove these characters from any URL before they parse it. */
const IGNORED = /[\t\n\r]/g;

/** Browsers strip these characters from both ends. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about.
const ENDS = /^[\u0000-\u0020]+|[\u0000-\u0020]+$/g;

/** Control and invisible formatting characters, which no honest target has. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

const SCHEME = /^([a-z][a-z0-9+.-]*):/i;

/** The authority of a URL, after two slashes; browsers treat a backslash as a slash. */
const AUTHORITY = /^[/\\]{2}([^/\\?#]*)/;

/** Checks the targets in a text; null: it does not become a link or an image. */
export interface Policy {
  href(raw: string): string | null;
  image(raw: string): { readonly src: string; readonly host: string } | null;
}

/** The address of a link, as a browser reads it and as it is shown to the user; null if it is not allowed. */
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

/** The address and the host of a remote image; null if it is not an http(s) address. */
export function safeImage(raw: string): { readonly src: string; readonly host: string } | null {
  const src = safeHref(raw);
  const host = src === null ? undefined : /^https?:\/\/([^/?#]*)/.exec(src)?.[1];
  return src === null || host === undefined ? null : { src, host };
}

function relative(url: string): string | null {
  // A target inside the answer.
  if (url.startsWith("#")) return url.length > 1 ? encode(url) : null;
  if (AUTHORITY.test(url)) return network("https", url);
  // A relative address has no colon before its first slash, so this is a disguised scheme.
  if (/^[^/?#]*:/.test(url)) return null;
  return encode(url);
}

function network(scheme: string, rest: string): string | null {
  const authority = AUTHORITY.exec(rest);
  const host = authority?.[1] ?? "";
  // "https://bank.example@evil.example" leads to evil.example.
  if (authority === null || host === "" || host.includes("@")) return null;
  const path = rest.slice(authority[0].length).replace(/^\\/, "/");
  return `${scheme}://${encode(host)}${encode(path)}`;
}

/** Percent-encode characters that a URL cannot contain; what is encoded already stays as it is. */
function encode(part: string): string {
  return encodeURI(part.replace(/\p{Cs}/gu, "\ufffd")).replace(/%25([0-9a-f]{2})/gi, "%$1");
}

export const SAFE: Policy = { href: safeHref, image: safeImage };
