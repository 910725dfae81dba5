import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FUNCTION_NAMES } from "../../src/encoder/abi.ts";
import { hex } from "../../src/errors.ts";
import {
  type Arch,
  FUNCTIONS,
  type FunctionName,
  openEncoder,
  type Parameter,
  type PartialEncoder,
} from "../../src/index.ts";
import { BOUNDARIES, randomWords } from "../support/random.ts";

const SEED = 0x5eed_0020n;
const random = randomWords(SEED);

const MOST = 2 ** 31 - 1;

/** The memory of both encoders: the words of two blocks or areas, with as many before, between and after. */
const AREA = 128;
const WINDOW = 5 * AREA;
const FIRST = 8 * AREA;
const SECOND = 8 * 3 * AREA;

/** A few windows, as words of splitmix are expensive. */
const WINDOWS = Array.from({ length: 16 }, () => BigUint64Array.from({ length: WINDOW }, random));
const randomWindow = (): BigUint64Array => oneOf(WINDOWS).slice();
const someWord = (): bigint => oneOf([0n, random(), oneOf(BOUNDARIES)]);

function oneOf<T>(values: readonly T[]): T {
  const value = values[Number(random() % BigInt(values.length))];
  if (value === undefined) throw new Error("the list is empty");
  return value;
}

/** A result, and the memory afterwards. */
interface Outcome {
  readonly answer: unknown;
  readonly words: BigUint64Array;
}

type Argument = number | bigint;

function outcome(
  encoder: PartialEncoder,
  name: FunctionName,
  args: readonly Argument[],
  content: BigUint64Array,
): Outcome {
  const words = new BigUint64Array(encoder.buffer, 0, WINDOW);
  words.set(content);
  const call = encoder[name];
  if (call === undefined) throw new Error(`${encoder.name} lacks ${name}`);
  const answer: unknown = Reflect.apply(call, encoder, args);
  return { answer, words: words.slice() };
}

const script = openEncoder("script");
const gvisor = openEncoder("gvisor");

/** What is compared, and its model. */
const pairs: Readonly<Record<Arch, { original: PartialEncoder; model: PartialEncoder }>> = {
  amd64: { original: gvisor, model: script },
  arm64: {
    original: openEncoder("gvisor", "arm64"),
    model: openEncoder("script", "arm64"),
  },
};

/** Runs both on the same memory, which must be the same afterwards except for `words`; returns their results. */
function compare(
  arch: Arch,
  name: FunctionName,
  args: readonly Argument[],
  content: BigUint64Array,
  words: ReadonlyMap<number, bigint> = new Map(),
): { answer: unknown; modelAnswer: unknown } {
  const model = outcome(pairs[arch].model, name, args, content);
  const original = outcome(pairs[arch].original, name, args, content);
  for (const [index, word] of model.words.entries()) {
    const expected = BigInt.asUintN(64, words.get(index) ?? word);
    if (original.words[index] === expected) continue;
    assert.unreachable(`${name}(${args.join(", ")}): word ${index} is not ${hex(expected)}`);
  }
  return { answer: original.answer, modelAnswer: model.answer };
}

/** The index of a register's word in a block at a byte offset. */
function wordOf(arch: Arch, register: string, block = SECOND): number {
  const offset = pairs[arch].model.constants.get(`REG_${register}`);
  if (offset === undefined) throw new Error(`${arch} has no register ${register}`);
  return (block + Number(offset)) / 8;
}

const results = suite("gvisor: results");

results("every negative result is an error, and its errno fits into 31 bits", () => {
  const words = [...BOUNDARIES, ...Array.from({ length: 5000 }, random)];
  for (let result = -70_000n; result <= 70_000n; result++) words.push(result);
  for (const word of words) {
    const value = BigInt.asIntN(64, word);
    const negated = value < 0n ? -value : 0n;
    const errno = negated > BigInt(MOST) ? MOST : Number(negated);
    assert.is(gvisor.syscallErrno(word), errno, `${value}`);
    assert.is(gvisor.syscallErrno(word) === script.syscallErrno(word), negated < 4096n, `${value}`);
  }
});

results("a result of -2^63 is also an error", () => {
  assert.is(gvisor.syscallErrno(-(2n ** 63n)), MOST);
  assert.is(gvisor.syscallErrno(2n ** 63n), MOST);
});

results("only ERESTART_RESTARTBLOCK, 516, differs: it does not restart the call", () => {
  for (let errno = -1000; errno <= 70_000; errno++) {
    const expected = errno === 516 ? 0 : script.restartsSyscall(errno);
    assert.is(gvisor.restartsSyscall(errno), expected, `${errno}`);
  }
  assert.is(script.restartsSyscall(516), 1);
});

results.run();

const statuses = suite("gvisor: status words");

