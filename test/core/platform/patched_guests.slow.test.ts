// What a guest with patched system calls sees and shows, and what it can do to others.

import type { GuestEvent } from "../../../src/index.ts";
import * as code from "../../support/amd64_code.ts";
import { by, type Drive, FAST } from "../../support/drives.ts";
import { lanePages, survives } from "../../support/guests.ts";
import { ELSEWHERE, fill, GETPID, HOT, heat, hot, open, TF } from "../../support/patching.ts";

const SEED = 0x5eed_0050n;

const all = suite("patched guests");
const patches = needs(all, { amd64: HOST_ARCH === "amd64" });

/** Adds a test by one way to drive stubs. */
const each = (drive: Drive, name: string, body: () => void | Promise<void>) =>
  patches(`${drive.name}: ${name}`, () => by(drive, body));

/** The state of a guest that a host can see after a switch. */
function stateOf({ context }: Guest, event: GuestEvent): unknown {
  return { event, registers: context.registers.dump() };
}

/** All flags that ptrace can write, too, but TF. */
const FLAGS = [0x1n, 0x4n, 0x10n, 0x40n, 0x80n, 0x400n, 0x800n, 0x4000n, 0x4_0000n];

/** Adds to every register but rax and rsp, makes system calls with all of them, and changes flags and vectors. */
const BUSY = code.loop(
  code.call(GETPID),
  ...code.GENERAL.filter((name) => name !== "rax" && name !== "rsp").map((name, i) =>
    code.add(name, 0x1234_567 * i + 1),
  ),
  code.call(0x7fff_ffff),
  code.STC,
  code.STD,
  ...[0, 1, 2].map((i) => code.addVector(i, i + 1)),
  code.call(0xffff_ffff),
  code.LOAD_RBX_GS,
  code.CLD,
  code.SYSCALL,
);

/** Does to a guest what hosts do between switches. The same words do the same. */
function meddle(guest: Guest, what: bigint, random: () => bigint): void {
  const { registers } = guest.context;
  if (what < 8n) {
    const name = code.GENERAL[Number(random() % 16n)] ?? "rax";
    registers.set(name, random());
  } else if (what < 12n) {
    const some = random();
    registers.set(
      "eflags",
      FLAGS.filter((_, i) => (some >> BigInt(i)) & 1n).reduce((sum, flag) => sum | flag, 0x202n),
    );
  } else if (what < 16n) {
    registers.set("gs_base", DATA + (random() % 500n) * 8n);
    registers.set("fs_base", random() % 2n ** 46n);
  } else if (what === 16n) {
    const { xstate } = guest.context;
    // XSTATE_BV: SSE counts, even if it was all zeros.
    xstate[512] = (xstate[512] ?? 0) | 2;
    code.vectorWords(xstate).set([random()], Number(random() % 8n));
  } else if (what === 17n) {
    guest.space.mapAnonymous(ELSEWHERE, PAGE, "rw");
  } else if (what === 18n) {
    guest.context.interrupt();
  } else if (what === 19n) {
    guest.space.unpatch();
  } else if (what === 20n) {
    registers.set("eflags", TF | 0x202n);
  } else if (what === 21n) {
    registers.set("rip", random());
  } else if (what === 22n) {
    process.kill(guest.space.pid, "SIGUSR1");
  }
}

for (const drive of FAST) {
  each(drive, `a guest sees and shows the same with patches and without`, () => {
    using patched = open();
    using plain = Platform.open();
    const [a, b] = [patched, plain].map((platform) => {
      const guest = loadReadOnly(platform, BUSY);
      guest.context.registers.set("gs_base", DATA);
      return guest;
    });
    if (a === undefined || b === undefined) throw new Error("no guests");
    const words = randomWords(SEED);
    writeWords(
      a.space,
      DATA,
      Array.from({ length: 512 }, (_, i) => BigInt(i)),
    );
    writeWords(
      b.space,
      DATA,
      Array.from({ length: 512 }, (_, i) => BigInt(i)),
    );
    let atOnce = 0;
    for (let i = 0; i < 6000; i++) {
      const [what, seed] = [words() % 256n, words()];
      const [one, other] = [a, b].map((guest) => {
        if (i >= 5 * HOT) meddle(guest, what, randomWords(seed));
        const state = stateOf(guest, guest.context.switch(guest.space));
        const vectors = seed % 16n === 0n ? [...code.vectorWords(guest.context.xstate)] : [];
        const { registers } = guest.context;
        // A fault or a lost rip: back to the loop.
        if (registers.get("rip") - CODE >= 200n) registers.set("rip", CODE);
        guest.context.setResult(seed);
        return { state, vectors };
      });
      assert.equal(one, other, `switch ${i}, seed ${SEED}, did ${what}`);
      if (a.space.patches.length === 3) atOnce++;
    }
    assert.ok(atOnce > 1000, `${atOnce}`);
  });
}

