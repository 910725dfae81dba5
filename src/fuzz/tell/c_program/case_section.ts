/* The section "The case" of template.c: what the program knows of its case, and of the memory in which it is tried. */

import { PAGE_SIZE } from "../../../stub/amd64.ts";
import { BASELINE } from "../../case/baseline.ts";
import type { Case } from "../../case/case.ts";
import { HAS_LENGTH } from "../../case/case_members.ts";
import {
  CODE,
  CONSTANT,
  CONSTANTS,
  type Code,
  HANDLED,
  INT3,
  placeOf,
  SCRATCH,
  SCRATCH_SIZE,
} from "../../case/code.ts";
import { REGISTERS } from "../../case/setups.ts";
import { KEPT } from "../../try/sigreturn/kept.ts";
import { HARMLESS } from "../../try/target.ts";
import { expectations } from "./expectations.ts";
import { literal } from "./literals.ts";
import { needsOf } from "./needs.ts";
import type { Examined, Parts } from "./parts.ts";

/**
 * The declarations of the section.
 *
 * @param signal the name or number of the signal that the case passes
 */
export function caseSection(examined: Examined, parts: Parts, signal: string | number): string {
  const { it } = examined;
  const { way, from, on, block, pairs, words, length } = it;
  const { codes } = needsOf(it);
  const has = (part: string) => parts.get(part) === true;
  const traced = way !== "SIGRETURN";
  const start = REGISTERS.map(
    (name, i) => (traced ? undefined : KEPT_WORDS.get(name)) ?? BASELINE[i] ?? 0n,
  );
  const declarations: (readonly [needed: boolean, text: string])[] = [
    [true, memory(has)],
    [has("WITH_CONSTANTS"), constant("", "uint64_t CONSTANT", literal(CONSTANT))],
    [
      has("WITH_CODE"),
      array("Code that the case may reach.", "struct code CODES[]", codes.map(codeRow)),
    ],
    [
      has("WITH_FILTER"),
      array(
        "The only calls that the case can make.",
        "int HARMLESS[]",
        HARMLESS.map((name) => `SYS_${name}`),
      ),
    ],
    [
      has("WITH_HANDLERS"),
      array(
        "Signals with a handler.",
        "struct handler HANDLERS[]",
        [...HANDLED.values()].map(
          ([name, restarts]) => `{${name}, ${restarts ? "SA_RESTART" : "0"}}`,
        ),
      ),
    ],
    [
      true,
      array(
        "The child's registers before the case.",
        "uint64_t START[REGISTERS]",
        blockRows(start),
      ),
    ],
    [
      has("FROM_CALL"),
      constant(
        "How the child enters a system call.",
        "long ENTER",
        ENTER[from] ?? "PTRACE_SYSCALL",
      ),
    ],
    [
      block.length > 0,
      array("The registers that the case writes.", "uint64_t GIVEN[REGISTERS]", blockRows(block)),
    ],
    [!traced, constant("", "unsigned long UC_FLAGS", literal(BigInt(it.frame?.ucFlags ?? 0)))],
    [
      has("WITH_IMAGE"),
      constant(
        "Where the floating point of the frame is.",
        "uint64_t IMAGE",
        literal(it.frame?.image ?? 0n),
      ),
    ],
    [
      has("WITH_PAIRS"),
      array(
        `The words that the case writes, and their offsets in ${way === "POKEUSER" ? "struct user" : "the area"}.`,
        "struct pair PAIRS[]",
        pairs.map(({ offset, word }) => `{${offsetText(it, offset)}, ${literal(word)}}`),
      ),
    ],
    [
      words.length > 0,
      array(
        WORDS_ARE[way] ?? "The struct ptrace_syscall_info that the case writes.",
        "uint64_t WORDS[]",
        words.map(literal),
      ),
    ],
    [
      HAS_LENGTH.has(way),
      constant("The length that the request passes, in bytes.", "uint64_t LENGTH", String(length)),
    ],
    [
      traced && has("WITH_RESUME"),
      `${constant("How the case resumes the child, and the signal that it passes.", "long RESUME", `PTRACE_${on}`)}\n${constant("", "uintptr_t PASSED", String(signal))}`,
    ],
    [
      traced && (has("WITH_REGISTERS") || has("WITH_STOP")),
      constant(
        "Registers that are not in EXPECTED must be as in this block.",
        "uint64_t *const BEFORE",
        block.length > 0 ? "GIVEN" : "START",
      ),
    ],
    [
      true,
      array(
        "Fields: what is predicted, what was seen there, and which of both is unknown.",
        "struct expectation EXPECTED[]",
        expectations(examined, parts),
      ),
    ],
  ];
  return declarations
    .filter(([needed]) => needed)
    .map(([, text]) => text)
    .join("\n\n");
}

