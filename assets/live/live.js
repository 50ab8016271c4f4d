/* What the live pages share: elements, digits and networks from the files beside this one, bars for ten probabilities.

A page is read from a folder as well as from the web, so what it needs comes as scripts that set a variable. */
"use strict";

const live = (() => {
  const folder = new URL(".", document.currentScript.src).href;

  /** Return a new element with attributes and children. */
  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  /** Load a stylesheet that lies beside this script. */
  function addStyles(file) {
    document.head.append(element("link", { rel: "stylesheet", href: folder + file }));
  }

  /** Return the error that says that a file is missing, and what to do. */
  function missing(what, file) {
    const cause = `the file _static/live/${file} is missing or cut off`;
    return new Error(`${what}: ${cause}. Unpack or build the book again, and load this page once more.`);
  }

  const bytes = (base64) => Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

  /** Return what gzip has packed. */
  async function unzip(packed) {
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  /** Return the digits that come with the book: images of 784 bytes each, labels, and how many are for training. */
  async function digits() {
    if (!window.DecompressionStream) throw new Error("This browser is too old to unpack the digits: try a newer one.");
    try {
      const { images, labels, training } = window.digits;
      const unpacked = { images: await unzip(bytes(images)), labels: bytes(labels), training };
      if (unpacked.images.length === 784 * unpacked.labels.length) return unpacked;
    } catch {
      // said below
    }
    throw missing("The digits are not there", "digits.js");
  }

  const LAYERS = {
    Flatten: () => tf.layers.flatten(),
    Dense: ({ units, activation, use_bias }) => tf.layers.dense({ units, activation, useBias: use_bias }),
    Conv2D: ({ filters, kernel_size, strides, padding, activation, use_bias }) =>
      tf.layers.conv2d({ filters, kernelSize: kernel_size, strides, padding, activation, useBias: use_bias }),
    MaxPooling2D: ({ pool_size, strides, padding }) => tf.layers.maxPooling2d({ poolSize: pool_size, strides, padding }),
    BatchNormalization: ({ epsilon }) => tf.layers.batchNormalization({ epsilon }),
    ReLU: () => tf.layers.reLU(),
  };

  /** Return a network of the book as a model from images (n, 28, 28, 1) to [outputs of its first layer, probabilities].
   *
   * Keras's weights come one after the other, layer by layer, each layer's in the order that TensorFlow.js has, too. */
  function network(name) {
    if (!window.tf) throw missing("The networks cannot compute", "tf.es2017.min.js");
    try {
      const { layers, weights } = window.networks[name];
      const numbers = new Float32Array(bytes(weights).buffer);
      const input = tf.input({ shape: [28, 28, 1] });
      const made = layers.map((layer) => LAYERS[layer.kind](layer));
      const outputs = [];
      for (const layer of made) outputs.push(layer.apply(outputs.at(-1) ?? input));
      let used = 0;
      for (const layer of made) {
        const taken = layer.weights.map(({ shape }) => {
          const size = shape.reduce((product, side) => product * side, 1);
          used += size;
          return tf.tensor(numbers.slice(used - size, used), shape);
        });
        layer.setWeights(taken);
        taken.forEach((tensor) => tensor.dispose());
      }
      if (used === numbers.length) return tf.model({ inputs: input, outputs: [outputs[0], outputs.at(-1)] });
    } catch {
      // said below
    }
    throw missing("The networks are not there", "networks.js");
  }

  /** Return a probability as it is read: 99.9 %, but never 100.0 % or 0.0 % for what is not quite that. */
  function percent(probability) {
    if (probability > 0.9995 && probability < 1) return "> 99.9 %";
    return probability > 0 && probability < 0.0005 ? "< 0.1 %" : `${(100 * probability).toFixed(1)} %`;
  }

  /** Return ten bars, one for each digit, and what shows probabilities in them, or none. */
  function bars() {
    const rows = Array.from({ length: 10 }, (_, digit) => {
      const [fill, text] = [element("span", { class: "live-fill" }), element("span", { class: "live-percent" })];
      const track = element("span", { class: "live-track", "aria-hidden": "true" }, fill);
      return { fill, text, row: element("li", {}, element("span", { class: "live-digit" }, `${digit}`), track, text) };
    });
    function show(probabilities) {
      const largest = probabilities ? Math.max(...probabilities) : NaN;
      rows.forEach(({ fill, text, row }, digit) => {
        const probability = probabilities?.[digit] ?? 0;
        fill.style.width = `${100 * probability}%`;
        text.textContent = probabilities ? percent(probability) : "–";
        row.classList.toggle("live-largest", probability === largest);
      });
    }
    show(null);
    return { element: element("ul", { class: "live-bars" }, ...rows.map(({ row }) => row)), show };
  }

  /** Build a live page where it belongs. `build` returns its elements, or throws an error that says what is wrong. */
  async function start(name, build) {
    const place = document.querySelector(`.live[data-live=${name}]`);
    if (!place) return;
    try {
      const built = await build();
      place.querySelector(".live-without-scripts").hidden = true;
      place.append(...built);
    } catch (error) {
      place.prepend(element("p", { class: "live-trouble", role: "alert" }, error.message));
    }
  }

  addStyles("live.css");
  return { element, addStyles, missing, digits, network, percent, bars, start };
})();
