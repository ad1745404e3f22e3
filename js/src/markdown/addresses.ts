/** Autolinks: in angle brackets (CommonMark 0.31.2, section 6.5), and bare (GitHub Flavored Markdown, section 6.9). */

import { MORE, matchAt, NO } from "./characters.js";

const SCHEME = /(?:https?:\/\/|ftp:\/\/|www\.)/iy;
const SCHEMES = ["http://", "https://", "ftp://", "www."] as const;

/** Up to white space or "<"; inside brackets also up to "]". */
const REST = /[^\s<]*/y;
const REST_IN_BRACKETS = /[^\s<\]]*/y;

/** Chinese and Japanese punctuation ends an address, because these scripts write no space after the address. */
const CJK_PUNCTUATION = /[\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]/;

const DOMAIN = /^[\p{L}\p{N}\p{M}\p{S}_-]+(?:\.[\p{L}\p{N}\p{M}\p{S}_-]+)*/u;

export interface Address {
  readonly end: number;
  readonly href: string;
}

/** The bare address that begins at `at`, which is the beginning of a word. */
export function scanAddress(
  text: string,
  at: number,
  bracketed: boolean,
  habits: boolean,
  final: boolean,
): Address | typeof NO | typeof MORE {
  SCHEME.lastIndex = at;
  if (!SCHEME.test(text)) {
    const begun = text.slice(at, at + 8).toLowerCase();
    const open = !final && at + begun.length >= text.length && SCHEMES.some((scheme) => scheme.startsWith(begun));
    return open ? MORE : NO;
  }
  const after = SCHEME.lastIndex;
  const rest = bracketed ? REST_IN_BRACKETS : REST;
  rest.lastIndex = after;
  rest.test(text);
  const cut = habits ? text.slice(at, rest.lastIndex).search(CJK_PUNCTUATION) : -1;
  const until = cut < 0 ? rest.lastIndex : at + cut;
  if (until >= text.length && !final) return MORE;
  const isWeb = text[at]?.toLowerCase() === "w";
  const raw = trim(text.slice(at, until));
  if (!isDomain(raw.slice(isWeb ? 0 : after - at), isWeb)) return NO;
  return { end: at + raw.length, href: isWeb ? `http://${raw}` : raw };
}

/** Whether a text may end an address. */
export const mayEndAddress = (text: string): boolean => /[\s<\]]/.test(text) || CJK_PUNCTUATION.test(text);

/** Whether the whole scheme is at `at`, so that the text is an address, whatever follows. */
export function isAddressBegun(text: string, at: number): boolean {
  SCHEME.lastIndex = at;
  return SCHEME.test(text);
}

function isDomain(text: string, dotted: boolean): boolean {
  const domain = DOMAIN.exec(text)?.[0];
  if (domain === undefined) return false;
  const segments = domain.split(".");
  if (segments.slice(-2).some((segment) => segment.includes("_"))) return false;
  return !dotted || segments.length > 1;
}

const ENTITY_END = /&[a-z0-9]{1,32};$/i;

/** The address without the punctuation of the sentence around it. */
function trim(address: string): string {
  let end = address.length;
  let unbalanced = address.split(")").length - address.split("(").length;
  for (;;) {
    const char = address[end - 1] ?? "";
    const entity = char === ";" ? ENTITY_END.exec(address.slice(Math.max(0, end - 40), end)) : null;
    if (entity) end -= entity[0].length;
    else if (/[?!.,:*_~'";]/.test(char)) end -= 1;
    else if (char === ")" && unbalanced > 0) {
      end -= 1;
      unbalanced -= 1;
    } else return address.slice(0, end);
  }
}

const LOCAL = /[a-z0-9.+_-]+$/i;
const MAIL_DOMAIN = /[a-z0-9_-]+(?:\.[a-z0-9_-]+)*/iy;

/** The longest part before "@" of a mail address that is recognised, in characters. */
const LONGEST_LOCAL = 64;

const MAIL_SCHEME = /(?<![a-z0-9])(?:mailto|xmpp):$/i;

/** The local part of a mail address at the end of the text before "@", and its scheme; both may be "". */
export function readMailBegin(before: string): { readonly scheme: string; readonly local: string } {
  const local = LOCAL.exec(before.slice(-LONGEST_LOCAL))?.[0] ?? "";
  const from = before.length - local.length;
  return { scheme: MAIL_SCHEME.exec(before.slice(Math.max(0, from - 8), from))?.[0] ?? "", local };
}

const RESOURCE = /\/[a-z0-9@.]*/iy;

/** The end of the mail address with its "@" at `at`; XMPP addresses may have a resource. */
export function scanMailEnd(text: string, at: number, scheme: string, final: boolean): number {
  const end = scanMailDomain(text, at, final);
  if (end < 0 || !/^xmpp/i.test(scheme)) return end;
  RESOURCE.lastIndex = end;
  if (!RESOURCE.test(text)) return end;
  if (RESOURCE.lastIndex >= text.length && !final) return MORE;
  const resource = text.slice(end, RESOURCE.lastIndex).replace(/\.+$/, "");
  return resource === "/" ? end : end + resource.length;
}

function scanMailDomain(text: string, at: number, final: boolean): number {
  MAIL_DOMAIN.lastIndex = at + 1;
  if (!MAIL_DOMAIN.test(text)) return at + 1 >= text.length && !final ? MORE : NO;
  const end = MAIL_DOMAIN.lastIndex;
  // A period at the end may end the sentence, or be followed by more of the domain.
  if (!final && (end >= text.length || (text[end] === "." && end + 1 >= text.length))) return MORE;
  const domain = text.slice(at + 1, end);
  return domain.includes(".") && /[a-z]$/i.test(domain) ? end : NO;
}

const AUTOLINK = /<([A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>\p{Cc}]*)>/uy;
const AUTOLINK_BEGUN = /<[A-Za-z][A-Za-z0-9+.-]{0,31}(?::[^\s<>\p{Cc}]*)?$/uy;
const MAIL =
  /<([a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*)>/iy;
const MAIL_BEGUN = /<[a-z0-9.!#$%&'*+/=?^_`{|}~-]+(?:@[a-z0-9.-]*)?$/iy;

/** An address in angle brackets. */
export function scanAutolink(text: string, at: number): (Address & { readonly text: string }) | null {
  for (const [pattern, scheme] of [
    [AUTOLINK, ""],
    [MAIL, "mailto:"],
  ] as const) {
    const match = matchAt(pattern, text, at);
    if (match) return { href: scheme + match[1], text: match[1] as string, end: pattern.lastIndex };
  }
  return null;
}

/** Whether the text from `at` to its end may be the beginning of an autolink in angle brackets. */
export function isAutolinkBegun(text: string, at: number): boolean {
  return matchAt(AUTOLINK_BEGUN, text, at) !== null || matchAt(MAIL_BEGUN, text, at) !== null;
}
