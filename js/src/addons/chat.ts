/** The addon that draws a conversation: its turns, and an input at its foot. */

import type { Answers, Layout } from "../render/addons.js";
import { element, setAttribute } from "../render/element.js";
import * as words from "../words.js";
import css from "./chat/chat.css";
import { Composer, LATE } from "./chat/composer.js";
import { asMarkdown, asMessages, copyButton, download } from "./chat/saving.js";
import { choose, chosenIn, pathOf, type Shown, turnsIn } from "./chat/tree.js";
import { type Around, TurnView } from "./chat/turn.js";

const NAME = "conversation";

const OVER: ReadonlySet<string> = new Set(["done", "stopped", "failed", "interrupted"]);

class Chat {
  readonly root = element("div", { class: "sc-chat" });
  readonly #answers: Answers;
  readonly #list = element("div", { class: "sc-turns", role: "log", "aria-label": words.CONVERSATION });
  readonly #live = element("div", { class: "sc-live", role: "status", "aria-live": "polite" });
  readonly #tools = element("div", { class: "sc-chat-tools" });
  readonly #note = element("div", { class: "sc-chat-note", role: "status", "aria-live": "polite" });
  readonly #input: Composer;
  readonly #views = new Map<number, TurnView>();
  readonly #end: () => void;
  readonly #around: Around;
  #path: readonly Shown[] = [];
  /** What the user has chosen without a kernel. */
  #chosen: ReadonlyMap<string, number> | null = null;
  /** The arrow that was pressed, until its branch is shown. */
  #moved: { readonly turn: number; readonly way: number } | null = null;
  #awaited = "";
  #cancel = () => {};

  constructor(answers: Answers) {
    this.#answers = answers;
    const { page } = answers;
    // Each cell says by itself how it fares, so the list is quiet: else all would be said twice.
    setAttribute(this.#list, "aria-live", "off");
    this.#around = {
      answers,
      isStreaming: () => this.#streaming() !== null,
      choose: (turn) => this.#choose(turn),
      say: (said) => this.#live.replaceChildren(said),
    };
    this.#input = new Composer({
      answers,
      edits: null,
      text: "",
      files: [],
      label: words.MESSAGE,
      send: words.SEND,
      isStreaming: () => this.#streaming() !== null,
      stop: () => {
        const key = this.#streaming();
        if (key !== null) answers.press(key, { type: "stop" });
      },
    });
    const all = () => asMarkdown(this.#path, answers);
    this.#tools.append(
      copyButton(page, words.COPY_ALL, words.COPY_ALL, all, this.#around.say),
      button(words.SAVE_MARKDOWN, () => download(all(), `${NAME}.md`, "text/markdown")),
      button(words.SAVE_JSON, () => this.#saveJson()),
    );
    const foot = element(
      "div",
      { class: "streamcell sc-chat-foot" },
      this.#input.root,
      this.#tools,
      this.#note,
      this.#live,
    );
    this.root.append(element("style", {}, css), this.#list, foot);
    this.root.addEventListener("focusin", ({ target }) => {
      // JupyterLab looks for this on the focused element before it takes a key for a shortcut.
      if (target instanceof Element) setAttribute(target, "data-lm-suppress-shortcuts", "true");
    });
    this.#draw();
    this.#end = answers.subscribe((message) => this.#changed(message));
  }

  dispose(): void {
    this.#end();
    this.#cancel();
    for (const view of this.#views.values()) view.dispose();
    this.#input.dispose();
    this.root.remove();
  }

  #changed(message?: Readonly<Record<string, unknown>>): void {
    const nonce = String(message?.nonce ?? "");
    if (message?.type === "refused") {
      for (const one of this.#composers()) one.refused(nonce, String(message.why));
    }
    if (this.#awaited !== "") {
      if (message?.type === "exported" && nonce === this.#awaited) this.#downloadJson(String(message.json));
      else if (message?.type === "refused" && nonce === this.#awaited) this.#saved(String(message.why));
      else if (!this.#answers.live) this.#saveOwn();
    }
    this.#draw();
  }

  #draw(): void {
    const { state, places } = this.#answers;
    const turns = turnsIn(places);
    const taken = String(state.taken ?? "");
    for (const one of this.#composers()) one.taken(taken);
    const path = pathOf(turns, this.#chosen ?? chosenIn(state), ({ key }) => this.#answers.doc(key)?.version ?? 0);
    this.#path = path;
    const shown = new Set(path.map(({ turn }) => turn.number));
    for (const [number, view] of this.#views) {
      if (shown.has(number)) continue;
      view.dispose();
      this.#views.delete(number);
    }
    path.forEach((one, at) => {
      let view = this.#views.get(one.turn.number);
      if (!view) {
        view = new TurnView(one.turn, this.#around);
        this.#views.set(one.turn.number, view);
      }
      view.update(one, at);
      if (this.#list.children[at] !== view.root) this.#list.insertBefore(view.root, this.#list.children[at] ?? null);
      if (this.#moved?.turn === one.turn.number) {
        view.focusBranch(this.#moved.way);
        this.#moved = null;
      }
    });
    this.#tools.hidden = path.length === 0;
    this.#input.update();
  }

  /** The input for the next question, and those of questions that are being edited. */
  #composers(): Composer[] {
    return [this.#input, ...[...this.#views.values()].flatMap(({ composer }) => composer ?? [])];
  }

  /** The key of the answer of this branch that is streaming; null if none is. */
  #streaming(): string | null {
    const last = this.#path.find(({ turn }) => {
      const doc = this.#answers.doc(turn.key);
      return doc !== null && !OVER.has(doc.status);
    });
    return this.#answers.live && last ? last.turn.key : null;
  }

  #choose(number: number): void {
    const turn = turnsIn(this.#answers.places).find((one) => one.number === number);
    if (!turn) return;
    const before = this.#path.find(({ siblings }) => siblings.includes(number));
    const order = before?.siblings ?? [];
    this.#moved = { turn: number, way: order.indexOf(number) - order.indexOf(before?.turn.number ?? 0) };
    if (this.#answers.send({ type: "choose", turn: number })) return;
    this.#chosen = choose(this.#chosen ?? chosenIn(this.#answers.state), turn);
    this.#draw();
  }

  #saveJson(): void {
    this.#cancel();
    this.#awaited = this.#answers.page.newId();
    if (this.#answers.send({ type: "export", nonce: this.#awaited })) {
      this.#cancel = this.#answers.page.clock.after(LATE, () => this.#note.replaceChildren(words.SAVED_LATER));
    } else this.#saveOwn();
  }

  /** Save what the page has, as there is no kernel that has more. */
  #saveOwn(): void {
    this.#downloadJson(asMessages(this.#path, this.#answers), words.SAVED_MESSAGES);
  }

  #downloadJson(text: string, note = ""): void {
    download(text, `${NAME}.json`, "application/json");
    this.#around.say(words.SAVED);
    this.#saved(note);
  }

  #saved(note: string): void {
    this.#cancel();
    this.#awaited = "";
    this.#note.replaceChildren(note);
  }
}

function button(label: string, pressed: () => void): HTMLButtonElement {
  const made = element("button", { type: "button" }, label);
  made.addEventListener("click", pressed);
  return made;
}

export const layout: Layout = {
  draw(target, answers) {
    const chat = new Chat(answers);
    target.append(chat.root);
    return () => chat.dispose();
  },
};
