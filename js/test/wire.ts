/** The example messages that both languages read. */

import { readdirSync, readFileSync } from "node:fs";

const FOLDER = new URL("../../tests/wire/", import.meta.url);

export const example = (name: string): unknown => JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), "utf8"));

export const invalidNames = (): string[] =>
  readdirSync(new URL("invalid/", FOLDER))
    .filter((name) => name.endsWith(".json"))
    .map((name) => `invalid/${name.slice(0, -".json".length)}`);
