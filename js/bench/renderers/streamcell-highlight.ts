import { grammar } from "../../src/addons/languages/python.js";
import type { Addons } from "../../src/render/addons.js";
import type { Renderer } from "../page/instance.js";
import { ours } from "./ours.js";

/** The language that the bench's documents are written in, there from the beginning. */
const PARTS: Addons = { grammar: (language) => (language === "python" ? grammar : null), math: () => null };

export const renderer: Renderer = { create: (root) => ours(root, PARTS) };
