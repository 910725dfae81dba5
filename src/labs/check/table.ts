// The table of docs/check.md: each choice, and what breaks with it.

import { signalName } from "../../lib/names.ts";
import { MISTAKES, PRECAUTIONS, PROPERTIES } from "./birth.ts";
import { type BirthOptions, checkBirth, type Verdict } from "./check.ts";
import { type Move, TaskModel } from "./model.ts";
import type { Constants } from "./text.ts";

/** What is chosen, in Markdown. */
interface Line {
  readonly label: string;
  readonly about: string;
  readonly options: BirthOptions;
}

const SIGCHLD = 17;
/** What a column adds to the choice of a line. */
const COLUMNS = [
  { name: "no act", options: { acts: 0 } },
  { name: "one act", options: { acts: 1 } },
  { name: "one act, SIGCHLD", options: { acts: 1, exitSignal: SIGCHLD } },
  { name: "two acts, birth", options: { acts: 2, until: "birth" } },
] as const satisfies readonly { name: string; options: BirthOptions }[];

/** Options of the wait4 for a self-stop. */
const WAITS = [
  "0",
  "WUNTRACED",
  "__WALL",
  "__WCLONE|WUNTRACED",
  "__WALL|WUNTRACED|WNOHANG",
  "__WALL|WUNTRACED|WCONTINUED",
  "__WALL|WUNTRACED|__WNOTHREAD",
];
const FLAGS = ["CLONE_PARENT", "CLONE_PTRACE", "CLONE_UNTRACED"];
const ACTS_OF_SIGNALS = [0, 1];
/** Signals of the model, which dumps no core; 0: none. */
const EXIT_SIGNALS = Array.from({ length: 24 }, (_, i) => i).filter(
  (signal) => ![3, 4, 5, 6, 7, 8, 11].includes(signal),
);

/** The lines of choices that have all columns. */
function choiceLines(constants: Constants): Line[] {
  const word = (flags: string) =>
    Number(flags.split("|").reduce((sum, name) => sum | (constants.get(name) ?? 0n), 0n));
  return [
    { label: "as in stublab", about: "", options: {} },
    ...PRECAUTIONS.map(({ name, text }) => ({
      ...{ label: `\`${name}\` left out`, about: text, options: { omit: [name] } },
    })),
    ...MISTAKES.map(({ name, text }) => ({
      ...{ label: `wrong ${name}`, about: text, options: { mistakes: [name] } },
    })),
    ...WAITS.map((flags) => ({
      ...{ label: `\`${flags.replaceAll("|", "\\|")}\``, about: "wait4 for a self-stop" },
      options: { waitOptions: word(flags) },
    })),
    ...FLAGS.map((flag) => ({
      ...{ label: `\`${flag}\``, about: "a flag of the clones" },
      options: { cloneFlags: word(flag) },
    })),
  ];
}

/** What is checked for each cell of the table. */
export function tableOptions(constants: Constants): BirthOptions[] {
  const choices = choiceLines(constants).flatMap(({ options }) =>
    COLUMNS.map((column) => ({ ...options, ...column.options })),
  );
  return [
    ...choices,
    ...EXIT_SIGNALS.flatMap((exitSignal) => ACTS_OF_SIGNALS.map((acts) => ({ exitSignal, acts }))),
  ];
}

/** How many lines with a number a schedule has. */
const steps = (schedule: readonly Move[]) =>
  schedule.filter(({ call }) => call !== undefined).length;

function cellOf(verdicts: readonly Verdict[]): string {
  const broken = verdicts.flatMap(({ schedule }, i) =>
    schedule === undefined ? [] : [`${i + 1} (${steps(schedule)})`],
  );
  return broken.length === 0 ? "–" : broken.join(", ");
}

/** All of the table as lines of Markdown. */
export function checkTable(constants: Constants): string[] {
  const model = new TaskModel();
  const cell = (options: BirthOptions) => cellOf(checkBirth(options, model).verdicts);
  const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const head = (...names: string[]) => [row(names), row(names.map(() => "---"))];
  const signals = new Map<string, number[]>();
  for (const exitSignal of EXIT_SIGNALS) {
    const cells = row(ACTS_OF_SIGNALS.map((acts) => cell({ exitSignal, acts })));
    signals.set(cells, [...(signals.get(cells) ?? []), exitSignal]);
  }
  const nameOf = (signal: number) => (signal === 0 ? "0" : signalName(signal, constants));
  return [
    ...PROPERTIES.map((property, i) => `${i + 1}. ${property}`),
    "",
    ...head("choice", "what it does", ...COLUMNS.map(({ name }) => name)),
    ...choiceLines(constants).map(({ label, about, options }) =>
      row([label, about, ...COLUMNS.map((column) => cell({ ...options, ...column.options }))]),
    ),
    "",
    ...head("exit signal", "no act", "one act"),
    ...[...signals].map(([cells, group]) => `| ${group.map(nameOf).join(", ")} ${cells}`),
  ];
}
