"use strict";
// The convolution explorer: a kernel of 3 by 3 weights lies on a digit; the page shows the nine products, their sum,
// and the map of all sums. As in the lesson on the convolutional layer, what is computed is cross-correlation; rows and
// columns, of places in the map as of weights in the kernel, are counted from 0.
(() => {
  const SIDE = 28; // pixels on a side of an image
  const KERNEL = 3; // weights on a side of the kernel
  const LARGEST = 1000; // weight: far beyond those of any network, and what comes of it still fits its place
  const DELAY = 20; // milliseconds at each place, while the kernel slides
  const PRESETS = {
    "vertical edges": [-1, 0, 1, -1, 0, 1, -1, 0, 1],
    "horizontal edges": [-1, -1, -1, 0, 0, 0, 1, 1, 1],
    "blur": [0, 0.125, 0, 0.125, 0.5, 0.125, 0, 0.125, 0],
    "identity": [0, 0, 0, 0, 1, 0, 0, 0, 0],
    "Laplacian": [0, 1, 0, 1, -4, 1, 0, 1, 0],
  };
  const STEPS = { // in rows and columns
    ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], Home: [0, -SIDE], End: [0, SIDE],
  };
  const { element } = live;

  // What is chosen, and what comes of it. The first place is that of the first sum in the lesson.
  const state = { kernel: PRESETS["vertical edges"], stride: 1, padding: "valid", row: 9, column: 10 };
  let images, parts, trouble = "", timer = null; // which runs while the kernel slides

  // Numbers on a side of the map, and the zeros that padding adds before and after a side of the image: of an odd
  // number, one more goes after.
  function geometry({ stride, padding }) {
    const size = padding === "same" ? Math.ceil(SIDE / stride) : Math.floor((SIDE - KERNEL) / stride) + 1;
    const zeros = Math.max((size - 1) * stride + KERNEL - SIDE, 0);
    return { size, before: Math.floor(zeros / 2), after: Math.ceil(zeros / 2) };
  }

  // A square of numbers, of which `numberAt` gives each.
  function square(size, numberAt) {
    const values = Array.from({ length: size * size }, (_, index) => numberAt(Math.floor(index / size), index % size));
    return { size, values };
  }

  const areIn = (low, high, ...numbers) => numbers.every(number => number >= low && number < high);
  const pixelAt = (image, row, column) => areIn(0, SIDE, row, column) ? image[row * SIDE + column] : 0;

  // The pixels that the kernel covers at a place of the map, their products with the weights, and the sum of these.
  function weigh({ image, kernel, stride, before }, row, column) {
    const [top, left] = [row * stride - before, column * stride - before];
    const pixels = square(KERNEL, (u, v) => pixelAt(image, top + u, left + v)).values;
    const products = pixels.map((pixel, index) => pixel * kernel[index]);
    return { pixels, products, sum: products.reduce((sum, product) => sum + product, 0) };
  }

  function featureMap(chosen) {
    const lowest = chosen.relu ? 0 : -Infinity;
    return square(chosen.size, (row, column) => Math.max(weigh(chosen, row, column).sum, lowest));
  }

  function maxPooling({ size, values }) {
    const valuesOf = first => [first, first + 1, first + size, first + size + 1].map(index => values[index]);
    return square(Math.floor(size / 2), (row, column) => Math.max(...valuesOf(2 * row * size + 2 * column)));
  }

  // A ring has edges in all directions; it is there even if the file of the digits is not.
  function ring() {
    const fromItsMiddle = (row, column) => Math.abs(Math.hypot(row - 13.5, column - 13.5) - 8);
    return square(SIDE, (row, column) => Math.min(Math.max(3 - fromItsMiddle(row, column), 0), 1)).values;
  }

  // Entries [class, image] of the first digit of each class.
  function firstOfEach({ images, labels }) {
    return [...new Set(labels)].map(label => {
      const start = labels.indexOf(label) * SIDE * SIDE;
      return [label, Array.from(images.subarray(start, start + SIDE * SIDE), byte => byte / 255)];
    });
  }

  // What the page is made of.
  const checkbox = () => element("input", { type: "checkbox" });
  const select = names => element("select", {}, ...names.map(name => new Option(name)));
  const weightName = index => `weight in row ${Math.floor(index / KERNEL)}, column ${index % KERNEL} of the kernel`;

  function numberField(attributes) {
    const always = { type: "number", step: "any", autocomplete: "off", "aria-describedby": "explorer-message" };
    return element("input", { ...always, ...attributes });
  }

  // A pixel, a field for the weight on it, and their product.
  function makeCell(weight, index) {
    const [swatch, pixel, product] = [element("span", { class: "explorer-swatch" }), element("span"), element("span")];
    const field = numberField({ min: -LARGEST, max: LARGEST, value: weight, "aria-label": weightName(index) });
    const whole = element("div", {}, element("span", {}, swatch, pixel), element("span", {}, "×", field), product);
    return { swatch, pixel, field, product, whole };
  }

  // A square of shades, with marks that lie on it.
  function makePicture(attributes, marks = 1) {
    const made = { shades: element("canvas"), marks: Array.from({ length: marks }, () => element("div")) };
    made.whole = element("div", { class: "explorer-picture", ...attributes }, made.shades, ...made.marks);
    return made;
  }

  function makeParts(names) {
    const keys = "The digit with the kernel on it. Arrow keys move the kernel, Home and End to the ends of its row.";
    const widget = { tabindex: 0, role: "application", "aria-label": keys, "aria-describedby": "explorer-place" };
    return {
      digit: select(names), preset: select(["your own", ...Object.keys(PRESETS)]), padding: select(["valid", "same"]),
      stride: numberField({ min: 1, max: SIDE, value: state.stride }),
      relu: checkbox(), pooling: checkbox(), slide: element("button", { type: "button" }, "Slide"), sum: element("p"),
      message: element("p", { class: "explorer-message", id: "explorer-message", role: "status" }),
      image: makePicture(widget), place: element("p", { id: "explorer-place" }), cells: state.kernel.map(makeCell),
      map: makePicture({ role: "img" }, 2), mapText: element("p"),
      pooled: makePicture({ role: "img" }), pooledText: element("p"),
    };
  }

  function arrange() {
    const titles = { digit: "Digit", preset: "Kernel", stride: "Stride", padding: "Padding", relu: "ReLU" };
    const labelled = Object.entries({ ...titles, pooling: "Max pooling" }).map(([name, title]) => {
      parts[name].id = `explorer-${name}`;
      return element("div", {}, element("label", { for: parts[name].id }, title), parts[name]);
    });
    const products = element("div", { class: "explorer-cells" }, ...parts.cells.map(cell => cell.whole));
    const panel = (title, ...inside) => element("div", {}, element("p", { class: "explorer-title" }, title), ...inside);
    parts.pooledPanel = panel("After max pooling", parts.pooled.whole, parts.pooledText);
    return element("div", { class: "explorer" },
      element("div", { class: "explorer-controls" }, ...labelled, parts.slide),
      parts.message,
      element("div", { class: "explorer-panels" },
        panel("Digit: drag the kernel", parts.image.whole, parts.place),
        panel("Pixel × weight = product", products, parts.sum),
        panel("Feature map", parts.map.whole, parts.mapText), parts.pooledPanel));
  }

  const gray = shade => `rgb(${Array(3).fill(Math.round(shade))})`;
  const shown = number => String(Math.round(number * 1000) / 1000).replace("-", "−");

  // The number in a field; or, where there is none of use, a problem to tell, and the last one.
  function numberIn(field, name, last, problems, whole = false) {
    const [number, low, high] = [field.value || NaN, field.min, field.max].map(Number);
    const good = number >= low && number <= high && (!whole || Number.isInteger(number));
    field.setAttribute("aria-invalid", !good);
    if (good) return number;
    const wrong = Number.isNaN(number) ? "is empty or no number" : `cannot be ${shown(number)}`;
    const range = `${whole ? "whole number" : "number"} from ${shown(low)} to ${shown(high)}`;
    problems.push(`The ${name} ${wrong}: write a ${range}. Until then, ${shown(last)} counts.`);
    return last;
  }

  // Takes what is chosen, and shows what comes of it.
  function read(event) {
    const problems = trouble ? [trouble] : [];
    const fields = parts.cells.map(cell => cell.field);
    const named = event?.target === parts.preset && PRESETS[parts.preset.value];
    if (named) named.forEach((weight, index) => { fields[index].value = weight; });
    state.kernel = fields.map((field, index) => numberIn(field, weightName(index), state.kernel[index], problems));
    state.stride = numberIn(parts.stride, "stride", state.stride, problems, true);
    Object.assign(state, { image: images[parts.digit.value], padding: parts.padding.value });
    Object.assign(state, { relu: parts.relu.checked, pooling: parts.pooling.checked }, geometry(state));
    const isShown = name => PRESETS[name].every((weight, index) => fields[index].value === String(weight));
    parts.preset.value = Object.keys(PRESETS).find(isShown) || "your own";
    parts.message.textContent = problems.join(" ");
    state.map = featureMap(state);
    state.pooled = maxPooling(state.map);
    moveTo(state.row, state.column);
  }

  // Goes to a place, or the nearest that there is. What is read aloud follows the keys, not a pointer that runs.
  function moveTo(row, column, live = "off") {
    const nearest = number => Math.min(Math.max(number, 0), state.size - 1);
    [state.row, state.column] = [nearest(row), nearest(column)];
    parts.place.setAttribute("aria-live", live);
    showSum();
    showDigit();
    showMaps();
  }

  function showSum() {
    const { row, column, map } = state;
    const { pixels, products, sum } = weigh(state, row, column);
    parts.cells.forEach((cell, index) => {
      cell.swatch.style.backgroundColor = gray(255 * pixels[index]);
      cell.pixel.textContent = shown(pixels[index]);
      cell.product.textContent = `= ${shown(products[index])}`;
    });
    const relu = state.relu ? `, after ReLU ${shown(map.values[row * map.size + column])}` : "";
    parts.sum.textContent = `Sum of the nine: ${shown(sum)}${relu}`;
    const said = `Products: ${products.map(shown).join(", ")}. ${parts.sum.textContent}.`;
    parts.place.textContent = `Row ${row}, column ${column} of the map. ${said}`;
  }

  // The image in a margin of one cell, which is black where padding has put zeros.
  function showDigit() {
    const { image, stride, before, after, row, column } = state;
    const shade = (...place) => areIn(-before, SIDE + after, ...place) ? 255 * pixelAt(image, ...place) : null;
    const corner = [row, column].map(number => number * stride - before + 1);
    draw(parts.image, SIDE + 2, (y, x) => shade(y - 1, x - 1), [[...corner, KERNEL]]);
  }

  function showMaps() {
    const { row, column, size, map, pooled, stride, padding } = state;
    const isThere = (y, x) => !timer || y * size + x <= row * size + column; // the map grows while the kernel slides
    const formula = padding === "same" ? `⌈${SIDE} / ${stride}⌉` : `⌊(${SIDE} − ${KERNEL}) / ${stride}⌋ + 1`;
    const single = size === 1 ? " The kernel has one place only: a second one would lie beyond the image." : "";
    const block = [Math.floor(row / 2), Math.floor(column / 2)];
    const side = state.pooling && Math.max(...block) < pooled.size ? 1 : 0; // an odd map loses its last row and column
    const marks = [[row, column, 1], [2 * block[0], 2 * block[1], 2 * side]];
    showMap("map", map, isThere, marks, `${formula} = ${size} numbers on a side.${single}`);
    const none = pooled.size ? "" : " One number has no block of 2 × 2: choose a smaller stride.";
    const half = `⌊${size} / 2⌋ = ${pooled.size} numbers on a side.${none}`;
    showMap("pooled", pooled, (y, x) => isThere(2 * y + 1, 2 * x + 1), [[...block, side]], half);
    parts.pooledPanel.hidden = !state.pooling;
  }

  // Shades from black for 0 to white for the largest number; where there are negative ones, gray is 0.
  function showMap(name, { size, values }, isThere, marks, sizeText) {
    const limit = Math.max(...values.map(Math.abs), 0);
    const black = values.some(value => value < 0) ? -limit : 0;
    const shadeAt = (y, x) => isThere(y, x) ? 255 * (values[y * size + x] - black) / (limit - black || 1) : null;
    draw(parts[name], size, shadeAt, marks);
    const shades = `Black is ${shown(black)}${black ? ", gray 0" : ""}, white ${shown(limit)}.`;
    parts[`${name}Text`].textContent = `${sizeText} ${limit || !size ? shades : "All of them are 0."}`;
    parts[name].whole.setAttribute("aria-label", `A map of ${size} by ${size} numbers as shades of gray.`);
  }

  // Draws a square of shades from 0 to 255, nothing where one is null, and lays marks on it: [row, column, side].
  function draw(picture, size, shadeAt, marks) {
    Object.assign(picture.shades, { width: size, height: size });
    const pen = picture.shades.getContext("2d");
    square(size, shadeAt).values.forEach((shade, index) => {
      pen.fillStyle = shade === null ? "transparent" : gray(shade);
      pen.fillRect(index % size, Math.floor(index / size), 1, 1);
    });
    const percent = cells => `${100 * cells / size}%`;
    picture.marks.forEach((mark, index) => {
      const [top, left, side] = marks[index].map(percent);
      Object.assign(mark.style, { top, left, width: side, height: side });
      mark.hidden = !marks[index][2];
    });
  }

  // What the reader does.
  function stopSliding() {
    clearInterval(timer);
    timer = null;
    parts.slide.textContent = "Slide";
    showMaps();
  }

  function slide() {
    if (timer) return stopSliding();
    timer = setInterval(() => {
      const { row, column, size } = state;
      if (row === size - 1 && column === size - 1) return stopSliding();
      moveTo(...(column === size - 1 ? [row + 1, 0] : [row, column + 1]));
    }, DELAY);
    parts.slide.textContent = "Stop";
    moveTo(0, 0);
  }

  function pressKey(event) {
    const step = STEPS[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    stopSliding();
    moveTo(state.row + step[0], state.column + step[1], "polite");
  }

  // Moves the kernel while a pointer is down: `placeAt` makes a place of the share of the side at which the pointer is.
  function followPointer({ whole }, placeAt) {
    const follow = event => {
      if (!(event.buttons & 1)) return;
      const { left, top, width } = whole.getBoundingClientRect();
      stopSliding();
      moveTo(placeAt((event.clientY - top) / width), placeAt((event.clientX - left) / width));
    };
    whole.addEventListener("pointerdown", event => whole.setPointerCapture(event.pointerId));
    for (const name of ["pointerdown", "pointermove"]) whole.addEventListener(name, follow);
  }

  async function build() {
    const digits = await live.digits().catch(error => { trouble = `${error.message} Until then, there is a ring.`; });
    images = Object.fromEntries([...(digits ? firstOfEach(digits) : []), ["ring", ring()]]);
    parts = makeParts(Object.keys(images));
    parts.digit.value = digits ? "5" : "ring";
    const explorer = arrange();
    explorer.addEventListener("input", read);
    parts.slide.addEventListener("click", slide);
    parts.slide.hidden = matchMedia("(prefers-reduced-motion: reduce)").matches;
    parts.image.whole.addEventListener("keydown", pressKey);
    // Of the pixel under the pointer the kernel gets its middle, as nearly as the stride lets it.
    const cornerAt = share => Math.floor(share * (SIDE + 2)) - 2;
    followPointer(parts.image, share => Math.round((cornerAt(share) + state.before) / state.stride));
    followPointer(parts.map, share => Math.floor(share * state.size));
    read();
    return [explorer];
  }

  live.addStyles("convolution_explorer.css");
  live.start("convolution_explorer", build);
  window.convolutionExplorer = state; // for the tests, which compare its numbers
})();
