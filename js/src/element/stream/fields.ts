/** Reads fields of JSON that may have any shape: what has another type than expected counts as missing. */

export type Fields = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A field of an object; undefined for anything else. */
export const field = (value: unknown, name: string): unknown =>
  isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;

export const text = (value: unknown): string => (typeof value === "string" ? value : "");

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

export const count = (value: unknown): number | null =>
  typeof value === "number" && Number.isFinite(value) ? value : null;

/** The text in a value: a string, an object with one, or a list of these. */
export function words(value: unknown): string {
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return value.map((one) => (Array.isArray(one) ? "" : words(one))).join("");
  for (const name of ["text", "content", "output_text"]) {
    const found = field(value, name);
    if (typeof found === "string") return found;
  }
  return "";
}

/** The value of a JSON text; undefined if it is none. */
export function parsed(json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}
