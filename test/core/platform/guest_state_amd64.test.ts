import { TraceError } from "../../../src/index.ts";
import * as code from "../../support/amd64_code.ts";
import { interleaveVectors } from "../../support/interleaved_vectors.ts";

const MAX = 2n ** 64n - 1n;

const states = suite("guest state of amd64");

states("resets the segment selectors, whatever their values", () => {
  withGuest([code.loop(code.SYSCALL)], (guest) => {
    const { context, space } = guest;
    const own = code.selectors(space.stub.thread.initial.dump());
    for (const garbage of [0n, 0x10n, 0x23n, 0xffffn, MAX]) {
      for (const name of Object.keys(own)) context.registers.set(name, garbage);
      toSyscall(guest);
      assert.equal(code.selectors(context.registers.dump()), own);
    }
  });
});

states("refuses a base outside user space, and can be used with a valid one", () => {
  withGuest([code.loop(code.SYSCALL)], (guest) => {
    const { registers } = guest.context;
    for (const name of ["fs_base", "gs_base"]) {
      registers.set(name, MAX);
      const error = thrown(TraceError, () => guest.context.switch(guest.space));
      assert.is(error.errno, "EIO");
      registers.set(name, 0n);
      toSyscall(guest);
    }
  });
});

states("refuses an invalid XSAVE area, and changes nothing", () => {
  withGuest([code.loop(code.SYSCALL)], (guest) => {
    const { context } = guest;
    const good = context.xstate.slice();
    // Reserved bits of MXCSR.
    context.xstate.fill(0xff, 24, 28);
    assert.is(thrown(TraceError, () => guest.context.switch(guest.space)).errno, "EINVAL");
    context.xstate.set(good);
    toSyscall(guest);
  });
});

states("keeps fs_base and gs_base of each guest apart", () => {
  const loads = [code.LOAD_RAX_FS, code.LOAD_RBX_GS, code.SYSCALL];
  withGuest([code.loop(...loads)], ({ platform, space }) => {
    writeWords(
      space,
      DATA,
      Array.from({ length: 64 }, (_, i) => 1000n + BigInt(i)),
    );
    const guests = Array.from({ length: 8 }, (_, i) => {
      const context = contextAt(platform, CODE);
      context.registers.set("fs_base", DATA + BigInt(8 * i));
      context.registers.set("gs_base", DATA + BigInt(8 * (63 - i)));
      return context;
    });
    for (let round = 0; round < 10; round++) {
      for (const [i, context] of guests.entries()) {
        assert.is(syscallOf(context.switch(space)).number, 1000 + i);
        assert.is(context.registers.get("rbx"), 1000n + BigInt(63 - i));
        assert.is(context.registers.get("fs_base"), DATA + BigInt(8 * i));
        assert.is(context.registers.get("gs_base"), DATA + BigInt(8 * (63 - i)));
      }
    }
  });
});

states("keeps the flags of interleaved guests", () => {
  const set = code.loop(code.LODSQ, code.SYSCALL);
  withGuest([code.STD, code.STC, set], ({ context, platform, space }) => {
    space.write(CODE + 128n, Uint8Array.from([...code.CLD, ...code.CLC, ...set]));
    const up = contextAt(platform, CODE + 128n);
    const [CF, DF] = [0x1n, 0x400n];
    context.registers.set("rsi", DATA + 2048n);
    up.registers.set("rsi", DATA + 2048n);
    for (let i = 1n; i <= 100n; i++) {
      syscallOf(context.switch(space));
      assert.is(context.registers.get("eflags") & (CF | DF), CF | DF);
      assert.is(context.registers.get("rsi"), DATA + 2048n - 8n * i);
      syscallOf(up.switch(space));
      assert.is(up.registers.get("eflags") & (CF | DF), 0n);
      assert.is(up.registers.get("rsi"), DATA + 2048n + 8n * i);
    }
  });
});

states("starts a guest with the floating point of a new process", () => {
  withGuest([code.loop(code.SYSCALL)], (guest) => {
    const look = () => {
      const { xstate } = guest.context;
      const legacy = new DataView(xstate.buffer, xstate.byteOffset, 512);
      return {
        controlWord: legacy.getUint16(0, true),
        mxcsr: legacy.getUint32(24, true),
        x87: [...xstate.subarray(32, 160)].every((byte) => byte === 0),
        xmm: code.vectorWords(xstate).every((word) => word === 0n),
      };
    };
    const fresh = { controlWord: 0x37f, mxcsr: 0x1f80, x87: true, xmm: true };
    assert.equal(look(), fresh);
    toSyscall(guest);
    assert.equal(look(), fresh);
  });
});

const avx = needs(states, { AVX2: hasFeature("avx2") });

avx("keeps the YMM registers of interleaved guests", () => {
  interleaveVectors({
    count: code.VECTORS,
    words: 4,
    load: code.loadYmm,
    add: code.addYmm,
    read: (xstate) => {
      const [low, high] = [code.vectorWords(xstate), code.ymmHighWords(xstate)];
      return Array.from({ length: code.VECTORS }, (_, i) => [
        ...low.subarray(2 * i, 2 * i + 2),
        ...high.subarray(2 * i, 2 * i + 2),
      ]).flat();
    },
  });
});

if (HOST_ARCH === "amd64") states.run();
