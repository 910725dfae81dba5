/* What program.c includes as case.c: all that a program has of its case. */

import { PAGE_SIZE } from "../../../../core/shim/auxiliary_vector.ts";
import {
  BASELINE,
  CODE,
  CODES,
  CONSTANT,
  CONSTANTS,
  FRAME_REGISTERS,
  type From,
  KEPT,
  placeOf,
  REGISTERS,
  SCRATCH,
  SCRATCH_SIZE,
  type Way,
} from "../../case/arch.ts";
import { type Step, stepsOf } from "../../case/case.ts";
import { writtenNames } from "../../case/fields.ts";
import { HARMLESS } from "../../case/pieces.ts";
import type { CaseDocument } from "../../case/text.ts";
import type { CaseOutcome, StepOutcome } from "../../examiner.ts";

/** What the program is made from. */
export type Examined = Pick<CaseOutcome, "it" | "predicted" | "stable" | "differences"> &
  Partial<Pick<CaseOutcome, "before" | "rules">>;
/** One of its steps. */
type ExaminedStep = Pick<StepOutcome, "it" | "predicted" | "stable"> & {
  readonly number: number;
  readonly of: number;
};

/** The name of the file, and the functions in it, that write a step and read back. */
export function writerOf({ way }: Step): "registers" | "area" | "frame" {
  if (way === "SIGRETURN") return "frame";
  return way === "SETFPREGS" || way === "XSTATE" ? "area" : "registers";
}

/**
 * @param document that of the case
 * @param ignoredFlags bits of eflags that are not compared
 * @param isSelftest whether the program expects the predicted outcome, not the seen one
 */
export function dataOf(
  examined: Examined,
  document: CaseDocument,
  ignoredFlags: number,
  isSelftest: boolean,
): string {
  const { it, before = [] } = examined;
  const documents = [...(document.before ?? []), document];
  const steps = [...before, examined].map((step, k, { length }) => {
    // SIGRTMIN is not a constant in all libcs.
    const signal = step.it.signal < 32 ? (documents[k]?.signal ?? 0) : step.it.signal;
    return { ...step, signal, number: k + 1, of: length };
  });
  const groups = steps.map((step) => groupsOf(step, isSelftest));
  const writers = new Set(stepsOf(it).map(writerOf));
  const start = REGISTERS.map(
    (name, i) => (it.way === "SIGRETURN" ? KEPT_WORDS.get(name) : undefined) ?? BASELINE[i] ?? 0n,
  );
  const parts = [
    `/* The target's memory. Addresses are fixed, because registers contain them. */\n${table("enum", places())}`,
    `static const uint64_t CONSTANT = ${literal(CONSTANT)}`,
    `/* Code that the case may reach. */\n${table(CODES_OF, codesOf(stepsOf(it)).map(codeRow))}`,
    `/* The only calls that the case can make: the end of a filter. */\n${table(
      "static const struct sock_filter HARMLESS[] =",
      [...HARMLESS.map((name) => `JUMP_IF(SYS_${name}, 0, 1), ALLOW`), "REFUSE"],
    )}`,
    `/* The target's registers before the case. */\n${table("static const uint64_t START[REGISTERS] =", blockRows(start))}`,
    groups.flat().some(({ names }) => names === "NAMES.frame") &&
      "static const uint64_t ZEROS[NGREG]",
    ...[...writers].map(
      (name) => `static void write_${name}(void);\nstatic void read_${name}(void)`,
    ),
    `static struct step steps[${steps.length}]`,
    ...groups.flatMap(partsOfStep),
    table(
      "static struct step steps[] =",
      steps.map(({ it, signal }, k) => {
        const rows = stepRows(it, signal, ignoredFlags, k + 1).map(ended);
        return `{\n${rows.join("\n")}`.replaceAll("\n", "\n\t\t").concat("\n\t}");
      }),
    ),
  ];
  return parts.flatMap((part) => (part ? [`\n${part};\n`] : [])).join("");
}

function partsOfStep(groups: readonly Group[], k: number) {
  const words = groups.find(({ names }) => names === `WORDS_${k + 1}`);
  return [
    table(
      `static const struct expectation EXPECTED_${k + 1}[] =`,
      groups.flatMap(({ rows }) => rows),
    ),
    words &&
      table(
        `static const char *const WORDS_${k + 1}[] =`,
        words.fields.map((name) => `"${name}"`),
      ),
    table(
      `static const struct group GROUPS_${k + 1}[] =`,
      groups.map(({ row }) => row),
    ),
  ];
}

