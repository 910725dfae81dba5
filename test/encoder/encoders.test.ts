import { suite } from "uvu";
import * as assert from "uvu/assert";
import { hex } from "../../src/errors.ts";
import { ENCODERS, type EncoderFunctions, openEncoder, registerLayout } from "../../src/index.ts";
import { BOUNDARIES } from "../support/random.ts";
import {
  BLOCK,
  changed,
  expectMemory,
  INITIAL,
  RandomWindows,
  WORDS,
  wordOf,
} from "../support/windows.ts";

const SEED = 0x5eed_0001n;
const EINVAL = 22n;
const EXIT_SIGNALS = [-1, 0, 1, 9, 17, 64, 65, 255, 256];
const BITS = Array.from({ length: 64 }, (_, bit) => 1n << BigInt(bit));

const encoders = ENCODERS.map((name) => openEncoder(name, "amd64"));
const byName = (name: string) =>
  encoders.find((encoder) => encoder.name === name) ?? openEncoder(name, "amd64");
const [assembly, script, native] = [byName("assembly"), byName("script"), byName("native")];

/** What an encoder computes from numbers alone. */
type Question =
  | "syscallErrno"
  | "restartsSyscall"
  | "encodeClone"
  | "cloneFlags"
  | "cloneExitSignal"
  | "encodeWaitOptions"
  | "waitKind"
  | "waitValue"
  | "waitEvent"
  | "waitCoreDumped"
  | "encodeStop"
  | "signalSet"
  | "blockableSignals";

let answers = 0;

/** The result of all encoders, after checking that they agree. */
function agreed<Q extends Question>(
  question: Q,
  ...args: Parameters<EncoderFunctions[Q]>
): ReturnType<EncoderFunctions[Q]> {
  const [first, ...others] = encoders.map((encoder) =>
    Reflect.apply(encoder[question], encoder, args),
  );
  answers++;
  if (others.some((other) => other !== first)) {
    const told = [first, ...others].map((answer, i) => `${encoders[i]?.name} ${answer}`).join(", ");
    assert.unreachable(`${question}(${args.join(", ")}): ${told}`);
  }
  return first;
}

const constants = suite("encoders: constants");

const WITHOUT_HEADER = [
  "ENOIOCTLCMD",
  "ERESTARTNOHAND",
  "ERESTARTNOINTR",
  "ERESTARTSYS",
  "ERESTART_RESTARTBLOCK",
  "heap",
];

constants("assembly and script have the values of the system's headers", () => {
  const wrong: string[] = [];
  for (const [name, value] of native.constants) {
    for (const encoder of [assembly, script]) {
      const own = encoder.constants.get(name);
      if (own !== value) wrong.push(`${encoder.name} ${name} ${own}, native ${value}`);
    }
  }
  assert.equal(wrong, []);
  console.log(`${native.constants.size} constants compared`);
});

constants("the headers lack only what the kernel does not export, and newer system calls", () => {
  const old = !native.constants.has("SYS_mseal");
  const lacking = [...assembly.constants.keys()]
    .filter((name) => !native.constants.has(name))
    .filter((name) => !(old && name.startsWith("SYS_")));
  assert.equal(lacking.sort(), WITHOUT_HEADER);
});