patches("keep registers and floating point of guests that take turns in a subprocess", () => {
  using platform = open();
  const first = hot(platform, code.add("rbx", 1), code.addVector(0, 1));
  const guests = [0n, 1n, 2n].map((index) => {
    const context = contextAt(platform, CODE);
    const guest = { ...first, context };
    const { xstate } = context;
    xstate[512] = (xstate[512] ?? 0) | 2;
    code.vectorWords(xstate).set([100n * index, 0n, index]);
    context.registers.set("rbx", 1000n * index);
    toSyscall(guest);
    return guest;
  });
  const random = randomWords(SEED);
  const rounds = [0n, 0n, 0n];
  for (let i = 0; i < 2000; i++) {
    const index = Number(random() % 3n);
    const guest = guests[index];
    if (guest === undefined) throw new Error("no guest");
    toSyscall(guest);
    const round = (rounds[index] ?? 0n) + 1n;
    rounds[index] = round;
    assert.is(guest.context.registers.get("rbx"), 1000n * BigInt(index) + round);
    if (random() % 4n !== 0n) continue;
    assert.is(code.vectorWords(guest.context.xstate)[0], BigInt(index) * (100n + round));
  }
  assert.equal(first.space.patches, [CODE]);
});

patches("leave a guest's floating point readable when its subprocess is released", () => {
  using platform = open();
  const { context, space } = hot(platform, code.addVector(0, 1));
  const { xstate } = context;
  xstate[512] = (xstate[512] ?? 0) | 2;
  code.vectorWords(xstate).set([0n, 0n, 1n]);
  for (let i = 0; i < 10; i++) syscallOf(context.switch(space));
  space.release();
  assert.is(code.vectorWords(context.xstate)[0], 10n);
});

patches("do not keep a guest from its deadline", () => {
  using platform = open();
  const guest = loadReadOnly(platform, code.loop(code.call(GETPID)), code.SPIN);
  heat(guest);
  const { context, space } = guest;
  for (let i = 0; i < 3; i++) {
    context.registers.set("rip", CODE + 12n);
    assert.equal(context.switch(space, { deadline: 10 }), {
      kind: "interrupt",
      reason: "deadline",
    });
    context.registers.set("rip", CODE);
    for (let k = 0; k < 3; k++) toSyscall(guest);
  }
  assert.equal(space.patches, [CODE]);
});

// Guests and processes that end badly.

patches("harm only the subprocess of a guest that overwrites the shared pages", () => {
  using platform = open({ deadline: 200 });
  const other = hot(platform);
  const random = randomWords(SEED + 1n);
  let harmed = 0;
  for (let round = 0; round < 60; round++) {
    const guest = hot(platform);
    const { context, space } = guest;
    const { shared, size, page } = lanePages(space);
    const header = shared + BigInt(size - PAGE);
    const anyOf = [0n, 1n, 2n, 3n, page, page + (random() % 4096n), shared, CODE, random()];
    const hostile = Array.from({ length: 12 }, () => {
      // The turn, what was found, what is loaded, the registers of a patched call.
      const at = header + 8n * (random() % 96n);
      const word = anyOf[Number(random() % BigInt(anyOf.length))] ?? 0n;
      return [...code.load("rax", word), ...code.storeResultTo(at)];
    });
    space.mapAnonymous(ELSEWHERE, PAGE, "rwx");
    space.write(ELSEWHERE, code.program(...hostile, code.load("rax", CODE), code.JUMP_TO_BASE));
    context.registers.set("rip", ELSEWHERE);
    if (!survives(context, space)) harmed++;
    context.release();
    space.release();
    toSyscall(other);
  }
  assert.ok(harmed < 60);
  hot(platform);
});

patches("harm only the subprocess of a guest that jumps into the code for them", () => {
  using platform = open({ deadline: 200 });
  const other = hot(platform);
  const random = randomWords(SEED + 2n);
  for (let round = 0; round < 150; round++) {
    const guest = hot(platform);
    const { context, space } = guest;
    const { page } = lanePages(space);
    fill(guest, random());
    context.registers.set("eflags", 0x202n);
    context.registers.set("rip", page + (random() % 0x700n));
    survives(context, space);
    context.release();
    space.release();
    toSyscall(other);
  }
});

patches("end with a DeathError if the stub is killed while its guest rests in one", () => {
  using platform = open();
  const { context, space } = hot(platform);
  process.kill(space.pid, "SIGKILL");
  assert.ok(context.xstate.length > 0);
  assert.is(thrown(DeathError, () => context.switch(space)).how, "killed by SIGKILL");
  const next = loadReadOnly(platform, code.call(GETPID));
  context.registers.set("rip", CODE);
  syscallOf(context.switch(next.space));
});
