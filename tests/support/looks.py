"""How a screen looks to everybody: what axe finds, does not fit, is hard to read, is not reached by a keyboard."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
WIDTHS_PX = (320, 412, 1280)
HEIGHT_PX = 860
SIDE_PX_MIN = 44
CONTRAST_MIN = 7
"""WCAG 2.2, 1.4.6: what can be read in the sun and with weak eyes."""
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")

SMALL = """
(side) => [...document.querySelectorAll("button, a[href], input, select, summary, textarea")]
  .filter((one) => one.checkVisibility({ visibilityProperty: true }))
  .map((one) => {
    const box = (one.closest("label.check, label.file") ?? one).getBoundingClientRect();
    return { what: one.outerHTML.slice(0, 90), width: Math.round(box.width), height: Math.round(box.height) };
  })
  .filter((one) => one.width < side || one.height < side)
"""
OUTSIDE = """
() => [...document.querySelectorAll("body *")]
  .filter((one) => !one.closest(".map, svg") && one.checkVisibility({ visibilityProperty: true }))
  .filter((one) => {
    const box = one.getBoundingClientRect();
    const wide = one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 1;
    const cut = wide && getComputedStyle(one).display !== "inline";
    return box.width > 0 && (box.left < -1 || box.right > innerWidth + 1 || (cut && one.tagName !== "INPUT"));
  })
  .map((one) => one.outerHTML.slice(0, 90))
"""
BROKEN = """
() => [...document.querySelectorAll(".tab")].filter((one) => {
  const range = document.createRange();
  range.selectNodeContents(one.firstChild);
  return range.getClientRects().length > one.firstChild.textContent.trim().split(/\\s+/).length;
}).map((one) => one.textContent)
"""
WIDER = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
PALE = """
(least) => {
  const colour = (text) => {
    const [r, g, b, a = 1] = text.match(/[\\d.]+/g).map(Number);
    return { r, g, b, a };
  };
  const over = (top, below) => {
    const mix = (one) => top[one] * top.a + below[one] * (1 - top.a);
    return { r: mix("r"), g: mix("g"), b: mix("b"), a: 1 };
  };
  const ground = (one) => {
    const layers = [];
    for (let at = one; at; at = at.parentElement) {
      const found = colour(getComputedStyle(at).backgroundColor);
      if (found.a > 0) layers.unshift(found);
      if (found.a === 1) break;
    }
    return layers.reduce((below, top) => over(top, below), colour(getComputedStyle(document.body).backgroundColor));
  };
  const light = ({ r, g, b }) => {
    const part = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const seenOf = (one) => {
    let seen = 1;
    for (let at = one; at; at = at.parentElement) seen *= Number(getComputedStyle(at).opacity);
    return seen;
  };
  const found = new Map();
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const read = [...document.querySelectorAll("input[type=text], select")];
  while (walker.nextNode()) if (walker.currentNode.data.trim()) read.push(walker.currentNode.parentElement);
  for (const one of new Set(read)) {
    if (!one.checkVisibility({ visibilityProperty: true }) || one.closest("noscript, script, option, canvas")) continue;
    const below = ground(one);
    const ink = colour(getComputedStyle(one).color);
    const [a, b] = [light(over({ ...ink, a: ink.a * seenOf(one) }, below)), light(below)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < least) found.set(one.outerHTML.slice(0, 90), ratio.toFixed(2));
  }
  return [...found].map(([what, ratio]) => `${ratio}: ${what}`);
}
"""
MARK = """
() => {
  const open = [...document.querySelectorAll("dialog[open]")].pop();
  const able = "a[href], button, input, select, textarea, summary, audio[controls], video[controls], [tabindex]";
  const found = [...(open ?? document).querySelectorAll(able)]
    .filter((one) => !one.disabled && one.checkVisibility({ visibilityProperty: true }))
    .filter((one) => one.tabIndex >= 0 || one.matches("a, button, input, select, textarea, summary"));
  document.querySelectorAll("[data-walk]").forEach((one) => one.removeAttribute("data-walk"));
  found.forEach((one, number) => (one.dataset.walk = String(number)));
  return found.map((one) => (one.tabIndex > 0 ? "order of its own: " : "") + one.outerHTML.slice(0, 90));
}
"""
FOCUSED = """
() => {
  const one = document.activeElement;
  if (!one?.dataset?.walk) return null;
  const shown = one.closest("label.file") ?? one;
  const style = getComputedStyle(shown);
  const box = shown.getBoundingClientRect();
  const top = document.elementFromPoint(box.left + box.width / 2, box.top + Math.min(box.height / 2, 20));
  return {
    number: Number(one.dataset.walk),
    ringed: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    free: top !== null && (shown.contains(top) || top.contains(shown)),
  };
}
"""


def findings(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 AA on the screen as it is; it is run from the outside, so the policy stays."""
    if not AXE.exists():
        pytest.skip("needs what `make assets` installs")
    page.evaluate(AXE.read_text("utf-8"))
    found: dict[str, Any] = page.evaluate("(tags) => axe.run(document, {runOnly: tags})", list(RULES))
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found["violations"]]


def misfits(page: Page) -> list[str]:
    """Controls that are too small at some width, what is cut off or lies outside, widths that scroll sideways."""
    wrong: list[str] = []
    for width in WIDTHS_PX:
        page.set_viewport_size({"width": width, "height": HEIGHT_PX})
        wrong += [f"{width} px: small: {json.dumps(one)}" for one in page.evaluate(SMALL, SIDE_PX_MIN)]
        wrong += [f"{width} px: outside or cut: {one}" for one in page.evaluate(OUTSIDE)]
        if page.evaluate(WIDER) > 0:
            wrong.append(f"{width} px: scrolls sideways")
    page.set_viewport_size({"width": 412, "height": HEIGHT_PX})
    return wrong + [f"412 px: broken in a word: {one}" for one in page.evaluate(BROKEN)]


def pale(page: Page) -> list[str]:
    """Text with less contrast to what is behind it than 7 to 1, from the styles as computed."""
    found: list[str] = page.evaluate(PALE, CONTRAST_MIN)
    return found


def unreachable(page: Page) -> list[str]:
    """What the Tab key does not reach on this screen, or in the dialog on top, in the order of reading and in sight."""
    able: list[str] = page.evaluate(MARK)
    wrong = [one for one in able if one.startswith("order of its own")]
    walked: list[int] = []
    for _ in range(2 * len(able) + 6):
        page.keyboard.press("Tab")
        seen: dict[str, Any] | None = page.evaluate(FOCUSED)
        if seen is None:
            continue
        if 0 in walked and seen["number"] == 0:
            break
        if seen["number"] == 0 or walked:
            walked.append(seen["number"])
        if not seen["ringed"]:
            wrong.append(f"the focus does not show: {able[seen['number']]}")
        if not seen["free"]:
            wrong.append(f"the focus is hidden by something: {able[seen['number']]}")
    if walked != list(range(len(able))):
        missed = [able[number] for number in range(len(able)) if number not in walked]
        wrong.append(f"walked {walked}, not reached: {missed}")
    return sorted(set(wrong))