const WORDS_ARE: Readonly<Record<string, string>> = {
  SIGMASK: "The mask that the case writes.",
  DISPATCH: "The struct ptrace_sud_config that the case writes, and rip and rax.",
};

/** The requests other than PTRACE_SYSCALL. */
const ENTER: Readonly<Record<string, string>> = {
  sysemu: "PTRACE_SYSEMU",
  step32: "PTRACE_SINGLESTEP",
};

const KEPT_WORDS: ReadonlyMap<string, bigint> = new Map(Object.entries(KEPT));

function memory(has: (part: string) => boolean): string {
  const rows: (readonly [needed: boolean, name: string, word: bigint, comment: string])[] = [
    [true, "PAGE", BigInt(PAGE_SIZE), ""],
    [true, "CODE", CODE, "r-x"],
    [true, "INT3", BigInt(INT3), "fills the page of code"],
    [has("WITH_CONSTANTS"), "CONSTANTS", CONSTANTS, "r--, the word at offset n is CONSTANT + n"],
    [has("WITH_SCRATCH"), "SCRATCH", SCRATCH, "rw-, the stack"],
    [has("WITH_SCRATCH"), "SCRATCH_SIZE", BigInt(SCRATCH_SIZE), ""],
    [has("WITH_CALLS") || has("FROM_CALL"), "CALL", placeOf("syscall"), "SYSCALL, INT3"],
    [has("FROM_CALL32"), "CALL32", placeOf("int80"), "INT 0x80, INT3"],
    [has("WITH_HANDLERS"), "HANDLER", placeOf("handler"), "INT3"],
  ];
  const lines = rows
    .filter(([needed]) => needed)
    .map(
      ([, name, word, comment]) =>
        `    ${name} = ${literal(word)},${comment === "" ? "" : ` /* ${comment} */`}\n`,
    );
  return `/* The child's memory. Addresses are fixed, because registers contain them. */\nenum {\n${lines.join("")}};`;
}

function constant(comment: string, declarator: string, value: string): string {
  return `${comment === "" ? "" : `/* ${comment} */\n`}static const ${declarator} = ${value};`;
}

function array(comment: string, declarator: string, rows: readonly string[]): string {
  return constant(comment, declarator, `{\n${rows.map((row) => `    ${row},\n`).join("")}}`);
}

function codeRow({ text, bytes, address }: Code): string {
  const escaped = bytes.map((byte) => `\\x${byte.toString(16).padStart(2, "0")}`).join("");
  return `/* ${text} */\n    {${literal(address)}, ${bytes.length}, "${escaped}"}`;
}

/** Rows of a block without the registers that are 0. */
function blockRows(block: readonly bigint[]): string[] {
  return REGISTERS.map((name, i) => ({ name: name.toUpperCase(), word: block[i] ?? 0n }))
    .filter(({ word }) => word !== 0n)
    .map(({ name, word }) => `[${name}] = ${literal(word)}`);
}

/** An offset; that of a register by its name. */
function offsetText({ way }: Case, offset: bigint): string {
  const name = offset % 8n === 0n ? REGISTERS[Number(offset / 8n)] : undefined;
  return way === "POKEUSER" && name !== undefined ? `8UL * ${name.toUpperCase()}` : literal(offset);
}