const CODES_OF =
  "static const struct {\n\tuint32_t address, length;\n\tconst char *bytes;\n} CODES[] =";

/** Where the target has what the case does not see: a call, and the stack of handlers. */
const OWN = SCRATCH + BigInt(SCRATCH_SIZE + 2 * PAGE_SIZE);

/** A function, as placeOf throws on an architecture without these codes, for which no program is written. */
const places = () => [
  `PAGE = ${literal(BigInt(PAGE_SIZE))}`,
  `CODE = ${literal(CODE)}, /* r-x */`,
  `INT3 = ${literal(BigInt(CODES.find(({ name }) => name === "int3")?.bytes[0] ?? 0))}, /* fills the page of code */`,
  `CALL = ${literal(placeOf("syscall"))}, /* SYSCALL, INT3 */`,
  `CALL32 = ${literal(placeOf("int80"))}, /* INT 0x80, INT3 */`,
  `HANDLER = ${literal(placeOf("handler"))}, /* INT3 */`,
  `CONSTANTS = ${literal(CONSTANTS)}, /* r--, the word at offset n is CONSTANT + n */`,
  `SCRATCH = ${literal(SCRATCH)}, /* rw-, the stack */`,
  `SCRATCH_SIZE = ${literal(BigInt(SCRATCH_SIZE))}`,
  `OWN = ${literal(OWN)}, /* of the program: SYSCALL, INT3, and the stack of handlers */`,
  "OWN_SIZE = 0x8000",
];

const KEPT_WORDS: ReadonlyMap<string, bigint> = new Map(Object.entries(KEPT));

function table(declaration: string, rows: readonly string[]): string {
  return `${declaration} {\n${rows.map((row) => `\t${ended(row)}\n`).join("")}}`;
}

const ended = (row: string) => (row.endsWith("*/") ? row : `${row},`);

function literal(word: bigint): string {
  const unsigned = BigInt.asUintN(64, word);
  return unsigned < 10n ? String(unsigned) : `0x${unsigned.toString(16)}`;
}

/** The code at rip, and that of calls; all code if the case may go elsewhere. */
function codesOf(steps: readonly Step[]) {
  const starts = steps.map((step) => wordOf(step, "rip"));
  const isPointed = steps
    .flatMap(changed)
    .some((word) => !starts.includes(word) && word >= CODE && word < CODE + BigInt(PAGE_SIZE));
  const isKnown =
    !isPointed &&
    steps.every(({ way }) => way !== "DISPATCH") &&
    starts.every((start) => CODES.some(({ address }) => address === start));
  return CODES.filter(
    ({ name, address }) =>
      // The page is full of INT3.
      !["int3", "handler"].includes(name) &&
      (!isKnown || starts.includes(address) || ["syscall", "int80"].includes(name)),
  );
}

function wordOf({ block, pairs }: Step, register: string): bigint {
  const index = REGISTERS.indexOf(register);
  const poked = pairs.findLast(({ offset }) => offset === BigInt(8 * index));
  return poked?.word ?? block[index] ?? BASELINE[index] ?? 0n;
}

/** The words that a case brings along, and what 32 bits make of them. */
function changed({ block, pairs, words }: Step): bigint[] {
  const own = block.filter((word, i) => word !== BASELINE[i]);
  return [...own, ...pairs.map(({ word }) => word), ...words].flatMap((word) => [
    word,
    BigInt.asUintN(32, word),
  ]);
}

function codeRow({ text, bytes, address }: (typeof CODES)[number]): string {
  const escaped = bytes.map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
  return `/* ${text} */\n\t{${literal(address)}, ${bytes.length}, "${escaped}"}`;
}

/** Rows of a block without the registers that are 0. */
function blockRows(block: readonly bigint[]): string[] {
  return REGISTERS.flatMap((name, i) =>
    (block[i] ?? 0n) === 0n ? [] : [`[${name.toUpperCase()}] = ${literal(block[i] ?? 0n)}`],
  );
}

