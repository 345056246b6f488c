// Reads JSON (RFC 8259, UTF-8, a byte order mark allowed) as it goes by and says whether it parses, and if not, where it
// goes wrong. Nothing is kept, so that a file of any size costs no memory. One table lookup a byte; agrees with
// JSON.parse (property test).

const FROM_1_TO_9 = "123456789";
const DIGITS = `0${FROM_1_TO_9}`;
const HEX = `${DIGITS}abcdefABCDEF`;
/** What may begin a value. */
const VALUE: readonly Rule[] = [
  ['"', "string"],
  ["{", "open {"],
  ["[", "open ["],
  ["-", "minus"],
  ["0", "zero"],
  [FROM_1_TO_9, "digits"],
  ["t", "t"],
  ["f", "f"],
  ["n", "n"],
];
/** What may follow a value. */
const AFTER: readonly Rule[] = [
  [",", "comma"],
  ["}", "close }"],
  ["]", "close ]"],
];
const ANY_CONTINUATION: readonly [number, number] = [0x80, 0xbf];

/** Bytes, as characters or as a range, and the state or the deed they lead to. */
type Rule = readonly [bytes: string | readonly [number, number], next: string];

/** States in which white space may stand. */
const BETWEEN: Readonly<Record<string, readonly Rule[]>> = {
  value: VALUE,
  "first element": [...VALUE, ["]", "close ]"]],
  "first key": [
    ['"', "key"],
    ["}", "close }"],
  ],
  "next key": [['"', "key"]],
  colon: [[":", "value"]],
  after: AFTER,
};

const INSIDE: Readonly<Record<string, readonly Rule[]>> = {
  start: [[[0xef, 0xef], "mark 2"]],
  "mark 2": [[[0xbb, 0xbb], "mark 3"]],
  "mark 3": [[[0xbf, 0xbf], "value"]],
  // Unicode standard, table 3-7: well-formed UTF-8 byte sequences
  string: [
    [[0x20, 0x7f], "string"],
    ['"', "string's end"],
    ["\\", "escape"],
    [[0xc2, 0xdf], "1 left"],
    [[0xe1, 0xef], "2 left"],
    [[0xe0, 0xe0], "2 left, E0"],
    [[0xed, 0xed], "2 left, ED"],
    [[0xf1, 0xf3], "3 left"],
    [[0xf0, 0xf0], "3 left, F0"],
    [[0xf4, 0xf4], "3 left, F4"],
  ],
  "1 left": [[ANY_CONTINUATION, "string"]],
  "2 left": [[ANY_CONTINUATION, "1 left"]],
  "2 left, E0": [[[0xa0, 0xbf], "1 left"]],
  "2 left, ED": [[[0x80, 0x9f], "1 left"]],
  "3 left": [[ANY_CONTINUATION, "2 left"]],
  "3 left, F0": [[[0x90, 0xbf], "2 left"]],
  "3 left, F4": [[[0x80, 0x8f], "2 left"]],
  escape: [
    ['"\\/bfnrt', "string"],
    ["u", "hex 1"],
  ],
  "hex 1": [[HEX, "hex 2"]],
  "hex 2": [[HEX, "hex 3"]],
  "hex 3": [[HEX, "hex 4"]],
  "hex 4": [[HEX, "string"]],
  t: [["r", "tr"]],
  tr: [["u", "tru"]],
  tru: [["e", "after"]],
  f: [["a", "fa"]],
  fa: [["l", "fal"]],
  fal: [["s", "fals"]],
  fals: [["e", "after"]],
  n: [["u", "nu"]],
  nu: [["l", "nul"]],
  nul: [["l", "after"]],
  minus: [
    ["0", "zero"],
    [FROM_1_TO_9, "digits"],
  ],
  point: [[DIGITS, "fraction"]],
  e: [
    [DIGITS, "exponent"],
    ["+-", "sign"],
  ],
  sign: [[DIGITS, "exponent"]],
};

/** States in which a number may be over: what may follow a value may follow here. */
const NUMBERS: Readonly<Record<string, readonly Rule[]>> = {
  zero: [
    [".", "point"],
    ["eE", "e"],
  ],
  digits: [
    [DIGITS, "digits"],
    [".", "point"],
    ["eE", "e"],
  ],
  fraction: [
    [DIGITS, "fraction"],
    ["eE", "e"],
  ],
  exponent: [[DIGITS, "exponent"]],
};

/** More than a change of state: what is open, which string ends, where a line ends, no such byte here. */
const DEEDS = ["open {", "open [", "close }", "close ]", "comma", "key", "string's end", "line end", "refuse"] as const;

const STATES = [...Object.keys(BETWEEN), ...Object.keys(INSIDE), ...Object.keys(NUMBERS)];
const CODES = new Map([...STATES, ...DEEDS].map((name, code) => [name, code]));
const DEEPEST = 10_000;

