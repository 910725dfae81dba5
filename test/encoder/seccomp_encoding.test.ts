import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Filter } from "../../src/bpf/interpreter.ts";
import { FILTER_INSTRUCTION } from "../../src/bpf/program.ts";
import { ARCHES, type Arch } from "../../src/encoder/arch.ts";
import { hex } from "../../src/errors.ts";
import {
  DeathError,
  ENCODERS,
  type Encoder,
  openEncoder,
  type PartialEncoder,
  type Stub,
  Tracer,
} from "../../src/index.ts";
import { randomWords } from "../support/random.ts";

const SEED = 0x5eed_0003n;

// The model uses no constant of an encoder.
const ALLOW = 0x7fff_0000;
const TRAP = 0x0003_0000;
const KILL = 0x8000_0000;

/** What filters depend on: AUDIT_ARCH_*, whether calls come from a vsyscall page, and the numbers of calls. */
interface Model {
  readonly audit: number;
  readonly hasVsyscalls: boolean;
  /** mmap, mprotect, munmap, getpid, exit, wait4, getppid, restart_syscall. */
  readonly free: ReadonlySet<number>;
  readonly clone: number;
  readonly kill: number;
  readonly prctl: number;
  readonly execveat: number;
}
const MODELS: Readonly<Record<Arch, Model>> = {
  amd64: {
    audit: 0xc000_003e,
    hasVsyscalls: true,
    free: new Set([9, 10, 11, 39, 60, 61, 110, 219]),
    ...{ clone: 56, kill: 62, prctl: 157, execveat: 322 },
  },
  arm64: {
    audit: 0xc000_00b7,
    hasVsyscalls: false,
    free: new Set([222, 226, 215, 172, 93, 260, 173, 128]),
    ...{ clone: 220, kill: 129, prctl: 167, execveat: 281 },
  },
};
/** CLONE_FILES, to be combined with an exit signal. */
const PROCESS = 0x400n;
/** CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_PTRACE | CLONE_THREAD */
const THREAD = 0x1_2f00n;

/** A call that a seccomp filter decides. */
interface SeccompData {
  readonly nr: number;
  readonly arch: number;
  readonly instructionPointer: bigint;
  readonly args: readonly bigint[];
}

/** struct seccomp_data. */
function encodeData({ nr, arch, instructionPointer, args }: SeccompData): DataView {
  const data = new DataView(new ArrayBuffer(64));
  data.setInt32(0, nr, true);
  data.setUint32(4, arch, true);
  data.setBigUint64(8, instructionPointer, true);
  for (const [i, word] of args.entries()) data.setBigUint64(16 + 8 * i, word, true);
  return data;
}

function allows(model: Model, { nr, args }: SeccompData, exitSignal: number): boolean {
  const [first, second, , , fifth] = args;
  if (model.free.has(nr)) return true;
  if (nr === model.clone) return first === PROCESS + BigInt(exitSignal) || first === THREAD;
  if (nr === model.kill) return second === 19n;
  if (nr === model.execveat) return fifth === 0x1000n;
  return nr === model.prctl && first === 1n && second === 9n;
}

function actionOf(model: Model, data: SeccompData, exitSignal: number): number {
  if (data.arch !== model.audit) return KILL;
  if (model.hasVsyscalls && data.instructionPointer >> 32n === 0xffff_ffffn) return TRAP;
  return allows(model, data, exitSignal) ? ALLOW : KILL;
}

/** The address of the program, after a gap, so that writes around it can be detected. */
const GAP = 64;
const ROOM = 128 * FILTER_INSTRUCTION;

function programOf(encoder: PartialEncoder, exitSignal: number): Uint8Array {
  const at = Math.ceil(encoder.heap / 8) * 8 + GAP;
  const around = new Uint8Array(encoder.buffer, at - GAP, ROOM + 2 * GAP).fill(0xa5);
  const count = encoder.encodeSeccomp?.(at, exitSignal) ?? 0;
  assert.ok(count > 0 && count <= 128, `${encoder.name}: ${count} instructions`);
  const end = GAP + count * FILTER_INSTRUCTION;
  const outside = [...around.subarray(0, GAP), ...around.subarray(end)];
  assert.ok(
    outside.every((byte) => byte === 0xa5),
    `${encoder.name} writes outside of its program`,
  );
  return around.slice(GAP, end);
}

const EXIT_SIGNALS = [0, 1, 9, 17, 64, 127, 128, 255];

const random = randomWords(SEED);

/** Six arguments: some given, the others random. */
function argumentsWith(known: Readonly<Record<number, bigint>>): bigint[] {
  return Array.from({ length: 6 }, (_, i) => BigInt.asUintN(64, known[i] ?? random()));
}

/** A word, and the words that differ from it by one bit, by 1, or in a whole half. */
function around(word: bigint): bigint[] {
  const flipped = Array.from({ length: 64 }, (_, bit) => word ^ (1n << BigInt(bit)));
  return [word, ...flipped, word + 1n, word - 1n, word | (0xffff_ffffn << 32n), word << 32n];
}

