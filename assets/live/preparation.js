/* What the page `draw_a_digit` makes of a drawing or a photograph, step by step: the same numbers as `prepare` of
mnist_utils/preparation.py, which explains them. Each step can be left out.

An image has `rows`, `columns` and `values` from 0 to 1, row by row. */
"use strict";

const preparation = (() => {
  const SIDE = 28; // pixels of MNIST
  const BOX = 20;
  const MOST_MEGAPIXELS = 40;
  const PHOTOGRAPH = { shorter: 448, longer: 1344 }; // pixels to which one is made smaller before it is read

  const image = (rows, columns, values = new Float64Array(rows * columns)) => ({ rows, columns, values });
  const clip = (number, low, high) => Math.min(Math.max(number, low), high);
  const largest = (values) => values.reduce((most, value) => Math.max(most, value), 0);
  const changed = ({ rows, columns, values }, change) => image(rows, columns, values.map(change));

  /** Round as NumPy does: a half goes to the even neighbor. */
  function round(number) {
    const whole = Math.round(number);
    return whole - number === 0.5 && whole % 2 !== 0 ? whole - 1 : whole;
  }

  /** Return the gray levels of what a canvas gives, on white paper if it has opacity. */
  function grayLevels({ width, height, data }) {
    return changed(image(height, width), (_, pixel) => {
      const sum = data[4 * pixel] + data[4 * pixel + 1] + data[4 * pixel + 2];
      return 1 - (data[4 * pixel + 3] / 255) * (1 - sum / 3 / 255);
    });
  }

  /** Return a canvas with the photograph in a file, or throw an error that says why there is none. */
  async function readPhotograph(file) {
    if (!file) throw new Error("What was dropped is no file: drop a photograph from a folder, or choose it.");
    const decoded = await createImageBitmap(file).catch(() => {
      throw new Error(`“${file.name}” is no picture that this browser can read: choose a JPEG, PNG or WebP file.`);
    });
    const { width, height } = decoded;
    const [shorter, longer] = [Math.min(width, height), Math.max(width, height)];
    const scale = Math.min(1, PHOTOGRAPH.shorter / shorter, PHOTOGRAPH.longer / longer);
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [width, height].map((side) => Math.max(Math.round(scale * side), 1));
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    pen.imageSmoothingQuality = "high";
    const megapixels = (width * height) / 1e6;
    if (megapixels <= MOST_MEGAPIXELS) pen.drawImage(decoded, 0, 0, canvas.width, canvas.height);
    decoded.close();
    if (megapixels <= MOST_MEGAPIXELS) return canvas;
    const size = `${megapixels.toFixed(1)} megapixels, at most ${MOST_MEGAPIXELS} are read`;
    throw new Error(`“${file.name}” has ${size}: cut it to the digit, or make it smaller.`);
  }

  // ---- Along both sides of an image --------------------------------------------------------------------------------

  const rowOf = ({ columns, values }, row) => values.subarray(row * columns, (row + 1) * columns);

  function transposed({ rows, columns, values }) {
    const turned = image(columns, rows);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) turned.values[column * rows + row] = values[row * columns + column];
    }
    return turned;
  }

  function alongRows(of, change) {
    const rows = Array.from({ length: of.rows }, (_, row) => change(rowOf(of, row)));
    const made = image(of.rows, rows[0].length);
    rows.forEach((row, number) => made.values.set(row, number * row.length));
    return made;
  }

  /** Change the columns of an image, and then its rows. */
  function alongBoth(of, changeColumn, changeRow) {
    return alongRows(transposed(alongRows(transposed(of), changeColumn)), changeRow);
  }

  /** Return the place inside a line that mirrors one beyond its ends, as in SciPy's mode "reflect". */
  function mirrored(place, length) {
    const inPeriod = ((place % (2 * length)) + 2 * length) % (2 * length);
    return inPeriod < length ? inPeriod : 2 * length - 1 - inPeriod;
  }

  /** Return the means of blocks; one that begins before the end of the line is filled up by its mirror image. */
  const blockMeans = (size) => (line) => {
    const count = Math.ceil((line.length - Math.floor(size / 2)) / size);
    return Float64Array.from({ length: count }, (_, block) => {
      let sum = 0;
      for (let at = block * size; at < (block + 1) * size; at++) sum += line[mirrored(at, line.length)];
      return sum / size;
    });
  };

  /** Return the largest or smallest of the neighbors of each number, up to a distance. */
  const extremes = (choose, distance) => (line) =>
    line.map((_, at) => {
      let found = line[at];
      const end = Math.min(at + distance, line.length - 1);
      for (let near = Math.max(at - distance, 0); near <= end; near++) found = choose(found, line[near]);
      return found;
    });

  /** Return a blurred line: weighted means, whose weights are a normal distribution up to four times its width. */
  const blur = (width) => (line) => {
    const reach = Math.floor(4 * width + 0.5);
    const weights = Array.from({ length: 2 * reach + 1 }, (_, at) => Math.exp(-(((at - reach) / width) ** 2) / 2));
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    if (width === 0) return line;
    const longer = new Float64Array(line.length + 2 * reach).map((_, at) => line[mirrored(at - reach, line.length)]);
    return line.map((_, at) => {
      let sum = 0;
      for (let offset = 0; offset <= 2 * reach; offset++) sum += weights[offset] * longer[at + offset];
      return sum / total;
    });
  };

  /** Return a line of another length, interpolated between the middles of its pixels. */
  const resize = (length) => (line) =>
    Float64Array.from({ length }, (_, at) => {
      const place = clip(((at + 0.5) * line.length) / length - 0.5, 0, line.length - 1);
      const before = Math.floor(place);
      const after = Math.min(before + 1, line.length - 1);
      return line[before] * (1 - (place - before)) + line[after] * (place - before);
    });

  // ---- Steps -------------------------------------------------------------------------------------------------------

  /** Return the gray level of the paper, and whether all of the paper has it, as in a drawing. */
  function paperOf(gray) {
    const [turned, { rows, columns }] = [transposed(gray), gray];
    const border = [rowOf(gray, 0), rowOf(gray, rows - 1), rowOf(turned, 0), rowOf(turned, columns - 1)];
    const levels = new Float64Array(border.flatMap((line) => Array.from(line))).sort();
    const level = (levels[Math.floor((levels.length - 1) / 2)] + levels[Math.floor(levels.length / 2)]) / 2;
    return { level, isDrawing: levels.filter((other) => other === level).length > levels.length / 2 };
  }

  /** Return a photograph of dark ink on bright paper without its paper, and smaller. */
  function withoutPaper(photo) {
    const means = blockMeans(Math.max(Math.floor(Math.min(photo.rows, photo.columns) / 112), 1));
    const small = alongBoth(photo, means, means);
    const distance = Math.floor((15 * Math.min(small.rows, small.columns)) / 112);
    const [most, least] = [Math.max, Math.min].map((choose) => extremes(choose, distance));
    const paper = alongBoth(alongBoth(small, most, most), least, least);
    const ink = changed(small, (level, at) => 1 - level / Math.max(paper.values[at], 1 / 255));
    const faintest = 0.2 * largest(ink.values);
    return changed(ink, (value) => (value > faintest ? value : 0));
  }

  /** Return the part of an image that holds what is not black. */
  function cropped(of) {
    const ends = (lines) => {
      const filled = Array.from({ length: lines.rows }, (_, row) => rowOf(lines, row).some((value) => value > 0));
      return [filled.indexOf(true), filled.lastIndexOf(true) + 1];
    };
    const [[top, bottom], [left, right]] = [ends(of), ends(transposed(of))];
    const part = { rows: bottom - top, columns: of.columns, values: of.values.subarray(top * of.columns, bottom * of.columns) };
    return alongRows(part, (row) => row.slice(left, right));
  }

  function centerOfMass({ columns, values }) {
    let [total, down, right] = [0, 0, 0];
    values.forEach((value, at) => {
      total += value;
      down += value * Math.floor(at / columns);
      right += value * (at % columns);
    });
    return [down / total, right / total];
  }

  /** Return an image of 28 x 28 pixels with `ink`, moved by whole pixels so that `middle` is at (14, 14). */
  function place(ink, middle) {
    const [top, left] = [ink.rows, ink.columns].map((side, axis) => clip(round(14 - middle[axis]), 0, SIDE - side));
    const placed = image(SIDE, SIDE);
    for (let row = 0; row < ink.rows; row++) placed.values.set(rowOf(ink, row), (top + row) * SIDE + left);
    return placed;
  }

  /** Return each step from gray levels to an image as MNIST has it; null, if there is no ink.
   *
   * Steps that are false are left out: without `box` the whole image shrinks, as it is; without `center` its middle, not
   * its center of mass, comes to the center. The paper can be taken away only from dark ink, which `invert` knows. */
  function prepare(gray, { invert = true, paper = true, box = true, blurring = true, center = true } = {}) {
    const { level, isDrawing } = paperOf(gray);
    const values = gray.values;
    const isBright = level > (values.reduce((least, value) => Math.min(least, value), 1) + largest(values)) / 2;
    const photo = isBright ? gray : changed(gray, (value) => 1 - value);
    const ofDrawing = (value) => Math.abs(value - level);
    const inverted = invert ? changed(gray, isDrawing ? ofDrawing : (_, at) => 1 - photo.values[at]) : gray;
    const ink = invert && paper && !isDrawing ? withoutPaper(photo) : inverted;
    if (largest(ink.values) < 0.15) return null;
    const crop = box ? cropped(ink) : ink;
    const sides = [crop.rows, crop.columns];
    const [rows, columns] = sides.map((side) => Math.max(round(((box ? BOX : SIDE) * side) / Math.max(...sides)), 1));
    const widths = [crop.rows / rows, crop.columns / columns].map((ratio) => Math.max(0.5 * ratio - 0.5, 0));
    const blurred = blurring ? alongBoth(crop, ...widths.map(blur)) : crop;
    const small = alongBoth(blurred, resize(rows), resize(columns));
    const peak = largest(small.values);
    const bright = peak < 0.99 ? changed(small, (value) => value / peak) : small;
    const digit = center && !box ? cropped(bright) : bright;
    const middle = center ? centerOfMass(digit) : [digit.rows / 2, digit.columns / 2];
    const prepared = changed(place(digit, middle), (value) => round(255 * value) / 255);
    return { gray, inverted, ink, crop, blurred, small: bright, prepared, isDrawing };
  }

  /** Return an image shifted by pixels to the right and down, and turned clockwise by degrees about its center. */
  function moved(of, right, down, degrees) {
    const [cosine, sine] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
    const [middleRow, middleColumn] = [(of.rows - 1) / 2, (of.columns - 1) / 2];
    const at = (row, column) => (row >= 0 && row < of.rows && column >= 0 && column < of.columns ? rowOf(of, row)[column] : 0);
    return changed(of, (_, index) => {
      const x = (index % of.columns) - middleColumn - right;
      const y = Math.floor(index / of.columns) - middleRow - down;
      const [column, row] = [middleColumn + cosine * x + sine * y, middleRow - sine * x + cosine * y];
      const [left, top] = [Math.floor(column), Math.floor(row)];
      const [toRight, toBottom] = [column - left, row - top];
      const upper = at(top, left) * (1 - toRight) + at(top, left + 1) * toRight;
      const lower = at(top + 1, left) * (1 - toRight) + at(top + 1, left + 1) * toRight;
      return upper * (1 - toBottom) + lower * toBottom;
    });
  }

  return { image, readPhotograph, grayLevels, prepare, moved };
})();
