import { type Context, TraceError } from "../../../src/index.ts";
import * as code from "../../support/arm64_code.ts";
import { program } from "../../support/code_bytes.ts";

const MAX = 2n ** 64n - 1n;
/** N, Z, C and V of pstate. */
const FLAGS = 0xf000_0000n;

const states = suite("guest state of arm64");

function threadPointer({ context }: Guest): DataView {
  const { buffer, byteOffset } = context.xstate;
  return new DataView(buffer, byteOffset + code.THREAD_POINTER_OFFSET, 8);
}

states("keeps the thread pointers that guests of one address space set themselves", () => {
  const body = [code.WRITE_THREAD_POINTER, code.loop(code.SYSCALL, code.READ_THREAD_POINTER)];
  withGuest(body, ({ platform, space }) => {
    const guests = [1n, MAX, 0x1234_5678_9abc_def0n].map((pointer) => {
      const context = contextAt(platform, CODE);
      context.registers.set("x10", pointer);
      return { pointer, guest: { platform, space, context } };
    });
    for (let round = 0; round < 10; round++) {
      for (const { pointer, guest } of guests) {
        toSyscall(guest);
        assert.is(guest.context.registers.get("x10"), pointer);
        guest.context.registers.set("x10", 0n);
        if (round % 3 === 0) assert.is(threadPointer(guest).getBigUint64(0, true), pointer);
      }
    }
  });
});

states("starts a guest with the thread pointer 0, and passes one that is set to it", () => {
  withGuest([code.loop(code.READ_THREAD_POINTER, code.SYSCALL)], (guest) => {
    const { registers } = guest.context;
    registers.set("x10", MAX);
    toSyscall(guest);
    assert.is(registers.get("x10"), 0n);
    threadPointer(guest).setBigUint64(0, 0x1234_5000n, true);
    toSyscall(guest);
    assert.is(registers.get("x10"), 0x1234_5000n);
  });
});

states("moves the thread pointer to another address space", () => {
  using platform = openPlatform();
  const body = [code.WRITE_THREAD_POINTER, code.loop(code.SYSCALL, code.READ_THREAD_POINTER)];
  const { context, space } = load(platform, ...body);
  const other = load(platform, ...body).space;
  context.registers.set("x10", 77n);
  for (let i = 0; i < 6; i++) {
    syscallOf(context.switch(i % 2 === 0 ? space : other));
    assert.is(context.registers.get("x10"), 77n);
    context.registers.set("x10", 0n);
  }
});

states("keeps x7, which the kernel hides at a call, and passes a new one to the guest", () => {
  const body = [code.SYSCALL, code.storeAtBase("x7", 0), code.storeResultTo(0x2_0008n)];
  withGuest([code.loop(...body)], (guest) => {
    const { context, space } = guest;
    context.registers.set("x10", 0x2_0000n);
    for (const word of [MAX, 0n, 1n, 0x1234_5678_9abc_def0n]) {
      context.registers.set("x7", word);
      context.setResult(word);
      toSyscall(guest);
      assert.is(context.registers.get("x7"), word);
      space.mapAnonymous(0x5_0000n, 65536, "rw");
      toSyscall(guest);
      const stored = new BigUint64Array(space.read(0x2_0000n, 16).buffer);
      assert.equal([...stored], [word, word]);
    }
  });
});

states("keeps the flags of interleaved guests, and reports no single-step", () => {
  withGuest([code.loop(code.SYSCALL)], ({ platform, space }) => {
    const guests = [0n, FLAGS, 0x4000_0000n].map((flags) => {
      const context = contextAt(platform, CODE);
      context.registers.set("pstate", flags);
      return { context, flags };
    });
    for (let round = 0; round < 5; round++) {
      for (const { context, flags } of guests) {
        syscallOf(context.switch(space));
        assert.is(context.registers.get("pstate"), flags);
      }
    }
  });
});

