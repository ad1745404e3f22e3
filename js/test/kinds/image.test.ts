// @vitest-environment happy-dom

/** An image of an answer: from its data alone, with what there is to say where there is none. */

import { expect, test, vi } from "vitest";
import { copied, KINDS, type Looks } from "../../src/cell/parts/kinds.js";
import "../../src/cell/parts/list.js";
import { part } from "../answers.js";

const GIF = "R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==";
const DONE = { data: GIF, mime: "image/gif", width: 640, height: 480, state: "done" };

const image = (fields: Record<string, unknown>, open = false) => part("image", "", { fields, open });

const LOOKS: Looks = { over: false, last: false, shown: 0, name: "a", gone: null };

function view() {
  const after = vi.fn();
  const made = KINDS.get("image")?.make({ page: { clock: { after } } } as never);
  if (!made) throw new Error("no such kind");
  const { root } = made;
  const [picture, caption, save] = ["img", "figcaption span", "button"].map((one) => root.querySelector(one));
  return {
    after,
    root,
    picture: picture as HTMLImageElement,
    save: save as HTMLButtonElement,
    show(fields: Record<string, unknown>, { open = false, over = false } = {}) {
      made.update([image(fields, open)], { ...LOOKS, over });
      return caption?.textContent;
    },
  };
}

test("an image has its place before it is drawn, its words, its size and a button to save it", () => {
  const { picture, save, show } = view();
  expect(show({ ...DONE, alt: "A river" })).toBe("640 × 480 GIF");
  expect(picture.getAttribute("src")).toBe(`data:image/gif;base64,${GIF}`);
  expect(["alt", "width", "height", "hidden"].map((name) => picture.getAttribute(name))).toEqual([
    "A river",
    "640",
    "480",
    null,
  ]);
  expect(save.hidden).toBe(false);
});

test("it is created, previewed and done in one place, and what stays is not drawn again", () => {
  const { picture, save, show, root } = view();
  expect(show({}, { open: true })).toBe("Creating the image…");
  expect([picture.hidden, save.hidden, root.dataset.state]).toEqual([true, true, "creating"]);
  expect(show({ ...DONE, state: "preview" }, { open: true })).toBe("Preview: the image is not finished yet");
  expect([picture.hidden, save.hidden]).toEqual([false, true]);
  const drawn = vi.spyOn(picture, "src", "set");
  show({ ...DONE, state: "preview", alt: "x" }, { open: true });
  expect(drawn).not.toHaveBeenCalled();
  show({ ...DONE, data: `${GIF.slice(0, -2)}A=` });
  expect(drawn).toHaveBeenCalledTimes(1);
});

test.each([
  [{}, "This image was not finished."],
  [{ ...DONE, state: "preview" }, "This image was not finished."],
  [{ state: "failed", error: "No <b>." }, "No <b>."],
  [{ state: "done", url: "https://a.example/x.png" }, "The image is on another site. It is not loaded here:"],
  [{ ...DONE, data: "" }, "The data of this image is missing."],
])("an answer that is over says of %j: %s", (fields, words) => {
  const { show, root, picture } = view();
  expect(show(fields, { open: true, over: true })).toBe(words);
  expect(show(fields)).toBe(words);
  expect(root.querySelectorAll("b, script").length).toBe(0);
  expect(picture.hidden).toBe(!("data" in fields && fields.data));
});

test("an address is a link that only the user follows", () => {
  const { show, root } = view();
  show({ state: "done", url: "https://a.example/x.png" });
  expect(root.querySelector("a")?.getAttribute("href")).toBe("https://a.example/x.png");
  show({ state: "done", url: "javascript:alert(1)" });
  expect(root.querySelector("a")).toBeNull();
  expect(root.textContent).toContain("javascript:alert(1)");
});

test.each([
  ["image/svg+xml", GIF],
  ["text/html", GIF],
  ["image/gif", "x, y"],
  ["image/gif", `${GIF}" onerror="alert(1)`],
  ["image/gif\n", GIF],
  [7, GIF],
])("nothing is drawn of a saved %j", (mime, data) => {
  const { picture, show } = view();
  show({ ...DONE, mime, data });
  expect([picture.hidden, picture.getAttribute("src")]).toEqual([true, null]);
  expect(copied({ parts: [image({ ...DONE, mime, data })] })).toBe("Image (not finished)");
});

test("Download gives the image's bytes a name, and the browser its memory back", () => {
  const { after, save, show } = view();
  show(DONE);
  const made: Blob[] = [];
  const links: HTMLAnchorElement[] = [];
  vi.spyOn(URL, "createObjectURL").mockImplementation((blob) => {
    made.push(blob as Blob);
    return "blob:x";
  });
  const revoked = vi.spyOn(URL, "revokeObjectURL").mockReturnValue();
  vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
    links.push(this);
  });
  save.click();
  expect(links.map(({ href, download }) => [href, download])).toEqual([["blob:x", "image.gif"]]);
  expect(made.map(({ size, type }) => [size, type])).toEqual([[atob(GIF).length, "image/gif"]]);
  after.mock.calls[0]?.[1]();
  expect(revoked).toHaveBeenCalledWith("blob:x");
});

test("an image is copied as Markdown that shows it, and its words letter for letter", () => {
  const parts = [
    part("text", "Before\n\n"),
    image({ ...DONE, alt: "A [b](c) & $d$" }),
    image({ state: "done", url: "https://a.example/x.png", alt: "*e*" }),
    image({ state: "failed", error: "No [data]." }),
    image({ ...DONE, state: "preview" }),
    part("text", "\n\nAfter"),
  ];
  expect(copied({ parts })).toBe(
    [
      "Before",
      `![A &#91;b&#93;&#40;c&#41; &#38; &#36;d&#36;](data:image/gif;base64,${GIF})`,
      "Image: \\*e\\*: <https://a.example/x.png>",
      "Image: No \\[data\\].",
      `![Image](data:image/gif;base64,${GIF})\n\n*Image &#40;not finished&#41;*`,
      "After",
    ].join("\n\n"),
  );
});