constants("assembly and script have the same names and values, except heap", () => {
  const own = new Map(assembly.constants);
  assert.ok(own.delete("heap"));
  const sorted = (map: ReadonlyMap<string, bigint>) =>
    [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  assert.equal(sorted(script.constants), sorted(own));
});

constants("the layout is the 27 words of struct user_regs_struct", () => {
  const order =
    "r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss " +
    "fs_base gs_base ds es fs gs";
  for (const encoder of encoders) {
    const layout = registerLayout(encoder);
    assert.is(layout.map(({ name }) => name).join(" "), order, encoder.name);
    assert.equal(
      layout.map(({ offset }) => offset),
      layout.map((_, i) => 8 * i),
      encoder.name,
    );
    assert.is(encoder.constants.get("REGISTERS_SIZE"), 216n, encoder.name);
  }
});

constants.run();

const blocks = suite("encoders: register blocks");

const windows = new RandomWindows(SEED);
const random = windows.word;

const ARGUMENTS = ["rdi", "rsi", "rdx", "r10", "r8", "r9"];

type Arguments = [bigint, bigint, bigint, bigint, bigint, bigint];

function someArguments(): Arguments {
  return [
    windows.someWord(),
    windows.someWord(),
    windows.someWord(),
    windows.someWord(),
    windows.someWord(),
    windows.someWord(),
  ];
}

function expectSyscall(block: number, initial: number, number: bigint, args: Arguments): void {
  const content = windows.window();
  const frame = content
    .slice(initial, initial + WORDS)
    .map((word, i): [number, bigint] => [block + i, word]);
  const expected = changed(content, [
    ...frame,
    [block + wordOf("rax"), number],
    [block + wordOf("orig_rax"), -1n],
    ...ARGUMENTS.map((name, i): [number, bigint] => [block + wordOf(name), args[i] ?? 0n]),
  ]);
  expectMemory(
    encoders,
    content,
    (encoder, start) =>
      encoder.encodeSyscall(start + 8 * block, start + 8 * initial, number, ...args),
    expected,
  );
}

blocks("encodeSyscall writes the frame, and nothing around it", () => {
  for (let i = 0; i < 2000; i++) expectSyscall(BLOCK, INITIAL, windows.someWord(), someArguments());
});

blocks("encodeSyscall accepts every boundary as every argument", () => {
  for (const word of BOUNDARIES) {
    for (let place = 0; place < 6; place++) {
      const args = someArguments();
      args[place] = word;
      expectSyscall(BLOCK, INITIAL, word, args);
    }
  }
});

blocks("encodeSyscall takes words modulo 2^64", () => {
  const beyond: Arguments = [-1n, -(2n ** 63n), 2n ** 64n, 2n ** 65n + 5n, -(2n ** 64n) - 1n, -22n];
  expectSyscall(BLOCK, INITIAL, -1n, beyond);
});

blocks("encodeSyscall works in place", () => {
  for (let i = 0; i < 500; i++) expectSyscall(BLOCK, BLOCK, windows.someWord(), someArguments());
});

blocks("encodeSyscall accepts adjacent blocks", () => {
  expectSyscall(BLOCK, BLOCK - WORDS, 39n, someArguments());
  expectSyscall(BLOCK, BLOCK + WORDS, 39n, someArguments());
});

blocks("rewindSyscall moves rip back by 2, also past 0", () => {
  for (const rip of [0n, 1n, 2n, 0x7fff_ffff_e046n, ...BOUNDARIES]) {
    const content = changed(windows.window(), [[BLOCK + wordOf("rip"), rip]]);
    const expected = changed(content, [[BLOCK + wordOf("rip"), rip - 2n]]);
    expectMemory(
      encoders,
      content,
      (encoder, start) => encoder.rewindSyscall(start + 8 * BLOCK),
      expected,
    );
  }
});

blocks("syscallResult is rax, never negative", () => {
  for (const rax of [...BOUNDARIES, ...Array.from({ length: 500 }, random)]) {
    const content = changed(windows.window(), [[BLOCK + wordOf("rax"), rax]]);
    expectMemory(
      encoders,
      content,
      (encoder, start) => assert.is(encoder.syscallResult(start + 8 * BLOCK), rax, encoder.name),
      content,
    );
  }
});

blocks("encodeBootstrap sets r15 to the parent as 32 bits and rbx to 1", () => {
  for (const parent of [0, 1, 4_194_304, 2 ** 31 - 1, -1, -(2 ** 31)]) {
    const content = windows.window();
    const expected = changed(content, [
      [BLOCK + wordOf("r15"), BigInt(parent >>> 0)],
      [BLOCK + wordOf("rbx"), 1n],
    ]);
    expectMemory(
      encoders,
      content,
      (encoder, start) => encoder.encodeBootstrap(start + 8 * BLOCK, parent),
      expected,
    );
  }
});

blocks.run();

const results = suite("encoders: results");

results("-4095 to -1 are errnos, signed or as a word; everything else is a value", () => {
  const near = [0n, 1n, -1n, -2n, -4094n, -4095n, -4096n, -4097n];
  for (let code = 505n; code <= 520n; code++) near.push(-code);
  for (const power of [31n, 32n, 63n, 64n]) {
    for (const offset of [-1n, 0n, 1n]) near.push(2n ** power + offset, -(2n ** power) + offset);
  }
  for (const result of [...near, ...BOUNDARIES, ...Array.from({ length: 2000 }, random)]) {
    const signed = BigInt.asIntN(64, result);
    const errno = signed < 0n && signed >= -4095n ? Number(-signed) : 0;
    assert.is(agreed("syscallErrno", signed), errno, `${signed}`);
    assert.is(agreed("syscallErrno", BigInt.asUintN(64, result)), errno, `${signed} as a word`);
  }
});

results("the kernel asks for a restart by 512, 513, 514 and 516", () => {
  for (let errno = 0; errno <= 4095; errno++) {
    const restarts = [512, 513, 514, 516].includes(errno) ? 1 : 0;
    assert.is(agreed("restartsSyscall", errno), restarts, `${errno}`);
  }
});

results.run();

const clone = suite("encoders: clone words");

/** Encodes flags and an exit signal; an accepted word must decode to the same values. */
function askClone(flags: bigint, exitSignal: number): bigint {
  const word = agreed("encodeClone", flags, exitSignal);
  if (word < 0n) {
    assert.is(word, -EINVAL);
  } else {
    assert.is(agreed("cloneFlags", word), flags, `flags of ${hex(word)}`);
    assert.is(agreed("cloneExitSignal", word), exitSignal, `exit signal of ${hex(word)}`);
  }
  return word;
}

clone("no flag, every single bit and every pair of bits, with every kind of exit signal", () => {
  for (const exitSignal of EXIT_SIGNALS) {
    askClone(0n, exitSignal);
    for (const [i, first] of BITS.entries()) {
      askClone(first, exitSignal);
      for (const second of BITS.slice(i + 1)) askClone(first | second, exitSignal);
    }
  }
});

clone("random flags, within 32 bits and beyond", () => {
  for (let i = 0; i < 20_000; i++) {
    const flags = random() & (i % 4 === 0 ? ~0n : 0xffff_ff00n) & (i % 2 === 0 ? ~0n : random());
    askClone(flags, EXIT_SIGNALS[i % EXIT_SIGNALS.length] ?? 0);
  }
});

clone("a clone word that encodeClone never returns still has flags and an exit signal", () => {
  for (const word of [...BOUNDARIES, ...Array.from({ length: 2000 }, random)]) {
    assert.is(agreed("cloneFlags", word), word & 0xffff_ff00n);
    assert.is(agreed("cloneExitSignal", word), Number(word & 0xffn));
  }
});

clone("a field that overflows into another is refused", () => {
  for (const [flags, exitSignal] of [
    [0n, -1],
    [0n, 256],
    [9n, 0],
    [0x80n, 17],
    [1n << 32n, 17],
    [-1n, 17],
  ] as const) {
    assert.is(askClone(flags, exitSignal), -EINVAL, `${flags}, ${exitSignal}`);
  }
});

clone("the original's stub is CLONE_FILES with SIGKILL: 0x409", () => {
  const files = native.constants.get("CLONE_FILES") ?? 0n;
  assert.is(askClone(files, 9), 0x409n);
});

clone.run();

const wait = suite("encoders: wait4");

const OPTIONS = ["WNOHANG", "WUNTRACED", "WCONTINUED", "__WNOTHREAD", "__WALL", "__WCLONE"].map(
  (name) => native.constants.get(name) ?? 0n,
);

wait("six of the 64 bits of its options are legal", () => {
  const legal = BITS.filter((bit) => agreed("encodeWaitOptions", bit) !== -EINVAL);
  assert.equal(legal, OPTIONS);
});

wait("every combination of the legal options is legal, but none with another bit", () => {
  for (let subset = 0; subset < 1 << OPTIONS.length; subset++) {
    const options = OPTIONS.reduce((set, bit, i) => (subset & (1 << i) ? set | bit : set), 0n);
    assert.is(agreed("encodeWaitOptions", options), options);
    for (const bit of BITS) {
      if (OPTIONS.includes(bit)) continue;
      assert.is(agreed("encodeWaitOptions", options | bit), -EINVAL);
    }
  }
});

function askStatus(status: number): void {
  const kind = agreed("waitKind", status);
  agreed("waitValue", status);
  agreed("waitEvent", status);
  agreed("waitCoreDumped", status);
  assert.ok((kind >= 0 && kind <= 6) || kind === -22, `kind ${kind} of ${status}`);
}

wait("every status word of 16 bits, without an event and with each kind of event", () => {
  for (const event of [0, 1, 6, 7, 128]) {
    for (let low = 0; low < 1 << 16; low++) askStatus((event << 16) | low);
  }
});

wait("status words of 32 random bits", () => {
  for (let i = 0; i < 20_000; i++) askStatus(Number(BigInt.asIntN(32, random())));
  for (const status of [-1, -(2 ** 31), 2 ** 31 - 1, 0xff_ffff]) askStatus(status);
});

wait("the status word of a stop contains its signal", () => {
  for (let signal = 1; signal <= 64; signal++) {
    const status = agreed("encodeStop", signal);
    assert.is(status, signal * 256 + 0x7f);
    assert.is(agreed("waitKind", status), Number(native.constants.get("WAIT_STOPPED")));
    assert.is(agreed("waitValue", status), signal);
  }
});

wait.run();

const signals = suite("encoders: signal sets");

signals("signal n is bit n - 1, from 1 to 64; others have no set", () => {
  for (const signal of [-(2 ** 31), -1, ...Array.from({ length: 67 }, (_, i) => i), 2 ** 31 - 1]) {
    const set = signal >= 1 && signal <= 64 ? 2n ** BigInt(signal - 1) : 0n;
    assert.is(agreed("signalSet", signal), set, `signal ${signal}`);
  }
});

signals("only SIGKILL and SIGSTOP cannot be blocked", () => {
  for (const set of [...BITS, ...BOUNDARIES, ...Array.from({ length: 2000 }, random)]) {
    assert.is(agreed("blockableSignals", set), set & ~(1n << 8n) & ~(1n << 18n));
  }
});

signals("results were compared", () => {
  console.log(`${answers} results compared`);
  assert.ok(answers > 1_000_000);
});

signals.run();