states("refuses a pstate of the kernel, and can be used with a valid one", () => {
  withGuest([code.loop(code.SYSCALL)], (guest) => {
    const { registers } = guest.context;
    for (const mode of [0x5n, 0x3c0n]) {
      registers.set("pstate", mode);
      assert.is(thrown(TraceError, () => guest.context.switch(guest.space)).errno, "EINVAL");
      registers.set("pstate", 0n);
      toSyscall(guest);
    }
  });
});

/** Where the Z registers of a guest are in memory, and its P registers and FFR. */
const VECTORS = 0x10_0000n;
const PREDICATES = 0x10_4000n;
/** Their size: the largest size of a page. */
const REGION = 0x1_0000n;
const OUTPUT = VECTORS + REGION;

/** The struct user_sve_header of a regset in `Context.xstate`. */
function sveHeader({ xstate }: Context, offset = code.SVE_OFFSET) {
  const view = new DataView(xstate.buffer, xstate.byteOffset + offset, code.SVE_HEADER_SIZE);
  return {
    maxSize: view.getUint32(4, true),
    length: view.getUint16(8, true),
    maxLength: view.getUint16(10, true),
    flags: view.getUint16(12, true),
    setLength: (length: number) => view.setUint16(8, length, true),
  };
}

/** Contents of Z0 to Z31 with vectors of so many bytes, and of P0 to P15 and FFR, a bit a byte. */
function randomScalable(random: () => bigint, length: number): Scalable {
  const words = (bytes: number) => Array.from({ length: bytes / 8 + 1 }, random);
  const predicates = new Uint8Array(BigUint64Array.from(words(length * 2)).buffer);
  // Of FFR only the first bits may be 1.
  predicates.fill(0, length * 2, (length / 8) * 17);
  predicates.fill(0xff, length * 2, length * 2 + 1);
  return {
    vectors: new Uint8Array(BigUint64Array.from(words(length * 32)).buffer, 0, length * 32),
    predicates: predicates.subarray(0, (length / 8) * 17),
  };
}

interface Scalable {
  readonly vectors: Uint8Array;
  readonly predicates: Uint8Array;
}

function writeScalable(space: Subprocess, { registers }: Context, scalable: Scalable): void {
  space.mapAnonymous(VECTORS, REGION, "rw");
  space.write(VECTORS, scalable.vectors);
  space.write(PREDICATES, scalable.predicates);
  registers.set("x10", VECTORS);
  registers.set("x9", PREDICATES);
}

/** Continues a guest after its breakpoint, so that it stores its registers; returns them. */
function stored({ context, space }: Guest, { vectors, predicates }: Scalable): Scalable {
  const { registers } = context;
  space.mapAnonymous(OUTPUT, REGION, "rw");
  registers.set("pc", registers.get("pc") + 4n);
  registers.set("x10", OUTPUT);
  registers.set("x9", OUTPUT + 0x4000n);
  syscallOf(context.switch(space));
  return {
    vectors: space.read(OUTPUT, vectors.length),
    predicates: space.read(OUTPUT + 0x4000n, predicates.length),
  };
}

function toTrap({ context, space }: Guest): void {
  assert.is(signalOf(context.switch(space)).info.signal, constants.signals.SIGTRAP);
}

const KEEPS_SCALABLE = [
  ...[code.LOAD_SCALABLE, code.TRAP],
  ...[code.STORE_SCALABLE, code.READ_VECTOR_LENGTH, code.SYSCALL],
];

