// Scores texts with a linear model out of Tallyroom; an ES module for browsers and Node, with no dependency.
//
//   import {Scorer} from "./tallyroom.js";
//   const scorer = new Scorer(await (await fetch("char-svc-v3.json")).json());
//   scorer.check();
//   scorer.predict("You have won a prize"); // {klass: "spam", probability: 0.97}
//
// The same in Python is tallyroom.py, in Kotlin Tallyroom.kt: function by function they say the same.

const FORMAT = "tallyroom-linear", VERSION = 1;
const JOINER = 0x034f, ZWNJ = 0x200c, ZWJ = 0x200d, REPLACEMENT = 0xfffd;

/** A model's document, ready to score. Throws where it does not know the format, its version, or a cleaning step. */
export class Scorer {
  #space; #steps; #blocks; #head;

  constructor(document) {
    if (document.format !== FORMAT || document.version !== VERSION) {
      throw new Error(`this reads ${FORMAT} ${VERSION}, not ${document.format} ${document.version}`);
    }
    this.classes = document.classes;
    this.golden = document.golden;
    this.#space = new Characters(document.space);
    this.#steps = document.cleaning.map((said) => step(said, this.#space));
    this.#blocks = document.blocks.map((said) => new Block(said, this.#space, this.classes.length - 1));
    this.#head = document.head;
  }

  /** The likeliest class of a text as it came in, and its probability. */
  predict(text) {
    const said = this.probabilities(text);
    const probability = Math.max(...said);
    return {klass: this.classes[said.indexOf(probability)], probability};
  }

