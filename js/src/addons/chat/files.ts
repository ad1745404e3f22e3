/** The files of a question that is being written: chosen, pasted or dropped. Bounded as `request/attachments.py`. */

import type { Page } from "../../cell/page.js";
import { element } from "../../render/element.js";
import * as words from "../../words.js";

const FILE_LIMIT = 20_000_000;
const ALL_LIMIT = 50_000_000;
const MOST_FILES = 20;

/** Bytes in one message: a multiple of 3, so that the base64 of the pieces is that of the file. */
const PIECE = 600_000;

export interface Piece {
  readonly id: string;
  readonly name: string;
  readonly at: number;
  readonly data: string;
}

export interface File {
  readonly id: string;
  readonly name: string;
  readonly size: number;
  pieces(): AsyncGenerator<Piece>;
}

export class Files {
  readonly button = element("button", { type: "button", title: words.ATTACH_TITLE }, words.ATTACH);
  readonly input = element("input", { type: "file", multiple: true, hidden: true, tabindex: "-1" });
  readonly list = element("ul", { class: "sc-chat-files", "aria-label": words.ATTACHED });
  readonly #page: Page;
  readonly #say: (why: string) => void;
  /** The files that an edited question has: what shows them, null if the user has removed it. */
  #former: readonly (HTMLElement | null)[];
  #all: readonly (File & { readonly item: HTMLElement; readonly end: () => void })[] = [];

  constructor(page: Page, former: readonly string[], say: (why: string) => void) {
    this.#page = page;
    this.#say = say;
    this.#former = former.map((name, at) =>
      this.#item(name, () => {
        this.#former = this.#former.map((item, other) => (other === at ? null : item));
      }),
    );
    this.#fit();
    this.button.addEventListener("click", () => this.input.click());
    this.input.addEventListener("change", () => {
      this.#add([...(this.input.files ?? [])]);
      this.input.value = "";
      this.button.focus();
    });
  }

  get all(): readonly File[] {
    return this.#all;
  }

  /** Which files of the edited question the user has removed, by their places. */
  get without(): readonly number[] {
    return this.#former.flatMap((item, at) => (item === null ? [at] : []));
  }

  get #count(): number {
    return this.#all.length + this.#former.length - this.without.length;
  }

  /** Take what is pasted or dropped into `form`. */
  take(form: HTMLElement): void {
    form.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length === 0) return;
      event.preventDefault();
      event.stopPropagation();
      this.#add(files);
    });
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files");
    form.addEventListener("dragover", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      event.stopPropagation();
      form.dataset.drop = words.DROP_HERE;
    });
    form.addEventListener("dragleave", ({ relatedTarget }) => {
      if (!(relatedTarget instanceof Node && form.contains(relatedTarget))) delete form.dataset.drop;
    });
    form.addEventListener("drop", (event) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      event.stopPropagation();
      delete form.dataset.drop;
      this.#add([...(event.dataTransfer?.files ?? [])]);
    });
  }

  clear(): void {
    for (const { item, end } of this.#all) {
      item.remove();
      end();
    }
    this.#all = [];
    this.#fit();
  }

  #add(files: readonly globalThis.File[]): void {
    for (const file of files) {
      const name = file.name || "file";
      const size = this.#all.reduce((sum, one) => sum + one.size, file.size);
      if (file.size > FILE_LIMIT || size > ALL_LIMIT) this.#say(words.tooLarge(name));
      else if (this.#count >= MOST_FILES) this.#say(words.TOO_MANY_FILES);
      else this.#show(file, name);
    }
  }

  #show(file: globalThis.File, name: string): void {
    const id = this.#page.newId();
    let end = () => {};
    const item = this.#item(name, () => {
      this.#all = this.#all.filter((one) => one.id !== id);
      end();
    });
    if (/^image\/(png|jpeg|gif|webp)$/.test(file.type)) {
      const address = URL.createObjectURL(file);
      item.prepend(element("img", { src: address, alt: "" }));
      end = () => URL.revokeObjectURL(address);
    }
    this.#all = [...this.#all, { id, name, size: file.size, pieces: () => piecesOf(file, id, name), item, end }];
    this.#fit();
  }

  #item(name: string, removed: () => void): HTMLElement {
    const button = element("button", { type: "button", "aria-label": words.removeFile(name) }, "×");
    const item = element("li", {}, element("span", {}, name), button);
    button.addEventListener("click", () => {
      removed();
      item.remove();
      this.#fit();
      this.button.focus();
    });
    this.list.append(item);
    return item;
  }

  #fit(): void {
    this.list.hidden = this.#count === 0;
  }
}

async function* piecesOf(file: globalThis.File, id: string, name: string): AsyncGenerator<Piece> {
  for (let at = 0; at === 0 || at < file.size; at += PIECE) {
    const bytes = new Uint8Array(await file.slice(at, at + PIECE).arrayBuffer());
    yield { id, name, at, data: base64(bytes) };
  }
}

function base64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 10_000) text += String.fromCharCode(...bytes.subarray(at, at + 10_000));
  return btoa(text);
}
