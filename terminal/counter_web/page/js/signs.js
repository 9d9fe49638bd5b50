// Drawings as inline SVG. The page loads no images.

import { draw } from "./make.js";

const LINE = { fill: "none", stroke: "currentColor", "stroke-width": "4", "stroke-linecap": "round", "stroke-linejoin": "round" };

function icon(...children) {
  return draw("svg", { viewBox: "0 0 64 64", "aria-hidden": "true" }, ...children);
}

/** Return the card drawing in the footer. */
export function card() {
  return icon(
    draw("rect", { x: 6, y: 14, width: 52, height: 36, rx: 5, ...LINE }),
    draw("rect", { x: 13, y: 23, width: 14, height: 17, rx: 2, fill: "currentColor" }),
    draw("path", { d: "M34 25h17M34 33h17M34 41h10", ...LINE }),
  );
}

/** Return the icon for repeating the speech. */
export function loudspeaker() {
  return icon(draw("path", { d: "M8 24v16h10l14 12V12L18 24z", ...LINE }), draw("path", { d: "M42 22q8 10 0 20M50 14q15 18 0 36", ...LINE }));
}

const ICONS = {
  face: () => icon(
    draw("path", { d: "M6 18V8h10M48 8h10v10M58 46v10H48M16 56H6V46", ...LINE }),
    draw("circle", { cx: 32, cy: 26, r: 9, ...LINE }),
    draw("path", { d: "M15 51c2-10 9-14 17-14s15 4 17 14", ...LINE }),
  ),
  pin: () => icon(
    draw("rect", { x: 5, y: 18, width: 54, height: 28, rx: 6, ...LINE }),
    ...[16, 26.7, 37.3, 48].map((x) => draw("circle", { cx: x, cy: 32, r: 4, fill: "currentColor" })),
  ),
  phone: () => icon(
    draw("rect", { x: 18, y: 5, width: 28, height: 54, rx: 6, ...LINE }),
    draw("path", { d: "M28 51h8", ...LINE }),
  ),
};

/** Return the icon for an answer, or undefined. */
export function answerIcon(id) {
  return ICONS[id]?.();
}

const KEY_SIGNS = {
  erase: () => icon(draw("path", { d: "M22 14h36v36H22L6 32zM33 25l14 14M47 25L33 39", ...LINE, "stroke-width": 5 })),
  enter: () => icon(draw("path", { d: "M10 34l15 15 30-34", ...LINE, "stroke-width": 8 })),
};

/** Return the icon for a pad key with a word. */
export function keySign(key) {
  return KEY_SIGNS[key]?.();
}

/** Return the arrow for turning pages: up or down. */
export function arrow(by) {
  return icon(draw("path", { d: by > 0 ? "M10 22l22 22 22-22" : "M10 42l22-22 22 22", ...LINE, "stroke-width": 8 }));
}

/** Return a talk's animated sign. */
export function sign(kind) {
  if (kind === "wait") return wheel();
  if (kind === "put-card" || kind === "take-card") return counter(kind === "put-card");
  if (kind === "show-card") return front();
  return undefined;
}

/** Return an animation that ends within five seconds. It is omitted if reduced motion is requested. */
function twice(attributes) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return undefined;
  return draw("animateTransform", { attributeName: "transform", calcMode: "spline", keySplines: ".4 0 .2 1;0 0 1 1;.4 0 .2 1", dur: "2.4s", repeatCount: 2, ...attributes });
}

/** Return a drawing of a card's front in the camera frame. The camera image of the card is never shown. */
function front() {
  return draw("svg", { class: "sign", viewBox: "0 0 380 290", "aria-hidden": "true" },
    draw("path", { d: "M30 84V40h44M306 40h44v44M350 216v44h-44M74 260H30v-44", ...LINE, stroke: "var(--main)", "stroke-width": 9 }),
    draw("g", {},
      twice({ type: "scale", values: ".86;1;1;.86", keyTimes: "0;.4;.75;1" }),
      draw("rect", { x: 64, y: 68, width: 252, height: 160, rx: 15, fill: "var(--card)", stroke: "var(--ink)", "stroke-width": 5 }),
      draw("rect", { x: 82, y: 112, width: 66, height: 86, rx: 6, fill: "var(--main-soft)", stroke: "var(--main)", "stroke-width": 3 }),
      draw("circle", { cx: 115, cy: 144, r: 14, fill: "var(--main)" }),
      draw("path", { d: "M90 196c4-22 13-28 25-28s21 6 25 28z", fill: "var(--main)" }),
      draw("path", { d: "M82 90h120M166 122h128M166 146h128M166 178h96", stroke: "var(--edge)", "stroke-width": 8, "stroke-linecap": "round" })));
}

function wheel() {
  return draw("svg", { class: "sign wait", viewBox: "0 0 100 100", "aria-hidden": "true" },
    draw("circle", { cx: 50, cy: 50, r: 40, fill: "none", stroke: "var(--line)", "stroke-width": 12 }),
    draw("path", { d: "M50 10a40 40 0 0 1 40 40", fill: "none", stroke: "var(--main)", "stroke-width": 12, "stroke-linecap": "round" },
      draw("animateTransform", { attributeName: "transform", type: "rotate", from: "0 50 50", to: "360 50 50", dur: "1.2s", repeatCount: "indefinite" })));
}

/** Return a card above the reader. Card and arrow move downwards or upwards. */
function counter(down) {
  const path = down ? "0 -16;0 6;0 6;0 -16" : "0 6;0 -18;0 -18;0 6";
  return draw("svg", { class: "sign", viewBox: "0 0 380 290", "aria-hidden": "true" },
    draw("ellipse", { cx: 190, cy: 262, rx: 168, ry: 18, fill: "var(--line)", opacity: .55 }),
    draw("rect", { x: 38, y: 204, width: 304, height: 54, rx: 16, fill: "var(--ink)", stroke: "var(--line)", "stroke-width": 2 }),
    draw("rect", { x: 62, y: 214, width: 256, height: 9, rx: 4.5, fill: "var(--main)" }),
    draw("g", {},
      twice({ type: "translate", values: path, keyTimes: "0;.4;.7;1" }),
      draw("rect", { x: 78, y: 22, width: 224, height: 142, rx: 14, fill: "var(--card)", stroke: "var(--ink)", "stroke-width": 5 }),
      draw("rect", { x: 96, y: 50, width: 62, height: 80, rx: 6, fill: "var(--main-soft)", stroke: "var(--main)", "stroke-width": 3 }),
      draw("circle", { cx: 127, cy: 80, r: 14, fill: "var(--main)" }),
      draw("path", { d: "M102 128c4-20 14-26 25-26s21 6 25 26z", fill: "var(--main)" }),
      draw("path", { d: "M176 62h106M176 86h106M176 110h70", stroke: "var(--edge)", "stroke-width": 8, "stroke-linecap": "round" }),
      draw("path", { d: down ? "M190 174v18m-16-12 16 14 16-14" : "M190 194v-18m-16 12 16-14 16 14", fill: "none", stroke: "var(--main)", "stroke-width": 8,
        "stroke-linecap": "round", "stroke-linejoin": "round" })));
}
