// Where system calls are patched, and when that is undone: `Platform.open({ patches: true })`.

import { readSync } from "node:fs";
import type { Protection } from "../../../src/index.ts";
import * as code from "../../support/amd64_code.ts";
import { ELSEWHERE, GETPID, HOT, heat, hot, open } from "../../support/patching.ts";

/** The pages at one of which the table of jumps is. */
const [TABLES, TABLE_COUNT] = [0x050f_0000n, 16];

const all = suite("patches");
const patches = needs(all, { amd64: HOST_ARCH === "amd64" });

patches("are made where the same system call was seen often", () => {
  using platform = open();
  const guest = loadReadOnly(platform, code.loop(code.call(GETPID)));
  for (let i = 0; i < HOT; i++) toSyscall(guest);
  assert.equal(guest.space.patches, []);
  toSyscall(guest);
  assert.equal(guest.space.patches, [CODE]);
  using plain = Platform.open({ lane: "fast" });
  const other = loadReadOnly(plain, code.loop(code.call(GETPID)));
  for (let i = 0; i < 2 * HOT; i++) toSyscall(other);
  assert.equal(other.space.patches, []);
});

for (const [what, protection] of [
  ["the guest can write", "rwx"],
  ["the guest cannot read", "x"],
] as const satisfies readonly (readonly [string, Protection])[]) {
  patches(`are not made in memory that ${what}`, () => {
    using platform = open();
    const guest = load(platform, code.loop(code.call(GETPID)));
    guest.space.protect(CODE, PAGE, protection);
    heat(guest);
    assert.equal(guest.space.patches, []);
  });
}

patches("are not made in a shared file, which would be changed", () => {
  using platform = open();
  const bytes = new Uint8Array(PAGE);
  bytes.set(code.program(code.loop(code.call(GETPID))));
  const fd = temporaryFile(bytes);
  const { space } = load(platform, code.NOP);
  space.mapFile(FILE, PAGE, "rx", { fd });
  const context = contextAt(platform, FILE);
  heat({ platform, space, context });
  assert.equal(space.patches, []);
  const now = new Uint8Array(PAGE);
  readSync(fd, now, 0, PAGE, 0);
  assert.equal(now, bytes);
  closeSync(fd);
});

patches("are not made of other instructions before a SYSCALL", () => {
  using platform = open();
  const others: readonly code.Code[] = [
    // mov ecx, 39
    [0xb9, 39, 0, 0, 0, ...code.SYSCALL],
    // mov rax, 39
    [0x48, 0xc7, 0xc0, 39, 0, 0, 0, ...code.SYSCALL],
    [...code.load("rax", 39n), ...code.SYSCALL],
    [0xb8, 39, 0, 0, 0, ...code.NOP, ...code.SYSCALL],
  ];
  for (const other of others) {
    const guest = loadReadOnly(platform, code.loop(other));
    heat(guest);
    assert.equal(guest.space.patches, []);
    guest.space.release();
  }
});

patches("are made across two pages if the guest can write neither", () => {
  using platform = open();
  for (let before = 1; before < 7; before++) {
    for (const second of ["rx", "rwx"] as const) {
      const { space } = load(platform, code.NOP);
      const at = ELSEWHERE + BigInt(PAGE - before);
      space.mapAnonymous(ELSEWHERE, 2 * PAGE, "rwx");
      space.write(at, code.program(code.loop(code.call(GETPID))));
      space.protect(ELSEWHERE, PAGE, "rx");
      space.protect(ELSEWHERE + BigInt(PAGE), PAGE, second);
      const guest = { platform, space, context: contextAt(platform, at) };
      heat(guest);
      assert.equal(space.patches, second === "rx" ? [at] : [], `${before} bytes before ${second}`);
      for (let i = 0; i < 3; i++) assert.is(toSyscall(guest).number, GETPID);
      space.release();
    }
  }
});

patches("are made at the begin and at the end of a mapping", () => {
  using platform = open();
  const { space } = load(platform, code.NOP);
  const page = new Uint8Array(PAGE);
  const [begin, end] = [ELSEWHERE, ELSEWHERE + BigInt(PAGE - 7)];
  for (const at of [0, PAGE - 7]) page.set(code.call(GETPID), at);
  space.mapAnonymous(ELSEWHERE, PAGE, "rw");
  space.write(ELSEWHERE, page);
  space.protect(ELSEWHERE, PAGE, "rx");
  const context = contextAt(platform, ELSEWHERE);
  for (const at of [begin, end]) {
    for (let i = 0; i < HOT + 3; i++) {
      context.registers.set("rip", at);
      assert.is(syscallOf(context.switch(space)).number, GETPID);
      assert.is(context.registers.get("rip"), at + 7n);
    }
  }
  assert.equal(space.patches, [begin, end]);
  space.unpatch();
  assert.equal(space.stub.read(ELSEWHERE, PAGE), page);
});

