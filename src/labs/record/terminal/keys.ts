/** A key: one printable character, or a name of several letters. */
export type Key = string;

const CONTROLS: Readonly<Record<string, Key>> = {
  "\r": "enter",
  "\n": "enter",
  "\x7f": "backspace",
  "\b": "backspace",
  "\x03": "ctrl-c",
  "\x04": "ctrl-d",
  "\x0c": "ctrl-l",
  "\x1a": "ctrl-z",
  "\x1b": "escape",
};

/** What stands at the end of a sequence, and the first number of one that ends with "~". */
const FINALS: Readonly<Record<string, Key>> = {
  A: "up",
  B: "down",
  C: "right",
  D: "left",
  F: "end",
  H: "home",
};
const NUMBERS: Readonly<Record<string, Key>> = {
  1: "home",
  4: "end",
  5: "page-up",
  6: "page-down",
  7: "home",
  8: "end",
};

/** ESC [ parameters final, or ESC O final: the whole of it, or as much as has come. */
const ESC = "\x1b";
const SEQUENCE = new RegExp(`^${ESC}(?:\\[(\\d*)[0-?]*[ -/]*|O)([@-~])`);
const BEGINNING = new RegExp(`^${ESC}(?:\\[[0-?]*[ -/]*|O)?$`);

/** The longest sequence that is waited for. */
const LONGEST = 32;

/** Makes keys of what a terminal sends, in whatever pieces it comes. */
export class KeyReader {
  #pending = "";

  /** Whether something has come that may be the beginning of a sequence, or the Escape key. */
  get waits(): boolean {
    return this.#pending !== "";
  }

  push(text: string): Key[] {
    this.#pending += text;
    const keys: Key[] = [];
    while (this.waits && !(this.#pending.length < LONGEST && BEGINNING.test(this.#pending))) {
      const [sequence, number = "", final = ""] = SEQUENCE.exec(this.#pending) ?? [];
      const [first = ""] = this.#pending;
      this.#pending = this.#pending.slice((sequence ?? first).length);
      const named = final === "~" ? NUMBERS[number] : FINALS[final];
      const key = sequence === undefined ? keyOf(first) : named;
      if (key !== undefined) keys.push(key);
    }
    return keys;
  }

  /** Nothing more has come: a lone ESC was the key, and half a sequence was nothing. */
  flush(): Key[] {
    const pending = this.#pending;
    this.#pending = "";
    return pending === ESC ? ["escape"] : [];
  }
}

function keyOf(character: string): Key | undefined {
  return CONTROLS[character] ?? (/\p{C}/u.test(character) ? undefined : character);
}
