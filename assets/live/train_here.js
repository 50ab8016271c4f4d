// The page on which `trainer.js` trains a dense network: settings, curves, and the update of one weight as numbers.
//
// The one global name is `trainHere`, for the tests, and for readers who look at a training in the console.
"use strict";

const trainHere = (() => {
  const MOST_EPOCHS = 200; // then a training stops by itself
  const SLICE = 30; // milliseconds of work between two frames, in which the page answers
  const DECIMALS = 8; // of the numbers of an update, about as many as float32 has

  // ---- Elements ----------------------------------------------------------------------------------------------------

  const make = live.element;

  function makeSvg(tag, attributes = {}, ...children) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  const field = (label, input, ...more) =>
    make("div", { class: "train-field" }, make("label", { for: input.id }, label), ...more, input);

  // A choice of a number; `options` holds pairs of what is shown and the number.
  function choice(name, label, options, value) {
    const input = make("select", { id: `train-${name}` }, ...options.map(([text, number]) => new Option(text, number)));
    input.value = value;
    return { element: field(label, input), input, get value() { return Number(input.value); } };
  }

  // A slider over learning rates, four in each factor of ten.
  function rateSlider(value) {
    const decade = low => [1, 2, 3, 5].map(times => Number((low * times).toFixed(3)));
    const rates = [...[0.001, 0.01, 0.1, 1].flatMap(decade), 10];
    const input = make("input", { id: "train-rate", type: "range", min: 0, max: rates.length - 1 });
    const output = make("output", { for: input.id, "aria-live": "off" }); // the slider itself says it
    const rate = () => rates[Number(input.value)];
    const show = () => {
      output.textContent = rate();
      input.setAttribute("aria-valuetext", rate());
    };
    input.value = rates.indexOf(value);
    input.addEventListener("input", show);
    show();
    return { element: field("Learning rate η", input, output), input, get value() { return rate(); } };
  }

  // A whole number between limits. Anything else is answered beside it, and the last good one stays in use.
  function wholeNumber(name, label, value, low, high) {
    const error = make("span", { class: "train-error", id: `train-${name}-error`, role: "alert" });
    const input = make("input", { id: `train-${name}`, type: "number", step: 1, "aria-describedby": error.id });
    const number = { element: field(label, input), input, value };
    number.element.append(error);
    number.check = () => {
      const given = Number(input.value);
      const fits = input.value !== "" && Number.isInteger(given) && low <= given && given <= high;
      if (fits) input.value = number.value = given;
      input.setAttribute("aria-invalid", !fits);
      error.textContent = fits ? "" : `Give a whole number from ${low} to ${high}. In use: ${number.value}.`;
    };
    number.limit = newHigh => {
      high = newHigh;
      number.value = Math.min(number.value, high);
      Object.assign(input, { value: number.value, min: low, max: high });
      number.check();
    };
    number.limit(high);
    input.addEventListener("change", event => {
      number.check();
      if (input.value !== String(number.value)) event.stopImmediatePropagation(); // nothing has changed
    });
    return number;
  }

  // ---- Curves ------------------------------------------------------------------------------------------------------

  const WIDTH = 330;
  const HEIGHT = 220;
  const EDGE = { left: 42, right: 14, top: 10, bottom: 38 };

  // The smallest of 1, 2, 5, 10, 20, 50 and so on that is not below a value.
  function roundUp(value) {
    const decade = 10 ** Math.floor(Math.log10(value));
    return [1, 2, 5, 10].map(times => times * decade).find(round => round >= value);
  }

  function axes(x, y, end, top) {
    const short = value => value < 10000 ? Number(value.toPrecision(3)) : value.toExponential(1).replace("+", "");
    const label = (value, place) => makeSvg("text", place, String(short(value)));
    const ticks = [0, 0.2, 0.4, 0.6, 0.8, 1].flatMap(share => [
      makeSvg("path", { class: "grid", d: `M${x(0)} ${y(share * top)}H${x(end)}` }),
      label(share * top, { x: EDGE.left - 6, y: y(share * top) + 4, "text-anchor": "end" }),
      label(share * end, { x: x(share * end), y: HEIGHT - EDGE.bottom + 17, "text-anchor": "middle" }),
    ]);
    return [...ticks, makeSvg("text", { x: x(end / 2), y: HEIGHT - 4, "text-anchor": "middle" }, "epochs")];
  }

  const line = (name, places) =>
    makeSvg("path", { class: `curve ${name}`, d: places.length ? `M${places.join("L")}` : "" });

  const mark = (name, [x, y]) => name === "training"
    ? makeSvg("circle", { class: `mark ${name}`, cx: x, cy: y, r: 4 })
    : makeSvg("rect", { class: `mark ${name}`, x: x - 4, y: y - 4, width: 8, height: 8 });

  // The curves of a quantity, "loss" or "accuracy", on both sets, and that of an earlier training.
  function plot(title, quantity) {
    const svg = makeSvg("svg", { role: "img", viewBox: `0 0 ${WIDTH} ${HEIGHT}` });

    function draw(curve, earlier) {
      const last = curve.at(-1);
      const values = curve.flatMap(point => [point.training[quantity], point.validation[quantity]]);
      const largest = Math.max(...values);
      const top = quantity === "accuracy" ? 1 : largest <= 2.5 ? 2.5 : roundUp(largest);
      const end = roundUp(Math.max(last.epochs, 1));
      const x = epochs => EDGE.left + (epochs / end) * (WIDTH - EDGE.left - EDGE.right);
      const y = value => HEIGHT - EDGE.bottom - (Math.min(value, top) / top) * (HEIGHT - EDGE.bottom - EDGE.top);
      const place = set => point => [x(point.epochs), y(point[set][quantity])];
      const visible = earlier.filter(({ epochs }) => epochs <= end);
      svg.replaceChildren(
        ...axes(x, y, end, top),
        line("earlier", visible.map(place("validation"))),
        ...["training", "validation"].flatMap(set => [line(set, curve.map(place(set))), mark(set, place(set)(last))]),
      );
      const course = set => [curve[0], last].map(point => point[set][quantity].toFixed(3)).join(" to ");
      const label = `${title} over ${last.epochs.toFixed(2)} epochs: on training digits from ${course("training")}, ` +
        `on validation digits from ${course("validation")}.`;
      svg.setAttribute("aria-label", label);
    }
    return { element: make("figure", {}, make("figcaption", {}, title), svg), draw };
  }

  function legend() {
    const entry = (name, label) => {
      const sample = makeSvg("svg", { viewBox: "0 0 40 12", "aria-hidden": "true" }, line(name, [[0, 6], [40, 6]]));
      if (name !== "earlier") sample.append(mark(name, [20, 6]));
      return make("li", {}, sample, label);
    };
    return make(
      "ul",
      { class: "train-legend" },
      entry("training", "training digits"),
      entry("validation", "validation digits"),
      entry("earlier", "validation digits, the training before"),
    );
  }

  // ---- One weight --------------------------------------------------------------------------------------------------

  const shown = value =>
    (Math.abs(value) < 1000 ? value.toFixed(DECIMALS) : value.toPrecision(DECIMALS)).replace("-", "−");

  const nameOf = (layers, number) => (layers[number].isHidden ? `hidden layer ${number + 1}` : "output layer");

  // Where the weight of a kernel leads from and to, in words.
  function pathOf(layers, number, input, unit) {
    const pixel = `the pixel in row ${Math.floor(input / 28)}, column ${input % 28}`;
    const source = number === 0 ? pixel : `unit ${input} of ${nameOf(layers, number - 1)}`;
    const { isHidden } = layers[number];
    const target = isHidden ? `unit ${unit} of ${nameOf(layers, number)}` : `the output for the digit ${unit}`;
    return `The weight from ${source} to ${target}`;
  }

  // The numbers of the update of a weight: the rows of the table, and the line that puts them together.
  function arithmetic({ rate, updates }, number, index) {
    const update = updates[2 * number]; // a kernel and a bias for each layer
    const [before, gradient, after] = [update.before[index], update.gradient[index], update.after[index]];
    const decay = 2 * update.factor * before;
    const rows = [
      ["before", "weight before, w", before],
      ["gradient", "gradient of the mean loss, g", gradient],
      ["decay", `gradient of the L2 penalty, 2λw, with λ = ${update.factor}`, decay],
      ["times-gradient", `η · g, with η = ${rate}`, rate * gradient],
      ["times-decay", "η · 2λw", rate * decay],
      ["after", "weight after, w − η · g − η · 2λw", after],
    ];
    const line = `${shown(before)} − ${rate} · (${shown(gradient)} + ${shown(decay)}) = ${shown(after)}`;
    return { rows, line: line.replaceAll("+ −", "− "), gradient };
  }

  // The choice of one weight, and the numbers of its update in the last step.
  function oneWeight() {
    const layer = choice("layer", "Layer", [["hidden layer 1", 0]], 0);
    const from = wholeNumber("from", "From input", 406, 0, trainer.PIXELS - 1); // a pixel in the middle
    const to = wholeNumber("to", "To unit", 0, 0, 63);
    const words = make("p", { class: "train-words" });
    const numbers = make("tbody");
    const line = make("p", { class: "train-line" });
    const table = make("table", {}, make("caption", {}, "Its update in the step just made"), numbers);
    const fields = make("div", { class: "train-fields" }, layer.element, from.element, to.element);
    const element = make("fieldset", {}, make("legend", {}, "One weight"), fields, words, table, line);
    let training;

    // Offer the layers of a network, and keep the chosen weight if it has one there.
    function offer() {
      const { layers } = training;
      const chosen = Math.min(layer.value, layers.length - 1);
      layer.input.replaceChildren(...layers.map((_, number) => new Option(nameOf(layers, number), number)));
      layer.input.value = chosen;
      const [inputs, units] = layers[chosen].kernel.shape;
      from.limit(inputs - 1);
      to.limit(units - 1);
    }

    function show() {
      const { layers, lastStep, steps } = training;
      const kernel = layers[layer.value].kernel;
      const index = from.value * kernel.shape[1] + to.value;
      const path = pathOf(layers, layer.value, from.value, to.value);
      table.hidden = !lastStep;
      line.textContent = "";
      words.textContent = `${path} is ${shown(kernel.dataSync()[index])}. Make a step to see it change.`;
      if (!lastStep) return;
      const update = arithmetic(lastStep, layer.value, index);
      const digits = lastStep.batch.length === 1 ? "one digit" : `${lastStep.batch.length} digits`;
      const loss = lastStep.loss.toFixed(6);
      const isStill = update.gradient === 0;
      const why = isStill ? " The gradient is 0: for each digit the input is 0, or the unit silent." : "";
      words.textContent = `${path}. Step ${steps} was made on ${digits} with the mean loss ${loss}.${why}`;
      line.textContent = update.line;
      numbers.replaceChildren(...update.rows.map(([part, label, value]) =>
        make("tr", {}, make("th", { scope: "row" }, label), make("td", { "data-part": part }, shown(value)))));
    }

    const chosen = () => { offer(); show(); };
    for (const { input } of [layer, from, to]) input.addEventListener("change", chosen);
    return { element, show, follow(newTraining) { training = newTraining; chosen(); } };
  }

  // ---- The page ----------------------------------------------------------------------------------------------------

  function settingsFields({ training: all }) {
    const same = numbers => numbers.map(number => [number.toLocaleString("en"), number]);
    const units = [4, 16, 32, 64, 128].map(count => [`${count} units`, count]);
    const factors = [0, 0.0001, 0.001, 0.01, 0.1].map(factor => [factor, factor]);
    return {
      rate: rateSlider(0.1),
      batchSize: choice("batch", "Batch size", same([1, 8, 32, 128, 512]), 32),
      first: choice("first", "Hidden layer 1", units, 64),
      second: choice("second", "Hidden layer 2", [["none", 0], ...units], 64),
      decay: choice("decay", "L2 factor λ", factors, 0),
      digits: choice("digits", "Training digits", same([100, 200, 500, 1000, all]), all),
      equalWeights: choice("start", "Initial weights", [["random", 0], ["all equal", 1]], 0),
      seed: wholeNumber("seed", "Seed", 0, 0, 999999),
    };
  }

  function settingsOf({ first, second, equalWeights, ...others }) {
    const values = Object.entries(others).map(([name, { value }]) => [name, value]);
    const hidden = [first.value, second.value].filter(units => units > 0);
    return { ...Object.fromEntries(values), hidden, equalWeights: equalWeights.value === 1 };
  }

  // What a training has come to, in words.
  function result({ steps, epochs, curve, diverged, settings }) {
    if (diverged) {
      return `In step ${steps} the loss was no longer a number (NaN). With the learning rate ${settings.rate} the ` +
        "steps are too long: each goes too far, the weights grow, and at last they are too large for the computer. " +
        "Choose a smaller rate, or press Reset; both begin anew.";
    }
    const of = ({ loss, accuracy }) => `loss ${loss.toFixed(4)}, accuracy ${accuracy.toFixed(4)}`;
    const { training, validation } = curve.at(-1);
    const when = steps === 0 ? "Untrained" : `After ${Number(epochs.toFixed(2))} ${epochs === 1 ? "epoch" : "epochs"}`;
    const silent = training.silent.map((count, layer) => `${count} of ${settings.hidden[layer]}`).join(" and ");
    const dead = training.silent.some((count, layer) => count === settings.hidden[layer])
      ? " A whole layer is silent: no gradient passes it, and nothing before it learns any more. As a rule the steps " +
        "were too long: choose a smaller learning rate."
      : "";
    return `${when}: training digits, ${of(training)}; validation digits, ${of(validation)}. ` +
      `Hidden units that are silent for all of these training digits: ${silent}.${dead}`;
  }

  function page(data) {
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
    const fields = settingsFields(data);
    const button = label => make("button", { type: "button" }, label);
    const [train, oneStep, oneEpoch, reset] = ["Train", "One step", "One epoch", "Reset"].map(button);
    const progress = make("p", { class: "train-progress" });
    const status = make("p", { class: "live-message train-status", role: "status" });
    const plots = [plot("Mean loss", "loss"), plot("Accuracy", "accuracy")];
    const weight = oneWeight();
    const inputs = Object.values(fields);
    let training;
    let work = null; // what the training has to do, piece by piece
    let isAsked = false; // whether a frame is asked for already
    let earlier = []; // the curve of the training before

    const settings = make(
      "fieldset",
      {},
      make("legend", {}, "Settings"),
      make("div", { class: "train-fields" }, ...inputs.map(({ element }) => element)),
    );
    const elements = [
      settings,
      make("div", { class: "live-buttons" }, train, oneStep, oneEpoch, reset),
      progress,
      status,
      make("div", { class: "live-columns" }, ...plots.map(({ element }) => element)),
      legend(),
      weight.element,
    ];

    function begin() {
      if (training?.steps) earlier = training.curve;
      training?.dispose();
      training = new trainer.Training(data, settingsOf(fields));
      work = null;
      weight.follow(training);
      goOn(0); // which measures the untrained network
    }

    function goOn(goal) {
      training.goal = goal;
      work ??= training.advance();
      if (!isAsked) requestAnimationFrame(frame);
      isAsked = true;
      showProgress();
    }

    // Do a slice of the work before each frame of the page.
    function frame() {
      const { epochs, curve: { length: points } } = training;
      const end = performance.now() + SLICE;
      let isDone;
      do isDone = work.next().done; while (!isDone && performance.now() < end);
      if (isDone) work = null;
      else requestAnimationFrame(frame);
      isAsked = !isDone;
      const isNewEpoch = Math.floor(training.epochs) > Math.floor(epochs);
      const isNews = calm.matches ? isNewEpoch : training.curve.length > points;
      if (isDone || isNews) show();
      else if (!calm.matches) showProgress();
    }

    const isTraining = () => work !== null && training.goal > training.steps;

    function showProgress() {
      const { steps, epochs, stepsInEpoch } = training;
      progress.textContent = `Step ${steps}, epoch ${epochs.toFixed(2)} (steps in an epoch: ${stepsInEpoch})`;
      train.textContent = isTraining() ? "Pause" : "Train";
    }

    function show() {
      showProgress();
      weight.show();
      if (training.curve.length) plots.forEach(({ draw }) => draw(training.curve, earlier));
      status.textContent = work ? "Training …" : result(training);
      status.classList.toggle("live-trouble", training.diverged);
    }

    train.addEventListener("click", () => goOn(isTraining() ? training.steps : MOST_EPOCHS * training.stepsInEpoch));
    oneStep.addEventListener("click", () => goOn(training.steps + 1));
    oneEpoch.addEventListener("click", () => goOn((Math.floor(training.epochs) + 1) * training.stepsInEpoch));
    reset.addEventListener("click", begin);
    for (const { input } of inputs) input.addEventListener("change", begin);
    begin();
    return { elements, get training() { return training; }, get isAtWork() { return work !== null; } };
  }

  const started = { page: null };
  live.addStyles("train_here.css");
  live.start("train_here", async () => {
    if (!window.tf) throw live.missing("Nothing can be trained here", "tf.es2017.min.js");
    await tf.setBackend("cpu"); // the others compute less precisely, or are not everywhere
    started.page = page(trainer.dataOf(await live.digits()));
    return started.page.elements;
  });
  return started;
})();
