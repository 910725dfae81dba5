// Signals that reach a guest in a patched system call: where it is, only its lane knows.

import { Worker } from "node:worker_threads";
import type { GuestEvent } from "../../../src/index.ts";
import type { Signaling } from "../../hosts/signaling.ts";
import * as code from "../../support/amd64_code.ts";
import { by, type Drive, FAST } from "../../support/drives.ts";
import { lanePages } from "../../support/guests.ts";
import { ELSEWHERE, fill, GETPID, heat, hot, MAX, open } from "../../support/patching.ts";

const SEED = 0x5eed_0050n;
const [SIGTRAP, SIGUSR1, SIGALRM] = [5, 10, 14];

const all = suite("patched signals");
const patches = needs(all, { amd64: HOST_ARCH === "amd64" });

/** Adds a test by one way to drive stubs. */
const each = (drive: Drive, name: string, body: () => void | Promise<void>) =>
  patches(`${drive.name}: ${name}`, () => by(drive, body));

/** The begin of struct sigcontext. */
const FRAME_REGISTERS = [
  ..."r8 r9 r10 r11 r12 r13 r14 r15 rdi rsi".split(" "),
  ..."rbp rbx rdx rax rcx rsp rip eflags".split(" "),
];

/** The registers that the kernel has saved for a guest without a tracer, as a host would resume it. */
function interrupted({ space }: Guest): Map<string, bigint> {
  const { shared, size } = lanePages(space);
  const [ucontext = 0n] = readWords(space, shared + BigInt(size - PAGE + 64), 1);
  const words = readWords(space, ucontext + 40n, FRAME_REGISTERS.length);
  return new Map(FRAME_REGISTERS.map((name, i) => [name, words[i] ?? 0n]));
}

patches("may be interrupted at every instruction before the system call", () => {
  using platform = open();
  const guest = hot(platform);
  const { context, space } = guest;
  const before = { ...fill(guest, SEED), rip: CODE + 5n, rax: BigInt(GETPID), orig_rax: MAX };
  let steps = 0;
  for (let event = context.switch(space); event.kind === "signal"; event = context.switch(space)) {
    assert.is(event.info.code, 2, "TRAP_TRACE");
    assert.is(event.info.address, CODE + 5n);
    assert.equal(context.registers.dump(), before, `step ${steps}`);
    // On from where it is, not from where it seems to be.
    for (const [name, word] of interrupted(guest)) context.registers.set(name, word);
    steps++;
  }
  assert.ok(steps > 30, `${steps}`);
  const after = {
    rip: CODE + 7n,
    rcx: CODE + 7n,
    r11: context.registers.get("eflags"),
    orig_rax: BigInt(GETPID),
  };
  assert.equal(context.registers.dump(), { ...before, ...after });
  context.registers.set("eflags", 0x202n);
  assert.is(signalOf(context.switch(space)).info.signal, SIGTRAP, "that of the last step");
  toSyscall(guest);
});

patches("may be interrupted at every instruction after the system call", () => {
  using platform = open();
  const guest = hot(platform);
  const { context, space } = guest;
  const { shared, size, page } = lanePages(space);
  const bytes = space.read(page, PAGE);
  // lea flags(%rip), %rsp; popf
  const leave = bytes.findIndex(
    (_, i) => [0x48, 0x8d, 0x25].every((byte, k) => bytes[i + k] === byte) && bytes[i + 7] === 0x9d,
  );
  // Makes a signal frame, in which the guest can be moved.
  assert.ok(context.xstate.length > 0);
  const after = fill(guest, SEED);
  const words = FRAME_REGISTERS.map((name) => after[name] ?? 0n);
  space.stub.write(
    shared + BigInt(size - PAGE + 512),
    new Uint8Array(BigUint64Array.from(words).buffer),
  );
  context.registers.set("rip", page + BigInt(leave));
  let steps = 0;
  for (;;) {
    const given = { ...context.registers.dump(), orig_rax: MAX };
    const { info } = signalOf(context.switch(space));
    assert.is(info.code, 2, "TRAP_TRACE");
    if (context.registers.get("rip") === CODE) break;
    assert.equal(context.registers.dump(), given, `step ${steps}`);
    for (const [name, word] of interrupted(guest)) context.registers.set(name, word);
    steps++;
  }
  assert.is(steps, 18, "lea, popf and sixteen registers");
  assert.equal(context.registers.dump(), { ...after, orig_rax: MAX });
  context.registers.set("eflags", 0x202n);
  toSyscall(guest);
});

for (const drive of FAST) {
  each(
    drive,
    `one that comes while a guest rests is reported, whatever the host does first`,
    async () => {
      using platform = open();
      const guest = hot(platform);
      const { context, space } = guest;
      const needs: readonly (() => unknown)[] = [
        () => undefined,
        () => context.xstate,
        () => space.mapAnonymous(ELSEWHERE, PAGE, "rw"),
        () => space.unpatch(),
      ];
      for (const sleeps of [false, true]) {
        for (const need of needs) {
          heat(guest);
          assert.equal(space.patches, [CODE]);
          const isAsleep = () => processState(space.pid)?.state === "S";
          if (sleeps) assert.ok(await eventually(isAsleep, 2000));
          process.kill(space.pid, "SIGUSR1");
          need();
          assert.is(signalOf(context.switch(space)).info.signal, SIGUSR1);
          toSyscall(guest);
        }
      }
    },
  );
}

