/** An image in the answer. It is drawn from its data only, so the page makes no request for it. */

import { element, setAttribute, setLabel } from "../../render/element.js";
import { IMAGE_FIELDS_SHAPE, type ImageFields } from "../../wire/generated.js";
import { read } from "../../wire/narrow.js";
import type { Part } from "../../wire/protocol.js";
import * as words from "../../words.js";
import { type Context, KINDS, type Looks, type PartView } from "./kinds.js";
import { copiedSite, imageAddress, literal, site } from "./site.js";

/** Milliseconds after which a browser has saved a file. */
const SAVED = 60_000;

const imageOf = ({ fields }: Part) => read(IMAGE_FIELDS_SHAPE, fields) as ImageFields;

const typeOf = (mime: string): string => mime.replace("image/", "");

class Image implements PartView {
  readonly root = element("figure", { class: "sc-image" });
  readonly #context: Context;
  readonly #picture = element("img", { class: "sc-picture", hidden: true });
  readonly #said = element("span");
  readonly #link = element("span");
  readonly #save = element("button", { type: "button", title: words.DOWNLOAD_TITLE }, words.DOWNLOAD);
  #image: ImageFields | null = null;
  #linked = "";

  constructor(context: Context) {
    this.#context = context;
    this.#save.addEventListener("click", () => this.#download());
    this.root.append(this.#picture, element("figcaption", {}, this.#said, this.#link, this.#save));
  }

  update([part]: readonly Part[], { over }: Looks): void {
    if (!part) return;
    const before = this.#image;
    const image = imageOf(part);
    this.#image = image;
    const ended = over || !part.open;
    setAttribute(this.root, "data-state", ended && image.state === "preview" ? "unfinished" : image.state);
    if (image.data !== before?.data) this.#draw(image);
    setAttribute(this.#picture, "alt", image.alt || words.IMAGE_ALT);
    setLabel(this.#said, said(image, ended, !this.#picture.hidden));
    if (image.url !== this.#linked) {
      this.#linked = image.url;
      this.#link.replaceChildren(...(image.url === "" ? [] : site(image.url, "")));
    }
    this.#save.hidden = this.#picture.hidden || !ended;
  }

  #draw({ data, mime, width, height }: ImageFields): void {
    const src = imageAddress(mime, data);
    this.#picture.hidden = src === null;
    if (src === null) return;
    // The space is reserved before the image is drawn, so that nothing below it moves.
    if (width > 0 && height > 0) {
      setAttribute(this.#picture, "width", String(width));
      setAttribute(this.#picture, "height", String(height));
    }
    this.#picture.src = src;
  }

  #download(): void {
    const { data, mime } = this.#image ?? { data: "", mime: "" };
    const content = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
    const href = URL.createObjectURL(new Blob([content], { type: mime }));
    element("a", { href, download: `image.${typeOf(mime)}` }).click();
    this.#context.page.clock.after(SAVED, () => URL.revokeObjectURL(href));
  }
}

/** The line below an image. */
function said({ state, error, url, width, height, mime }: ImageFields, ended: boolean, drawn: boolean): string {
  if (error !== "") return error;
  if (url !== "") return words.IMAGE_ELSEWHERE;
  if (state === "preview") return ended ? words.UNFINISHED_IMAGE : words.PREVIEW;
  if (state !== "done") return ended ? words.UNFINISHED_IMAGE : words.CREATING_IMAGE;
  return drawn ? words.imageSize(width, height, typeOf(mime).toUpperCase()) : words.IMAGE_LOST;
}

const MARKS = /[&<>\\`*_[\]!$~|()"'#^{}]/g;

/** Text in one line, in which no reader finds Markdown or HTML. */
const escaped = (text: string): string =>
  text
    .replace(/\s+/g, " ")
    .trim()
    .replace(MARKS, (char) => `&#${char.charCodeAt(0)};`);

KINDS.set("image", {
  make: (context) => new Image(context),
  doing: words.CREATING_IMAGE_STATUS,
  apart: true,
  copied(part) {
    const { alt, data, error, mime, state, url } = imageOf(part);
    const src = imageAddress(mime, data);
    const unfinished = `${words.IMAGE} (${words.NOT_FINISHED})`;
    if (src !== null) {
      const flaw = state === "done" ? "" : `\n\n*${escaped(error || unfinished)}*`;
      return `![${escaped(alt || words.IMAGE)}](${src})${flaw}`;
    }
    if (url !== "") return [words.IMAGE, literal(alt), copiedSite(url)].filter(Boolean).join(": ");
    return error === "" ? unfinished : `${words.IMAGE}: ${literal(error)}`;
  },
});