const [EXITED, SIGNALED, STOPPED, SYSCALL_STOP, EVENT, GROUP_STOP, CONTINUED] = [
  0, 1, 2, 3, 4, 5, 6,
];
const INVALID = -22;
const SIGTRAP = 5;
const EVENTS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 0x7f, 0x80, 0x81, 0xff, 0x100, 0x8000, 0xffff];

/** A status word decoded as by the original, with golang.org/x/sys/unix. */
function modelKind(status: number): number {
  const signal = (status >>> 8) & 0xff;
  if ((status & 0xff) === 0x7f) {
    if (signal === SIGTRAP) return status >>> 16 === 0 ? STOPPED : EVENT;
    return signal === (SIGTRAP | 0x80) ? SYSCALL_STOP : STOPPED;
  }
  if ((status & 0x7f) === 0x7f) return status === 0xffff ? CONTINUED : INVALID;
  return (status & 0x7f) === 0 ? EXITED : SIGNALED;
}

/** Whether only the ABI distinguishes a word: an event without SIGTRAP, or an invalid word. */
function isRare(status: number): boolean {
  const kind = script.waitKind(status);
  if (kind === INVALID) return (status & 0xff) !== 0xff;
  return kind === GROUP_STOP || (kind === EVENT && ((status >>> 8) & 0xff) !== SIGTRAP);
}

function expectStatus(status: number): void {
  const text = hex(BigInt(status >>> 0));
  const kind = modelKind(status);
  assert.is(gvisor.waitKind(status), kind, text);
  assert.is(gvisor.waitEvent(status), kind === EVENT ? status >>> 16 : 0, text);
  if (!isRare(status)) {
    for (const name of ["waitKind", "waitEvent", "waitValue", "waitCoreDumped"] as const) {
      assert.is(gvisor[name](status), script[name](status), `${name}(${text})`);
    }
    return;
  }
  assert.is.not(gvisor.waitKind(status), script.waitKind(status), text);
  const value = kind === SIGNALED ? status & 0x7f : (status >>> 8) & 0xff;
  assert.is(gvisor.waitValue(status), kind === SYSCALL_STOP ? SIGTRAP : value, text);
  const dumped = kind === SIGNALED && (status & 0x80) !== 0;
  assert.is(gvisor.waitCoreDumped(status), dumped ? 1 : 0, text);
}

statuses("the low bits decide the kind of every 16-bit word, with every kind of event", () => {
  for (const event of EVENTS) {
    for (let low = 0; low < 1 << 16; low++) expectStatus((event << 16) | low);
  }
});

statuses("the low bits decide the kind of random 32-bit words", () => {
  for (let i = 0; i < 20_000; i++) expectStatus(Number(BigInt.asIntN(32, random())));
});

statuses("both decode the status words of an attached tracee in the same way", () => {
  const stops = Array.from({ length: 64 }, (_, i) => 0x7f | ((i + 1) << 8));
  const events = [1, 2, 3, 4, 5, 6, 7].map((event) => (event << 16) | 0x57f);
  const exits = Array.from({ length: 256 }, (_, code) => code << 8);
  const deaths = Array.from({ length: 64 }, (_, i) => i + 1).flatMap((s) => [s, s | 0x80]);
  for (const status of [...stops, ...events, ...exits, ...deaths, 0x857f, 0xffff]) {
    assert.not(isRare(status), hex(BigInt(status)));
    expectStatus(status);
  }
});

statuses("a group-stop of a seized tracee is a stop by its signal", () => {
  const status = (128 << 16) | (19 << 8) | 0x7f;
  assert.is(script.waitKind(status), GROUP_STOP);
  assert.is(gvisor.waitKind(status), STOPPED);
  assert.is(gvisor.waitValue(status), 19);
  assert.is(gvisor.waitEvent(status), 0);
});

statuses.run();

const blocks = suite("gvisor: register blocks");

const someWords = (length: number): bigint[] => Array.from({ length }, someWord);

blocks("encodeSyscall keeps only orig_rax from the initial block", () => {
  for (const [block, initial] of [
    [SECOND, FIRST],
    [SECOND, SECOND],
    [SECOND, SECOND - 216],
    [SECOND, SECOND + 216],
  ] as const) {
    for (let i = 0; i < 500; i++) {
      const content = randomWindow();
      const carried = content[wordOf("amd64", "orig_rax", initial)] ?? 0n;
      const own = new Map([[wordOf("amd64", "orig_rax", block), carried]]);
      compare("amd64", "encodeSyscall", [block, initial, ...someWords(7)], content, own);
    }
  }
});