/** Arguments that a filter should distinguish. */
function boundaryArguments(exitSignal: number): bigint[][] {
  const wanted: Record<number, bigint>[] = [
    { 0: PROCESS + BigInt(exitSignal) },
    { 0: PROCESS },
    { 0: THREAD },
    { 0: THREAD + BigInt(exitSignal) },
    { 1: 19n },
    { 4: 0x1000n },
    { 0: 1n, 1: 9n },
  ];
  return wanted.flatMap((known) =>
    Object.entries(known).flatMap(([index, value]) =>
      around(value).map((word) => argumentsWith({ ...known, [index]: word })),
    ),
  );
}

/** Arguments with which as many calls as possible are allowed, and others with which no call is whose arguments count. */
function fewArguments(exitSignal: number): bigint[][] {
  return [
    argumentsWith({ 0: PROCESS + BigInt(exitSignal), 1: 19n, 4: 0x1000n }),
    argumentsWith({ 0: THREAD, 1: 19n, 4: 0x1000n }),
    argumentsWith({ 0: 1n, 1: 9n, 4: 0x1000n }),
    argumentsWith({ 0: 9n, 1: 1n }),
    [0n, 0n, 0n, 0n, 0n, 0n],
    argumentsWith({}),
  ];
}

const NUMBERS = Array.from({ length: 502 }, (_, i) => i - 1);
/** x32 has the architecture of x86-64, and bit 30 in its numbers. */
const X32_NUMBERS = NUMBERS.map((nr) => nr + 0x4000_0000);
const ARCHITECTURES = [
  0xc000_003e, 0x4000_0003, 0xc000_00b7, 0, 0x4000_003e, 0xc000_003f, 0x8000_003e,
];
const ADDRESSES = [
  0n,
  0x7fff_ffff_e046n,
  0xffff_ffffn,
  0xffff_fffe_ffff_ffffn,
  0x7fff_ffff_ff60_0000n,
  0xffff_ffff_0000_0000n,
  0xffff_ffff_ff60_0000n,
  0xffff_ffff_ff60_0400n,
  2n ** 64n - 1n,
];
const PLACE = 0x7fff_ffff_e046n;

const heapOf = (encoder: PartialEncoder) => Math.ceil(encoder.heap / 8) * 8;

for (const arch of ARCHES) {
  const model = MODELS[arch];
  const encoders = ENCODERS.map((name) => openEncoder(name, arch));
  const bound = [model.clone, model.kill, model.prctl, model.execveat];
  const farNumbers = [...bound, ...model.free].flatMap((nr) =>
    [8, 16, 24, 29, 31].map((bit) => nr ^ (1 << bit)),
  );
  /** Calls whose arguments count, and a few whose do not. */
  const closeNumbers = [...bound, 9, 39, 186, model.clone + 0x4000_0000];
  const here = { arch: model.audit, instructionPointer: PLACE };

  const meaning = suite(`seccomp encoding: meaning on ${arch}`);

  let questions = 0;

  /** Compares the result of every encoder's filter with the model. */
  const ask = (filters: ReadonlyMap<string, Filter>, data: SeccompData, exitSignal: number) => {
    const view = encodeData(data);
    const expected = actionOf(model, data, exitSignal);
    questions++;
    for (const [name, filter] of filters) {
      const action = filter.run(view);
      if (action === expected) continue;
      const { nr, instructionPointer, args } = data;
      assert.unreachable(
        `${name}: ${hex(BigInt(action))} and not ${hex(BigInt(expected))} for nr ${nr}, arch ${hex(BigInt(data.arch))}, ` +
          `ip ${hex(instructionPointer)}, args ${args.map(hex).join(" ")}; exit signal ${exitSignal}`,
      );
    }
  };

  const filtersOf = (exitSignal: number) =>
    new Map(encoders.map((encoder) => [encoder.name, new Filter(programOf(encoder, exitSignal))]));

  for (const exitSignal of EXIT_SIGNALS) {
    const filters = filtersOf(exitSignal);

    meaning(`exit signal ${exitSignal}: every number, architecture and kind of address`, () => {
      for (const args of fewArguments(exitSignal)) {
        for (const nr of [...NUMBERS, ...X32_NUMBERS, ...farNumbers]) {
          ask(filters, { ...here, nr, args }, exitSignal);
          for (const other of ARCHITECTURES)
            ask(filters, { ...here, arch: other, nr, args }, exitSignal);
          for (const instructionPointer of ADDRESSES) {
            ask(filters, { ...here, instructionPointer, nr, args }, exitSignal);
          }
        }
      }
    });

    meaning(
      `exit signal ${exitSignal}: arguments that are off by a bit, by 1, or in a half`,
      () => {
        for (const args of boundaryArguments(exitSignal)) {
          for (const nr of closeNumbers) ask(filters, { ...here, nr, args }, exitSignal);
        }
      },
    );
  }

  meaning("the architecture comes before the address", () => {
    const filters = filtersOf(17);
    const [nr = 0] = model.free;
    for (const instructionPointer of ADDRESSES) {
      for (const other of ARCHITECTURES) {
        ask(filters, { nr, arch: other, instructionPointer, args: argumentsWith({}) }, 17);
      }
    }
  });

  meaning("every exit signal has its own clone word", () => {
    for (let exitSignal = 0; exitSignal < 256; exitSignal++) {
      const filters = filtersOf(exitSignal);
      for (let other = 0; other < 256; other++) {
        const args = argumentsWith({ 0: PROCESS + BigInt(other) });
        ask(filters, { ...here, nr: model.clone, args }, exitSignal);
      }
    }
  });

  meaning("a program does not depend on its address", () => {
    for (const encoder of encoders) {
      const first = programOf(encoder, 9);
      const at = encoder.buffer.byteLength - ROOM;
      const count = encoder.encodeSeccomp?.(at, 9) ?? 0;
      assert.equal(
        new Uint8Array(encoder.buffer, at, count * FILTER_INSTRUCTION),
        first,
        `${encoder.name}, at the end of its buffer`,
      );
    }
  });

  meaning("filters were run", () => {
    const sizes = encoders.map(
      (encoder) => `${encoder.name} ${encoder.encodeSeccomp?.(heapOf(encoder), 9)}`,
    );
    console.log(`${questions} calls; instructions: ${sizes.join(", ")}`);
    assert.ok(questions > 800_000);
  });

  meaning.run();
}

