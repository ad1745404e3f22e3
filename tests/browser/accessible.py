"""What axe finds in the cells of a page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .jupyterlab import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Page

AXE = ROOT / "js" / "node_modules" / "axe-core" / "axe.min.js"


def checked(page: Page, within: str = "[data-streamcell]") -> dict[str, Any]:
    """Check every cell, or what else is `within`.

    `violations` says what is wrong and where, `passed` has the rules that something obeys.
    """
    page.evaluate(AXE.read_text("utf-8"))
    found: dict[str, Any] = page.evaluate(
        """async (within) => {
            const rules = { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"] };
            const { violations, passes } = await axe.run({ include: [within] }, { runOnly: rules });
            const told = ({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 120)}`);
            return { violations: violations.flatMap(told), passed: passes.map(({ id }) => id) };
        }""",
        within,
    )
    return found
