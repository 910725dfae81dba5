import { suite } from "uvu";
import * as assert from "uvu/assert";
import { TraceError } from "../src/index.ts";
import { HOST_ARCH } from "../src/shim/host_arch.ts";
import * as code from "./arm64_code.ts";
import {
  CODE,
  contextAt,
  type Guest,
  load,
  openPlatform,
  syscallOf,
  toSyscall,
  withGuest,
} from "./guests.ts";
import { thrown } from "./thrown.ts";

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

states(
  "keeps x7, which the kernel hides at a system call, and passes a new one to the guest",
  () => {
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
  },
);

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

if (HOST_ARCH === "arm64") states.run();
