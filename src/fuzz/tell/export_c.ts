/* A case as a program in C, with only the parts that the case needs; c_program/ has them. */

import { openEncoder } from "../../encoder/open.ts";

import { checkOptions, instance, type OptionShapes, object } from "../../shape.ts";
import { type Case, expectCase, formatCase } from "../case/case.ts";
import { isHandled } from "../case/fields.ts";
import type { CaseOutcome } from "../predict/examiner.ts";
import type { Change } from "../predict/model/model.ts";
import { changeShape, plantOption } from "../predict/plant.ts";
import { type Machine, machineShape } from "../try/machine.ts";
import { child, mapping, places } from "./c_program/child.ts";
import { comparing, type Knowledge } from "./c_program/comparison.ts";
import { comment } from "./c_program/literals.ts";
import { type Needs, needsOf } from "./c_program/needs.ts";
import { resuming, showsFrame } from "./c_program/resuming.ts";
import { RETURNING_HEADERS, returned, returningChild } from "./c_program/returning.ts";
import { tracer, WAITING } from "./c_program/tracer.ts";
import { FLOATING_POINT, given, PUTTING, writesRegisters, writing } from "./c_program/writing.ts";
import { machineLine, subjectOf } from "./told.ts";

/** What the program is made from. */
export type Examined = Pick<CaseOutcome, "it" | "predicted" | "stable" | "differences">;

/** What the program's head says beside the case. */
export interface ExportOptions {
  /** The machine on which the case was tried. */
  readonly machine: Machine;
  /** The bug that was planted in the model, if any. */
  readonly change?: Change | undefined;
  /** The names of signals. Default: those of the encoder "assembly". */
  readonly constants?: ReadonlyMap<string, bigint> | undefined;
}

/**
 * A program in C that needs only libc and the kernel's headers. It brings a process to where the case begins, writes its
 * registers, resumes it, and compares the outcome with the prediction and with what was seen. Its exit status is 0 if
 * the outcome is the one that was seen, 1 if it is not, 2 if the case cannot be tried.
 *
 * @param examination what `Examiner.examine` returned for the case
 *
 * @example
 * using examiner = new Examiner();
 * const examination = examiner.examine(parseCase({ schema: "stublab.case/1", registers: { cs: "0x10" } }));
 * writeFileSync("repro.c", exportC(examination, { machine: examiner.machine }));
 */
export function exportC(examination: Examined, options: ExportOptions): string {
  object(examination, "examination");
  expectCase(examination.it);
  checkOptions(options, "options", SHAPES);
  machineShape(options.machine, "options.machine");
  const { it, predicted, stable: seen } = examination;
  const knowledge = { predicted, seen };
  if (it.way === "SIGRETURN") return exportReturn(examination, options, knowledge);
  const needs = needsOf(it);
  const floating = it.way === "SETFPREGS" || it.way === "XSTATE";
  const stops = knowledge.seen.has("stopped.rip");
  const registers = writesRegisters(it) || stops;
  return [
    `${head(examination, options)}\n${includes(it, needs)}`,
    STATUSES,
    places(needs),
    child(it, needs),
    tracer(it, needs) + (floating ? FLOATING_POINT + (it.pairs.length > 0 ? PUTTING : "") : ""),
    comparing({ registers, frame: showsFrame(knowledge) }),
    main(it, needs, knowledge, registers),
  ].join("\n");
}

const SHAPES: OptionShapes<ExportOptions> = {
  machine: machineShape,
  change: changeShape,
  constants: instance(Map, "a Map"),
};

/** The child does it itself: nobody traces it. */
function exportReturn(examination: Examined, options: ExportOptions, knowledge: Knowledge): string {
  const { it } = examination;
  // Its handler reads them, in the place of a thread area.
  const needs = { ...needsOf(it), constants: true };
  const words = given(it);
  const stops = knowledge.seen.has("stopped.rip");
  return [
    `${head(examination, options)}\n${includes(it, { ...needs, filter: true })}`,
    STATUSES,
    places(needs),
    WAITING,
    mapping(needs),
    returningChild(it, words, needs),
    comparing({ registers: stops, frame: false }),
    `int main(void) {
    const pid_t parent = getpid();
    told = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (told == MAP_FAILED)
        cannot("map memory");
    child = fork();
    if (child < 0)
        cannot("fork");
    if (child == 0)
        run_child(parent);
    printf("%-19s%-20s%-20s%-20s\\n", "", "predicted", "seen there", "here");
${returned(knowledge, it.block, words)}    return verdict();
}
`,
  ].join("\n");
}

