// @vitest-environment happy-dom

import { expect, test } from "vitest";
import { errorCard } from "../../src/cell/card.js";
import type { Card } from "../../src/wire/protocol.js";
import { FakePage } from "./page.js";

const CARD: Card = {
  kind: "no_key",
  title: "No API key",
  detail: "The api_key <b>must</b> be set",
  kept: 1234,
  next: [
    { text: "Set your key:", code: "%env OPENAI_API_KEY=..." },
    { text: "Or ask someone.", code: null },
  ],
  request_id: "req_1",
  status_code: 401,
  categories: [],
};

function show(over: Partial<Card> = {}) {
  const page = new FakePage();
  const said: string[] = [];
  const root = errorCard({ ...CARD, ...over }, { page, say: (words) => said.push(words) });
  return { root, page, said };
}

test("a card lists what a moderator flagged, with its score where it has one", () => {
  const categories = [
    { name: "violence", score: 0.973 },
    { name: "a <b>rule</b> of ours", score: null },
    { name: "risk", score: 12 },
  ];
  const { root } = show({ kind: "flagged", categories, next: [] });
  const list = root.querySelector(".sc-card-categories");
  expect(list?.getAttribute("aria-label")).toBe("Flagged");
  expect([...(list?.children ?? [])].map((one) => one.textContent)).toEqual([
    "violence0.97",
    "a <b>rule</b> of ours",
    "risk12",
  ]);
  expect([...root.querySelectorAll<HTMLElement>(".sc-card-bar > span")].map((one) => one.style.inlineSize)).toEqual([
    "97%",
  ]);
  expect(show().root.querySelector(".sc-card-categories")).toBeNull();
});

test("a card says what happened, in the error's own words, what is kept, and what to do", () => {
  const { root } = show();
  expect(root.getAttribute("data-kind")).toBe("no_key");
  expect(root.querySelector(".sc-card-title")?.textContent).toBe("No API key");
  expect(root.querySelector(".sc-card-detail")?.textContent).toBe("The api_key <b>must</b> be set");
  expect(root.querySelector(".sc-card-detail")?.children).toHaveLength(0);
  expect(root.querySelector(".sc-card-kept")?.textContent).toBe("1,234 characters kept.");
  const steps = [...root.querySelectorAll("li")];
  expect(steps.map((step) => step.querySelector("span")?.textContent)).toEqual(["Set your key:", "Or ask someone."]);
  expect(steps.map((step) => step.querySelector("code")?.textContent)).toEqual(["%env OPENAI_API_KEY=...", undefined]);
  expect(root.querySelector(".sc-card-facts")?.textContent).toContain("HTTP 401");
});

test("lines of code and the request's id can be copied", async () => {
  const { root, page, said } = show();
  const names = [...root.querySelectorAll("button")].map((button) => button.getAttribute("aria-label"));
  expect(names).toEqual(["Copy this line", "Copy request id"]);
  for (const button of root.querySelectorAll("button")) button.click();
  await Promise.resolve();
  expect(page.copied).toEqual(["%env OPENAI_API_KEY=...", "req_1"]);
  expect(said).toEqual(["Copied", "Copied"]);
});

test("what a card does not have is not there", () => {
  const { root } = show({ detail: "", kept: 0, next: [], request_id: null, status_code: null });
  expect(root.textContent).toBe("No API key");
});

test("one kept character is one character", () => {
  expect(show({ kept: 1 }).root.querySelector(".sc-card-kept")?.textContent).toBe("1 character kept.");
});
