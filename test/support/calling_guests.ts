/* Guests that make system calls: programs that check the results by themselves. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type GuestOptions, type GuestRun, Platform, runGuest } from "../../src/index.ts";
import { needs } from "./needs.ts";
import { assemble, errno, exitWith } from "./programs.ts";

let platform: Platform;

/** A suite of tests that run guests; they are skipped if no compiler assembles them. */
export function guestSuite(name: string) {
  const tests = suite(name);
  tests.before(() => {
    platform = Platform.open({ deadline: 60_000 });
  });
  tests.after(() => platform.close());
  return { tests, test: needs(tests, "cc") };
}

export interface Heard extends GuestRun {
  readonly lengths: number[];
  readonly stdout: string;
  readonly stderr: string;
  readonly trace: string[];
}

/** Runs a program that begins with these lines. */
export function run(body: string, options: GuestOptions = {}): Heard {
  return hear(platform, assemble(body), options);
}

/** Runs a program; what it writes is text if it is short. */
export function hear(on: Platform, elf: Uint8Array, options: GuestOptions = {}): Heard {
  const lengths: number[] = [];
  const heard: Record<1 | 2, string> = { 1: "", 2: "" };
  const trace: string[] = [];
  const ran = runGuest(
    on,
    { elf },
    {
      output: (fd, bytes) => {
        lengths.push(bytes.length);
        if (bytes.length < 10_000) heard[fd] += Buffer.from(bytes).toString("latin1");
      },
      trace: ({ text }) => trace.push(text),
      ...options,
    },
  );
  return { ...ran, lengths, stdout: heard[1], stderr: heard[2], trace };
}

/** Runs one that exits with 0 if all checks hold, else with the number of the first that does not. */
export function holds(body: string, options: GuestOptions = {}): Heard {
  const ran = run(body, options);
  assert.equal(ran.result, { kind: "exited", status: 0 }, ran.trace.join("\n"));
  return ran;
}

let checks = 0;

/** Exits with the next number unless the last call returned this value. */
export function expectValue(value: number | bigint | string): string {
  const operand = typeof value === "string" ? value : `$${value}`;
  const label = `good_${++checks}`;
  return `movq ${operand}, %r15\ncmpq %r15, %rax\nje ${label}\n${exitWith((checks % 250) + 1)}\n${label}:`;
}

/** The same for an errno. */
export const expectErrno = (name: string): string => expectValue(-errno(name));

/** Addresses: of nothing, and of the kernel. */
export const NOWHERE = 0x123456789000n;
export const KERNEL = -4096n;
export const HUGE = 1n << 60n;

/** Data that programs can use. */
export const DATA = `
  .data
  text: .ascii "hello\\n"
  vectors: .quad text, 6, text, 0, text, 5
  one_bad: .quad text, 6, ${NOWHERE}, 8
  negative: .quad text, 6, text, -1
  huge: .quad text, ${HUGE}
  etc: .asciz "/etc//x/../x"
  other: .asciz "etc/y"
  none: .asciz "/none"
  empty: .asciz ""
  buffers: .quad page, 2, page + 16, 100
  broken: .quad page, 2, ${NOWHERE}, 8
  .section .rodata
  constant: .quad 0
  .bss
  .balign 4096
  page: .skip 4096`;
