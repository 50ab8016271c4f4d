// How the page `train_here` trains: stochastic gradient descent on a dense network, with TensorFlow.js, and without a
// word about the page.
"use strict";

const trainer = (() => {
  const PIXELS = 784;
  const CLASSES = 10;
  const PIECE = 100; // digits that are measured at a time, so that the page can answer in between

  // A function that gives random numbers from 0 to 1, the same ones for the same seed (the generator mulberry32).
  function randomNumbers(seed) {
    let state = seed >>> 0;
    return () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
  }

  function shuffle(list, random) {
    for (let last = list.length - 1; last > 0; last--) {
      const other = Math.floor(random() * (last + 1));
      [list[last], list[other]] = [list[other], list[last]];
    }
  }

  // The layers of a new network. Kernels are drawn as Keras draws them (Glorot uniform); biases are 0.
  function newLayers({ hidden, seed, equalWeights }) {
    const random = randomNumbers(seed);
    const sizes = [PIXELS, ...hidden, CLASSES];
    return sizes.slice(1).map((units, number) => {
      const inputs = sizes[number];
      const limit = Math.sqrt(6 / (inputs + units));
      const draw = () => (equalWeights ? 0.01 : limit * (2 * random() - 1));
      const kernel = Float32Array.from({ length: inputs * units }, draw);
      return tf.tidy(() => ({
        kernel: tf.variable(tf.tensor2d(kernel, [inputs, units])),
        bias: tf.variable(tf.zeros([units])),
        isHidden: number < hidden.length,
      }));
    });
  }

  // What each layer makes of images, a row for each; the last layer makes the logits.
  function outputsOf(layers, images) {
    const outputs = [];
    let h = images;
    for (const { kernel, bias, isHidden } of layers) {
      const z = h.matMul(kernel).add(bias);
      h = isHidden ? z.relu() : z;
      outputs.push(h);
    }
    return outputs;
  }

  const logitsOf = (layers, images) => outputsOf(layers, images).at(-1);

  // The mean cross-entropy: minus the logarithm of the probability that softmax gives the correct class.
  function meanLoss(labels, logits) {
    return labels.mul(logits.logSoftmax()).sum(1).neg().mean();
  }

  // A network that is trained step by step towards a goal, a number of steps, and the curve of what was measured.
  class Training {
    constructor(data, settings) {
      Object.assign(this, { data, settings, steps: 0, goal: 0, curve: [], lastStep: null, diverged: false });
      this.layers = newLayers(settings);
      this.order = Array.from({ length: settings.digits }, (_, row) => row);
      this.random = randomNumbers(~settings.seed); // numbers of its own: other hidden units leave the order as it is
      this.stepsInEpoch = Math.ceil(settings.digits / settings.batchSize);
    }

    get epochs() {
      return this.steps / this.stepsInEpoch;
    }

    // An epoch goes through all digits once, in an order of its own.
    nextBatch() {
      const place = this.steps % this.stepsInEpoch;
      if (place === 0) shuffle(this.order, this.random);
      return this.order.slice(place * this.settings.batchSize, (place + 1) * this.settings.batchSize);
    }

    // One step of stochastic gradient descent. Its numbers are kept, to be shown.
    step() {
      const { rate, decay } = this.settings;
      const batch = this.nextBatch();
      const updates = [];
      let loss;
      tf.tidy(() => {
        const images = this.data.imagesOf(batch);
        const labels = this.data.labelsOf(batch);
        const { value, grads } = tf.variableGrads(() => meanLoss(labels, logitsOf(this.layers, images)));
        loss = value.dataSync()[0];
        for (const { kernel, bias, isHidden } of this.layers) {
          for (const weights of [kernel, bias]) {
            const gradient = grads[weights.name];
            const factor = isHidden && weights === kernel ? decay : 0; // the L2 penalty is on hidden kernels only
            const direction = factor > 0 ? gradient.add(weights.mul(2 * factor)) : gradient;
            const before = weights.dataSync();
            weights.assign(weights.sub(direction.mul(rate)));
            updates.push({ before, gradient: gradient.dataSync(), factor, after: weights.dataSync() });
          }
        }
      });
      this.steps += 1;
      this.lastStep = { batch, loss, rate, updates };
      this.diverged = !Number.isFinite(loss);
    }

    // Loss and accuracy on some of the digits, and how many units of each hidden layer are silent for all of them.
    *measureOn(first, last) {
      let loss = 0;
      let correct = 0;
      const loudest = this.settings.hidden.map(units => new Float32Array(units));
      for (let start = first; start < last; start += PIECE) {
        const end = Math.min(start + PIECE, last);
        tf.tidy(() => {
          const labels = this.data.labelsFrom(start, end);
          const outputs = outputsOf(this.layers, this.data.imagesFrom(start, end));
          const logits = outputs.pop();
          outputs.forEach((output, layer) => {
            const ofPiece = output.max(0).dataSync();
            loudest[layer] = loudest[layer].map((value, unit) => Math.max(value, ofPiece[unit]));
          });
          loss += (end - start) * meanLoss(labels, logits).dataSync()[0];
          correct += logits.argMax(1).equal(labels.argMax(1)).sum().dataSync()[0];
        });
        yield;
      }
      const silent = loudest.map(values => values.filter(value => value === 0).length);
      return { loss: loss / (last - first), accuracy: correct / (last - first), silent };
    }

    // On as many training digits as there are validation digits: measuring takes time, too.
    *measure() {
      const { training: first, validation: count } = this.data;
      const training = yield* this.measureOn(0, Math.min(this.settings.digits, count));
      const validation = yield* this.measureOn(first, first + count);
      this.diverged = !Number.isFinite(training.loss + validation.loss);
      if (!this.diverged) this.curve.push({ steps: this.steps, epochs: this.epochs, training, validation });
    }

    // Measured is at the start and at the goal, after each epoch, and in a long one after each 500 digits.
    isToBeMeasured() {
      if (this.curve.at(-1)?.steps === this.steps) return false;
      const parts = Math.max(1, this.settings.digits / 500);
      const part = steps => Math.floor((steps * parts) / this.stepsInEpoch);
      return this.steps >= this.goal || part(this.steps) > part(this.steps - 1);
    }

    // Train until the goal, which may be moved on the way. It stops after each small piece of work, to be continued.
    *advance() {
      while (!this.diverged) {
        if (this.isToBeMeasured()) yield* this.measure();
        else if (this.steps < this.goal) yield this.step();
        else return;
      }
    }

    dispose() {
      for (const { kernel, bias } of this.layers) tf.dispose([kernel, bias]);
    }
  }

  // What `live.digits` returns, as functions that make tensors of some digits; the first ones are for training.
  function dataOf({ images, labels, training }) {
    const pixels = new Float32Array(images).map(gray => gray / 255);
    const oneHot = new Float32Array(labels.length * CLASSES);
    labels.forEach((label, row) => (oneHot[row * CLASSES + label] = 1));

    const range = (array, width) => (start, end) =>
      tf.tensor2d(array.subarray(start * width, end * width), [end - start, width]);
    const chosen = (array, width) => rows => {
      const values = new Float32Array(rows.length * width);
      rows.forEach((row, place) => values.set(array.subarray(row * width, (row + 1) * width), place * width));
      return tf.tensor2d(values, [rows.length, width]);
    };
    return {
      training,
      validation: labels.length - training,
      imagesFrom: range(pixels, PIXELS),
      labelsFrom: range(oneHot, CLASSES),
      imagesOf: chosen(pixels, PIXELS),
      labelsOf: chosen(oneHot, CLASSES),
    };
  }

  return { PIXELS, Training, dataOf };
})();
