// Lets a person draw their signature. What is drawn goes into a hidden field as whole numbers on a
// pad of 3000 by 1000, so that neither the size of the screen nor its density matters.
(() => {
  "use strict";
  const WIDTH = 3000;
  const HEIGHT = 1000;
  const box = document.querySelector("[data-pad]");
  const field = document.getElementById("id_drawn");
  if (!box || !field || !window.SignaturePad) return;
  const canvas = box.querySelector("canvas");
  box.hidden = false;

  const pad = new window.SignaturePad(canvas, { minWidth: 0.8, maxWidth: 2.4, penColor: "#14201e" });

  const scale = (value, from, to) => Math.min(to, Math.max(0, Math.round((value / from) * to)));

  const keep = () => {
    const { width, height } = canvas.getBoundingClientRect();
    const strokes = pad.toData().map((stroke) =>
      stroke.points.map((point) => [scale(point.x, width, WIDTH), scale(point.y, height, HEIGHT)]),
    );
    field.value = strokes.length ? JSON.stringify(strokes) : "";
  };

  // A canvas that changes its size loses what is drawn; the field has it still.
  const draw = () => {
    const { width, height } = canvas.getBoundingClientRect();
    const density = Math.max(window.devicePixelRatio || 1, 1);
    canvas.width = width * density;
    canvas.height = height * density;
    canvas.getContext("2d").scale(density, density);
    pad.clear();
    let strokes = [];
    try {
      strokes = JSON.parse(field.value || "[]");
    } catch {
      field.value = "";
    }
    if (!strokes.length) return;
    pad.fromData(
      strokes.map((points) => ({
        penColor: pad.penColor,
        dotSize: 0,
        minWidth: pad.minWidth,
        maxWidth: pad.maxWidth,
        velocityFilterWeight: pad.velocityFilterWeight,
        compositeOperation: "source-over",
        points: points.map(([x, y], index) => ({
          x: (x / WIDTH) * width,
          y: (y / HEIGHT) * height,
          pressure: 0.5,
          time: index * 20,
        })),
      })),
    );
  };

  pad.addEventListener("endStroke", keep);
  box.querySelector("button").addEventListener("click", () => {
    field.value = "";
    pad.clear();
  });
  window.addEventListener("resize", draw);
  draw();
})();