if (hasFeature("sve")) {
  states("keeps Z, P and FFR registers, with any length of vectors", () => {
    using platform = openPlatform();
    const random = randomWords(0x5eed_0011n);
    const first = load(platform, ...KEEPS_SCALABLE);
    const other = load(platform, ...KEEPS_SCALABLE).space;
    const { maxLength } = sveHeader(first.context);
    const guests = [16, maxLength, 32, 0].map((length) => {
      const context = contextAt(platform, CODE);
      const header = sveHeader(context);
      if (length !== 0) header.setLength(Math.min(length, maxLength));
      const scalable = randomScalable(random, length === 0 ? header.length : length);
      writeScalable(first.space, context, scalable);
      toTrap({ ...first, context });
      return { context, scalable };
    });
    for (const [i, { context, scalable }] of guests.entries()) {
      const space = i % 2 === 0 ? first.space : other;
      assert.equal(stored({ platform, space, context }, scalable), scalable, `guest ${i}`);
      assert.is(context.registers.get("x11"), BigInt(scalable.vectors.length / 32));
    }
  });

  states("keeps Z registers while calls are injected", () => {
    withGuest(KEEPS_SCALABLE, (guest) => {
      const scalable = randomScalable(randomWords(0x5eed_0012n), sveHeader(guest.context).length);
      writeScalable(guest.space, guest.context, scalable);
      toTrap(guest);
      for (let i = 0; i < 3; i++) guest.space.mapAnonymous(0x50_0000n, REGION, "rw");
      assert.equal(stored(guest, scalable), scalable);
    });
  });

  states("has the first 128 bits of Z registers at the start of xstate, too", () => {
    withGuest(KEEPS_SCALABLE, (guest) => {
      const { length } = sveHeader(guest.context);
      const scalable = randomScalable(randomWords(0x5eed_0013n), length);
      writeScalable(guest.space, guest.context, scalable);
      toTrap(guest);
      const { buffer } = scalable.vectors;
      const low = code.vectorWords(guest.context.xstate);
      for (let i = 0; i < 32; i++) {
        const words = new BigUint64Array(buffer, i * length, 2);
        assert.equal(low.slice(2 * i, 2 * i + 2), words);
        low.set([7n, BigInt(i)], 2 * i);
        words.set([7n, BigInt(i)]);
      }
      assert.equal(stored(guest, scalable), scalable);
    });
  });

  states("starts a guest with zeros where another one has used Z registers", () => {
    withGuest(KEEPS_SCALABLE, (guest) => {
      const { platform, space, context } = guest;
      const scalable = randomScalable(randomWords(0x5eed_0014n), sveHeader(context).length);
      writeScalable(space, context, scalable);
      toTrap(guest);
      const fresh = contextAt(platform, CODE + BigInt(code.LOAD_SCALABLE.length));
      toTrap({ ...guest, context: fresh });
      const { vectors, predicates } = stored({ ...guest, context: fresh }, scalable);
      assert.ok(vectors.every((byte) => byte === 0));
      assert.ok(predicates.every((byte) => byte === 0));
      assert.equal(stored(guest, scalable), scalable);
    });
  });

  states("refuses vectors of a length that does not exist, and can be used afterwards", () => {
    withGuest([code.loop(code.SYSCALL)], (guest) => {
      const { length } = sveHeader(guest.context);
      sveHeader(guest.context).setLength(0);
      assert.is(thrown(TraceError, () => guest.context.switch(guest.space)).errno, "EINVAL");
      sveHeader(guest.context).setLength(length);
      toSyscall(guest);
    });
  });
}

const MATRIX = 0x10_c000n;
const ROWS = 32;

/** Where in `Context.xstate` the regset NT_ARM_ZA is: after NT_ARM_SVE and NT_ARM_SSVE. */
function matrixHeader(context: Context) {
  const streaming = code.SVE_OFFSET + sveHeader(context).maxSize;
  return sveHeader(context, streaming + sveHeader(context, streaming).maxSize);
}

/** A guest with vectors of 32 bytes in streaming mode. */
const KEEPS_MATRIX = [
  ...[code.START_MATRIX, code.load("x10", MATRIX), code.rowsOfMatrix(ROWS, "load")],
  ...[code.load("x10", VECTORS), code.LOAD_SCALABLE, code.TRAP],
  ...[code.STORE_SCALABLE, code.READ_VECTOR_LENGTH, code.SYSCALL],
  ...[code.load("x10", MATRIX), code.rowsOfMatrix(ROWS, "store"), code.SYSCALL],
];

