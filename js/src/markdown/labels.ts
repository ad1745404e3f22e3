/** Labels of link references and footnotes, which are defined in one place and used in another, before or after it. */

import { normalizeLabel } from "./characters.js";
import type { Document, Note } from "./tree.js";

/** A leaf that can be read again when a label becomes known. */
export interface Reader {
  /** The number of its characters. */
  readonly length: number;
  /** Read the text again. */
  reread(): void;
}

export interface LinkTarget {
  readonly destination: string;
  readonly title: string;
}

export interface Use {
  readonly note: number;
  readonly use: number;
  readonly known: boolean;
}

/** Resolves labels. */
export interface LabelSource {
  /** The target of a link label; "unknown": its definition may still come; null: there is none. */
  target(label: string): LinkTarget | "unknown" | null;
  /** The footnote reference at this position; null: it is text. */
  use(label: string, place: number): Use | null;
}

interface Referred {
  note: number;
  uses: number;
  definition: Note | null;
}

/**
 * How many characters may be read again for late labels: `free` at first, and `each` more per character of the text.
 * Beyond that, leaves wait, at the latest until the end. Without this limit, a text in which each line defines another
 * label of one long paragraph would be read as often as it has lines.
 */
const READ_AGAIN = { free: 20_000, each: 4 };

/** The key of a footnote label, which differs from that of a link label. */
const noteKey = (label: string): string => `^${normalizeLabel(label)}`;

export class Labels {
  readonly #links = new Map<string, LinkTarget>();
  readonly #definitions = new Map<string, Note>();
  readonly #referred = new Map<string, Referred>();
  readonly #waiting = new Map<string, Set<Reader>>();
  /** The readers with a footnote reference, in the order of the text. */
  readonly #referring = new Set<Reader>();
  readonly #document: Document;
  /** The readers that must be read again. */
  readonly #stale = new Set<Reader>();
  #left = READ_AGAIN.free;
  /** The number of footnotes that are referred to and not defined yet. */
  #gaps = 0;
  #ended = false;
  #numbering = 0;

  constructor(document: Document) {
    this.#document = document;
  }

  /** Whether the document has ended, so that no more definitions come. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Changes when all uses are counted again. */
  get numbering(): number {
    return this.#numbering;
  }

  /** Whether a footnote is referred to and not defined yet. */
  get hasGaps(): boolean {
    return !this.#ended && this.#gaps > 0;
  }

  link(label: string, reader: Reader): LinkTarget | null {
    const key = normalizeLabel(label);
    if (key === "") return null;
    return this.#links.get(key) ?? this.#await(key, reader);
  }

  /** The same for speculative text, which does not wait for a definition. */
  foreseeLink(label: string): LinkTarget | null {
    return this.#links.get(normalizeLabel(label)) ?? null;
  }

  /** Count one more use of a footnote and return it; null after the end, if it is not defined. */
  refer(label: string, reader: Reader): Use | null {
    const key = noteKey(label);
    const definition = this.#definitions.get(key) ?? null;
    if (definition === null) this.#await(key, reader);
    if (definition === null && this.#ended) return null;
    let entry = this.#referred.get(key);
    if (entry === undefined) {
      entry = { note: this.#referred.size + 1, uses: 0, definition };
      this.#referred.set(key, entry);
      if (definition === null) this.#gaps += 1;
    }
    entry.uses += 1;
    this.#referring.add(reader);
    if (definition) this.#list(entry, definition);
    return { note: entry.note, use: entry.uses, known: definition !== null };
  }

  /** Take the last use of a footnote back. */
  unrefer(label: string): void {
    const entry = this.#referred.get(noteKey(label));
    if (entry === undefined) return;
    entry.uses -= 1;
    if (entry.definition) entry.definition.uses = entry.uses;
    if (entry.uses > 0) return;
    this.#referred.delete(noteKey(label));
    if (entry.definition === null) {
      this.#gaps -= 1;
      return;
    }
    this.#document.notes = this.#document.notes.filter((note) => note !== entry.definition);
    entry.definition.note = 0;
  }

  /** What `refer` would return, for speculative text: nothing is counted. */
  foresee(label: string): Use {
    const entry = this.#referred.get(noteKey(label));
    return {
      note: entry?.note ?? this.#referred.size + 1,
      use: (entry?.uses ?? 0) + 1,
      known: this.isKnown(label),
    };
  }

  /** Whether a footnote with this label is defined. */
  isKnown(label: string): boolean {
    return this.#definitions.has(noteKey(label));
  }

  #await(key: string, reader: Reader): null {
    if (this.#ended) return null;
    const readers = this.#waiting.get(key) ?? new Set();
    this.#waiting.set(key, readers.add(reader));
    return null;
  }

  /** Define a label; only its first definition counts. */
  defineLink(label: string, target: LinkTarget): void {
    const key = normalizeLabel(label);
    if (this.#links.has(key)) return;
    this.#links.set(key, target);
    this.#resolve(key);
  }

  defineNote(label: string, note: Note): void {
    const key = noteKey(label);
    if (this.#definitions.has(key)) return;
    this.#definitions.set(key, note);
    const entry = this.#referred.get(key);
    if (entry) this.#list(entry, note);
    this.#resolve(key);
  }

  #resolve(key: string): void {
    const readers = this.#waiting.get(key);
    this.#waiting.delete(key);
    for (const reader of readers ?? []) this.#stale.add(reader);
    this.#rereadStale();
  }

  /** Note that so many more characters have come, so that more may be read again. */
  take(characters: number): void {
    this.#left += READ_AGAIN.each * characters;
    if (this.#stale.size > 0) this.#rereadStale();
  }

  #rereadStale(): void {
    for (const reader of this.#stale) {
      if (reader.length > this.#left) return;
      this.#left -= reader.length;
      this.#stale.delete(reader);
      reader.reread();
    }
  }

  #list(entry: Referred, definition: Note): void {
    const isNew = definition.note === 0;
    if (entry.definition === null) this.#gaps -= 1;
    entry.definition = definition;
    definition.note = entry.note;
    definition.uses = entry.uses;
    if (!isNew) return;
    const { notes } = this.#document;
    const before = notes.findLastIndex((other) => other.note < definition.note);
    this.#document.notes = notes.toSpliced(before + 1, 0, definition);
  }

  /** Finish: references to undefined labels become text, and the footnotes are numbered without gaps. */
  end(): void {
    this.#ended = true;
    const readers = new Set([...this.#stale, ...[...this.#waiting.values()].flatMap((each) => [...each])]);
    this.#waiting.clear();
    this.#stale.clear();
    if (this.#gaps > 0) this.#renumber(readers);
    for (const reader of readers) reader.reread();
  }

  #renumber(readers: Set<Reader>): void {
    this.#numbering += 1;
    this.#referred.clear();
    this.#gaps = 0;
    this.#document.notes = [];
    for (const definition of this.#definitions.values()) definition.note = 0;
    for (const reader of [...this.#referring]) {
      reader.reread();
      readers.delete(reader);
    }
  }
}