function codeOf(name: string): number {
  const code = CODES.get(name);
  if (code === undefined) throw new Error(`no state or deed is called ${name}`);
  return code;
}

function buildTable(): Uint8Array {
  const table = new Uint8Array(STATES.length * 256).fill(codeOf("refuse"));
  const rule = (state: string, [bytes, next]: Rule): void => {
    const [least, most] = typeof bytes === "string" ? [0, 0x7f] : bytes;
    for (let byte = least; byte <= most; byte++) {
      if (typeof bytes !== "string" || bytes.includes(String.fromCharCode(byte)))
        table[codeOf(state) * 256 + byte] = codeOf(next);
    }
  };
  const white = (state: string, then: string): void => {
    rule(state, [" \t\r", then]);
    rule(state, ["\n", "line end"]);
  };
  for (const [state, rules] of Object.entries(BETWEEN)) {
    white(state, state);
    for (const one of rules) rule(state, one);
  }
  for (const [state, rules] of Object.entries(INSIDE)) for (const one of rules) rule(state, one);
  for (const [state, rules] of Object.entries(NUMBERS)) {
    white(state, "after");
    for (const one of [...AFTER, ...rules]) rule(state, one);
  }
  white("start", "value");
  for (const one of VALUE) rule("start", one);
  return table;
}

const NEXT = buildTable();
const [FIRST_KEY, FIRST_ELEMENT, NEXT_KEY] = [codeOf("first key"), codeOf("first element"), codeOf("next key")];
const [VALUE_NEXT, STRING, COLON, AFTER_VALUE] = [codeOf("value"), codeOf("string"), codeOf("colon"), codeOf("after")];
const STATE_COUNT = STATES.length;
const BLANK = 0x20;

/** Reads one JSON text. */
export class JsonReader {
  private state = codeOf("start");
  private readonly open: ("{" | "[")[] = [];
  private inKey = false;
  private line = 1;
  /** Characters of the line so far. */
  private column = 0;
  private fault: string | null = null;

  /** Takes the next bytes; they may be overwritten after the call. */
  take(piece: Uint8Array): void {
    let [state, column] = [this.state, this.column];
    for (let at = 0; at < piece.length && this.fault === null; at++) {
      const byte = piece[at] ?? 0;
      column += +((byte & 0xc0) !== 0x80);
      const next = NEXT[state * 256 + byte] ?? 0;
      if (next < STATE_COUNT) {
        state = next;
        continue;
      }
      this.column = column;
      state = this.act(DEEDS[next - STATE_COUNT] ?? "refuse", state, byte);
      column = this.column;
    }
    this.state = state;
    this.column = column;
  }

  /** `valid`, or why it does not parse, to stand after the file's name: `is empty`. */
  end(): string {
    if (this.fault !== null) return this.fault;
    const state = STATES[this.state] ?? "";
    if (this.open.length > 0) return `ends too early, on line ${this.line}`;
    if (state === "after" || Object.hasOwn(NUMBERS, state)) return "valid";
    return state === "start" || state === "value" ? "is empty" : `ends too early, on line ${this.line}`;
  }

  private act(deed: (typeof DEEDS)[number], state: number, byte: number): number {
    switch (deed) {
      case "open {":
        return this.begin("{", FIRST_KEY);
      case "open [":
        return this.begin("[", FIRST_ELEMENT);
      case "close }":
      case "close ]":
        if (this.open.pop() !== (deed === "close }" ? "{" : "[")) return this.refuse(state, byte);
        return AFTER_VALUE;
      case "comma":
        if (this.open.length === 0) return this.refuse(state, byte);
        return this.open.at(-1) === "{" ? NEXT_KEY : VALUE_NEXT;
      case "key":
        this.inKey = true;
        return STRING;
      case "string's end": {
        const next = this.inKey ? COLON : AFTER_VALUE;
        this.inKey = false;
        return next;
      }
      case "line end":
        this.line++;
        this.column = 0;
        return NEXT[state * 256 + BLANK] ?? 0;
      case "refuse":
        return this.refuse(state, byte);
    }
  }

  private begin(container: "{" | "[", next: number): number {
    this.open.push(container);
    if (this.open.length > DEEPEST) this.fault = `is nested deeper than ${DEEPEST} levels`;
    return next;
  }

  private refuse(state: number, byte: number): number {
    const where = `line ${this.line}, column ${Math.max(1, this.column)}`;
    this.fault = `has ${nameOf(byte, STATES[state] ?? "")} at ${where}`;
    return state;
  }
}

function nameOf(byte: number, state: string): string {
  const hex = `byte 0x${byte.toString(16).padStart(2, "0")}`;
  const printed = byte > BLANK && byte < 0x7f ? `"${String.fromCharCode(byte)}"` : hex;
  const shown = byte === 0x0a ? "line end" : printed;
  if (state.includes("left") || (state === "string" && byte >= 0x80)) return "bytes that are not UTF-8";
  return `an unexpected ${shown}${state === "string" ? " inside a string" : ""}`;
}
