/** The addons beside the package's modules, each loaded when a page first needs it. */

import { FetchedAddons } from "../addons/fetched.js";

/** Null: beside this module, which is looked up late, as some bundlers leave no address to a module. */
let folder: string | null = null;

/** Where the addons are. A bundler puts this module into another file, and the addons have to be copied by hand. */
export function addonsUrl(): string {
  // Not within `new URL`, where bundlers would look for a file to copy.
  const here = import.meta.url;
  folder ??= new URL("./addons/", here).href;
  return folder;
}

export function setAddonsUrl(url: string | URL): void {
  folder = new URL(`${url}`.replace(/\/?$/, "/"), globalThis.document?.baseURI).href;
  missing.clear();
}

/** What could not be loaded: it is not asked for again with each block of code. */
const missing = new Set<string>();

export const ADDONS = new FetchedAddons(
  (name) => (missing.has(name) ? null : Promise.resolve(name)),
  async (name) => {
    try {
      return await import(/* @vite-ignore */ /* webpackIgnore: true */ new URL(`${name}.js`, addonsUrl()).href);
    } catch (error) {
      missing.add(name);
      throw error;
    }
  },
);