/** The members of a step that are not 0. */
function stepRows(
  it: Step,
  signal: string | number,
  ignoredFlags: number,
  number: number,
): string[] {
  const { way, from, on, block, length, pairs, words, frame } = it;
  const pairRows = pairs.map(
    ({ offset, word }) => `{${offsetText(way, offset)}, ${literal(word)}}`,
  );
  const list = (rows: readonly string[]) => `{\n${rows.map((row) => `\t${row},\n`).join("")}}`;
  const [enter, at, leaves] = ENTERS[from];
  const [write, read, readLength] = REQUESTS[way] ?? ["", "PTRACE_GETREGS"];
  const isDispatch = way === "DISPATCH";
  const written = isDispatch ? words.slice(0, 4) : words;
  const poked = isDispatch
    ? [`{8UL * RIP, ${literal(words[4] ?? 0n)}}`, `{8UL * RAX, ${literal(words[5] ?? 0n)}}`]
    : pairRows;
  const members: [name: string, value: string | number | boolean | undefined][] = [
    ["enter", enter],
    // getpid(2)
    ["call", at && (at === "CALL32" ? 20 : "SYS_getpid")],
    ["call_at", at],
    ["leaves", leaves],
    ["write_it", `write_${writerOf(it)}`],
    ["read_back", `read_${writerOf(it)}`],
    ["write", write],
    ["length", length],
    [
      "words",
      block.length > 0 ? list(blockRows(block)) : written.length > 0 && list(written.map(literal)),
    ],
    ["pairs", poked.length > 0 && list(poked)],
    ["pair_count", poked.length],
    ["read", way !== "SIGRETURN" && read],
    ["read_length", readLength],
    ["by_sigreturn", way === "SIGRETURN"],
    ["no_fpstate", frame !== undefined && (!frame.fpstate || frame.image === 0n)],
    ["uc_flags", frame !== undefined && literal(BigInt(frame.ucFlags))],
    ["image", (frame?.image ?? 0n) !== 0n && literal(frame?.image ?? 0n)],
    ["on", on !== "NONE" && `PTRACE_${on}`],
    ["signal", signal],
    ["ignored", ignoredFlags !== 0 && literal(BigInt(ignoredFlags))],
    ["expected", `EXPECTED_${number}`],
    ["expected_count", `COUNT(EXPECTED_${number})`],
    ["groups", `GROUPS_${number}`],
    ["group_count", `COUNT(GROUPS_${number})`],
  ];
  return members.flatMap(([name, value]) => (value ? [`.${name} = ${value}`] : []));
}

/** How a target reaches the place where the case begins: the request that enters a call there, and whether it leaves the call. */
const ENTERS: Readonly<Record<From, readonly [enter?: string, at?: string, leaves?: boolean]>> = {
  signal: [],
  group: ["PTRACE_CONT"],
  entry: ["PTRACE_SYSCALL", "CALL"],
  exit: ["PTRACE_SYSCALL", "CALL", true],
  sysemu: ["PTRACE_SYSEMU", "CALL"],
  entry32: ["PTRACE_SYSCALL", "CALL32"],
  exit32: ["PTRACE_SYSCALL", "CALL32", true],
  step32: ["PTRACE_SINGLESTEP", "CALL32"],
  last: [],
};

/** The requests that write and read back, and the length that the latter passes. Old headers lack some. */
const REQUESTS: Readonly<
  Partial<Record<Way, readonly [write: string, read: string, readLength?: number]>>
> = {
  SETREGS: ["PTRACE_SETREGS", "PTRACE_GETREGS"],
  SETREGSET: ["PTRACE_SETREGSET", "PTRACE_GETREGS"],
  SETFPREGS: ["PTRACE_SETFPREGS", "PTRACE_GETFPREGS"],
  XSTATE: ["PTRACE_SETREGSET", "PTRACE_GETREGSET"],
  SYSCALL_INFO: ["0x4212, /* PTRACE_SET_SYSCALL_INFO */", "PTRACE_GETREGS"],
  SIGMASK: ["PTRACE_SETSIGMASK", "PTRACE_GETSIGMASK", 8],
  DISPATCH: [
    "0x4210, /* PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG */",
    "0x4211, /* PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG */",
    32,
  ],
};

/** An offset; that of a register by its name. */
function offsetText(way: Way, offset: bigint): string {
  const name = offset % 8n === 0n ? REGISTERS[Number(offset / 8n)] : undefined;
  return way === "POKEUSER" && name !== undefined ? `8UL * ${name.toUpperCase()}` : literal(offset);
}

/** Fields that are compared together: a row of GROUPS, and one of EXPECTED for each field that is not as usual. */
interface Group {
  readonly names: string;
  readonly fields: readonly string[];
  readonly row: string;
  readonly rows: readonly string[];
}

/** What fields without an expectation are like: its name in the program. */
type Usual = readonly [name: string, words: readonly bigint[]];

