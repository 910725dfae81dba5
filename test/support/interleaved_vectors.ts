import * as assert from "uvu/assert";
import { CODE, contextAt, DATA, syscallOf, withGuest, writeWords } from "./guests.ts";
import { asm, type Code } from "./machine_code.ts";
import { randomWords } from "./random.ts";

const SEED = 0x5eed_0013n;

/** The vector registers of a processor, or those of an extension. */
export interface Vectors {
  readonly count: number;
  /** The words of each. */
  readonly words: number;
  /** The instructions that load a register from so many bytes after the base, and that add each word of one to another. */
  load(register: number, displacement: number): Code;
  add(to: number, from: number): Code;
  /** The words of all in `Context.xstate`. */
  read(xstate: Uint8Array): bigint[];
}

/** Two guests in one address space take turns adding to their vector registers. */
export function interleaveVectors({ count, words, load, add, read }: Vectors): void {
  const indices = Array.from({ length: count }, (_, i) => i);
  const loads = indices.map((i) => load(i, 8 * words * i));
  const adds = asm.loop(asm.SYSCALL, ...indices.map((i) => add(i, (i + 1) % count)));
  withGuest([...loads, adds], ({ platform, space }) => {
    const random = randomWords(SEED);
    const guests = [0, 1].map((which) => {
      const context = contextAt(platform, CODE);
      const expected = Array.from({ length: count * words }, random);
      const address = DATA + BigInt(1024 * which);
      writeWords(space, address, expected);
      context.registers.set(asm.BASE, address);
      return { context, expected };
    });
    for (let round = 0; round < 50; round++) {
      for (const { context, expected } of guests) {
        syscallOf(context.switch(space));
        assert.equal(read(context.xstate), expected, `round ${round}`);
        for (const i of indices) {
          const from = ((i + 1) % count) * words;
          for (let k = 0; k < words; k++) {
            const sum = (expected[i * words + k] ?? 0n) + (expected[from + k] ?? 0n);
            expected[i * words + k] = BigInt.asUintN(64, sum);
          }
        }
      }
    }
  });
}
