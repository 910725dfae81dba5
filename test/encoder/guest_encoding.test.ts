import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ENCODERS, type Encoder, openEncoder } from "../../src/index.ts";
import { BOUNDARIES } from "../support/random.ts";
import {
  BLOCK,
  changed,
  expectMemory,
  INITIAL,
  RandomWindows,
  wordOf,
} from "../support/windows.ts";

const SEED = 0x5eed_0002n;
const SELECTORS = ["cs", "ss", "ds", "es", "fs", "gs"];
const ARGUMENTS = ["rdi", "rsi", "rdx", "r10", "r8", "r9"];

const encoders = ENCODERS.map((name) => openEncoder(name, "amd64"));
const windows = new RandomWindows(SEED);

/** Boundaries, and as many random words. */
const someWords = () => [...BOUNDARIES, ...BOUNDARIES.map(windows.word)];

/** A window in which registers of the block have these words. */
function withRegisters(registers: Readonly<Record<string, bigint>>, content = windows.window()) {
  const changes = Object.entries(registers).map(([name, word]): [number, bigint] => [
    BLOCK + wordOf(name),
    word,
  ]);
  return changed(content, changes);
}

/** `work` changes these registers of the block, and nothing else of the window. */
function expectRegisters(
  content: readonly bigint[],
  work: (encoder: Encoder, block: number) => void,
  registers: Readonly<Record<string, bigint>>,
): void {
  expectMemory(
    encoders,
    content,
    (encoder, start) => work(encoder, start + 8 * BLOCK),
    withRegisters(registers, [...content]),
  );
}

const guest = suite("guest encoding");

guest("enterGuest resets the six selectors, and sets orig_rax to -1", () => {
  for (let i = 0; i < 1000; i++) {
    const content = windows.window();
    for (const name of SELECTORS) content[INITIAL + wordOf(name)] = windows.someWord();
    const selectors = SELECTORS.map((name) => [name, content[INITIAL + wordOf(name)] ?? 0n]);
    expectRegisters(
      content,
      (encoder, block) => encoder.enterGuest(block, block - 8 * (BLOCK - INITIAL)),
      { ...Object.fromEntries(selectors), orig_rax: 2n ** 64n - 1n },
    );
  }
});

guest("enterGuest changes nothing else if the block is its own initial block", () => {
  expectRegisters(windows.window(), (encoder, block) => encoder.enterGuest(block, block), {
    orig_rax: 2n ** 64n - 1n,
  });
});

guest("enterGuest returns bit 8 of eflags", () => {
  const bits = Array.from({ length: 64 }, (_, bit) => 1n << BigInt(bit));
  const flags = [...bits, ...bits.map((bit) => ~bit), ...someWords()];
  for (const eflags of flags.map((word) => BigInt.asUintN(64, word))) {
    expectRegisters(
      withRegisters({ eflags }),
      (encoder, block) =>
        assert.is(encoder.enterGuest(block, block), Number((eflags >> 8n) & 1n), encoder.name),
      { orig_rax: 2n ** 64n - 1n },
    );
  }
});

/** Where the arguments of a call go: the words before the block. */
const AREA = BLOCK - 6;

guest("decodeGuestSyscall returns the low half of orig_rax, signed, and copies all of it", () => {
  const numbers = [
    0n,
    39n,
    0x4000_0027n,
    0x7fff_ffffn,
    0x8000_0000n,
    0xffff_ffffn,
    2n ** 32n + 39n,
  ];
  for (const orig_rax of [...numbers, ...someWords()]) {
    const zeros = Object.fromEntries(ARGUMENTS.map((name) => [name, 0n]));
    const content = withRegisters({ ...zeros, orig_rax, rax: BigInt.asUintN(64, -38n) });
    for (let i = 0; i < 6; i++) content[AREA + i] = 0n;
    expectRegisters(
      content,
      (encoder, block) =>
        assert.is(
          encoder.decodeGuestSyscall(block, block - 48),
          Number(BigInt.asIntN(32, orig_rax)),
          encoder.name,
        ),
      { rax: orig_rax },
    );
  }
});

guest("decodeGuestSyscall writes the six arguments, and nothing else", () => {
  for (let i = 0; i < 200; i++) {
    const words = ARGUMENTS.map(() => windows.someWord());
    const registers = Object.fromEntries(ARGUMENTS.map((name, at) => [name, words[at] ?? 0n]));
    const content = withRegisters({ ...registers, rax: 39n, orig_rax: 39n });
    expectMemory(
      encoders,
      content,
      (encoder, start) => encoder.decodeGuestSyscall(start + 8 * BLOCK, start + 8 * AREA),
      changed(
        content,
        words.map((word, at): [number, bigint] => [AREA + at, word]),
      ),
    );
  }
});

guest("encodeGuestResult sets rax, and nothing else", () => {
  const beyond = [-1n, -38n, -512n, -(2n ** 63n), 2n ** 64n, 2n ** 65n + 5n, -(2n ** 64n) - 1n];
  for (const result of [...beyond, ...someWords()]) {
    expectRegisters(
      windows.window(),
      (encoder, block) => encoder.encodeGuestResult(block, result),
      { rax: result },
    );
  }
});

guest("rewindVsyscall sets rip, and moves rsp down by 8, also past 0", () => {
  const page = 0xffff_ffff_ff60_0000n;
  for (const address of [page, page + 0x400n, page + 0x800n, -(2n ** 64n) - 1n, ...someWords()]) {
    for (const rsp of [0n, 7n, 8n, 9n, windows.someWord()]) {
      expectRegisters(
        withRegisters({ rsp }),
        (encoder, block) => encoder.rewindVsyscall(block, address),
        { rip: address, rsp: rsp - 8n },
      );
    }
  }
});

guest.run();
