// @vitest-environment happy-dom

/** A conversation in the page: which turns are shown, what the input sends and when, and what is saved. */

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { choose, chosenIn, pathOf, type Turn, turnsIn } from "../../src/addons/chat/tree.js";
import { layout } from "../../src/addons/chat.js";
import type { Answers, Place } from "../../src/render/addons.js";
import type { Command, Doc } from "../../src/wire/protocol.js";
import { docOf, type Flat } from "../answers.js";
import { FakePage } from "../dom/page.js";

const place = (turn: number, after: readonly [number, number] | null, question = `question ${turn}`): Place => ({
  key: `key ${turn}`,
  markdown: "",
  plain: "",
  hidden: false,
  about: { turn, after, question },
});

const numbers = (path: ReturnType<typeof pathOf>) => path.map(({ turn }) => turn.number);

describe("the branch that is shown", () => {
  const turns = turnsIn([place(0, null), place(1, [0, 0]), place(2, [1, 0]), place(3, [0, 0]), place(4, [0, 1])]);

  test("is the newest one unless another is chosen, and belongs to the version that is shown", () => {
    const first = () => 0;
    expect(numbers(pathOf(turns, new Map(), first))).toEqual([0, 3]);
    const chosen = choose(new Map(), turns[1] as Turn);
    expect(numbers(pathOf(turns, chosen, first))).toEqual([0, 1, 2]);
    expect(pathOf(turns, chosen, first)[1]?.siblings).toEqual([1, 3]);
    expect(numbers(pathOf(turns, chosen, ({ number }) => (number === 0 ? 1 : 0)))).toEqual([0, 4]);
  });

  test("is read from what the kernel says, and from a damaged notebook as far as it goes", () => {
    const chosen = chosenIn({ chosen: [[null, 0], [[0, 0], 1], "x", [[0], 1], [null, "y"]] });
    expect(numbers(pathOf(turns, chosen, () => 0))).toEqual([0, 1, 2]);
    expect(chosenIn({}).size).toBe(0);
    const circle = turnsIn([place(0, [1, 0]), place(1, [0, 0]), { ...place(2, null), about: { turn: "2" } }]);
    expect(pathOf(circle, new Map(), () => 0)).toEqual([]);
    const itself = [...circle, ...turnsIn([place(5, null), place(5, [5, 0])])];
    expect(pathOf(itself, new Map(), () => 0).length).toBeLessThanOrEqual(itself.length);
  });
});

class FakeAnswers implements Answers {
  readonly page = new FakePage();
  state: Record<string, unknown> = {};
  places: readonly Place[] = [];
  live = true;
  readonly docs = new Map<string, Doc>();
  readonly sent: Record<string, unknown>[] = [];
  readonly pressed: [string, Command][] = [];
  readonly mounted = new Set<string>();
  #listener: (message?: Readonly<Record<string, unknown>>) => void = () => {};

  doc = (key: string) => this.docs.get(key) ?? null;
  mount = (target: HTMLElement, key: string) => {
    this.mounted.add(key);
    target.textContent = `cell of ${key}`;
    return () => this.mounted.delete(key);
  };
  press = (key: string, command: Command) => this.pressed.push([key, command]);
  send = (command: Readonly<Record<string, unknown>>) => {
    if (this.live) this.sent.push(command);
    return this.live;
  };
  subscribe = (listener: (message?: Readonly<Record<string, unknown>>) => void) => {
    this.#listener = listener;
    return () => {
      this.#listener = () => {};
    };
  };
  tell(message?: Readonly<Record<string, unknown>>): void {
    this.#listener(message);
  }
  turn(turn: number, after: readonly [number, number] | null, flat: Flat = { text: "said", status: "done" }): void {
    this.places = [...this.places.filter(({ about }) => about.turn !== turn), place(turn, after)];
    this.docs.set(`key ${turn}`, docOf(flat));
    this.tell();
  }
}

let answers: FakeAnswers;
let root: HTMLElement;

