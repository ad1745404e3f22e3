/**
 * What several answers in one output save in the notebook: their own outputs, joined. `notebook/joined.py` makes the
 * same.
 */

import { isRecord, read } from "../../wire/narrow.js";
import type { GroupContent } from "../handles.js";
import { ANSWER, inert, type Output, readOutput, type Saved } from "./output.js";

/** Our own format: the answers' documents, without their texts. */
export const ANSWERS = "application/vnd.streamcell.answers+json";

const VERSION = 1;

const TEXTS = ["text/plain", "text/markdown"] as const;

export interface SavedPlace {
  readonly plain: string;
  readonly hidden: boolean;
  readonly about: Readonly<Record<string, unknown>>;
  /** The answer's own output; null if there is no answer. */
  readonly output: Output | null;
  readonly saved: Saved | null;
}

/** A group's output, as it was saved or sent. */
export interface SavedGroup {
  readonly key: string;
  readonly modelId: string | null;
  readonly addon: string;
  readonly state: Readonly<Record<string, unknown>>;
  readonly places: readonly SavedPlace[];
}

const textIn = (value: unknown): string => (Array.isArray(value) ? value.join("") : String(value ?? ""));

const record = (value: unknown): Readonly<Record<string, unknown>> => (isRecord(value) ? value : {});

/** Cuts pieces out of a text, in its order. A notebook is not trusted: no character is in two pieces. */
function cutsOf(text: string): (at: unknown) => string {
  const characters = [...text];
  let end = 0;
  return (at) => {
    const [start = 0, length = 0] = (read(["list", "count"], at) ?? []) as number[];
    if (start < end) return "";
    end = start + length;
    return characters.slice(start, end).join("");
  };
}

/** The group in an output; null if there is none, or it was written by a newer release. */
export function readGroup({ data, metadata }: Output): SavedGroup | null {
  const known = data[ANSWERS];
  if (!isRecord(known) || known.version !== VERSION || !Array.isArray(known.items)) return null;
  const run = record(metadata[ANSWERS]);
  const runs = Array.isArray(run.runs) ? (run.runs as unknown[]) : [];
  const cuts = new Map(TEXTS.map((name) => [name, cutsOf(textIn(data[name]))]));
  const places = known.items.filter(isRecord).map((item, index): SavedPlace => {
    const [at, texts] = [record(item.at), record(item.texts)];
    const pieces = TEXTS.map(
      (name) => [name, name in texts ? textIn(texts[name]) : cuts.get(name)?.(at[name])] as const,
    );
    const output = isRecord(item.answer)
      ? { data: { [ANSWER]: item.answer, ...Object.fromEntries(pieces) }, metadata: { [ANSWER]: runs[index] ?? {} } }
      : null;
    return {
      plain: textIn(item.plain),
      hidden: item.hidden === true,
      about: record(item.about),
      output,
      saved: output && readOutput(output),
    };
  });
  return {
    key: typeof run.id === "string" ? run.id : "",
    modelId: typeof run.model_id === "string" && run.model_id !== "" ? run.model_id : null,
    addon: textIn(known.addon),
    state: record(known.state),
    places,
  };
}

/** A text that is put together from pieces, with a blank line between them. */
class Text {
  readonly #pieces: string[] = [];
  #length = 0;

  get whole(): string {
    return this.#pieces.join("\n\n");
  }

  /** Add a piece, unless it is empty; return where it begins and its length, in characters as Python counts them. */
  add(piece: string): [number, number] {
    if (piece === "") return [this.#length, 0];
    const start = this.#length + (this.#pieces.length > 0 ? 2 : 0);
    const length = [...piece].length;
    this.#pieces.push(piece);
    this.#length = start + length;
    return [start, length];
  }
}

const hasImage = ({ data }: Output): boolean => {
  const { parts } = record(record(data[ANSWER]).document);
  return Array.isArray(parts) && parts.some((part) => isRecord(part) && "image" in part);
};

/** The output that saves a group, without the live widget. `outputs` are those of its answers by their keys. */
export function joined(
  { addon, state, places }: GroupContent,
  outputs: ReadonlyMap<string, Output>,
  key: string,
  modelId: string | null,
): Output {
  const texts = { "text/plain": new Text(), "text/markdown": new Text() };
  const runs: unknown[] = [];
  const items = places.map(({ key: of, markdown, plain, hidden, about }) => {
    const said = Object.entries({ plain, hidden, about });
    const item: Record<string, unknown> = Object.fromEntries(
      said.filter(([, value]) => (isRecord(value) ? Object.keys(value).length > 0 : value)),
    );
    if (!hidden) {
      texts["text/plain"].add(inert(plain));
      texts["text/markdown"].add(markdown);
    }
    const output = outputs.get(of);
    runs.push(output ? output.metadata[ANSWER] : null);
    if (!output) return item;
    const text = (name: (typeof TEXTS)[number]) => textIn(output.data[name]);
    item.answer = output.data[ANSWER];
    if (hidden) {
      const kept = TEXTS.filter((name) => name === "text/plain" || hasImage(output));
      item.texts = Object.fromEntries(kept.map((name) => [name, text(name)]));
    } else item.at = Object.fromEntries(TEXTS.map((name) => [name, texts[name].add(text(name))]));
    return item;
  });
  const run = { id: key, model_id: modelId, runs };
  return {
    data: {
      [ANSWERS]: { version: VERSION, addon, state, items },
      "text/plain": texts["text/plain"].whole,
      "text/markdown": texts["text/markdown"].whole,
    },
    metadata: { [ANSWERS]: Object.fromEntries(Object.entries(run).filter(([, value]) => value != null)) },
  };
}