function head(
  { it, differences }: Examined,
  { machine, change, constants = openEncoder("assembly").constants }: ExportOptions,
): string {
  const [from, way, on] = [BEGINS[it.from], WRITES[it.way], it.on];
  const goes = on === "NONE" ? "" : `, and resumed by PTRACE_${on}`;
  const what =
    it.way === "SIGRETURN"
      ? "A process that handles its own signals has its registers written by rt_sigreturn."
      : `A traced process ${from} has its ${way}${goes}.`;
  const json = JSON.stringify(formatCase(it, constants));
  return `${comment(
    ...(differences.length === 0 ? [] : [subjectOf(differences, constants), ""]),
    what,
    "",
    `Seen on: ${machineLine(machine)}`,
    "",
    "Prints each field as a model of the kernel predicts it, as it was seen there, and as it is here. Exit status: " +
      "0 every field is as it was seen there, 1 a field is not, 2 the case cannot be tried.",
    "",
    "Build: cc -std=c11 -Wall -Wextra -o repro repro.c",
  ).replace(/\n \*\/$/, "")}
 *
 * Replay: stublab fuzz replay -${plantOption(change)} <<'CASE'
 * ${json.replaceAll("*/", "*\\/")}
 * CASE
 */
`;
}

const BEGINS = {
  signal: "at a stop by a signal",
  entry: "on its way into a system call",
  exit: "on its way out of a system call",
  sysemu: "on its way into an emulated system call",
  group: "in a group-stop",
} as const;

const WRITES = {
  SETREGS: "registers written by PTRACE_SETREGS",
  SETREGSET: "registers written by PTRACE_SETREGSET(NT_PRSTATUS)",
  POKEUSER: "registers written by PTRACE_POKEUSER",
  SETFPREGS: "floating-point registers written by PTRACE_SETFPREGS",
  XSTATE: "XSAVE area written by PTRACE_SETREGSET(NT_X86_XSTATE)",
  SYSCALL_INFO: "system call written by PTRACE_SET_SYSCALL_INFO",
  SIGMASK: "signal mask written by PTRACE_SETSIGMASK",
  SIGRETURN: "registers written by rt_sigreturn",
} as const;

function includes(it: Case, { alone, filter }: Needs): string {
  const vectors = it.way === "SETREGSET" || it.way === "XSTATE" || it.way === "SETFPREGS";
  const headers = [
    vectors ? "elf.h" : "",
    "errno.h",
    "inttypes.h",
    filter ? "linux/audit.h" : "",
    filter ? "linux/filter.h" : "",
    "linux/ptrace.h",
    filter ? "linux/seccomp.h" : "",
    "signal.h",
    filter ? "stddef.h" : "",
    "stdint.h",
    "stdio.h",
    "stdlib.h",
    "string.h",
    "sys/mman.h",
    "sys/prctl.h",
    "sys/resource.h",
    "sys/syscall.h",
    vectors || filter || isHandled(it.signal) ? "sys/uio.h" : "",
    "sys/user.h",
    "sys/wait.h",
    "time.h",
    "unistd.h",
    ...(it.way === "SIGRETURN" ? RETURNING_HEADERS : []),
  ].filter((name, i, all) => name !== "" && all.indexOf(name) === i);
  const newer = [
    [it.way === "SYSCALL_INFO", "PTRACE_SET_SYSCALL_INFO", "0x4212 /* Linux 6.16 */"],
    [it.way === "SIGMASK", "PTRACE_SETSIGMASK", "0x420b"],
    [it.way === "SIGMASK", "PTRACE_GETSIGMASK", "0x420a"],
    [it.on === "SYSEMU" || it.from === "sysemu", "PTRACE_SYSEMU", "31"],
    [it.on === "SYSEMU_SINGLESTEP", "PTRACE_SYSEMU_SINGLESTEP", "32"],
    [it.way === "SIGRETURN", "SS_AUTODISARM", "(1U << 31)"],
    [alone, "PTRACE_GET_RSEQ_CONFIGURATION", "0x420f"],
  ].filter(([needed]) => needed);
  return `#define _GNU_SOURCE
${headers.map((name) => `#include <${name}>\n`).join("")}${newer
  .map(([, name, value]) => `\n#ifndef ${name}\n#define ${name} ${value}\n#endif\n`)
  .join("")}`;
}

const STATUSES = `/* Exit statuses. */
enum { REPRODUCED = 0, OTHERWISE = 1, CANNOT = 2 };
`;

function main(it: Case, needs: Needs, knowledge: Knowledge, registers: boolean): string {
  const steps = [
    needs.alone ? "    unmap_others();\n" : "",
    needs.filter ? "    install_filter();\n" : "",
    it.from === "signal" ? "" : "    arrive();\n",
  ].join("");
  return `int main(void) {
    const pid_t parent = getpid();
    child = fork();
    if (child < 0)
        cannot("fork");
    if (child == 0)
        run_child(parent);
    settle();
${steps}    printf("%-19s%-20s%-20s%-20s\\n", "", "predicted", "seen there", "here");

    /* Write. */
${registers ? "    struct user_regs_struct here, predicted, seen;\n" : ""}${writing(it, knowledge)}${resuming(it, knowledge)}    return verdict();
}
`;
}
