/** Finds a server's error message in whatever it sent, and removes what looks like a key from it. */

import { field, isObject, list, parsed, text } from "./fields.js";

export interface Told {
  readonly message: string;
  readonly code: string | null;
}

/** Levels of an error that are read: gateways nest three. */
const DEEP = 6;

/** Characters of a message that are kept. */
const LONG = 2_000;

const MESSAGES = ["message", "msg", "error_message", "errorText", "detail", "error_description", "title", "error"];
const CODES = ["code", "type", "error_code", "status", "reason"];

/** Keys by their shape. Servers quote the key that they refuse. */
const KEYS = [
  /\bsk-(?=[A-Za-z_-]*[0-9*])[A-Za-z0-9_\-*]{6,}/g,
  /\b(?:AIza|gsk_|hf_|xai-|pplx-)[A-Za-z0-9_\-*]{16,}/g,
  /\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}/g,
  /\b(?<=bearer\s)(?!(?:auth|token|credential))[\w.~+/-]{8,}=*/gi,
  /(?<=(?:api[-_ ]?key|secret[-_]?key|authorization|password)["']?\s*[:=]\s*["']?)[^\s"'&,;]{6,}/gi,
  /(?<=[?&]key=)[^\s"'&]+/g,
  /(?<=:\/\/)[^/@\s]+(?=@)/g,
];

/** A message without secrets, of a length that can be shown. */
export function shown(message: string): string {
  const short = message.slice(0, 2 * LONG);
  return KEYS.reduce((masked, key) => masked.replaceAll(key, "…"), short)
    .trim()
    .slice(0, LONG);
}

/** The message and code of an error of any shape; null if there is neither. */
export function told(error: unknown): Told | null {
  const message = messageIn(error, 0);
  const code = codeIn(error, 0);
  if (message === "" && code === null) return null;
  return { message: shown(message || (code ?? "")), code: code === null ? null : shown(code).slice(0, 80) };
}

function messageIn(value: unknown, depth: number): string {
  if (value === null || value === undefined || depth > DEEP) return "";
  if (typeof value === "string") {
    const inner = depth < DEEP && /^\s*\{/.test(value) ? messageIn(parsed(value), depth + 1) : "";
    return inner || value.trim();
  }
  if (Array.isArray(value)) return messageIn(value[0], depth + 1);
  // The inner message is the provider's, the outer one the gateway's.
  const inner = field(value, "error");
  if (isObject(inner)) return messageIn(inner, depth + 1) || said(value);
  return said(value) || messageIn(MESSAGES.map((name) => field(value, name)).find(isObject), depth + 1);
}

/** The first message of an object itself. */
const said = (value: unknown): string => {
  const found = MESSAGES.map((name) => field(value, name)).find((one) => typeof one === "string" && one.trim() !== "");
  return found === undefined ? "" : messageIn(found, DEEP - 2);
};

function codeIn(value: unknown, depth: number): string | null {
  if (depth > DEEP) return null;
  for (const name of CODES) {
    const code = field(value, name);
    const isKind = name === "type" && (code === "error" || text(code).startsWith("response."));
    if (typeof code === "string" && code.trim() !== "" && !isKind) return code;
    if (typeof code === "number") return String(code);
  }
  const inner = field(value, "error");
  return isObject(inner) ? codeIn(inner, depth + 1) : null;
}

/**
 * The error that a chunk reports, or null. Many servers send the field empty, with good chunks, and events of the
 * Responses API have the errors of items, which are not errors of the answer.
 */
export function errorIn(chunk: unknown): Told | null {
  const type = field(chunk, "type");
  if (type === "error" || type === "response.error") {
    return told(chunk) ?? { message: "", code: null };
  }
  if (typeof type === "string" && type.startsWith("response.")) return null;
  if (tells(field(chunk, "error"))) return told(chunk);
  const choices = list(field(chunk, "choices"));
  for (const choice of choices.slice(0, 20)) if (tells(field(choice, "error"))) return told(field(choice, "error"));
  if (choices.length > 0 || typeof type === "string") return null;
  const thing = text(field(chunk, "object"));
  if (/^(chat\.|response|text_completion)/.test(thing)) return null;
  const flat =
    thing === "error" ||
    ["detail", "errors", "error_message", "errorMessage"].some((name) => tells(field(chunk, name)));
  const coded = typeof field(chunk, "message") === "string" && isBad(field(chunk, "code") ?? field(chunk, "status"));
  return flat || coded ? told(chunk) : null;
}

function tells(error: unknown): boolean {
  if (typeof error === "string") return error.trim() !== "";
  if (Array.isArray(error)) return error.some(Boolean);
  return isObject(error) && Object.values(error).some(Boolean);
}

const isBad = (code: unknown): boolean =>
  (typeof code === "string" || typeof code === "number") &&
  !["", "0", "200", "ok", "success"].includes(String(code).toLowerCase());
