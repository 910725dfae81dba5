import { encodeFilter } from "../core/stub/filter.ts";
import { disassembleFilter } from "../labs/compare/disassembly.ts";
import { parseSignal } from "../lib/names.ts";
import { openEncoderWatched } from "./encoder.ts";
import { publish } from "./report.ts";
import type { Values } from "./table/command.ts";
import type { seccomp } from "./table/stubs.ts";

/** How long the command may take with a user's encoder, in milliseconds. */
const LIMIT = 5000;

export async function runSeccomp(values: Values<typeof seccomp>): Promise<number> {
  const encoder = await openEncoderWatched(values.encoder, LIMIT);
  const exitSignal = parseSignal(values.exitSignal, encoder.constants);
  const instructions = disassembleFilter(encodeFilter(encoder, exitSignal), encoder.constants);
  const hex = (value: number, digits: number) => `0x${value.toString(16).padStart(digits, "0")}`;
  const lines = instructions.map(({ code, jt, jf, k, text }, i) => {
    const fields = `${hex(code, 2)} ${hex(jt, 2)} ${hex(jf, 2)} ${hex(k, 8)}`;
    return ` ${String(i).padStart(4, "0")}: ${fields}  ${text}`;
  });
  const document = { encoder: encoder.name, arch: encoder.arch, instructions };
  const text = ` line  code jt   jf   k\n${lines.join("\n")}\n`;
  publish(values.json, "stublab.seccomp/1", document, text);
  return 0;
}
