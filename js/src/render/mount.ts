/** Makes the DOM for each kind of node. */

import { isSame } from "../markdown/same.js";
import type { Node as TreeNode } from "../markdown/tree.js";
import { MountedBox, MountedItem, MountedList, MountedQuote, MountedRule } from "./blocks.js";
import { isDiagram, MountedDiagram } from "./diagram.js";
import type { Drawing, Mounted } from "./drawing.js";
import { MountedFormula, MountedMath } from "./formula.js";
import { image } from "./image.js";
import { MountedCode, MountedLink, MountedPhrase, MountedSpan, MountedText, Still } from "./inlines.js";
import { MountedLeaf } from "./leaf.js";
import { MountedLines } from "./lines.js";
import { MountedReference } from "./notes.js";
import { MountedRow, MountedTable } from "./table.js";

export function mount(drawing: Drawing, node: TreeNode): Mounted {
  switch (node.kind) {
    case "text":
    case "raw":
      return new MountedText(drawing, node);
    case "code":
      return new MountedCode(drawing, node);
    case "break":
      return new Still(node, drawing.element("br"), isSame);
    case "emphasis":
    case "strong":
    case "strike":
      return new MountedSpan(drawing, node);
    case "link":
      return new MountedLink(drawing, node);
    case "image":
      return new Still(node, image(drawing, node), isSame);
    case "math":
      return new MountedMath(drawing, node);
    case "reference":
      return new MountedReference(drawing, node);
    case "element":
      return new MountedPhrase(drawing, node);
    case "paragraph":
    case "heading":
    case "cell":
      return new MountedLeaf(drawing, node);
    case "pre":
      return isDiagram(node) ? new MountedDiagram(drawing, node) : new MountedLines(drawing, node);
    case "html":
      return new MountedLines(drawing, node);
    case "quote":
      return new MountedQuote(drawing, node);
    case "list":
      return new MountedList(drawing, node);
    case "item":
      return new MountedItem(drawing, node);
    case "table":
      return new MountedTable(drawing, node);
    case "row":
      return new MountedRow(drawing, node);
    case "rule":
      return new MountedRule(drawing, node);
    case "box":
      return new MountedBox(drawing, node);
    case "formula":
      return new MountedFormula(drawing, node);
    case "document":
    case "note":
      throw new Error(`a ${node.kind} is no child`);
  }
}
