// @vitest-environment happy-dom

import { beforeEach, expect, test } from "vitest";
import { View } from "../../src/cell/view.js";
import { Connection } from "../../src/jupyter/connection.js";
import type { Replay, Status } from "../../src/wire/protocol.js";
import { FakeModel, patch, snapshot } from "../model.js";
import { FakePage } from "./page.js";

let page: FakePage;
let model: FakeModel;
let host: HTMLElement;
let connection: Connection;

function open(replay: Replay | null, status: Status = "streaming"): void {
  page = new FakePage();
  model = new FakeModel();
  host = document.createElement("div");
  document.body.replaceChildren(host);
  connection = new Connection(model, page.clock);
  model.receive(snapshot({ status, replay }));
  new View(host, connection, page);
}

const bar = () => host.querySelector<HTMLElement>('[role="group"][aria-label="Replay"]');
const button = (name: string) => host.querySelector<HTMLButtonElement>(`button[aria-label="${name}"]`);
const speed = () => host.querySelector<HTMLSelectElement>('select[aria-label="Speed"]') as HTMLSelectElement;
const sent = () => model.sent.filter((message) => !["hello", "measure"].includes((message as { type: string }).type));

function choose(value: string): void {
  speed().value = value;
  speed().dispatchEvent(new Event("change"));
}

beforeEach(() => open({ speed: 1, playing: true }));

test("the bar is only there for a recording that a kernel plays", () => {
  expect(bar()?.hidden).toBe(false);
  open(null);
  expect(bar()?.hidden).toBe(true);
  open({ speed: 1, playing: true });
  connection.gone();
  page.clock.frame();
  expect(bar()?.hidden).toBe(true);
});

test("Pause pauses at this speed, and then the button plays", () => {
  button("Pause")?.click();
  expect(sent()).toEqual([{ type: "pace", speed: 1, playing: false }]);
  model.receive(patch(1, ["set", "replay", { speed: 1, playing: false }]));
  page.clock.frame();
  expect(button("Pause")).toBeNull();
  button("Play")?.click();
  expect(sent().at(-1)).toEqual({ type: "pace", speed: 1, playing: true });
});

test("each press of Step asks for one step, also before the kernel has answered", () => {
  button("Step")?.click();
  button("Step")?.click();
  expect(sent()).toEqual([{ type: "step" }, { type: "step" }]);
});

test("a speed keeps it playing or paused, and no waits are null", () => {
  choose("4");
  expect(sent().at(-1)).toEqual({ type: "pace", speed: 4, playing: true });
  choose("");
  expect(sent().at(-1)).toEqual({ type: "pace", speed: null, playing: true });
  open({ speed: 2, playing: false });
  expect(speed().value).toBe("2");
  choose("0.5");
  expect(sent().at(-1)).toEqual({ type: "pace", speed: 0.5, playing: false });
});

test("a speed that is not in the list is shown", () => {
  open({ speed: 3, playing: true });
  expect([speed().value, speed().selectedOptions[0]?.textContent]).toEqual(["3", "3×"]);
});

test("at the end Play and Step say how to play it again", () => {
  open({ speed: 1, playing: true }, "done");
  for (const name of ["Pause", "Step"]) {
    expect(button(name)?.getAttribute("aria-disabled")).toBe("true");
    expect(button(name)?.title).toContain("Retry");
    button(name)?.click();
  }
  expect(sent()).toEqual([]);
  expect(button("Retry")?.title).toBe("Play the recording from the beginning and keep this version");
});
