import type { Context } from "../../../src/index.ts";
import { interleaveVectors } from "../../support/interleaved_vectors.ts";

const SEED = 0x5eed_0010n;

const states = suite("guest state");

states("keeps every general register of interleaved guests", () => {
  withGuest([asm.loop(asm.SYSCALL)], ({ platform, space }) => {
    const random = randomWords(SEED + 2n);
    const guests = Array.from({ length: 4 }, () => contextAt(platform, CODE));
    const expected = guests.map(({ registers }) =>
      asm.KEPT.map((name) => {
        const word = random();
        registers.set(name, word);
        return word;
      }),
    );
    for (let round = 0; round < 20; round++) {
      for (const [i, context] of guests.entries()) {
        syscallOf(context.switch(space));
        lists(asm.KEPT, expected[i], (name) => context.registers.get(name));
      }
    }
  });
});

states("keeps the vector registers of interleaved guests", () => {
  interleaveVectors({
    count: asm.VECTORS,
    words: 2,
    load: asm.loadVector,
    add: asm.addVector,
    read: (xstate) => [...asm.vectorWords(xstate)],
  });
});

states("moves a context to another address space with all its state", () => {
  using platform = openPlatform();
  const body = [asm.loadVector(0, 0), asm.loop(asm.addVector(1, 0), asm.SYSCALL)];
  const { context, space } = load(platform, ...body);
  const other = load(platform, ...body).space;
  const random = randomWords(SEED + 4n);
  const [low, high] = [random(), random()];
  writeWords(space, DATA, [low, high]);
  for (const name of asm.KEPT) context.registers.set(name, random());
  context.registers.set(asm.BASE, DATA);
  syscallOf(context.switch(space));
  const before = context.registers.dump();
  const expected = asm.vectorWords(context.xstate).slice(2, 4);
  for (let i = 0; i < 20; i++) {
    syscallOf(context.switch(i % 2 === 0 ? other : space));
    assert.equal(context.registers.dump(), before);
    expected.set(expected.map((word, k) => word + (k === 0 ? low : high)));
    assert.equal(asm.vectorWords(context.xstate).slice(2, 4), expected);
  }
});

/** Loads vector register 0 from the data page, and stores it there after each system call. */
const KEEPS_VECTOR = [
  asm.loadVector(0, 0),
  asm.loop(asm.SYSCALL, asm.load(asm.BASE, DATA + 64n), asm.storeVector(0, 0)),
];

/** A guest that has loaded two random words to vector register 0, and these words. */
function withVector(platform: Platform): Guest & { words: bigint[] } {
  const guest = load(platform, ...KEEPS_VECTOR);
  const words = [0x1111_2222_3333_4444n, 0x5555_6666_7777_8888n];
  writeWords(guest.space, DATA, words);
  guest.context.registers.set(asm.BASE, DATA);
  toSyscall(guest);
  return { ...guest, words };
}

const vector0 = ({ xstate }: Context) => [...asm.vectorWords(xstate).subarray(0, 2)];

states("passes floating point that was changed between two switches to the guest", () => {
  using platform = openPlatform();
  const guest = withVector(platform);
  for (let i = 1n; i <= 10n; i++) {
    asm.vectorWords(guest.context.xstate).set([i, i + 100n]);
    toSyscall(guest);
    assert.equal(readWords(guest.space, DATA + 64n, 2), [i, i + 100n]);
    assert.equal(vector0(guest.context), [i, i + 100n]);
    toSyscall(guest);
    assert.equal(readWords(guest.space, DATA + 64n, 2), [i, i + 100n]);
  }
});

states("keeps floating point while calls are injected and other guests run", () => {
  using platform = openPlatform();
  const guest = withVector(platform);
  const other = contextAt(platform, CODE);
  other.registers.set(asm.BASE, DATA + 1024n);
  for (let i = 0; i < 10; i++) {
    guest.space.mapAnonymous(NOWHERE, PAGE, "rw");
    if (i % 2 === 0) syscallOf(other.switch(guest.space));
    toSyscall(guest);
    assert.equal(readWords(guest.space, DATA + 64n, 2), guest.words);
    other.registers.set(HOST_MACHINE.instructionPointer, CODE);
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
    const guest = withVector(platform);
    const before = guest.context.registers.dump();
    lose(guest);
    assert.equal(guest.context.registers.dump(), before);
    assert.equal(vector0(guest.context), guest.words);
    const { space } = load(platform, ...KEEPS_VECTOR);
    syscallOf(guest.context.switch(space));
    assert.equal(readWords(space, DATA + 64n, 2), guest.words);
  });
}

states("moves floating point that nobody looked at to another address space", () => {
  using platform = openPlatform();
  const guest = withVector(platform);
  const { space } = load(platform, ...KEEPS_VECTOR);
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
      asm.load(asm.BASE, DATA),
      asm.storeVector(0, 0),
      asm.SYSCALL,
    );
    syscallOf(context.switch(space));
    assert.equal(readWords(space, DATA, 2), [0n, 0n]);
    context.release();
    space.release();
    const guest = withVector(platform);
    guest.space.release();
  }
});

states("passes a single register that was changed between two switches", () => {
  const stored = asm.KEPT.filter((name) => ![asm.BASE, asm.STACK].includes(name));
  const body = [
    asm.load(asm.BASE, DATA),
    ...stored.map((name, i) => asm.storeAtBase(name, 8 * i)),
    asm.SYSCALL,
  ];
  withGuest([asm.loop(...body)], (guest) => {
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
  const { context, space } = load(platform, asm.loadNumberFrom(NOWHERE));
  const other = load(platform, asm.loadNumberFrom(NOWHERE)).space;
  assert.is(faultOf(context.switch(space)).access, "read");
  assert.is(faultOf(context.switch(other)).access, "read");
  other.release();
  assert.is(faultOf(context.switch(space)).access, "read");
  assert.is(faultOf(context.switch(space)).access, "write");
});