blocks("encodeBootstrap sign-extends the pid", () => {
  const pids = [0, 1, -1, 2, -2, MOST, MOST + 1, -MOST, -MOST - 1, 2 ** 32 - 1, 4_194_304];
  const others = Array.from({ length: 2000 }, () => Number(BigInt.asIntN(32, random())));
  for (const [arch, register] of [
    ["amd64", "r15"],
    ["arm64", "x7"],
  ] as const) {
    for (const pid of [...pids, ...others]) {
      const own = new Map([[wordOf(arch, register), BigInt(pid | 0)]]);
      compare(arch, "encodeBootstrap", [SECOND, pid], randomWindow(), own);
    }
  }
});

blocks("a valid pid, which is positive, is the same for both", () => {
  for (const arch of ["amd64", "arm64"] as const) {
    for (const pid of [0, 1, 4_194_304, MOST]) {
      compare(arch, "encodeBootstrap", [SECOND, pid], randomWindow());
    }
  }
});

blocks("enterGuest does not change orig_rax", () => {
  for (let i = 0; i < 1000; i++) {
    const content = randomWindow();
    const index = wordOf("amd64", "orig_rax");
    const own = new Map([[index, content[index] ?? 0n]]);
    const initial = i % 2 === 0 ? FIRST : SECOND;
    compare("amd64", "enterGuest", [SECOND, initial], content, own);
  }
});

blocks("decodeGuestSyscall uses all of orig_rax as the number, truncated to 32 bits", () => {
  const near = [0n, 39n, 2n ** 31n, 2n ** 32n + 39n, 2n ** 32n - 1n, 2n ** 63n, -1n, -(2n ** 31n)];
  for (const word of [...near, -(2n ** 31n) - 1n, ...someWords(5000), ...BOUNDARIES]) {
    const content = randomWindow();
    content[wordOf("amd64", "orig_rax")] = BigInt.asUintN(64, word);
    const number = Number(BigInt.asIntN(64, word));
    const { answer } = compare("amd64", "decodeGuestSyscall", [SECOND, FIRST], content);
    assert.is(answer, Math.max(-MOST - 1, Math.min(MOST, number)), hex(word));
  }
});

blocks.run();

const others = suite("gvisor: everything else");

/** The functions in which it differs; on arm64 the frame is the same. */
const DIFFERENT: readonly FunctionName[] = [
  "syscallErrno",
  "restartsSyscall",
  "encodeBootstrap",
  "waitKind",
  "waitEvent",
  "waitValue",
  "waitCoreDumped",
];
const DIFFERENT_ON_AMD64: readonly FunctionName[] = [
  "encodeSyscall",
  "enterGuest",
  "decodeGuestSyscall",
];
const ROUNDS = 1000;

const NUMBERS = [
  -MOST - 1,
  -60,
  -6,
  -5,
  -2,
  -1,
  0,
  1,
  5,
  9,
  17,
  29,
  31,
  64,
  65,
  128,
  255,
  256,
  MOST,
];
/** Flags, a size with a stack, restart results: words that are seldom drawn by chance. */
const WORDS = [0x100n, 0x400n, 0x1_2f00n, 17n, 4096n, 2n ** 33n, 512n, -512n, -514n, -516n];

function argumentFor({ kind, name }: Parameter): Argument {
  if (kind === "area") return SECOND;
  if (kind === "block") return name === "initial" ? FIRST : SECOND;
  const number = Number(BigInt.asIntN(32, random()));
  if (kind === "i32") return oneOf([number, number & 31, oneOf(NUMBERS)]);
  return oneOf([someWord(), oneOf(WORDS)]);
}

/** A window in which some words of the second block mean something as a result or as a number. */
function someWindow(): BigUint64Array {
  const content = randomWindow();
  for (const index of [0, 10, 15]) {
    content[SECOND / 8 + index] = BigInt.asUintN(64, oneOf(WORDS));
  }
  return content;
}

function isDifferent(arch: Arch, name: FunctionName): boolean {
  return DIFFERENT.includes(name) || (arch === "amd64" && DIFFERENT_ON_AMD64.includes(name));
}

for (const arch of ["amd64", "arm64"] as const) {
  const { original, model } = pairs[arch];
  const names = FUNCTION_NAMES.filter((name) => model[name] !== undefined);

  others(`${arch}: name, architecture, constants and functions are present`, () => {
    assert.is(original.name, "gvisor");
    assert.is(original.arch, arch);
    assert.equal([...original.constants], [...model.constants]);
    assert.equal(
      FUNCTION_NAMES.filter((name) => original[name] !== undefined),
      names,
    );
  });

  for (const name of names.filter((name) => !isDifferent(arch, name))) {
    others(`${arch}: ${name} is that of script`, () => {
      for (let i = 0; i < ROUNDS; i++) {
        const args = FUNCTIONS[name].parameters.map(argumentFor);
        const { answer, modelAnswer } = compare(arch, name, args, someWindow());
        assert.is(answer, modelAnswer, `${name}(${args.join(", ")})`);
      }
    });
  }
}

others.run();
