import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Context, type Platform, TraceError } from "../src/index.ts";
import {
  CODE,
  contextAt,
  DATA,
  faultOf,
  type Guest,
  hasFeature,
  load,
  NOWHERE,
  openPlatform,
  readWords,
  selectors,
  syscallOf,
  toSyscall,
  withGuest,
  writeWords,
  xmmWords,
  ymmHighWords,
} from "./guests.ts";
import * as code from "./machine_code.ts";
import { randomWords } from "./random.ts";
import { thrown } from "./thrown.ts";

const SEED = 0x5eed_0010n;

const MAX = 2n ** 64n - 1n;

/** The registers that a system call preserves. */
const KEPT = code.GENERAL.filter((name) => !["rax", "rcx", "r11"].includes(name));

const states = suite("guest state");

states("resets the segment selectors, whatever their values", () => {
  withGuest([code.loop(code.SYSCALL)], (guest) => {
    const { context, space } = guest;
    const own = selectors(space.stub.thread.initial.dump());
    for (const garbage of [0n, 0x10n, 0x23n, 0xffffn, MAX]) {
      for (const name of Object.keys(own)) context.registers.set(name, garbage);
      toSyscall(guest);
      assert.equal(selectors(context.registers.dump()), own);
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

states("keeps every general register of interleaved guests", () => {
  withGuest([code.loop(code.SYSCALL)], ({ platform, space }) => {
    const random = randomWords(SEED + 2n);
    const guests = Array.from({ length: 4 }, () => contextAt(platform, CODE));
    const expected = guests.map(({ registers }) =>
      KEPT.map((name) => {
        const word = random();
        registers.set(name, word);
        return word;
      }),
    );
    for (let round = 0; round < 20; round++) {
      for (const [i, context] of guests.entries()) {
        syscallOf(context.switch(space));
        assert.equal(
          KEPT.map((name) => context.registers.get(name)),
          expected[i],
        );
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
        xmm: xmmWords(xstate).every((word) => word === 0n),
      };
    };
    const fresh = { controlWord: 0x37f, mxcsr: 0x1f80, x87: true, xmm: true };
    assert.equal(look(), fresh);
    toSyscall(guest);
    assert.equal(look(), fresh);
  });
});

const INDICES = Array.from({ length: 16 }, (_, i) => i);

/** Two guests in one address space that take turns adding to their vector registers. */
function interleaveVectors(
  load: (register: number, displacement: number) => code.Code,
  addTo: (to: number, from: number) => code.Code,
  wordsOf: (context: Context) => bigint[],
  wordsEach: number,
): void {
  const loads = INDICES.map((i) => load(i, 8 * wordsEach * i));
  const adds = code.loop(code.SYSCALL, ...INDICES.map((i) => addTo(i, (i + 1) % 16)));
  withGuest([...loads, adds], ({ platform, space }) => {
    const random = randomWords(SEED + 3n);
    const guests = [0, 1].map((which) => {
      const context = contextAt(platform, CODE);
      const words = Array.from({ length: 16 * wordsEach }, random);
      const address = DATA + BigInt(1024 * which);
      writeWords(space, address, words);
      context.registers.set("rax", address);
      return { context, words };
    });
    for (let round = 0; round < 50; round++) {
      for (const { context, words } of guests) {
        syscallOf(context.switch(space));
        assert.equal(wordsOf(context), words, `round ${round}`);
        for (const i of INDICES) {
          const from = ((i + 1) % 16) * wordsEach;
          for (let k = 0; k < wordsEach; k++) {
            const sum = (words[i * wordsEach + k] ?? 0n) + (words[from + k] ?? 0n);
            words[i * wordsEach + k] = sum & MAX;
          }
        }
      }
    }
  });
}

states("keeps the XMM registers of interleaved guests", () => {
  const wordsOf = ({ xstate }: Context) => [...xmmWords(xstate)];
  interleaveVectors(code.loadXmmAtRax, code.addXmm, wordsOf, 2);
});

const avx = hasFeature("avx2") ? states : states.skip;

avx("keeps the YMM registers of interleaved guests", () => {
  const wordsOf = ({ xstate }: Context) => {
    const [low, high] = [xmmWords(xstate), ymmHighWords(xstate)];
    return INDICES.flatMap((i) => [
      ...low.subarray(2 * i, 2 * i + 2),
      ...high.subarray(2 * i, 2 * i + 2),
    ]);
  };
  interleaveVectors(code.loadYmmAtRax, code.addYmm, wordsOf, 4);
});

states("moves a context to another address space with all its state", () => {
  using platform = openPlatform();
  const body = [code.loadXmmAtRax(0, 0), code.loop(code.addXmm(1, 0), code.SYSCALL)];
  const { context, space } = load(platform, ...body);
  const other = load(platform, ...body).space;
  const random = randomWords(SEED + 4n);
  const [low, high] = [random(), random()];
  writeWords(space, DATA, [low, high]);
  for (const name of KEPT) context.registers.set(name, random());
  context.registers.set("rax", DATA);
  context.registers.set("fs_base", 0x1234_5000n);
  syscallOf(context.switch(space));
  const before = context.registers.dump();
  const expected = xmmWords(context.xstate).slice(2, 4);
  for (let i = 0; i < 20; i++) {
    syscallOf(context.switch(i % 2 === 0 ? other : space));
    assert.equal(context.registers.dump(), before);
    expected.set(expected.map((word, k) => word + (k === 0 ? low : high)));
    assert.equal(xmmWords(context.xstate).slice(2, 4), expected);
  }
});

/** Loads XMM0 from the data page, and stores it there after each system call. */
const KEEPS_XMM = [
  code.loadXmmAtRax(0, 0),
  code.loop(code.SYSCALL, code.load("rax", DATA + 64n), code.storeXmmAtRax(0, 0)),
];

/** A guest that has loaded two random words to XMM0, and these words. */
function withXmm(platform: Platform): Guest & { words: bigint[] } {
  const guest = load(platform, ...KEEPS_XMM);
  const words = [0x1111_2222_3333_4444n, 0x5555_6666_7777_8888n];
  writeWords(guest.space, DATA, words);
  guest.context.registers.set("rax", DATA);
  toSyscall(guest);
  return { ...guest, words };
}

const xmm0 = ({ xstate }: Context) => [...xmmWords(xstate).subarray(0, 2)];

states("passes floating point that was changed between two switches to the guest", () => {
  using platform = openPlatform();
  const guest = withXmm(platform);
  for (let i = 1n; i <= 10n; i++) {
    xmmWords(guest.context.xstate).set([i, i + 100n]);
    toSyscall(guest);
    assert.equal(readWords(guest.space, DATA + 64n, 2), [i, i + 100n]);
    assert.equal(xmm0(guest.context), [i, i + 100n]);
    toSyscall(guest);
    assert.equal(readWords(guest.space, DATA + 64n, 2), [i, i + 100n]);
  }
});

states("keeps floating point while calls are injected and other guests run", () => {
  using platform = openPlatform();
  const guest = withXmm(platform);
  const other = contextAt(platform, CODE);
  other.registers.set("rax", DATA + 1024n);
  for (let i = 0; i < 10; i++) {
    guest.space.mapAnonymous(NOWHERE, 4096, "rw");
    if (i % 2 === 0) syscallOf(other.switch(guest.space));
    toSyscall(guest);
    assert.equal(readWords(guest.space, DATA + 64n, 2), guest.words);
    other.registers.set("rip", CODE);
  }
});

for (const [what, lose] of Object.entries({
  released: ({ space }: Guest): void => space.release(),
  killed: ({ space }: Guest): boolean => process.kill(space.pid, "SIGKILL"),
  "killed and released": ({ space }: Guest) => {
    process.kill(space.pid, "SIGKILL");
    space.release();
  },
  closed: ({ space }: Guest) => space.stub.close(),
  "detached and closed": ({ space }: Guest) => {
    space.stub.detach();
    space.stub.close();
  },
})) {
  states(`keeps the state of a guest whose subprocess is ${what}`, () => {
    using platform = openPlatform();
    const guest = withXmm(platform);
    const before = guest.context.registers.dump();
    lose(guest);
    assert.equal(guest.context.registers.dump(), before);
    assert.equal(xmm0(guest.context), guest.words);
    const { space } = load(platform, ...KEEPS_XMM);
    syscallOf(guest.context.switch(space));
    assert.equal(readWords(space, DATA + 64n, 2), guest.words);
  });
}

states("moves floating point that nobody looked at to another address space", () => {
  using platform = openPlatform();
  const guest = withXmm(platform);
  const { space } = load(platform, ...KEEPS_XMM);
  for (let i = 0; i < 4; i++) {
    syscallOf(guest.context.switch(i % 2 === 0 ? space : guest.space));
    assert.equal(readWords(space, DATA + 64n, 2), guest.words);
  }
});

states("starts every guest of a reused subprocess with its own state", () => {
  using platform = openPlatform();
  for (let i = 0; i < 3; i++) {
    const { context, space } = load(
      platform,
      code.load("rax", DATA),
      code.storeXmmAtRax(0, 0),
      code.SYSCALL,
    );
    syscallOf(context.switch(space));
    assert.equal(readWords(space, DATA, 2), [0n, 0n]);
    context.release();
    space.release();
    const guest = withXmm(platform);
    guest.space.release();
  }
});

states("passes a single register that was changed between two switches", () => {
  const stored = code.GENERAL.filter((name) => !["rax", "rsp", "rcx", "r11"].includes(name));
  const body = [
    code.load("rax", DATA),
    ...stored.map((name, i) => code.storeAtRax(name, 8 * i)),
    code.SYSCALL,
  ];
  withGuest([code.loop(...body)], (guest) => {
    const expected = stored.map(() => 0n);
    const random = randomWords(SEED + 5n);
    toSyscall(guest);
    for (const [i, name] of stored.entries()) {
      expected[i] = random();
      guest.context.registers.set(name, expected[i]);
      toSyscall(guest);
      assert.equal(readWords(guest.space, DATA, stored.length), expected);
    }
  });
});

states("does not mix up the faults of two address spaces", () => {
  using platform = openPlatform();
  const { context, space } = load(platform, code.loadRaxFrom(NOWHERE));
  const other = load(platform, code.loadRaxFrom(NOWHERE)).space;
  assert.is(faultOf(context.switch(space)).access, "read");
  assert.is(faultOf(context.switch(other)).access, "read");
  other.release();
  assert.is(faultOf(context.switch(space)).access, "read");
  assert.is(faultOf(context.switch(space)).access, "write");
});

states.run();
