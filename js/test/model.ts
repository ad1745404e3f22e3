/** A widget model without Jupyter: traits, listeners, and what was sent. */

import type { WidgetModel } from "../src/jupyter/connection.js";
import { docOf, type Flat } from "./answers.js";

type Callback = (...args: unknown[]) => void;

export class FakeModel implements WidgetModel {
  readonly sent: unknown[] = [];
  readonly traits: Record<string, unknown>;
  readonly #listeners = new Map<string, Set<Callback>>();

  constructor(traits: Record<string, unknown> = {}) {
    this.traits = traits;
  }

  get(name: string): unknown {
    return this.traits[name];
  }

  on(event: string, callback: Callback): void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(callback));
  }

  off(event: string, callback: Callback): void {
    this.#listeners.get(event)?.delete(callback);
  }

  send(content: unknown): void {
    this.sent.push(content);
  }

  /** As Backbone does it: listeners are told which model has changed. */
  set(name: string, value: unknown): void {
    if (this.traits[name] === value) return;
    this.traits[name] = value;
    for (const listener of [...(this.#listeners.get(`change:${name}`) ?? [])]) listener(this, value);
  }

  receive(message: unknown): void {
    for (const listener of [...(this.#listeners.get("msg:custom") ?? [])]) listener(message);
  }

  /** The front end has fetched the whole state again. */
  restore(traits: Record<string, unknown>): void {
    Object.assign(this.traits, traits);
    for (const name of Object.keys(traits)) {
      for (const listener of [...(this.#listeners.get(`change:${name}`) ?? [])]) listener();
    }
  }

  get listening(): number {
    return [...this.#listeners.values()].reduce((sum, listeners) => sum + listeners.size, 0);
  }
}

export const snapshot = (document: Flat, epoch = 1, seq = 0) => ({
  type: "snapshot",
  wire: 2,
  epoch,
  seq,
  document: docOf(document),
});

export const patch = (seq: number, ...ops: readonly (readonly unknown[])[]) => ({ type: "patch", epoch: 1, seq, ops });
