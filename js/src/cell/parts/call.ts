/** A tool call as the wire sends it, and its texts elsewhere: in the status line, aloud, and in copies. */

import { TOOL_CALL_FIELDS_SHAPE, type ToolCallFields } from "../../wire/generated.js";
import { read } from "../../wire/narrow.js";
import type { Doc, Part } from "../../wire/protocol.js";
import * as words from "../../words.js";
import { visible } from "../pretty.js";
import { fenced } from "./kinds.js";

export const TOOL_CALL = "tool_call";

/** Characters of a name that are shown; the providers allow 64. */
const NAME = 64;

export const callOf = ({ fields }: Part): ToolCallFields => read(TOOL_CALL_FIELDS_SHAPE, fields) as ToolCallFields;

/** The arguments to use: the user's, or else the model's. */
export const argumentsOf = (part: Part): string => callOf(part).edited ?? part.body;

/** The tool's name, preceded by its server's label if it has one. */
const labelOf = ({ name, server }: ToolCallFields): string => (server === "" ? name : `${server} · ${name}`);

/** The tool's name in one line, without characters that could reverse it; never empty. */
export function nameOf(part: Part): string {
  const name = visible(labelOf(callOf(part)).replace(/\s+/g, " ").trim());
  return name.length > NAME ? `${name.slice(0, NAME)}…` : name || "?";
}

const namesOf = ({ parts }: Doc, state: ToolCallFields["state"]): string[] =>
  parts.filter((part) => part.kind === TOOL_CALL && callOf(part).state === state).map(nameOf);

/** The status line while tools run or wait for the user. */
export function calling(doc: Doc): string {
  if (namesOf(doc, "asked").length > 0) return words.WAITING_FOR_APPROVAL;
  const names = namesOf(doc, "running");
  return names.length === 0 ? words.CALLING : words.runningCalls(names);
}

/** The announcement of calls that wait for the user; empty if there are none. */
export function asking(doc: Doc): string {
  const names = doc.status === "calling" ? namesOf(doc, "asked") : [];
  return names.length === 0 ? "" : words.asksToRun(names.slice(0, 3).join(", "));
}

/** Characters of the arguments and of the result that are copied: as many as the kernel saves. */
const COPIED = 2000;

/** Characters are counted by code points, as in the kernel. */
function short(text: string): string {
  const kept = [...text.slice(0, 2 * COPIED)].slice(0, COPIED).join("");
  if (kept.length === text.length) return text;
  const rest = text.slice(kept.length);
  const count = rest.length - (rest.match(/[\ud800-\udbff][\udc00-\udfff]/g)?.length ?? 0);
  return kept + words.moreCharacters(words.integer.format(count));
}

const copies = new WeakMap<Part, string>();

/** What Copy takes of a call. It is the same text that the kernel saves, see `ToolCall.markdown`. */
export function callCopied(part: Part): string {
  const known = copies.get(part);
  if (known !== undefined) return known;
  const call = callOf(part);
  const { server, state, result } = call;
  const called =
    labelOf(call)
      .replace(/[`\s]+/g, " ")
      .trim() || "?";
  const stands = server !== "" && state === "done" ? words.COPIED_APPROVED : words.COPIED_STATES[state];
  const texts = [argumentsOf(part), result].filter((text) => text.trim() !== "");
  const copy = [`${words.TOOL_CALL} \`${called}\` (${stands})`, ...texts.map((text) => fenced(short(text)))].join(
    "\n\n",
  );
  copies.set(part, copy);
  return copy;
}
