/* The page on which one draws a digit, or shows a photograph of one, and two networks of the book read it.

`preparation.js` makes it an image as MNIST has them; this script is about the page. The one global name is
`drawADigit`, for the tests, and for readers who look at it in the console. */
"use strict";

const drawADigit = (() => {
  const AREA = 280; // pixels on a side of what is drawn on
  const CELL = 10; // pixels by which an arrow key moves the pen
  const PAUSE = 100; // milliseconds between two answers
  const QUIET = 700; // milliseconds without a new answer until one is read aloud
  const MOST_POINTS = 20_000;
  const NAMES = { fast: "Convolutional", dense: "Dense" };
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const NOTHING = "Nothing is drawn yet. Draw one digit, large, or choose a photograph of one.";
  const STEPS = [
    { image: "gray", about: ({ gray }) => `What you gave, in gray: ${sizeOf(gray)}.` },
    { image: "inverted", option: "invert", label: "Bright ink", about: () => "MNIST has bright ink on black paper." },
    {
      image: "ink", option: "paper", label: "No paper",
      about: ({ isDrawing, ink }) => isDrawing
        ? "The paper of a drawing is black by now; that of a photograph has grain and shadows."
        : `What is darker than the paper around it is ink. Smaller, too: ${sizeOf(ink)}.`,
    },
    { image: "crop", option: "box", label: "Box of 20 × 20", about: ({ crop }) => `Cut out, however large: ${sizeOf(crop)}.` },
    {
      image: "blurred", option: "blurring", label: "Anti-aliasing",
      about: () => "Blurred before it shrinks, so that each new pixel is a mean of old ones.",
    },
    { image: "small", about: ({ small }) => `Shrunk to ${sizeOf(small)}, its ink as bright as that of MNIST.` },
    {
      image: "prepared", option: "center", label: "Center of mass",
      about: () => "Put into 28 × 28 pixels by its center of mass.",
    },
  ];

  const { element } = live;
  const state = {
    strokes: [], // each with a width and points [x, y]
    photo: null, // a canvas with the photograph
    options: Object.fromEntries(STEPS.filter(({ option }) => option).map(({ option }) => [option, true])),
    pen: { x: AREA / 2, y: AREA / 2, isDown: false }, // that of the keyboard
    steps: null, seen: null, probabilities: null, // what comes of it
  };
  const networks = {};
  let parts, pointer = null, timer = null, lastTime = -PAUSE, quietTimer = null;

  const sizeOf = ({ rows, columns }) => `${rows} × ${columns} pixels`;
  const isEmpty = () => !state.photo && state.strokes.length === 0;
  const pointsDrawn = () => state.strokes.reduce((sum, { points }) => sum + points.length, 0);

  // ---- What the page is made of ------------------------------------------------------------------------------------

  const button = (text) => element("button", { type: "button" }, text);

  const picture = (label, kind = "") => element("canvas", { role: "img", "aria-label": label, class: `draw-picture ${kind}` });

  function slider(name, label, low, high, value) {
    const input = element("input", { type: "range", id: `draw-${name}`, min: low, max: high, value });
    const output = element("output", { for: input.id }, `${value}`);
    input.addEventListener("input", () => { output.textContent = input.value; });
    const whole = element("div", { class: "draw-slider" }, element("label", { for: input.id }, label), input, output);
    const set = (number) => { input.value = number; output.textContent = number; };
    return { whole, input, set, get value() { return Number(input.value); } };
  }

  function stepPart({ image, option, label }) {
    const [canvas, about] = [picture(`Step: ${label ?? image}`), element("span")];
    const box = element("input", { type: "checkbox" });
    box.checked = true;
    box.addEventListener("change", () => { state.options[option] = box.checked; updateSoon(); });
    const heading = option ? element("label", {}, box, ` ${label}`) : element("span", {}, image === "gray" ? "Gray" : "Shrunk");
    return { canvas, about, box, whole: element("li", {}, element("div", {}, heading), canvas, about) };
  }

  function networkPart(name) {
    const [reads, bars] = [element("p", { class: "draw-reads" }), live.bars()];
    return { reads, bars, whole: element("div", {}, element("p", { class: "live-title" }, NAMES[name]), reads, bars.element) };
  }

  function makeParts() {
    const keys = "Area to draw on. Arrow keys move the pen, Space puts it down and lifts it.";
    return {
      area: element("div", { class: "draw-area", tabindex: 0, role: "application", "aria-label": keys, "aria-describedby": "draw-pen-place" }),
      paper: element("canvas", { width: AREA, height: AREA }),
      cursor: element("div", { class: "draw-cursor", hidden: "" }),
      penPlace: element("p", { id: "draw-pen-place", class: "draw-pen-place", role: "status" }),
      undo: button("Undo"), clear: button("Clear"), straighten: button("Back to 0"),
      file: element("input", { type: "file", accept: "image/*", id: "draw-file" }),
      width: slider("width", "Width of the pen", 4, 40, 22),
      right: slider("right", "Shift to the right", -14, 14, 0),
      down: slider("down", "Shift down", -14, 14, 0),
      turn: slider("turn", "Turn clockwise, degrees", -180, 180, 0),
      message: element("p", { class: "live-message", role: "status" }, NOTHING),
      trouble: element("p", { class: "live-trouble", role: "alert", hidden: "" }),
      answer: element("p", { class: "live-unseen", "aria-live": "polite" }),
      seen: picture("The 28 by 28 pixels that the networks see", "draw-seen"),
      maps: picture("The feature maps of the first layer of the convolutional network", "draw-maps"),
      steps: STEPS.map(stepPart),
      networks: Object.fromEntries(Object.keys(NAMES).map((name) => [name, networkPart(name)])),
    };
  }

  function arrange() {
    const { area, paper, cursor, undo, clear, file, width, right, down, turn, straighten, seen, maps } = parts;
    area.append(paper, cursor);
    const photograph = element("div", {}, element("label", { for: file.id }, "Or a photograph: "), file);
    const title = (text) => element("p", { class: "live-title" }, text);
    return [
      element("div", { class: "live-columns" },
        element("div", {}, title("Draw a digit here"), area, parts.penPlace,
          element("div", { class: "live-buttons" }, undo, clear)),
        element("div", {},
          element("div", { class: "draw-networks" }, ...Object.values(parts.networks).map(({ whole }) => whole)),
          parts.message, parts.trouble, parts.answer, width.whole, photograph),
        element("div", {}, title("What the networks see"), seen, right.whole, down.whole, turn.whole, straighten),
        element("div", {}, title("Feature maps of the first layer, convolutional network"), maps)),
      title("How it was prepared, step by step. A step without its mark is left out."),
      element("ol", { class: "draw-steps" }, ...parts.steps.map(({ whole }) => whole)),
    ];
  }

  // ---- Drawing -----------------------------------------------------------------------------------------------------

  const penOn = (canvas) => canvas.getContext("2d", { willReadFrequently: true });

  /** Draw the last piece of a stroke: from its last point but one, or a dot. */
  function drawPiece({ width, points }, index) {
    const pen = penOn(parts.paper);
    Object.assign(pen, { lineWidth: width, lineCap: "round", strokeStyle: "black" });
    pen.beginPath();
    pen.moveTo(...points[Math.max(index - 1, 0)]);
    pen.lineTo(...points[index]);
    pen.stroke();
  }

  function redraw() {
    const pen = penOn(parts.paper);
    pen.fillStyle = "white";
    pen.fillRect(0, 0, AREA, AREA);
    for (const stroke of state.strokes) stroke.points.forEach((_, index) => drawPiece(stroke, index));
    if (state.photo) {
      const { width, height } = state.photo;
      const scale = AREA / Math.max(width, height);
      const [left, top] = [width, height].map((side) => (AREA - scale * side) / 2);
      pen.drawImage(state.photo, left, top, scale * width, scale * height);
    }
    updateSoon();
  }

  /** Begin a stroke; a photograph gives way to it. */
  function beginStroke(point) {
    if (state.photo) clear();
    state.strokes.push({ width: parts.width.value, points: [] });
    addPoint(point);
  }

  function addPoint(point) {
    if (pointsDrawn() >= MOST_POINTS) return;
    const stroke = state.strokes.at(-1);
    stroke.points.push(point);
    drawPiece(stroke, stroke.points.length - 1);
    updateSoon();
  }

  /** Go back to some strokes, without a photograph. */
  function backTo(strokes) {
    Object.assign(state, { strokes, photo: null });
    pointer = null;
    state.pen.isDown = false;
    showPen();
    redraw();
  }

  const clear = () => backTo([]);
  const undo = () => backTo(state.strokes.slice(0, -1)); // beside a photograph there are none

  function followPointer() {
    const placeOf = ({ clientX, clientY }) => {
      const { left, top, width } = parts.paper.getBoundingClientRect();
      return [clientX - left, clientY - top].map((distance) => (distance * AREA) / width);
    };
    parts.area.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || pointer !== null) return;
      event.preventDefault(); // it would select text
      parts.area.focus({ preventScroll: true });
      parts.area.setPointerCapture(event.pointerId);
      state.pen.isDown = false; // there is one pen at a time
      parts.cursor.hidden = true;
      showPen();
      beginStroke(placeOf(event));
      pointer = event.pointerId;
    });
    parts.area.addEventListener("pointermove", (event) => {
      if (event.pointerId !== pointer) return;
      const passed = event.getCoalescedEvents?.() ?? [];
      for (const one of passed.length ? passed : [event]) addPoint(placeOf(one));
    });
    for (const end of ["pointerup", "pointercancel"]) {
      parts.area.addEventListener(end, (event) => { if (event.pointerId === pointer) pointer = null; });
    }
  }

  function pressKey(event) {
    const { pen } = state;
    if (event.altKey || event.metaKey) return;
    if (event.ctrlKey) {
      if (event.key !== "z") return;
      undo();
    } else if (event.key === " ") {
      const goesDown = !pen.isDown;
      if (goesDown) beginStroke([pen.x, pen.y]);
      pen.isDown = goesDown;
    } else if (ARROWS[event.key]) {
      const inside = (place) => Math.min(Math.max(place, 0), AREA);
      const [right, down] = ARROWS[event.key];
      Object.assign(pen, { x: inside(pen.x + CELL * right), y: inside(pen.y + CELL * down) });
      if (pen.isDown) addPoint([pen.x, pen.y]);
    } else return;
    event.preventDefault();
    parts.cursor.hidden = false;
    showPen();
  }

  function showPen() {
    const { x, y, isDown } = state.pen;
    Object.assign(parts.cursor.style, { left: `${(100 * x) / AREA}%`, top: `${(100 * y) / AREA}%` });
    parts.cursor.classList.toggle("draw-down", isDown);
    const next = isDown ? "down; Space lifts it" : "up; Space puts it down";
    const where = `column ${x / CELL}, row ${y / CELL} of ${AREA / CELL}, ${next}`;
    parts.penPlace.textContent = parts.cursor.hidden ? "" : `Pen of the keyboard: ${where}.`;
  }

  // ---- Photographs -------------------------------------------------------------------------------------------------

  /** Take a photograph from a file, or say why it cannot be taken; what was there before stays then. */
  async function takePhotograph(file) {
    try {
      const photo = await preparation.readPhotograph(file);
      clear();
      state.photo = photo;
      redraw();
    } catch (error) {
      say(error.message);
    }
  }

  function takeFiles() {
    parts.file.addEventListener("change", () => {
      if (parts.file.files.length) takePhotograph(parts.file.files[0]);
      parts.file.value = ""; // so that the same file can be chosen again
    });
    parts.area.addEventListener("dragover", (event) => event.preventDefault());
    parts.area.addEventListener("drop", (event) => {
      event.preventDefault();
      takePhotograph(event.dataTransfer.files[0]);
    });
  }

  // ---- Answers -----------------------------------------------------------------------------------------------------

  const say = (text) => { if (parts.message.textContent !== text) parts.message.textContent = text; };

  function updateSoon() {
    if (timer === null) timer = setTimeout(update, Math.max(PAUSE - (performance.now() - lastTime), 0));
  }

  /** Prepare what is there, ask the networks, and show all of it. */
  function update() {
    clearTimeout(timer);
    [timer, lastTime] = [null, performance.now()];
    const source = state.photo ?? parts.paper;
    const gray = preparation.grayLevels(penOn(source).getImageData(0, 0, source.width, source.height));
    state.steps = isEmpty() ? null : preparation.prepare(gray, state.options);
    const { right, down, turn } = parts;
    state.seen = state.steps && preparation.moved(state.steps.prepared, right.value, down.value, turn.value);
    state.probabilities = state.seen && Object.keys(networks).length > 0 ? ask(state.seen) : null;
    STEPS.forEach(({ image, about }, index) => {
      show(parts.steps[index].canvas, state.steps?.[image]);
      parts.steps[index].about.textContent = state.steps ? about(state.steps) : "";
    });
    parts.steps[2].box.disabled = !state.options.invert;
    show(parts.seen, state.seen);
    showAnswers();
    say(state.steps ? remarks().join(" ") : whatIsMissing());
  }

  /** Return the probabilities of each network, and show the maps of the convolutional one. */
  function ask(seen) {
    const answers = {};
    tf.tidy(() => {
      const images = tf.tensor4d(Float32Array.from(seen.values), [1, seen.rows, seen.columns, 1]);
      for (const [name, network] of Object.entries(networks)) {
        const [maps, probabilities] = network.predict(images);
        answers[name] = Array.from(probabilities.dataSync());
        if (name === "fast") show(parts.maps, mosaic(maps.squeeze([0])));
      }
    });
    return answers;
  }

  /** Return maps of shape (rows, columns, number) side by side as one image, the largest number white. */
  function mosaic(maps) {
    const [rows, columns, count] = maps.shape;
    const values = maps.dataSync();
    const inRow = Math.ceil(Math.sqrt(count));
    const white = values.reduce((most, value) => Math.max(most, value), 1e-9);
    const whole = preparation.image((rows + 1) * Math.ceil(count / inRow) - 1, (columns + 1) * inRow - 1);
    whole.values.fill(0.5); // gray between the maps
    values.forEach((value, at) => {
      const [map, column, row] = [at % count, Math.floor(at / count) % columns, Math.floor(at / count / columns)];
      const top = Math.floor(map / inRow) * (rows + 1) + row;
      whole.values[top * whole.columns + (map % inRow) * (columns + 1) + column] = value / white;
    });
    return whole;
  }

  function show(canvas, image) {
    Object.assign(canvas, { width: image?.columns ?? 1, height: image?.rows ?? 1 });
    canvas.classList.toggle("draw-coarse", !image || image.columns < 80);
    if (!image) return;
    const pixels = new ImageData(image.columns, image.rows);
    const shades = new Uint32Array(pixels.data.buffer); // red, green, blue, opacity, from the lowest byte
    image.values.forEach((value, at) => { shades[at] = 0xff000000 + 0x010101 * Math.round(255 * value); });
    canvas.getContext("2d").putImageData(pixels, 0, 0);
  }

  function showAnswers() {
    const sentences = Object.entries(NAMES).map(([name, title]) => {
      const probabilities = state.probabilities?.[name];
      const { reads, bars } = parts.networks[name];
      bars.show(probabilities);
      const digit = probabilities?.indexOf(Math.max(...probabilities));
      reads.textContent = probabilities ? `reads ${digit}` : "reads nothing";
      return probabilities ? `${title} network: ${digit}, ${live.percent(probabilities[digit])}.` : "";
    });
    if (!state.probabilities) show(parts.maps, null);
    clearTimeout(quietTimer); // while one draws, nothing is read aloud
    quietTimer = setTimeout(() => { parts.answer.textContent = sentences.join(" ").trim(); }, QUIET);
  }

  function whatIsMissing() {
    if (isEmpty()) return NOTHING;
    if (state.photo) return "No ink stands out from the paper of this photograph: take one in more light, of the digit alone.";
    return "All of the area has one gray level, so no ink stands out from paper: press Undo or Clear, and draw a digit.";
  }

  /** Return sentences about what is unusual. */
  function remarks() {
    const { ink, isDrawing, prepared } = state.steps;
    const sum = ({ values }) => values.reduce((total, value) => total + value, 0);
    const isOutside = ([x, y]) => Math.min(x, y) < 0 || Math.max(x, y) > AREA;
    const left = sum(state.seen) / sum(prepared);
    const covered = ink.values.filter((value) => value > 0.5).length / ink.values.length;
    return [
      pointsDrawn() >= MOST_POINTS && `After ${MOST_POINTS.toLocaleString("en")} points the pen is empty: press Undo or Clear.`,
      state.strokes.some(({ points }) => points.some(isOutside)) && "What was drawn outside of the area is not seen.",
      covered > 0.5 && "More than half of the area is ink. The networks know no answer but ten digits, so they name one.",
      !isDrawing && state.strokes.length > 0 && "The border is full of ink: it is taken for a photograph. Draw in the middle.",
      left < 0.05 && "Nearly all ink was moved out of the image: what the networks still name is a guess. Press Back to 0.",
      left >= 0.05 && left < 0.8 && `Only ${Math.round(100 * left)} % of the ink is still in the image.`,
    ].filter(Boolean);
  }

  // ---- The beginning -----------------------------------------------------------------------------------------------

  function listen() {
    followPointer();
    takeFiles();
    const { area, undo: undoButton, clear: clearButton, right, down, turn, straighten } = parts;
    area.addEventListener("keydown", pressKey);
    undoButton.addEventListener("click", undo);
    clearButton.addEventListener("click", clear);
    const moves = [right, down, turn];
    for (const { input } of moves) input.addEventListener("input", updateSoon);
    straighten.addEventListener("click", () => {
      for (const move of moves) move.set(0);
      updateSoon();
    });
  }

  async function build() {
    parts = makeParts();
    const whole = arrange();
    listen();
    showPen();
    redraw();
    try {
      for (const name of Object.keys(NAMES)) networks[name] = live.network(name);
      await tf.setBackend("cpu"); // it is everywhere, and exact
    } catch (error) { // the rest of the page works without networks
      parts.trouble.textContent = error.message;
      parts.trouble.hidden = false;
    }
    return whole;
  }

  live.start("draw_a_digit", build);
  return { state, networks, update };
})();