/** The groups that the outcome has, or should have. */
function groupsOf(examined: ExaminedStep, isSelftest: boolean): Group[] {
  const { it, predicted, stable, number, of } = examined;
  const has = (field: string) => stable.has(field) || predicted.has(field);
  const returns = it.way === "SIGRETURN";
  const isBlock = ["SETREGS", "SETREGSET", "POKEUSER", "SYSCALL_INFO"].includes(it.way);
  const usual: Usual =
    it.block.length > 0 ? [`steps[${number - 1}].words`, it.block] : ["START", BASELINE];
  const isStop = returns
    ? stable.has("stopped.rip")
    : has("stopped.rip") || stable.has("stopped.rsp");
  const stop = has("status") && isStop;
  const signal = (isSelftest ? predicted.get("signal") : undefined) ?? stable.get("signal");
  const framed = isSelftest ? has("frame.rip") : stable.has("frame.rip");
  const words = writtenNames(it).slice(isBlock ? REGISTERS.length : 0);
  const wordPlace = isBlock ? "WRITTEN + REGISTERS" : "WRITTEN";
  const group = (
    isPart: boolean,
    title: string,
    names: string,
    fields: readonly string[],
    places: readonly string[],
    usually?: Usual,
  ): Group[] => {
    if (!isPart) return [];
    const step = of === 1 ? ["", ""] : [`step ${number}: `, `${number}.`];
    const prefix = `${step[1]}${usually === undefined ? "" : fields[0]?.replace(/\w+$/, "")}`;
    const [row, more] = [`"${step[0]}${title}", "${prefix}"`, of === 1 ? " " : "\n\t "];
    const rest = [names, places[0], fields.length, usually?.[0] ?? "NULL"].join(", ");
    const rows = fields.flatMap((field, i) =>
      expectation(examined, field, places[i] ?? "", usually?.[1][i]),
    );
    return [{ names, fields, row: `{${row},${more}${rest}}`, rows }];
  };
  const registers = (isPart: boolean, title: string, of: string) =>
    group(
      isPart,
      title,
      "NAMES.registers",
      REGISTERS.map((name) => `${of}.${name}`),
      REGISTERS.map((name) => `${of.toUpperCase()} + ${name.toUpperCase()}`),
      usual,
    );
  const wrote = it.way === "POKEUSER" ? ["error", "refusedAt"] : ["error"];
  const info = ["signal", "code", ...(stable.has("address") ? ["address"] : [])];
  return [
    ...group(!returns, "result of the write", "NAMES.write", wrote, ["ERROR", "REFUSED_AT"]),
    ...registers(isBlock, "registers read back", "written"),
    ...group(
      words.length > 0,
      "words read back",
      `WORDS_${number}`,
      words,
      words.map((_, i) => `${wordPlace} + ${i}`),
    ),
    ...group(
      has("resumed") && !returns,
      "result of the resume",
      "NAMES.resume",
      ["resumed"],
      ["RESUMED"],
    ),
    ...group(has("status"), "status", "NAMES.resume + 1", ["status"], ["STATUS"]),
    ...registers(stop, "registers at the stop", "stopped"),
    ...group(stop && (signal ?? 0n) !== 0n, "siginfo", "NAMES.signal", info, [
      "SIGNAL",
      "SIGNAL_CODE",
      "ADDRESS",
    ]),
    ...group(
      stop && framed,
      "registers in the signal frame",
      "NAMES.frame",
      FRAME_REGISTERS.map((name) => `frame.${name}`),
      FRAME_REGISTERS.map((name) => `FRAME + REG_${frameName(name)}`),
      ["ZEROS", FRAME_REGISTERS.map(() => 0n)],
    ),
  ];
}

function expectation(
  { predicted, stable }: ExaminedStep,
  field: string,
  place: string,
  usual: bigint | undefined,
): string[] {
  const [p, s] = [predicted.get(field), stable.get(field)];
  if (p === s && p !== undefined && p === usual) return [];
  const unknown = [p === undefined && "UNPREDICTED", s === undefined && "UNSTABLE"];
  const flags = unknown.filter(Boolean).join(" | ") || "0";
  return [`{${place}, ${literal(p ?? 0n)}, ${literal(s ?? 0n)}, ${flags}}`];
}

/** The name of a register of a frame in <ucontext.h>. */
function frameName(name: string): string {
  return { eflags: "EFL", selectors: "CSGSFS" }[name] ?? name.toUpperCase();
}