const all = (selector: string) => [...root.querySelectorAll<HTMLElement>(selector)];
const box = () => root.querySelector(".sc-chat-foot textarea") as HTMLTextAreaElement;
const note = () => root.querySelector(".sc-chat-foot .sc-chat-note")?.textContent;
const named = (name: string, within: ParentNode = root) =>
  [...within.querySelectorAll<HTMLButtonElement>("button")].find(
    (one) => (one.getAttribute("aria-label") ?? one.textContent) === name,
  ) as HTMLButtonElement;
const press = (target: HTMLElement, key: string, options: KeyboardEventInit = {}) =>
  target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...options }));
const settle = async () => {
  for (let at = 0; at < 5; at += 1) await Promise.resolve();
};

beforeEach(() => {
  answers = new FakeAnswers();
  root = document.createElement("div");
  document.body.replaceChildren(root);
  layout.draw(root, answers);
});

async function send(text: string): Promise<string> {
  box().value = text;
  press(box(), "Enter");
  await settle();
  return String(answers.sent.at(-1)?.nonce);
}

describe("the input", () => {
  test("sends with Enter, keeps the text until the kernel has taken it, and sends nothing twice", async () => {
    const nonce = await send("Hello");
    expect(answers.sent).toEqual([{ type: "ask", nonce, text: "Hello", files: [] }]);
    press(box(), "Enter");
    await settle();
    expect(answers.sent).toHaveLength(1);
    expect(box().value).toBe("Hello");
    answers.state = { taken: nonce };
    answers.turn(0, null);
    expect(box().value).toBe("");
    expect(answers.mounted).toEqual(new Set(["key 0"]));
  });

  test("says why a question was refused, and lets it be sent again", async () => {
    const nonce = await send("Hello");
    answers.tell({ type: "refused", nonce: "another", why: "not mine" });
    answers.tell({ type: "refused", nonce, why: "no such file" });
    expect([note(), box().value, box().readOnly]).toEqual(["no such file", "Hello", false]);
    await send("Hello");
    expect(answers.sent).toHaveLength(2);
  });

  test("does not send on Shift+Enter, while an input method composes, or without words", async () => {
    box().value = "にほん";
    press(box(), "Enter", { shiftKey: true });
    press(box(), "Enter", { isComposing: true });
    await settle();
    expect(answers.sent).toEqual([]);
    await send("   ");
    expect(answers.sent).toEqual([]);
    expect(note()).toBe("Write a question first.");
  });

  test("while an answer streams its button is Stop, and Enter says why nothing is sent", async () => {
    answers.turn(0, null, { text: "so far", status: "streaming" });
    const button = root.querySelector(".sc-chat-foot .sc-primary") as HTMLButtonElement;
    expect(button.textContent).toBe("Stop");
    await send("next");
    expect(answers.sent).toEqual([]);
    expect(note()).toContain("still streaming");
    root.querySelector("form")?.dispatchEvent(new SubmitEvent("submit", { cancelable: true }));
    expect(answers.pressed).toEqual([["key 0", { type: "stop" }]]);
    answers.turn(0, null);
    expect(button.textContent).toBe("Send");
  });

  test("says that the kernel is busy, and without one that nothing can be asked", async () => {
    await send("Hello");
    answers.page.clock.pass(3000);
    expect(note()).toContain("Waiting for the kernel");
    answers.live = false;
    answers.tell();
    expect(note()).toContain("No kernel is connected");
    expect(box().disabled).toBe(true);
  });

  test("sends a file in pieces before its question", async () => {
    const input = root.querySelector("input[type=file]") as HTMLInputElement;
    const file = new File([new Uint8Array(600_001).fill(65)], "long.txt");
    Object.defineProperty(input, "files", { value: [file], configurable: true });
    input.dispatchEvent(new Event("change"));
    box().value = "What is it?";
    press(box(), "Enter");
    await expect.poll(() => answers.sent.length).toBe(3);
    const [first, second, ask] = answers.sent;
    expect([first?.at, second?.at, atob(String(second?.data))]).toEqual([0, 600_000, "A"]);
    expect(ask).toMatchObject({ type: "ask", files: [first?.id] });
  });

  test("stops sending a file when a piece was refused, and lets the kernel forget it", async () => {
    const input = root.querySelector("input[type=file]") as HTMLInputElement;
    const file = new File([new Uint8Array(1_200_001).fill(65)], "long.txt");
    Object.defineProperty(input, "files", { value: [file], configurable: true });
    input.dispatchEvent(new Event("change"));
    answers.send = (command) => {
      answers.sent.push(command);
      if (command.type === "file") answers.tell({ type: "refused", nonce: command.nonce, why: "too much" });
      return true;
    };
    box().value = "What is it?";
    press(box(), "Enter");
    await expect.poll(() => answers.sent.map(({ type }) => type)).toEqual(["file", "drop"]);
    expect(answers.sent[1]?.id).toBe(answers.sent[0]?.id);
    expect(note()).toBe("too much");
  });

  test("takes no file that is too large", () => {
    const input = root.querySelector("input[type=file]") as HTMLInputElement;
    const file = { name: "film.mp4", size: 20_000_001, type: "" };
    Object.defineProperty(input, "files", { value: [file], configurable: true });
    input.dispatchEvent(new Event("change"));
    expect(note()).toContain("film.mp4 is too large");
    expect(all(".sc-chat-files li")).toEqual([]);
  });
});

