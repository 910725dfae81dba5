/* The values in the section "The case" of template.c, by the names that are declared there. */

import { PAGE_SIZE } from "../../../../core/shim/auxiliary_vector.ts";
import {
  BASELINE,
  CODE,
  CODES,
  CONSTANT,
  CONSTANTS,
  FRAME_REGISTERS,
  placeOf,
  REGISTERS,
  SCRATCH,
  SCRATCH_SIZE,
} from "../../case/arch.ts";
import type { Case } from "../../case/case.ts";
import { writtenNames } from "../../case/fields.ts";
import { type Code, HANDLED } from "../../case/pieces.ts";
import { KEPT } from "../../try/sigreturn/kept.ts";
import { HARMLESS } from "../../try/target.ts";
import { type Examined, needsOf, type Parts } from "./parts.ts";

/** INT3, which fills the page of code. */
const FILLER = CODES.find(({ name }) => name === "int3")?.bytes[0] ?? 0;

/** A scalar, or the rows of an array. */
type Values = Readonly<Record<string, string | readonly string[]>>;

/**
 * @param signal the name or number of the signal that the case passes
 * @param ignoredFlags bits of eflags that are not compared
 */
export function valuesOf(
  examined: Examined,
  parts: Parts,
  signal: string | number,
  ignoredFlags = 0,
): Values {
  const { way, from, on, block, pairs, words, length, frame } = examined.it;
  const start = REGISTERS.map(
    (name, i) => (way === "SIGRETURN" ? KEPT_WORDS.get(name) : undefined) ?? BASELINE[i] ?? 0n,
  );
  return {
    PAGE: literal(BigInt(PAGE_SIZE)),
    CODE: literal(CODE),
    INT3: literal(BigInt(FILLER)),
    CONSTANTS: literal(CONSTANTS),
    SCRATCH: literal(SCRATCH),
    SCRATCH_SIZE: literal(BigInt(SCRATCH_SIZE)),
    CALL: literal(placeOf("syscall")),
    CALL32: literal(placeOf("int80")),
    HANDLER: literal(placeOf("handler")),
    CONSTANT: literal(CONSTANT),
    CODES: needsOf(examined.it).codes.map(codeRow),
    HARMLESS: HARMLESS.map((name) => `SYS_${name}`),
    HANDLERS: [...HANDLED.values()].map(
      ([name, restarts]) => `{${name}, ${restarts ? "SA_RESTART" : "0"}}`,
    ),
    START: blockRows(start),
    ENTER: ENTER[from] ?? "PTRACE_SYSCALL",
    GIVEN: blockRows(block),
    UC_FLAGS: literal(BigInt(frame?.ucFlags ?? 0)),
    IMAGE: literal(frame?.image ?? 0n),
    PAIRS: pairs.map(({ offset, word }) => `{${offsetText(way, offset)}, ${literal(word)}}`),
    WORDS: words.map(literal),
    READ: writtenNames(examined.it)
      .slice(parts.get("WITH_REGISTERS") ? REGISTERS.length : 0)
      .map((name) => `"${name}"`),
    LENGTH: String(length),
    RESUME: `PTRACE_${on}`,
    PASSED: String(signal),
    BEFORE: block.length > 0 ? "GIVEN" : "START",
    IGNORED: literal(BigInt(ignoredFlags)),
    EXPECTED: expectations(examined, parts),
  };
}

/** A text with these values in its declarations. */
export function fill(text: string, values: Values): string {
  return Object.entries(values).reduce((filled, [name, value]) => {
    const isScalar = typeof value === "string";
    const old = isScalar ? `( ${name} = )[^,;]*` : `( ${name}\\[\\w*\\] = )\\{.*?\\n\\}`;
    const own = isScalar ? value : `{\n${value.map((row) => `    ${row},\n`).join("")}}`;
    return filled.replace(new RegExp(old, "s"), (_, declared) => `${declared}${own}`);
  }, text);
}

/** The requests other than PTRACE_SYSCALL. */
const ENTER: Readonly<Record<string, string>> = {
  sysemu: "PTRACE_SYSEMU",
  step32: "PTRACE_SINGLESTEP",
};

const KEPT_WORDS: ReadonlyMap<string, bigint> = new Map(Object.entries(KEPT));

function literal(word: bigint): string {
  const unsigned = BigInt.asUintN(64, word);
  return unsigned < 10n ? String(unsigned) : `0x${unsigned.toString(16)}`;
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
function offsetText(way: Case["way"], offset: bigint): string {
  const name = offset % 8n === 0n ? REGISTERS[Number(offset / 8n)] : undefined;
  return way === "POKEUSER" && name !== undefined ? `8UL * ${name.toUpperCase()}` : literal(offset);
}

/** A row for each field that the program compares, but not for registers that are as before, nor for words of a frame that are 0. */
function expectations({ it, predicted, stable }: Examined, parts: Parts): string[] {
  const before = it.block.length > 0 ? it.block : BASELINE;
  const returns = it.way === "SIGRETURN";
  const rows: string[] = [];
  const add = (part: boolean | undefined, place: string, field: string, usual?: bigint) => {
    const [p, s] = [predicted.get(field), stable.get(field)];
    if (part !== true || (p === s && p !== undefined && p === usual)) return;
    const unknown = [p === undefined && "UNPREDICTED", s === undefined && "UNSTABLE"];
    const flags = unknown.filter(Boolean).join(" | ") || "0";
    rows.push(`{${place}, ${literal(p ?? 0n)}, ${literal(s ?? 0n)}, ${flags}}`);
  };
  const addRegisters = (part: boolean | undefined, place: string, group: string) => {
    for (const [i, name] of REGISTERS.entries()) {
      add(part, `${place} + ${name.toUpperCase()}`, `${group}.${name}`, before[i]);
    }
  };
  add(!returns, "ERROR", "error");
  add(parts.get("BY_POKEUSER"), "REFUSED_AT", "refusedAt");
  if (parts.get("WITH_REGISTERS")) addRegisters(true, "WRITTEN", "written");
  for (const [i, name] of writtenNames(it).entries()) {
    const isRegister = parts.get("WITH_REGISTERS") && i < REGISTERS.length;
    if (!isRegister) add(true, `WRITTEN + ${i}`, name);
  }
  add(parts.get("WITH_RESUME"), "RESUMED", "resumed");
  add(parts.get("WITH_STATUS"), "STATUS", "status");
  addRegisters(parts.get("WITH_STOP"), "STOPPED", "stopped");
  add(parts.get("WITH_SIGINFO"), "SIGNAL", "signal");
  add(parts.get("WITH_SIGINFO"), "SIGNAL_CODE", "code");
  add(parts.get("WITH_SIGINFO") && stable.has("address"), "ADDRESS", "address");
  for (const name of FRAME_REGISTERS) {
    add(parts.get("WITH_FRAME"), `FRAME + REG_${frameName(name)}`, `frame.${name}`, 0n);
  }
  return rows;
}

/** The name of a register of a frame in <ucontext.h>. */
function frameName(name: string): string {
  return { eflags: "EFL", selectors: "CSGSFS" }[name] ?? name.toUpperCase();
}
