/* A case as a program in C: program.c with the data of the case, and the parts that write and report it. */

import { expectAmd64 } from "../../../core/shim/shim.ts";
import { checkOptions, type OptionShapes, object, truth } from "../../../lib/shape.ts";
import type { Way } from "../case/arch.ts";
import { expectCase, type Step, stepsOf } from "../case/case.ts";
import type { Fields } from "../case/fields.ts";
import { type CaseDocument, formatCase } from "../case/text.ts";
import {
  deviationsOf,
  knownLine,
  MODEL_SHAPES,
  type ModelOptions,
  modelOptions,
} from "../known/arch.ts";
import { type Machine, machineShape } from "../machine.ts";
import { Model } from "../predict/model.ts";
import { predictionOf } from "../predict/prediction.ts";
import { dataOf, type Examined, writerOf } from "./c_program/data.ts";
import { readCopied } from "./copied.ts";
import { machineLine, subjectOf } from "./told.ts";

export type { Examined };

/** What the program's head says beside the case. */
export interface ExportOptions extends ModelOptions {
  /** The machine on which the case was tried. */
  readonly machine: Machine;
  /** Whether to write a test of the kernel's selftests (tools/testing/selftests). Default: false. */
  readonly kselftest?: boolean | undefined;
}

/**
 * A program in C that needs only libc and the kernel's headers. It brings a process to where the case begins, writes its
 * registers, resumes it, and compares the outcome with the prediction and with what was seen. Its exit status is 0 if
 * the outcome is the one that was seen, 1 if it is not, 3 if the case cannot be tried.
 *
 * As a selftest it passes if the outcome is the one that is predicted, whatever was seen. It reports in KTAP by the
 * kernel's kselftest.h, and has the kernel's style.
 *
 * @param examination what `Examiner.examine` returned for the case
 *
 * @example
 * using examiner = new Examiner();
 * const examination = examiner.examine(parseCase({ schema: "stublab.case/1", registers: { cs: "0x10" } }));
 * writeFileSync("repro.c", exportC(examination, { machine: examiner.machine }));
 */
export function exportC(examination: Examined, options: ExportOptions): string {
  expectAmd64("programs in C are written on");
  object(examination, "examination");
  expectCase(examination.it);
  checkOptions(options, "options", SHAPES);
  machineShape(options.machine, "options.machine");
  const { kselftest = false, known } = options;
  const ignoredFlags = deviationsOf(known)?.ignoredFlags ?? 0;
  const document = formatCase(examination.it);
  const data = dataOf(portable(examination, options), document, ignoredFlags, kselftest);
  const steps = stepsOf(examination.it);
  const program = programOf(data, steps.map(writerOf), kselftest);
  const isWhole = steps.some(({ frame }) => (frame?.image ?? 0n) !== 0n);
  return `${head(examination, options, document)}${program.replaceAll(IMAGE, isWhole ? "$1" : "")}`;
}

/** The licenses under which the kernel can take a selftest from this package. */
const LICENSE = "// SPDX-License-Identifier: GPL-2.0 OR Apache-2.0\n";

/** Without the fields that are others on a processor whose XSAVE area, and so whose frame, is larger. */
function portable(examined: Examined, { machine, change, known }: ExportOptions): Examined {
  const predict = (frameLength: number) => {
    const model = new Model({ ...machine, frameLength }, change, deviationsOf(known));
    const prediction = predictionOf(examined.it, model);
    return [...prediction.before, prediction].map(({ predicted }) => predicted);
  };
  const [here, there] = [predict(machine.frameLength), predict(machine.frameLength + 64)];
  const narrow = <T extends Pick<Examined, "predicted" | "stable">>(step: T, k: number): T => {
    const keep = (fields: Fields): Fields =>
      new Map([...fields].filter(([field]) => here[k]?.get(field) === there[k]?.get(field)));
    return { ...step, predicted: keep(step.predicted), stable: keep(step.stable) };
  };
  return { ...narrow(examined, here.length - 1), before: (examined.before ?? []).map(narrow) };
}

/** What only a case with an image needs. */
const IMAGE = /^#ifdef IMAGE\n([\s\S]*?)^#endif\n/gm;

/** The program with this case, and in place of the files that it includes, their text. */
function programOf(data: string, writers: readonly string[], kselftest: boolean): string {
  const [, code = ""] = readPart("program.c").split("/* End of the head. */\n");
  return code
    .replace("<unistd.h>\n", (line) => (kselftest ? `${line}\n#include "../kselftest.h"\n` : line))
    .replace('#include "case.c"\n', () => data)
    .replace('#include "write_registers.c"\n', () =>
      [...new Set(writers)].map((writer) => readPart(`write_${writer}.c`)).join("\n"),
    )
    .replace('#include "report_table.c"\n', () =>
      readPart(kselftest ? "report_ktap.c" : "report_table.c"),
    );
}