describe("turns", () => {
  const shown = () => all(".sc-chat-said").map(({ textContent }) => textContent);

  test("of another branch are shown when it is chosen, by the kernel or without one", () => {
    answers.turn(0, null);
    answers.turn(1, [0, 0]);
    answers.turn(2, [0, 0]);
    expect(shown()).toEqual(["question 0", "question 2"]);
    named("Previous branch", all(".sc-turn")[1]).click();
    expect(answers.sent).toEqual([{ type: "choose", turn: 1 }]);
    expect(shown(), "the kernel decides").toEqual(["question 0", "question 2"]);
    answers.live = false;
    answers.tell();
    named("Previous branch", all(".sc-turn")[1]).click();
    expect(shown()).toEqual(["question 0", "question 1"]);
    expect(answers.mounted).toEqual(new Set(["key 0", "key 1"]));
    expect(document.activeElement?.getAttribute("aria-label")).toBe("Previous branch");
  });

  test("are edited in their place; Escape leaves the question as it was", async () => {
    answers.turn(0, null);
    named("Edit question").click();
    const editor = root.querySelector(".sc-chat-question textarea") as HTMLTextAreaElement;
    expect(editor.value).toBe("question 0");
    press(editor, "Escape");
    expect(root.querySelector(".sc-chat-question textarea")).toBeNull();
    expect(document.activeElement).toBe(named("Edit question"));
    named("Edit question").click();
    const again = root.querySelector(".sc-chat-question textarea") as HTMLTextAreaElement;
    again.value = "in other words";
    press(again, "Enter");
    await settle();
    expect(answers.sent).toMatchObject([{ type: "ask", text: "in other words", edit: 0 }]);
  });

  test("that are edited side by side each hear whether the kernel has taken them", async () => {
    answers.turn(0, null);
    answers.turn(1, [0, 0]);
    named("Edit question", all(".sc-turn")[0]).click();
    named("Edit question", all(".sc-turn")[1]).click();
    const [first, second] = all(".sc-chat-question textarea") as HTMLTextAreaElement[];
    if (!first || !second) throw new Error("both are being edited");
    press(first, "Enter");
    await settle();
    answers.tell({ type: "refused", nonce: answers.sent.at(-1)?.nonce, why: "too much" });
    expect([first.readOnly, all(".sc-chat-question .sc-chat-note")[0]?.textContent]).toEqual([false, "too much"]);
    // The one that was opened last is given up, and the other is sent again.
    press(second, "Escape");
    press(first, "Enter");
    await settle();
    answers.state = { taken: answers.sent.at(-1)?.nonce };
    answers.tell();
    expect(all(".sc-chat-question textarea")).toEqual([]);
  });

  test("that are edited no more are not asked, though a file was on its way; Escape first ends a composition", async () => {
    answers.turn(0, null);
    named("Edit question").click();
    const form = root.querySelector(".sc-chat-question form") as HTMLFormElement;
    const input = form.querySelector("input[type=file]") as HTMLInputElement;
    const file = new File([new Uint8Array(1_200_001).fill(65)], "long.txt");
    Object.defineProperty(input, "files", { value: [file], configurable: true });
    input.dispatchEvent(new Event("change"));
    const area = form.querySelector("textarea") as HTMLTextAreaElement;
    press(area, "Escape", { isComposing: true });
    expect(area.isConnected).toBe(true);
    answers.send = (command) => {
      answers.sent.push(command);
      if (command.type === "file") press(area, "Escape");
      return true;
    };
    press(area, "Enter");
    await expect.poll(() => answers.sent.map(({ type }) => type)).toEqual(["file", "drop"]);
  });

  test("are edited with their files, unless one is removed", async () => {
    answers.places = [{ ...place(0, null), about: { turn: 0, after: null, question: "q", files: ["a.txt", "b.png"] } }];
    answers.tell();
    named("Edit question").click();
    const form = root.querySelector(".sc-chat-question form") as HTMLFormElement;
    const names = () => [...form.querySelectorAll("li span")].map(({ textContent }) => textContent);
    expect(names()).toEqual(["a.txt", "b.png"]);
    expect(root.querySelector<HTMLElement>(".sc-chat-question > .sc-chat-files")?.hidden).toBe(true);
    named("Remove a.txt", form).click();
    expect(names()).toEqual(["b.png"]);
    press(form.querySelector("textarea") as HTMLElement, "Enter");
    await settle();
    expect(answers.sent).toMatchObject([{ type: "ask", edit: 0, without: [0], files: [] }]);
  });

  describe("as JSON", () => {
    const files: Blob[] = [];
    const later = () =>
      all(".sc-chat-foot > .sc-chat-note")
        .map(({ textContent }) => textContent)
        .join();
    const saved = () => Promise.all(files.map(async (one) => JSON.parse(await one.text())));

    beforeEach(() => {
      files.length = 0;
      vi.spyOn(URL, "createObjectURL").mockImplementation((file) => `blob:${files.push(file as Blob)}`);
      answers.turn(0, null);
      named("Save as JSON").click();
    });

    afterEach(() => vi.restoreAllMocks());

    test("wait for a busy kernel, which has all of them", async () => {
      answers.page.clock.pass(60_000);
      expect(later()).toContain("Waiting for the kernel");
      expect(files).toEqual([]);
      answers.tell({ type: "exported", nonce: answers.sent[0]?.nonce, json: '{"turns": 1}' });
      expect([await saved(), later()]).toEqual([[{ turns: 1 }], ""]);
    });

    test("are saved by the page when the kernel has gone, and it says what is missing", async () => {
      answers.live = false;
      answers.tell();
      expect(await saved()).toMatchObject([[{ role: "user", content: "question 0" }, { role: "assistant" }]]);
      expect(later()).toContain("need a connected kernel");
      answers.tell();
      expect(files).toHaveLength(1);
    });

    test("say why the kernel does not save them", () => {
      answers.tell({ type: "refused", nonce: answers.sent[0]?.nonce, why: "too much to do" });
      expect([later(), files.length]).toEqual(["too much to do", 0]);
    });
  });

  test("are copied as Markdown, and asked of the kernel as JSON", async () => {
    answers.turn(0, null, { text: "*said*", status: "done" });
    named("Copy all").click();
    await settle();
    expect(answers.page.copied).toEqual(["## You\n\nquestion 0\n\n## Answer\n\n*said*"]);
    named("Save as JSON").click();
    expect(answers.sent).toMatchObject([{ type: "export" }]);
  });

  test("say what was not sent", () => {
    answers.places = [{ ...place(0, null), about: { turn: 0, after: null, question: "q", left_out: 4 } }];
    answers.tell();
    expect(root.querySelector(".sc-chat-left-out")?.textContent).toBe("4 earlier messages were not sent (trim=)");
  });
});