const live = suite("seccomp encoding: kernel");

const PAGE = 4096;
/** No process has this pid. */
const NOBODY = 2 ** 31 - 1;

/** A new stub with the filter of an encoder, and the page from which the filter was read. */
function filteredStub(tracer: Tracer, encoder: Encoder): { stub: Stub; page: bigint } {
  const stub = tracer.createStub();
  const page = stub.map(PAGE);
  const program = programOf(encoder, tracer.constant("SIGCHLD"));
  // struct sock_fprog: the length, and at 8 the address.
  const head = new DataView(new ArrayBuffer(16));
  head.setUint16(0, program.length / FILTER_INSTRUCTION, true);
  head.setBigUint64(8, page + 16n, true);
  stub.write(page, new Uint8Array(head.buffer));
  stub.write(page + 16n, program);
  stub.call("prctl", tracer.flag("PR_SET_NO_NEW_PRIVS"), 1, 0, 0, 0);
  stub.call("seccomp", tracer.flag("SECCOMP_SET_MODE_FILTER"), 0, page);
  return { stub, page };
}

type Call = readonly [string | number, ...(number | bigint)[]];

/** Calls that no filter allows; each ends its stub. */
const FORBIDDEN: readonly Call[] = [
  ["gettid"],
  ["write", -1, 0, 0],
  ["kill", NOBODY, 0],
  ["kill", NOBODY, 19n + 2n ** 32n],
  ["prctl", 3],
  ["prctl", 1, 15],
  ["execveat", -1, 0, 0, 0, 0],
  ["clone", 0x400],
  ["clone", 0x409],
  ["clone", 0x411n + 2n ** 32n],
  [39 + 0x4000_0000],
];

for (const encoder of ENCODERS.map((name) => openEncoder(name))) {
  live(`${encoder.name}: the filter allows what a stub needs`, () => {
    using tracer = new Tracer({ deadline: 2000 });
    const { stub, page } = filteredStub(tracer, encoder);
    assert.is(stub.call("getpid"), BigInt(stub.pid));
    assert.is(stub.call("getppid"), BigInt(process.pid));
    const other = stub.map(PAGE);
    stub.call("mprotect", other, PAGE, 1);
    stub.call("munmap", other, PAGE);
    stub.call("prctl", 1, 9);
    assert.is(stub.inject("wait4", -1, 0, 1, 0).errno, "ECHILD");
    assert.is(stub.inject("kill", NOBODY, 19).errno, "ESRCH");
    assert.is(stub.inject("restart_syscall").errno, "EINTR");
    assert.is(stub.inject("execveat", -1, page + BigInt(PAGE - 1), 0, 0, 0x1000).errno, "EBADF");
  });

  live(`${encoder.name}: the children of a filtered stub have its filter`, () => {
    using tracer = new Tracer({ deadline: 2000 });
    const child = filteredStub(tracer, encoder).stub.createStub();
    assert.is(child.call("getpid"), BigInt(child.pid));
    expectDeath(child, ["gettid"]);
  });

  live(`${encoder.name}: every other call ends a stub with SIGSYS`, () => {
    using tracer = new Tracer({ deadline: 2000 });
    for (const call of FORBIDDEN) expectDeath(filteredStub(tracer, encoder).stub, call);
  });
}

function expectDeath(stub: Stub, [call, ...args]: Call): void {
  try {
    const { value, errno } = stub.inject(call, ...args);
    assert.unreachable(`${call}(${args.join(", ")}) answers ${value ?? errno}`);
  } catch (error) {
    if (!(error instanceof DeathError)) throw error;
    assert.match(error.how, /SIGSYS/, `${call}(${args.join(", ")})`);
  }
}

live.run();
