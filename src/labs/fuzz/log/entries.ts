/*
 * What the probe prints, line by line: results in KTAP, what it says of the machine and of cases, and outcomes of a run. A
 * log is its output, or a console with messages of a kernel in between. All that read a log read it here.
 */

/** Characters of a line. None that the probe prints is as long: a longer one is passed over. */
const MOST_LINE = 1 << 20;

export type Entry =
  /** The kernel and the processor in words; the machine, the head of outcomes, a case and a walk as documents. */
  | {
      readonly is: "kernel" | "processor" | "machine" | "outcomes" | "case" | "walk";
      readonly text: string;
    }
  | { readonly is: "plan"; readonly depth: number; readonly tests: number }
  | ResultEntry
  | {
      readonly is: "difference";
      readonly field: string;
      readonly predicted: string;
      readonly seen: string;
    }
  /** A case whose outcome contradicts its prediction; its hash is null if it is another at each attempt. */
  | {
      readonly is: "outcome";
      readonly index: number;
      readonly hash: number | null;
      readonly fields: readonly LoggedField[];
    }
  /** A case that could not be set up, and why. */
  | { readonly is: "untried"; readonly index: number; readonly reason: string }
  /** How many cases are done, and how many lines they have. */
  | { readonly is: "mark"; readonly done: number; readonly lines: number }
  /** Any other comment. */
  | { readonly is: "note"; readonly depth: number; readonly text: string };

/** The result of a test, or of a subtest. */
export interface ResultEntry {
  readonly is: "result";
  readonly depth: number;
  readonly isOk: boolean;
  readonly name: string;
  /** As the kernel's selftests have them: it was skipped, or fails as it is known to. */
  readonly directive: "SKIP" | "XFAIL" | undefined;
  readonly reason: string;
}

/** A field that differs; words of 32 bits have no sign. */
export interface LoggedField {
  readonly field: string;
  readonly predicted: bigint;
  readonly seen: bigint;
}

type Groups = readonly (string | undefined)[];

/** The first that matches decides. Something may stand before an outcome, such as a time, and a message after it. */
const PATTERNS: readonly (readonly [RegExp, (groups: Groups) => Entry | undefined])[] = [
  [
    /^# (kernel|machine): (.*)$/,
    ([what, text = ""]) => said(what === "kernel" ? what : "processor", text),
  ],
  [/^# machine (\{.*\})$/, ([text = ""]) => said("machine", text)],
  [/# outcomes (\{.*\})/, ([text = ""]) => said("outcomes", text)],
  [/^# case (\{.*\})$/, ([text = ""]) => said("case", text)],
  [/^# walk (\{.*\})$/, ([text = ""]) => said("walk", text)],
  [
    /# (\d{1,16}) (0x[0-9a-f]{1,14}|-) (\d{1,2})((?: \w+(?:\.\w+)? 0x[0-9a-f]{1,16} 0x[0-9a-f]{1,16})+)/,
    outcomeOf,
  ],
  [
    /# (\d{1,16}) untried: ([^:]{1,100}: (?:E[A-Z0-9]+|-?\d+))/,
    ([index, reason = ""]) => ({ is: "untried", index: Number(index), reason }),
  ],
  [
    /# at (\d{1,16}): (\d{1,16}) differ(?:, (\d{1,16}) untried)?/,
    ([done, differ, untried = 0]) => ({
      ...{ is: "mark", done: Number(done), lines: Number(differ) + Number(untried) },
    }),
  ],
  [
    /^# (\S+): predicted (.*), got (.*)$/,
    ([field = "", predicted = "", seen = ""]) => ({ is: "difference", field, predicted, seen }),
  ],
  [/^( *)# (.*)$/, ([depth = "", text = ""]) => ({ is: "note", depth: depth.length, text })],
  [
    /^( *)1\.\.(\d{1,6})$/,
    ([depth = "", tests]) => ({ is: "plan", depth: depth.length, tests: Number(tests) }),
  ],
  [/^( *)(not ok|ok) \d+ (.*)$/, resultOf],
];

const said = (is: Extract<Entry, { text: string; depth?: never }>["is"], text: string): Entry => ({
  is,
  text,
});

const FIELD = / (\S+) (0x\S+) (0x[0-9a-f]+)/g;

/** Undefined for a line into which a message was written. */
function outcomeOf([index, hash = "-", count, differing = ""]: Groups): Entry | undefined {
  const fields = [...differing.matchAll(FIELD)].map(
    ([, field = "", predicted = "0", seen = "0"]) => {
      return { field, predicted: BigInt(predicted), seen: BigInt(seen) };
    },
  );
  if (fields.length !== Number(count)) return undefined;
  return { is: "outcome", index: Number(index), hash: hash === "-" ? null : Number(hash), fields };
}

function resultOf([depth = "", result, text = ""]: Groups): Entry {
  const [name = "", directive, reason = ""] = text.split(/(?<!\\) # (SKIP|XFAIL) ?/, 3);
  return {
    ...{ is: "result", depth: depth.length, isOk: result === "ok", name: plain(name) },
    directive: directive === "SKIP" || directive === "XFAIL" ? directive : undefined,
    reason: plain(reason),
  };
}

/** A name without the escapes of number signs. */
const plain = (text: string): string => text.replaceAll("\\#", "#").trimEnd();

/** What a line says; undefined if the probe has not printed it. */
export function entryOf(line: string): Entry | undefined {
  if (line.length > MOST_LINE) return undefined;
  for (const [pattern, make] of PATTERNS) {
    const groups = pattern.exec(line);
    if (groups !== null) return make(groups.slice(1));
  }
  return undefined;
}

/** The entries of a log. */
export function* entriesOf(content: string): Iterable<Entry> {
  for (const [line] of content.matchAll(/[^\r\n]+/g)) {
    const entry = entryOf(line);
    if (entry !== undefined) yield entry;
  }
}
