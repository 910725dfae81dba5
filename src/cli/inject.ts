import { getSystemErrorMap } from "node:util";
import type { ObservedCall } from "../core/stub/injection.ts";
import type { Stub } from "../core/stub/stub.ts";
import { Tracer } from "../core/stub/tracer.ts";
import { leaveFiles } from "../labs/record/precautions.ts";
import { hex, InputError } from "../lib/errors.ts";
import { parseSyscall, syscallName } from "../lib/names.ts";
import { quote } from "../lib/quote.ts";
import { type InjectArgument, parseArgument } from "./arguments.ts";
import { openEncoderWatched } from "./encoder.ts";
import { paint, printJson, tell } from "./report.ts";
import type { Values } from "./table/command.ts";
import type { inject } from "./table/stubs.ts";

/** How long the command may take with a user's encoder, in milliseconds: more than a tracer's deadline. */
const LIMIT = 10_000;

export async function runInject(
  name: string,
  words: readonly string[],
  { encoder, json }: Values<typeof inject>,
): Promise<number> {
  if (words.length > 6)
    throw new InputError(`expected at most 6 arguments of a system call, got ${words.length}`);
  using tracer = new Tracer({ encoder: await openEncoderWatched(encoder, LIMIT) });
  const { constants } = tracer.host.encoder;
  const number = parseSyscall(name, constants);
  const given = words.map((text) => parseArgument(text, constants));
  const stub = tracer.createStub();
  leaveFiles(stub);
  stub.scrub();
  const args = given.map((argument) => place(stub, argument));
  const observed = stub.observe(number, ...args);
  const shownName = syscallName(number, constants) ?? `syscall_${number}`;
  if (json) {
    const syscall = { name: shownName, number: Number(number), arguments: args };
    printJson("stublab.inject/1", { encoder: tracer.host.encoder.name, syscall, ...observed });
    return 0;
  }
  const texts = given.map(({ text }) => text).join(", ");
  const changed = stub.replaced ? [] : changedBytes(stub, given, args);
  tell(
    `${paint("bold", `${shownName}(${texts}) = ${describe(observed.result)}`)}\n` +
      `${changed.join("")}\n${registers(observed)}`,
  );
  return 0;
}

/** The word to pass for an argument; bytes are copied into a mapping of their own. */
function place(stub: Stub, { word, bytes }: InjectArgument): bigint {
  if (bytes === undefined) return BigInt.asUintN(64, word);
  const at = stub.map(bytes.length + 1);
  stub.write(at, bytes);
  return at;
}

/** A line for each argument in memory that the call has changed. */
function changedBytes(stub: Stub, given: readonly InjectArgument[], args: bigint[]): string[] {
  return given.flatMap(({ bytes }, i) => {
    if (bytes === undefined || bytes.length === 0) return [];
    const now = stub.read(args[i] ?? 0n, bytes.length);
    if (Buffer.compare(now, bytes) === 0) return [];
    return [`  argument ${i + 1} is now ${quote(now)}\n`];
  });
}

function describe({ value, errno }: ObservedCall["result"]): string {
  if (value !== null) return value > 0xffffffffn ? hex(value) : `${value}`;
  const text = [...getSystemErrorMap().values()].find(([name]) => name === errno)?.[1];
  return `-1 ${errno}${text === undefined ? "" : ` (${text})`}`;
}

/** A line for each register; a star marks a change. */
function registers({ before, after }: ObservedCall): string {
  const lines = Object.entries(before).map(([name, was]) => {
    const is = after[name] ?? 0n;
    const line = `${was === is ? " " : "*"} ${name.padEnd(9)}${hex(was).padEnd(20)}${hex(is)}\n`;
    return was === is ? line : paint("yellow", line);
  });
  return `${paint("bold", `  ${"".padEnd(9)}${"before".padEnd(20)}after`)}\n${lines.join("")}`;
}
