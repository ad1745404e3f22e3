/** What every renderer is to the bench. */

export interface Instance {
  push(chunk: string): void;
  end(): void;
  /** Characters that the engine has looked at; ours counts them. */
  scanned?(): number;
}

export interface Renderer {
  /** Things to load before the first `create`. */
  prepare?(): Promise<void>;
  /** `text`: the whole document, which only the limits look at beforehand. */
  create(root: HTMLElement, text: string): Instance;
}