/** A guest with a patched system call that counts in rbx how often it has gone on after it. */
function counting(platform: Platform): Guest {
  const guest = loadReadOnly(
    platform,
    code.loop(code.call(GETPID), code.add("rcx", 5), code.add("rbx", 1)),
  );
  heat(guest);
  assert.equal(guest.space.patches, [CODE]);
  return guest;
}

/** Checks the registers of a guest of `counting` that has made a number of system calls: none is lost or made twice. */
function checkCount({ context }: Guest, calls: bigint): void {
  const { registers } = context;
  const rip = registers.get("rip") - CODE;
  // The begin, the SYSCALL, the two additions, the jump to the begin.
  assert.ok([0n, 5n, 7n, 14n, 21n].includes(rip), `${rip}`);
  const hasGoneOn = rip === 0n || rip === 5n || rip === 21n;
  assert.is(registers.get("rbx"), hasGoneOn ? calls : calls - 1n, `rip ${rip}`);
  assert.is(registers.get("rcx"), CODE + (rip === 7n ? 7n : 12n));
  assert.is(registers.get("rax"), BigInt(GETPID));
  assert.is(registers.get("rsp"), DATA + BigInt(PAGE));
}

for (const drive of FAST) {
  each(drive, `a timer that stops a guest anywhere neither loses nor repeats a call`, () => {
    using platform = open();
    const guest = counting(platform);
    const { context, space } = guest;
    let calls = context.registers.get("rbx") + 1n;
    // struct itimerval: it_interval and it_value, in seconds and microseconds
    writeWords(space, DATA, [0n, 41n, 0n, 41n]);
    space.stub.call("setitimer", 0, DATA, 0);
    for (let signals = 0; signals < 5000; ) {
      const event = context.switch(space);
      if (event.kind === "syscall") {
        calls++;
        continue;
      }
      assert.is(signalOf(event).info.signal, SIGALRM);
      checkCount(guest, calls);
      signals++;
    }
  });
}

const ROUNDS = 3000;

/** Lets a worker disturb a guest at random moments, and waits each time until `isSeen` returns true. */
async function disturb(
  guest: Guest,
  to: Signaling["to"],
  isSeen: (event: GuestEvent) => boolean,
): Promise<void> {
  const { context, space } = guest;
  let calls = context.registers.get("rbx") + 1n;
  const turn = new Int32Array(new SharedArrayBuffer(4));
  const workerData: Signaling = { seed: SEED, turn, to };
  const worker = new Worker(new URL("signaling.js", import.meta.url), { workerData });
  const ended = new Promise((resolve) => worker.once("exit", resolve));
  await new Promise((resolve) => worker.once("online", resolve));
  const say = (word: number) => {
    Atomics.store(turn, 0, word);
    Atomics.notify(turn, 0);
  };
  for (let round = 1; round <= ROUNDS; round++) {
    say(round);
    let event = context.switch(space);
    for (; event.kind === "syscall"; event = context.switch(space)) calls++;
    assert.ok(isSeen(event), JSON.stringify(event.kind));
    checkCount(guest, calls);
  }
  say(-1);
  await ended;
  for (let i = 0; i < 100; i++) {
    toSyscall(guest);
    checkCount(guest, ++calls);
  }
  assert.equal(space.patches, [CODE]);
}

for (const drive of FAST) {
  each(drive, `every signal of a worker is reported once, wherever the guest is`, async () => {
    using platform = open();
    const guest = counting(platform);
    const to = { pid: guest.space.pid, signal: SIGUSR1 };
    await disturb(guest, to, (event) => event.kind === "signal" && event.info.signal === SIGUSR1);
  });

  each(drive, `every interrupt of a worker ends one switch, wherever the guest is`, async () => {
    using platform = open();
    const guest = counting(platform);
    const to = guest.context.interruptHandle;
    await disturb(guest, to, (event) => event.kind === "interrupt" && event.reason === "request");
  });

  each(drive, `signals of another process change nothing`, async () => {
    // A loaded machine may need seconds for a signal.
    using platform = open({ deadline: 60_000 });
    const guest = counting(platform);
    let calls = guest.context.registers.get("rbx") + 1n;
    const kills = "kill -USR1 $0; kill -CHLD $0; kill -SYS $0; kill -TRAP $0; sleep 0.005";
    const script = `for i in $(seq 50); do ${kills}; done`;
    const child = spawn("sh", ["-c", script, `${guest.space.pid}`], { stdio: "ignore" });
    let over = false;
    child.once("exit", () => {
      over = true;
    });
    while (!over) {
      for (let i = 0; i < 100; i++) {
        toSyscall(guest);
        checkCount(guest, ++calls);
      }
      await new Promise(setImmediate);
    }
  });
}
