/* The rows of EXPECTED in template.c. */

import { BASELINE } from "../../case/baseline.ts";
import { writtenNames } from "../../case/fields.ts";
import { FRAME_REGISTERS, REGISTERS } from "../../case/setups.ts";
import { literal } from "./literals.ts";
import type { Examined, Parts } from "./parts.ts";

/** A row for each field that the program compares, but not for registers that are as before, nor for words of a frame that are 0. */
export function expectations({ it, predicted, stable }: Examined, parts: Parts): string[] {
  const before = it.block.length > 0 ? it.block : BASELINE;
  const returns = it.way === "SIGRETURN";
  const rows: string[] = [];
  const add = (part: boolean | undefined, place: string, field: string, usual?: bigint) => {
    const [p, s] = [predicted.get(field), stable.get(field)];
    if (part !== true || (p === s && p !== undefined && p === usual)) return;
    const unknown = [p === undefined && "UNPREDICTED", s === undefined && "UNSTABLE"];
    const words = [
      place,
      literal(p ?? 0n),
      literal(s ?? 0n),
      unknown.filter(Boolean).join(" | ") || "0",
    ];
    rows.push(`{${words.join(", ")}}`);
  };
  const addRegisters = (part: boolean | undefined, place: string, group: string) => {
    for (const [i, name] of REGISTERS.entries()) {
      add(part, `${place} + ${name.toUpperCase()}`, `${group}.${name}`, before[i]);
    }
  };
  add(!returns, "ERROR", "error");
  add(parts.get("BY_POKEUSER"), "REFUSED_AT", "refusedAt");
  if (parts.get("WITH_REGISTERS")) addRegisters(true, "WRITTEN", "written");
  else for (const [i, name] of writtenNames(it).entries()) add(true, `WRITTEN + ${i}`, name);
  add(parts.get("WITH_RESUME") && !returns, "RESUMED", "resumed");
  add(parts.get("WITH_STATUS"), "STATUS", "status");
  addRegisters(parts.get("WITH_STOP"), "STOPPED", "stopped");
  add(parts.get("WITH_SIGINFO"), "SIGNAL", "signal");
  add(parts.get("WITH_SIGINFO"), "SIGNAL_CODE", "code");
  add(parts.get("WITH_SIGINFO") && stable.has("address"), "ADDRESS", "address");
  for (const [i, name] of FRAME_REGISTERS.entries()) {
    add(parts.get("WITH_FRAME"), `FRAME + ${FRAME_NAMES[i] ?? i}`, `frame.${name}`, 0n);
  }
  return rows;
}

/** The names of the registers of a frame in <ucontext.h>. */
const FRAME_NAMES = FRAME_REGISTERS.map((name) => {
  const other = { eflags: "EFL", selectors: "CSGSFS" }[name] ?? name.toUpperCase();
  return `REG_${other}`;
});
