/** The addons beside the package's modules, each loaded when a page first needs it. */

import { FetchedAddons } from "../addons/fetched.js";

// Not within `new URL`, where bundlers would look for a file to copy.
const here = import.meta.url;

let folder = new URL("./addons/", here).href;

/** Where the addons are. A bundler puts this module into another file, and the addons have to be copied by hand. */
export const addonsUrl = (): string => folder;

export function setAddonsUrl(url: string | URL): void {
  folder = new URL(`${url}`.replace(/\/?$/, "/"), globalThis.document?.baseURI ?? here).href;
  missing.clear();
}

/** What could not be loaded: it is not asked for again with each block of code. */
const missing = new Set<string>();

export const ADDONS = new FetchedAddons(
  (name) => (missing.has(name) ? null : Promise.resolve(name)),
  async (name) => {
    try {
      return await import(/* @vite-ignore */ /* webpackIgnore: true */ new URL(`${name}.js`, folder).href);
    } catch (error) {
      missing.add(name);
      throw error;
    }
  },
);
