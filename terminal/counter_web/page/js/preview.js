// Mirrored camera preview: a canvas with oval, arrow and progress bar.

import { draw, make } from "./make.js";

const OVAL = { cx: 320, cy: 236, rx: 150, ry: 196 };
const ROUND = "M320 40a150 196 0 0 1 0 392a150 196 0 0 1 0-392";
const ARROWS = { "-1": ["M136 182 88 236l48 54", "M88 182 40 236l48 54"], 1: ["M504 182l48 54-48 54", "M552 182l48 54-48 54"] };

export class Preview {
  #canvas = make("canvas", { width: 640, height: 480 });
  #progress = draw("path", { d: ROUND, fill: "none", stroke: "#3ddc84", "stroke-width": 14, "stroke-linecap": "round", pathLength: 100, "stroke-dasharray": "0 100" });
  #arrow = draw("g", { class: "arrow", fill: "none", "stroke-linecap": "round", "stroke-linejoin": "round" });
  #decoding = false;
  #shown = false;
  #towards = 0;
  element;
  drawn = 0;

  constructor() {
    this.element = make("div", { class: "live", role: "img" }, this.#canvas,
      draw("svg", { viewBox: "0 0 640 480", "aria-hidden": "true" },
        draw("mask", { id: "around" }, draw("rect", { width: 640, height: 480, fill: "#fff" }), draw("ellipse", { ...OVAL, fill: "#000" })),
        draw("rect", { width: 640, height: 480, fill: "#001529", opacity: .5, mask: "url(#around)" }),
        // a light line on a wider dark line is visible on any background
        draw("ellipse", { ...OVAL, fill: "none", stroke: "#001529", "stroke-width": 20 }),
        draw("ellipse", { ...OVAL, fill: "none", stroke: "#fff", "stroke-width": 11 }),
        this.#progress, this.#arrow));
  }

  /** Update the preview for this talk, or clear it. */
  follow(body, name) {
    this.#shown = body.camera;
    if (!body.camera) {
      this.#canvas.getContext("2d").clearRect(0, 0, 640, 480);
      return;
    }
    this.element.setAttribute("aria-label", name);
    const [done, needed] = body.progress ?? [0, 1];
    this.#progress.setAttribute("stroke-dasharray", `${Math.min((100 * done) / Math.max(needed, 1), 100)} 100`);
    this.#progress.setAttribute("visibility", done ? "visible" : "hidden");
    if (body.towards !== this.#towards) {
      this.#towards = body.towards;
      const paths = ARROWS[body.towards] ?? [];
      this.#arrow.replaceChildren(...[["#001529", 26], ["#ffc43d", 15]].map(([colour, width]) =>
        draw("g", { stroke: colour, "stroke-width": width }, ...paths.map((d) => draw("path", { d })))));
    }
  }

  /** Draw a JPEG and call `done()` when ready for the next one. Skip frames that arrive during decoding. */
  async show(blob, done) {
    if (!this.#shown || this.#decoding) {
      done();
      return;
    }
    this.#decoding = true;
    try {
      const image = await createImageBitmap(blob);
      if (this.#shown) {
        this.#canvas.getContext("2d").drawImage(image, 0, 0, 640, 480);
        this.drawn += 1;
      }
      image.close();
    } finally {
      this.#decoding = false;
      done();
    }
  }
}