patches("are at most 64, and other system calls are made by signals", () => {
  using platform = open();
  const calls = Array.from({ length: 70 }, (_, i) => code.call(1000 + i));
  const guest = loadReadOnly(platform, code.loop(...calls));
  for (let i = 0; i < 70 * (HOT + 3); i++) assert.is(toSyscall(guest).number, 1000 + (i % 70));
  assert.is(guest.space.patches.length, 64);
  guest.space.unpatch();
  assert.equal(guest.space.patches, []);
  for (let i = 0; i < 70 * (HOT + 3); i++) assert.is(toSyscall(guest).number, 1000 + (i % 70));
  assert.is(guest.space.patches.length, 64);
});

/** What a guest's memory is at the code page, and that of its process. */
function seen({ space }: Guest): [Uint8Array, Uint8Array] {
  return [space.read(CODE, 16), space.stub.read(CODE, 16)];
}

for (const [what, undo] of [
  ["the host asks for it", (guest) => guest.space.unpatch()],
  ["its page is protected", ({ space }) => space.protect(CODE, PAGE, "rwx")],
  ["calls are batched", ({ space }) => space.batch().run()],
  ["the table is mapped over", ({ space }) => space.mapAnonymous(TABLES, PAGE, "rw")],
  ["the table is protected", ({ space }) => space.protect(CODE, TABLES, "rx")],
] as const satisfies readonly (readonly [string, (guest: Guest) => void])[]) {
  patches(`are undone if ${what}, and a guest that rests there goes on`, () => {
    using platform = open();
    const guest = hot(platform, code.add("rbx", 1));
    const [before, patched] = seen(guest);
    assert.not.equal(before, patched);
    const count = guest.context.registers.get("rbx");
    if (what === "the table is protected") thrown(SyscallError, () => undo(guest));
    else undo(guest);
    assert.equal(guest.space.patches, []);
    assert.equal(seen(guest), [before, before]);
    for (let i = 1n; i < 2 * HOT; i++) {
      assert.is(toSyscall(guest).number, GETPID);
      assert.is(guest.context.registers.get("rbx"), count + i);
    }
  });
}

patches("stay if other pages are mapped, protected, unmapped or written", () => {
  using platform = open();
  const guest = hot(platform);
  const { space } = guest;
  space.mapAnonymous(ELSEWHERE, PAGE, "rw");
  space.write(ELSEWHERE, Uint8Array.of(1));
  space.protect(ELSEWHERE, PAGE, "r");
  space.unmap(ELSEWHERE, PAGE);
  assert.equal(space.patches, [CODE]);
  toSyscall(guest);
});

patches("disappear with their memory, which may be mapped again", () => {
  using platform = open();
  const guest = hot(platform);
  const { context, space } = guest;
  space.unmap(CODE, PAGE);
  assert.equal(space.patches, []);
  faultOf(context.switch(space));
  space.mapAnonymous(CODE, PAGE, "rw");
  space.write(CODE, code.program(code.loop(code.call(7))));
  space.protect(CODE, PAGE, "rx");
  context.registers.set("rip", CODE);
  for (let i = 0; i < 2 * HOT; i++) assert.is(toSyscall(guest).number, 7);
  assert.equal(space.patches, [CODE]);
});

patches("cannot be written over, as the memory of a guest that it cannot write", () => {
  using platform = open();
  const guest = hot(platform);
  thrown(MemoryError, () => guest.space.write(CODE + 2n, Uint8Array.of(1)));
  toSyscall(guest);
});

patches("are hidden from a read of a part of them", () => {
  using platform = open();
  const { space } = hot(platform);
  const whole = space.read(CODE, 12);
  for (let from = 0; from < 7; from++) {
    for (let to = from + 1; to <= 9; to++) {
      assert.equal(space.read(CODE + BigInt(from), to - from), whole.slice(from, to));
    }
  }
});

patches("use another address of the table if the guest has memory at one, or none", () => {
  using platform = open();
  for (const taken of [1, 15, 16]) {
    const guest = loadReadOnly(platform, code.loop(code.call(GETPID)));
    const { space } = guest;
    for (let i = 0; i < taken; i++) space.mapAnonymous(TABLES + BigInt(i * PAGE), PAGE, "rw");
    heat(guest);
    for (let i = 0; i < 3; i++) assert.is(toSyscall(guest).number, GETPID);
    assert.equal(space.patches, taken < TABLE_COUNT ? [CODE] : []);
    space.release();
  }
});

patches("do not survive a release", () => {
  using platform = open();
  const first = hot(platform);
  first.space.release();
  const guest = load(platform, code.loop(code.call(GETPID)));
  assert.is(guest.space.pid, first.space.pid);
  assert.equal(guest.space.patches, []);
  heat(guest);
  assert.equal(guest.space.patches, []);
});

patches("leave a jump to the SYSCALL as it is", () => {
  using platform = open();
  const guest = hot(platform);
  const { context, space } = guest;
  for (let i = 0; i < 3; i++) {
    context.registers.set("rip", CODE + 5n);
    context.registers.set("rax", 1234n);
    assert.is(toSyscall(guest).number, 1234);
    assert.is(context.registers.get("rip"), CODE + 7n);
    assert.is(toSyscall(guest).number, GETPID);
  }
  assert.equal(space.patches, [CODE]);
});