if (hasFeature("sme")) {
  states("keeps ZA, streaming mode and its registers", () => {
    withGuest(KEEPS_MATRIX, ({ platform, space }) => {
      const random = randomWords(0x5eed_0015n);
      const guests = Array.from({ length: 3 }, () => {
        const context = contextAt(platform, CODE);
        matrixHeader(context).setLength(ROWS);
        const scalable = randomScalable(random, ROWS);
        const rows = randomScalable(random, ROWS).vectors;
        writeScalable(space, context, scalable);
        space.write(MATRIX, rows);
        toTrap({ platform, space, context });
        return { context, scalable, rows };
      });
      const plain = contextAt(platform, CODE + BigInt(program(...KEEPS_MATRIX).length));
      space.write(plain.registers.get("pc"), program(code.READ_VECTOR_LENGTH, code.SYSCALL));
      for (const { context, scalable } of guests) {
        assert.equal(stored({ platform, space, context }, scalable), scalable);
        assert.is(context.registers.get("x11"), BigInt(ROWS));
      }
      toSyscall({ platform, space, context: plain });
      assert.is(plain.registers.get("x11"), BigInt(sveHeader(plain).length));
      for (const { context, rows } of guests) {
        space.mapAnonymous(VECTORS, REGION, "rw");
        toSyscall({ platform, space, context });
        assert.equal(space.read(MATRIX, rows.length), rows);
      }
    });
  });
}

if (hasFeature("paca") && hasFeature("pacg")) {
  states("signs and authenticates pointers with the same keys wherever a guest runs", () => {
    using platform = openPlatform();
    using another = openPlatform();
    const body = [code.SIGN, code.SYSCALL, code.AUTHENTICATE, code.SYSCALL];
    const [first, second, third] = [platform, platform, another].map((it) => load(it, ...body));
    assert.ok(first && second && third);
    for (const pointer of [0x1234_5678n, 0x7f_ffff_f000n, 0x2000n, 0x55_5540_0000n]) {
      const sign = ({ space, platform }: Guest) => {
        const context = contextAt(platform, CODE);
        context.registers.set("x19", pointer);
        context.registers.set("x20", pointer >> 3n);
        syscallOf(context.switch(space));
        return context;
      };
      const contexts = [first, second, third].map(sign);
      const signatures = contexts.map(({ registers }) =>
        ["x19", "x21"].map((name) => registers.get(name)),
      );
      assert.equal(signatures[1], signatures[0]);
      assert.equal(signatures[2], signatures[0]);
      const [context] = contexts;
      assert.ok(context);
      syscallOf(context.switch(second.space));
      assert.is(context.registers.get("x19"), pointer);
    }
  });
}

/** PROT_READ | PROT_EXEC | PROT_BTI */
const GUARDED = 0x15;
/** Of pstate: the kind of the last jump, 0 if the last instruction was another one. */
const JUMPED = 0xc00n;

if (hasFeature("bti")) {
  for (const [what, target, end] of [
    ["is killed at another instruction", [code.NOP, code.SYSCALL], "SIGILL"],
    ["goes on at a landing pad", [code.LANDING_PAD, code.SYSCALL], undefined],
  ] as const) {
    states(`a guest that jumps to a guarded page ${what}, after a fault, too`, () => {
      withGuest([code.JUMP_TO_BASE], (guest) => {
        const { context, space } = guest;
        context.registers.set(code.BASE, NOWHERE);
        assert.is(faultOf(context.switch(space)).access, "execute");
        assert.is.not(context.registers.get("pstate") & JUMPED, 0n);
        space.mapAnonymous(NOWHERE, PAGE, "rw");
        space.write(NOWHERE, program(...target));
        space.stub.call("mprotect", NOWHERE, PAGE, GUARDED);
        if (end === undefined) toSyscall(guest);
        else assert.is(signalOf(context.switch(space)).info.signal, constants.signals[end]);
      });
    });
  }
}

if (HOST_ARCH === "arm64") states.run();
