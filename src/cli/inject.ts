import { getSystemErrorMap } from "node:util";
import { parseSyscall, syscallName } from "../core/encoder/names.ts";
import { leaveFiles } from "../core/stub/files.ts";
import type { ObservedCall } from "../core/stub/injection.ts";
import type { Stub } from "../core/stub/stub.ts";
import { Tracer } from "../core/stub/tracer.ts";
import { hex, InputError } from "../lib/errors.ts";
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
  if (words.length > 6) {
    throw new InputError(`expected at most 6 arguments of a system call, got ${words.length}`);
  }
  using tracer = new Tracer({ encoder: await openEncoderWatched(encoder, LIMIT) });
  const { constants } = tracer.encoder;
  const number = parseSyscall(name, constants);
  const given = words.map((text) => parseArgument(text, constants));
  const stub = tracer.createStub();
  leaveFiles(stub);
  stub.scrub();
  const placed = place(stub, given);
  const observed = stub.observe(number, ...placed.map(({ word }) => word));
  const shownName = syscallName(number, constants) ?? `syscall_${number}`;
  const changed = stub.replaced ? [] : changedBytes(stub, placed);
  if (json) {
    const syscall = {
      name: shownName,
      number: Number(number),
      arguments: placed.map(({ word }) => BigInt.asUintN(64, word)),
    };
    printJson("stublab.inject/1", {
      encoder: tracer.encoder.name,
      syscall,
      result: observed.result,
      before: observed.before,
      after: observed.after,
    });
  } else {
    printCall(shownName, placed, observed);
    for (const line of changed) tell(`  ${line}\n`);
    tell("\n");
    printRegisters(observed);
  }
  return 0;
}

interface Placed {
  readonly argument: InjectArgument;
  /** The value for the register: the word, or the address of the bytes. */
  readonly word: bigint;
}

/** Copies the bytes of all arguments into one mapping of the stub, each aligned to 16 bytes. */
function place(stub: Stub, given: readonly InjectArgument[]): Placed[] {
  const size = (argument: InjectArgument) =>
    argument.kind === "bytes" ? Math.ceil((argument.bytes.length + 1) / 16) * 16 : 0;
  const total = given.reduce((sum, argument) => sum + size(argument), 0);
  let next = total === 0 ? 0n : stub.map(total);
  return given.map((argument) => {
    if (argument.kind === "word") return { argument, word: argument.word };
    const word = next;
    stub.write(word, argument.bytes);
    next += BigInt(size(argument));
    return { argument, word };
  });
}

/** A line for each argument in memory that the call has changed. */
function changedBytes(stub: Stub, placed: readonly Placed[]): string[] {
  return placed.flatMap(({ argument, word }, i) => {
    if (argument.kind !== "bytes" || argument.bytes.length === 0) return [];
    const now = stub.read(word, argument.bytes.length);
    if (Buffer.compare(now, argument.bytes) === 0) return [];
    return [`argument ${i + 1} is now ${quote(now)}`];
  });
}

function printCall(name: string, placed: readonly Placed[], { result }: ObservedCall): void {
  const args = placed.map(({ argument }) => argument.text).join(", ");
  tell(`${paint("bold", `${name}(${args}) = ${describe(result)}`)}\n`);
}

function describe({ value, errno }: ObservedCall["result"]): string {
  if (value !== null) return value > 0xffffffffn ? hex(value) : `${value}`;
  const text = [...getSystemErrorMap().values()].find(([name]) => name === errno)?.[1];
  return `-1 ${errno}${text === undefined ? "" : ` (${text})`}`;
}

/** A line for each register; a star marks a change. */
function printRegisters({ before, after }: ObservedCall): void {
  const lines = [paint("bold", `  ${"".padEnd(9)}${"before".padEnd(20)}after`)];
  for (const [name, was] of Object.entries(before)) {
    const is = after[name] ?? 0n;
    const line = `${was === is ? " " : "*"} ${name.padEnd(9)}${hex(was).padEnd(20)}${hex(is)}`;
    lines.push(was === is ? line : paint("yellow", line));
  }
  tell(`${lines.join("\n")}\n`);
}
