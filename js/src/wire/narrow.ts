/**
 * Narrows what arrives from the kernel from `unknown` to the shapes of the schema.
 *
 * Nothing here throws. A message that cannot be understood is `null`. Unknown keys and operations of a newer kernel are
 * ignored, so that a small addition there does not break an open notebook.
 */

import {
  DOC_SHAPE,
  type Doc,
  FIGURES_SHAPE,
  type Kept,
  type Numbers,
  type Op,
  PART_SHAPE,
  type Part,
  type Patch,
  type Read,
  type Snapshot,
} from "./generated.js";
import { type FetchedAddon, type Foreign, type FromKernel, type Place, WIRE } from "./protocol.js";

/**
 * The shape of a value: a kind of plain value, one of a list of values, null or a shape, a list of a shape, or fields
 * with their defaults. A field without a default is required.
 */
export type Shape =
  | "string"
  | "boolean"
  | "number"
  | "count"
  | "positive"
  | "record"
  | readonly ["one", readonly unknown[]]
  | readonly ["null", Shape]
  | readonly ["list", Shape]
  | Fields;

type Field = readonly [Shape] | readonly [Shape, unknown];

interface Fields {
  readonly [name: string]: Field;
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isCount = (value: unknown): boolean => typeof value === "number" && Number.isSafeInteger(value) && value >= 0;

const PLAIN: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === "string",
  boolean: (value) => typeof value === "boolean",
  number: (value) => typeof value === "number" && Number.isFinite(value),
  count: isCount,
  positive: (value) => isCount(value) && value !== 0,
  record: isRecord,
};

/** The value with its defaults filled in, if it has this shape; else `undefined`. */
export function read(shape: Shape, value: unknown): unknown {
  if (typeof shape === "string") return PLAIN[shape]?.(value) ? value : undefined;
  if (!isList(shape)) return isRecord(value) ? fields(shape, (name) => value[name]) : undefined;
  if (shape[0] === "one") return shape[1].includes(value) ? value : undefined;
  if (shape[0] === "null") return value === null ? null : read(shape[1], value);
  return Array.isArray(value) ? value.map((one) => read(shape[1], one)).filter((one) => one !== undefined) : undefined;
}

const isList = (shape: Shape): shape is Exclude<Shape, string | Fields> => Array.isArray(shape);

function fields(shape: Fields, value: (name: string) => unknown): Record<string, unknown> | undefined {
  const found: Record<string, unknown> = {};
  for (const [name, [inner, fallback]] of Object.entries(shape)) {
    let one = read(inner, value(name));
    // A default is read too, so that the defaults of its own fields are filled in.
    if (one === undefined) one = read(inner, fallback);
    if (one === undefined) return undefined;
    found[name] = one;
  }
  return found;
}

/** A whole document from what `value` returns for each key; a missing or unreadable value becomes its default. */
export const readDoc = (value: (key: string) => unknown): Doc => fields(DOC_SHAPE, value) as unknown as Doc;

export const readPart = (value: unknown): Part | undefined => read(PART_SHAPE, value) as Part | undefined;

/** The document of an answer about which nothing is known. */
export const EMPTY: Doc = readDoc(() => undefined);

/** One operation; `undefined` if it can be ignored, `null` if ignoring it would garble the answer. */
function parseOp(raw: unknown): Op | undefined | null {
  if (!Array.isArray(raw)) return null;
  const [verb, at, value] = raw as unknown[];
  if (verb === "set") {
    const field = Object.entries(DOC_SHAPE).find(([name]) => name === at && name !== "parts");
    const found = field && read(field[1][0], value);
    return found === undefined ? undefined : (["set", at, found] as unknown as Op);
  }
  const found = verb === "part" ? readPart(value) : read(verb === "grow" ? "string" : "record", value);
  if (verb === "end") return isCount(at) ? ["end", at as number] : null;
  if (verb !== "part" && verb !== "grow" && verb !== "fields") return undefined;
  return found === undefined || !isCount(at) ? null : ([verb, at, found] as unknown as Op);
}

export function readPlace(epoch: unknown, seq: unknown): Place | null {
  return isCount(epoch) && isCount(seq) ? { epoch: epoch as number, seq: seq as number } : null;
}

function parsePatch(raw: Record<string, unknown>): Patch | null {
  const place = readPlace(raw.epoch, raw.seq);
  if (place === null || !Array.isArray(raw.ops)) return null;
  const ops: Op[] = [];
  for (const rawOp of raw.ops as unknown[]) {
    const op = parseOp(rawOp);
    if (op === null) return null;
    if (op !== undefined) ops.push(op);
  }
  return { type: "patch", ...place, ops };
}

function parseSnapshot(raw: Record<string, unknown>): Snapshot | Foreign | null {
  const { wire, document } = raw;
  if (!isCount(wire)) return null;
  if (wire !== WIRE) {
    const text = isRecord(document) && typeof document.text === "string" ? document.text : "";
    return { type: "foreign", wire: wire as number, text };
  }
  const place = readPlace(raw.epoch, raw.seq);
  // A snapshot without parts is for pages with another protocol version.
  if (place === null || !isRecord(document) || !Array.isArray(document.parts)) return null;
  return { type: "snapshot", wire, ...place, document: readDoc((key) => document[key]) };
}

const KEPT_SHAPE: Shape = {
  type: [["one", ["kept"]]],
  epoch: ["count"],
  length: [["null", "count"]],
  markdown: [["null", "string"]],
};

function parseKept(raw: Record<string, unknown>): Kept | null {
  const found = read(KEPT_SHAPE, raw) as Kept | undefined;
  return found ? { ...found, others: Array.isArray(raw.others) ? (raw.others as unknown[]) : [] } : null;
}

const NUMBERS_SHAPE: Shape = { type: [["one", ["numbers"]]], version: ["count"], figures: [FIGURES_SHAPE] };
const READ_SHAPE: Shape = { type: [["one", ["read"]]], version: ["count"], text: ["string"] };

/** The message in `raw`, or null if this page does not understand it. */
export function parseMessage(raw: unknown): FromKernel | null {
  if (!isRecord(raw)) return null;
  if (raw.type === "patch") return parsePatch(raw);
  if (raw.type === "snapshot") return parseSnapshot(raw);
  const place = raw.type === "here" ? readPlace(raw.epoch, raw.seq) : null;
  if (place) return { type: "here", ...place };
  if (raw.type === "wanted") return { type: "wanted" };
  if (raw.type === "kept") return parseKept(raw);
  if (raw.type === "numbers") return (read(NUMBERS_SHAPE, raw) as Numbers | undefined) ?? null;
  return (read(READ_SHAPE, raw) as Read | undefined) ?? null;
}

/** The addon in a message of the shared widget, or null. */
export function parseAddon(raw: unknown): FetchedAddon | null {
  const shape: Shape = { type: [["one", ["addon"]]], name: ["string"], esm: [["null", "string"]] };
  return (read(shape, raw) as FetchedAddon | undefined) ?? null;
}
