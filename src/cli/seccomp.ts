import { parseSignal } from "../core/encoder/names.ts";
import { encodeFilter } from "../core/stub/filter.ts";
import { disassembleFilter } from "../labs/compare/disassembly.ts";
import { type Command, parseOptions } from "./command.ts";
import { ENCODER_HELP, openEncoderWatched } from "./encoder.ts";
import { printJson, tell } from "./report.ts";

const help = `usage: stublab seccomp [options]

Prints the disassembled seccomp filter of the stubs of a platform. The filter allows the system calls of the stub
code and those that are injected, traps calls into the vsyscall page, and kills the process for all others.

  --encoder E       ${ENCODER_HELP};
                    each encoder writes its own program
  --exit-signal S   exit signal with which stubs may be cloned (default SIGCHLD)
  --json            print one document, "stublab.seccomp/1"

examples:
  stublab seccomp
  stublab seccomp --encoder native --exit-signal SIGKILL
`;

const OPTIONS = {
  encoder: { type: "string", default: "assembly" },
  "exit-signal": { type: "string", default: "SIGCHLD" },
  json: { type: "boolean", default: false },
} as const;

/** How long the command may take with a user's encoder, in milliseconds. */
const LIMIT = 5000;

async function run(args: readonly string[]): Promise<number> {
  const values = parseOptions(args, OPTIONS);
  const encoder = await openEncoderWatched(values.encoder, LIMIT);
  const exitSignal = parseSignal(values["exit-signal"], encoder.constants);
  const instructions = disassembleFilter(encodeFilter(encoder, exitSignal), encoder.constants);
  if (values.json) {
    printJson("stublab.seccomp/1", { encoder: encoder.name, arch: encoder.arch, instructions });
    return 0;
  }
  const hex = (value: number, digits: number) => `0x${value.toString(16).padStart(digits, "0")}`;
  const lines = instructions.map(({ code, jt, jf, k, text }, i) => {
    const fields = `${hex(code, 2)} ${hex(jt, 2)} ${hex(jf, 2)} ${hex(k, 8)}`;
    return ` ${String(i).padStart(4, "0")}: ${fields}  ${text}`;
  });
  tell(` line  code jt   jf   k\n${lines.join("\n")}\n`);
  return 0;
}

export const seccompCommand: Command = { help, run };