const readPart = (name: string): string => readCopied(`c_program/${name}`);

const SHAPES: OptionShapes<ExportOptions> = {
  machine: machineShape,
  ...MODEL_SHAPES,
  kselftest: truth,
};

/** What the program does in a step, in a sentence. */
export function actOf({ way, from, on }: Step): string {
  return way === "SIGRETURN"
    ? "A process handles its own signal, and returns with other registers: rt_sigreturn."
    : `The tracer of a process ${BEGINS[from]} writes its ${WRITES[way] ?? `regset ${way}`}${
        on === "NONE" ? "" : `, and resumes it by PTRACE_${on}`
      }.`;
}

/** What the heads of both forms say about the case. */
function about({ it, differences, rules = [] }: Examined, options: ExportOptions): string[] {
  return [
    ...(differences.length === 0 ? [] : [subjectOf(differences, it), ""]),
    ...stepsOf(it).map(actOf),
    "",
    `Seen on: ${machineLine(options.machine)}`,
    "",
    ...(options.known === undefined ? [] : [knownLine(options.known), ""]),
    ...(rules.length === 0 ? [] : ["The prediction follows from these rules:"]),
    ...rules.map(({ id, told, source }) => `${id}: ${told} (${source})`),
    ...(rules.length === 0 ? [] : [""]),
  ];
}

function head(examined: Examined, options: ExportOptions, document: CaseDocument): string {
  const replay = `stublab fuzz replay -${modelOptions(options)}`;
  if (options.kselftest) {
    const lines = comment(
      ...about(examined, options),
      "Passes if each field of the outcome is as predicted. Skips if the case cannot be tried.",
      "",
      `The case, for "${replay}":`,
      // Spaces, at which a line can be wrapped.
      JSON.stringify(document, null, 1).replaceAll(/\n */g, " "),
    );
    return `${LICENSE}${lines}\n`;
  }
  const lines = comment(
    ...about(examined, options),
    "Prints the fields of the outcome: as predicted by a model of the kernel, as seen there, and as seen here. Exit " +
      "status: 0 if all fields are as seen there, 1 if one differs, 3 if the case cannot be tried.",
    "",
    "Build: cc -std=c11 -Wall -Wextra -o repro repro.c",
    "",
    `Replay: ${replay} <<'CASE'`,
  );
  // On one line, so that a shell can read it.
  const json = JSON.stringify(document).replaceAll("*/", "*\\/");
  return lines.replace(/\n \*\/$/, () => `\n * ${json}\n * CASE\n */\n`);
}

/** Lines of a comment, wrapped at words, with nothing in them that would end it. */
function comment(...paragraphs: string[]): string {
  const lines = paragraphs.flatMap((paragraph) => {
    const inert = paragraph
      .replaceAll(/[^\x20-\x7e]/g, "?")
      .replaceAll("*/", "* /")
      .replaceAll("/*", "/ *");
    const wrapped = [""];
    for (const word of inert.split(" ")) {
      const longer = `${wrapped.at(-1)} ${word}`.trimStart();
      if (longer.length > WIDTH && wrapped.at(-1) !== "") wrapped.push(word);
      else wrapped.splice(-1, 1, longer);
    }
    return wrapped;
  });
  return `/*\n${lines.map((line) => ` * ${line}`.trimEnd()).join("\n")}\n */`;
}

const WIDTH = 90;

const BEGINS = {
  signal: "at a stop by a signal",
  entry: "at the entry of a system call",
  exit: "at the exit of a system call",
  sysemu: "at the entry of an emulated system call",
  group: "in a group-stop",
  entry32: "at the entry of a 32-bit system call",
  exit32: "at the exit of a 32-bit system call",
  step32: "after a single-step over a 32-bit system call",
  last: "at the stop of the step before",
} as const;

const WRITES: Readonly<Partial<Record<Way, string>>> = {
  SETREGS: "registers by PTRACE_SETREGS",
  SETREGSET: "registers by PTRACE_SETREGSET(NT_PRSTATUS)",
  POKEUSER: "registers by PTRACE_POKEUSER",
  SETFPREGS: "floating-point registers by PTRACE_SETFPREGS",
  XSTATE: "XSAVE area by PTRACE_SETREGSET(NT_X86_XSTATE)",
  SYSCALL_INFO: "system call by PTRACE_SET_SYSCALL_INFO",
  SIGMASK: "signal mask by PTRACE_SETSIGMASK",
  DISPATCH: "dispatch of system calls by PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG",
  SIGRETURN: "registers by rt_sigreturn",
};