  /** The probability of each class, in the order of `classes`. */
  probabilities(text) {
    const sums = [...this.#head.bias];
    const cleaned = this.clean(text);
    for (const block of this.#blocks) block.add(cleaned, sums);
    const margins = this.#head.kind === "flat" ? [0, ...sums] : cascade(sums, ...this.#head.stages);
    return softmax(margins.map((margin) => margin / this.#head.temperature));
  }

  /** The text as the model wants to read it. */
  clean(text) {
    return storable(this.#steps.reduce((before, clean) => clean(before), text));
  }

  /**
   * Scores the golden cases; throws where one is not as the room said.
   * `tolerance` grows where a temperature below 1 makes the weights' rounding larger.
   */
  check(tolerance = 1e-6) {
    const least = this.#head.temperature * Math.min(...(this.#head.stages ?? [1]));
    const allowed = tolerance * Math.max(1, 1 / least);
    this.golden.forEach((golden, number) => {
      const said = this.probabilities(golden.text);
      const off = Math.max(...golden.probabilities.map((expected, code) => Math.abs(expected - said[code])));
      if (!(off <= allowed)) throw new Error(`golden case ${number} is off by ${off}`);
    });
  }
}

/** A set of characters, from their first, last, first, last ... code points. */
class Characters {
  #ranges; #near;

  constructor(ranges) {
    this.#ranges = ranges;
    this.#near = Uint8Array.from({length: 0x800}, (_, sign) => this.#search(sign));
  }

  has(sign) { return sign < 0x800 ? this.#near[sign] === 1 : this.#search(sign); }

  #search(sign) {
    let low = 0, high = this.#ranges.length / 2;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#ranges[2 * middle + 1] < sign) low = middle + 1;
      else high = middle;
    }
    return 2 * low < this.#ranges.length && this.#ranges[2 * low] <= sign;
  }
}

/** Some columns of TF-IDF: terms, how rare each is, and its weights for all classes but the first. */
class Block {
  #said; #space; #rows; #place; #idf; #weights;

  constructor(said, space, rows) {
    this.#said = said;
    this.#space = space;
    this.#rows = rows;
    this.#place = new Map(said.terms.map((term, place) => [term, place]));
    this.#idf = floats(said.idf);
    this.#weights = floats(said.weights);
  }

  /** Adds what the text's terms say to the (k - 1) sums. */
  add(text, sums) {
    const said = this.#said, rows = this.#rows, times = new Map();
    this.#eachTerm(text, (term) => {
      const place = this.#place.get(term);
      if (place !== undefined) times.set(place, (times.get(place) ?? 0) + 1);
    });
    let length = 0;
    for (const [place, count] of times) {
      const tf = said.binary ? 1 : count;
      const value = (said.sublinear_tf ? 1 + Math.log(tf) : tf) * this.#idf[place];
      times.set(place, value);
      length += said.norm === "l1" ? Math.abs(value) : value * value;
    }
    if (said.norm === "l2") length = Math.sqrt(length);
    for (const [place, value] of times) {
      for (let row = 0; row < rows; row++) sums[row] += value / length * this.#weights[place * rows + row];
    }
  }

  #eachTerm(text, tell) {
    const [least, most] = this.#said.ngram_range;
    const words = split(this.#said.lowercase ? text.toLowerCase() : text, this.#space);
    if (this.#said.analyzer === "char_wb") {
      for (const word of words) eachRun(word, least, most, tell);
      return;
    }
    const tokens = this.#said.tokens === "signs" ? words.flatMap(apart) : words;
    for (let length = least; length <= most; length++) {
      for (let start = 0; start + length <= tokens.length; start++) tell(tokens.slice(start, start + length).join(" "));
    }
  }
}

/** Runs of characters within a word with a space on both sides; a word as short as a run counts once. */
function eachRun(word, least, most, tell) {
  const padded = ` ${word} `, at = [];
  for (let here = 0; here < padded.length; here += padded.codePointAt(here) > 0xffff ? 2 : 1) at.push(here);
  const signs = at.push(padded.length) - 1; // not UTF-16 units
  for (let length = least; length <= most; length++) {
    tell(padded.slice(0, at[Math.min(length, signs)]));
    for (let start = 1; start + length <= signs; start++) tell(padded.slice(at[start], at[start + length]));
    if (length >= signs) break;
  }
}

function apart(word) { return word.match(/[!-/:-@[-`{-~]|[^!-/:-@[-`{-~]+/g) ?? []; }

function split(text, space) {
  const words = [];
  let begun = -1;
  for (let here = 0; here < text.length; here++) { // all white space is of one unit
    const blank = space.has(text.charCodeAt(here));
    if (!blank && begun < 0) begun = here;
    if (blank && begun >= 0) { words.push(text.slice(begun, here)); begun = -1; }
  }
  if (begun >= 0) words.push(text.slice(begun));
  return words;
}

/** Logarithms of probabilities: of the first class, and of each other, which shares what the first one leaves. */
function cascade(sums, one, two) {
  const ahead = sums[0] / one;
  const rest = logSoftmax([0, ...sums.slice(1).map((each) => each / two)]);
  return [-log1pexp(-ahead), ...rest.map((each) => each - log1pexp(ahead))];
}

function log1pexp(value) {
  return value > 0 ? value + Math.log1p(Math.exp(-value)) : Math.log1p(Math.exp(value));
}

function logSoftmax(values) {
  const most = Math.max(...values);
  const whole = most + Math.log(values.reduce((sum, value) => sum + Math.exp(value - most), 0));
  return values.map((value) => value - whole);
}

function softmax(values) {
  const most = Math.max(...values);
  const parts = values.map((value) => Math.exp(value - most));
  const whole = parts.reduce((sum, part) => sum + part, 0);
  return parts.map((part) => part / whole);
}

/** float32, little endian, in base64. */
function floats(packed) {
  const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  return Float32Array.from({length: bytes.length / 4}, (_, place) => view.getFloat32(4 * place, true));
}

const points = (text) => Array.from(text, (sign) => sign.codePointAt(0));

function written(signs) {
  let text = "";
  for (const sign of signs) text += String.fromCodePoint(sign);
  return text;
}

const isLone = (sign) => sign >= 0xd800 && sign <= 0xdfff;

function storable(text) {
  return /[\0\ud800-\udfff]/.test(text)
    ? written(points(text).map((sign) => (sign === 0 || isLone(sign) ? REPLACEMENT : sign))) : text;
}

/** A cleaning step by its name. */
function step(said, space) {
  switch (said.step) {
    case "nfc": case "nfkc": {
      const marks = new Characters(said.marks), form = said.step.toUpperCase();
      return (text) => safe(text, marks, said).normalize(form);
    }
    case "controls": {
      const [unseen, before, after] = [said.unseen, said.before, said.after].map((ranges) => new Characters(ranges));
      const stays = (sign, place, signs) => !unseen.has(sign)
        && ((sign !== ZWNJ && sign !== ZWJ) || (place > 0 && before.has(signs[place - 1])
          && place + 1 < signs.length && after.has(signs[place + 1])));
      return (text) => written(points(text).filter(stays));
    }
    case "whitespace": return (text) => split(text, space).join(" ");
    case "lowercase": return (text) => text.toLowerCase();
    case "digits": {
      const digits = new Characters(said.digits);
      return (text) => written(points(text).map((sign) => (digits.has(sign) ? 0x30 : sign)));
    }
    case "punctuation": {
      const gone = new Characters(said.punctuation);
      return (text) => written(points(text).flatMap((sign, place, signs) => {
        if (!gone.has(sign)) return [sign];
        return place > 0 && gone.has(signs[place - 1]) ? [] : [0x20]; // one space for all in a row
      }));
    }
    case "repeats": {
      const repeatable = new Characters(said.repeatable);
      return (text) => {
        let times = 0;
        return written(points(text).filter((sign, place, signs) => {
          times = place > 0 && signs[place - 1] === sign ? times + 1 : 1;
          return times <= said.keep || !repeatable.has(sign);
        }));
      };
    }
    case "stop_words": {
      const words = new Set(said.words);
      const folded = (word) => Array.from(word, (sign) => said.folded[sign] ?? sign).join("");
      return (text) => (words.size ? split(text, space).filter((word) => !words.has(folded(word))).join(" ") : text);
    }
    default: throw new Error(`this scorer does not know the cleaning step '${said.step}'`);
  }
}

/** A long text with a joiner in each pile of marks, so that sorting them takes no time worth mentioning. */
function safe(text, marks, {pile, long}) {
  const signs = text.length > long ? points(text) : [];
  if (signs.length <= long) return text;
  let run = 0;
  return written(signs.flatMap((sign) => {
    if (!marks.has(sign)) { run = 0; return [sign]; }
    run += 1;
    if (run <= pile) return [sign];
    run = 1;
    return [JOINER, sign];
  }));
}
