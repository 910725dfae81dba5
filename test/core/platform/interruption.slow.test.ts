import { Worker } from "node:worker_threads";
import type { Interrupting } from "../../hosts/interrupting.ts";

const [SIGUSR1, SIGSEGV] = [10, 11];

const interruptions = suite("interruption");

/** Sends a signal from another process, and then writes the byte in the file for which a guest waits. */
function signalFromOutside(pid: number, signals: string[], fd: number): void {
  const kills = signals.map((signal) => `kill -${signal} ${pid};`);
  spawn("sh", ["-c", `${kills.join(" ")} printf x >&3`], {
    stdio: ["ignore", "ignore", "ignore", fd],
  });
}

interruptions("returns at once if it was interrupted before", () => {
  withGuest([asm.SPIN], ({ context, space }) => {
    const before = context.registers.dump();
    context.interrupt();
    assert.equal(context.switch(space), { kind: "interrupt", reason: "request" });
    assert.equal(context.registers.dump(), before);
    assert.equal(context.switch(space, { deadline: 20 }), {
      kind: "interrupt",
      reason: "deadline",
    });
  });
});

interruptions("interrupts a looping guest at its deadline, and can resume it from there", () => {
  withGuest([asm.loop(asm.COUNT_AT_POINTER)], ({ context, space }) => {
    context.registers.set(asm.POINTER, DATA);
    let count = 0n;
    for (let i = 0; i < 5; i++) {
      const event = context.switch(space, { deadline: 20 });
      assert.equal(event, { kind: "interrupt", reason: "deadline" });
      const [now = 0n] = readWords(space, DATA, 1);
      assert.ok(now > count, "it continued");
      count = now;
      const offset = context.registers.get(HOST_MACHINE.instructionPointer) - CODE;
      assert.ok(offset >= 0n && offset <= BigInt(asm.COUNT_AT_POINTER.length));
    }
    space.write(CODE, Uint8Array.from([...asm.SYSCALL, ...asm.NOP, ...asm.SYSCALL]));
    syscallOf(context.switch(space));
  });
});

interruptions("holds its deadline while other processes keep sending signals", async () => {
  using platform = openPlatform();
  const { context, space } = load(platform, asm.SPIN);
  const script = `while kill -USR1 ${space.pid}; do :; done`;
  const child = spawn("timeout", ["60", "sh", "-c", script], { stdio: "ignore" });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const event = context.switch(space, { deadline: 200 });
  // Its end would have ended the signals.
  const sends = isAlive(child.pid ?? -1);
  platform.close();
  child.kill();
  await ended;
  assert.equal(event, { kind: "interrupt", reason: "deadline" });
  assert.ok(sends);
});

interruptions("refuses an invalid deadline", () => {
  withGuest([asm.SYSCALL], (guest) => {
    for (const deadline of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      thrown(InputError, () => guest.context.switch(guest.space, { deadline }));
    }
    toSyscall(guest);
  });
});

interruptions("is interrupted by a worker while it runs, and later switches are not", async () => {
  const ROUNDS = 300;
  const fd = temporaryFile(new Uint8Array(PAGE));
  using platform = openPlatform();
  const { context, space } = load(platform, asm.loop(asm.COUNT_AT_POINTER));
  space.write(CODE + 64n, Uint8Array.from(asm.loop(asm.SYSCALL)));
  space.mapFile(FILE, PAGE, "rw", { fd });
  context.registers.set(asm.POINTER, FILE);
  const other = contextAt(platform, CODE + 64n);
  const turn = new Int32Array(new SharedArrayBuffer(4));
  const workerData: Interrupting = { handle: context.interruptHandle, fd, turn };
  const worker = new Worker(new URL("interrupting.js", import.meta.url), { workerData });
  const ended = new Promise((resolve) => worker.once("exit", resolve));
  await new Promise((resolve) => worker.once("online", resolve));
  const say = (word: number) => {
    Atomics.store(turn, 0, word);
    Atomics.notify(turn, 0);
  };
  const wrong: unknown[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    say(round);
    const event = context.switch(space);
    if (event.kind !== "interrupt" || event.reason !== "request") wrong.push([round, event]);
    for (let i = 0; i < 3; i++) {
      const { kind } = other.switch(space);
      if (kind !== "syscall") wrong.push([round, i, kind]);
    }
  }
  say(-1);
  await ended;
  closeSync(fd);
  assert.equal(wrong, []);
});

interruptions("ignores a late interrupt of an earlier switch or of another guest", () => {
  withGuest([asm.loop(asm.SYSCALL)], ({ context, platform, space }) => {
    const other = contextAt(platform, CODE);
    const { shim } = platform.tracer.host;
    for (let i = 0; i < 100; i++) {
      // Simulates a worker that sends it just after the switch has returned.
      shim.tgkill(space.pid, space.pid, context.interruptHandle.signal);
      syscallOf((i % 2 === 0 ? context : other).switch(space));
    }
  });
});

interruptions("ignores an interrupt's late signal in injected calls, too", () => {
  withGuest([asm.loop(asm.SYSCALL)], (guest) => {
    const { platform, space } = guest;
    platform.tracer.host.shim.tgkill(space.pid, space.pid, guest.context.interruptHandle.signal);
    space.mapAnonymous(NOWHERE, PAGE, "rw");
    toSyscall(guest);
  });
});

interruptions("reports a signal that this process sends", () => {
  withGuest([asm.loop(asm.SYSCALL)], (guest) => {
    const { context, space } = guest;
    process.kill(space.pid, "SIGUSR1");
    const { info } = signalOf(context.switch(space));
    assert.is(info.signal, SIGUSR1);
    assert.is(info.code, 0);
    assert.is(info.pid, process.pid);
    toSyscall(guest);
  });
});

interruptions("reports a SIGSEGV that this process sends as a signal, as it has no address", () => {
  withGuest([asm.loop(asm.SYSCALL)], (guest) => {
    const { context, space } = guest;
    process.kill(space.pid, "SIGSEGV");
    const { info } = signalOf(context.switch(space));
    assert.is(info.signal, SIGSEGV);
    assert.is(info.pid, process.pid);
    toSyscall(guest);
  });
});

interruptions("ignores what other processes send to a guest", () => {
  const fd = temporaryFile(new Uint8Array(PAGE));
  withGuest([asm.AWAIT_BYTE_AT_POINTER, asm.SYSCALL], (guest) => {
    const { context, space } = guest;
    space.mapFile(FILE, PAGE, "rw", { fd });
    context.registers.set(asm.POINTER, FILE);
    context.registers.set(asm.NUMBER, 39n);
    const signals = ["CHLD", "USR1", "STOP", "CONT", "SEGV", "TERM", "TSTP", "STOP", "TRAP", "SYS"];
    signalFromOutside(space.pid, signals, fd);
    assert.is(toSyscall(guest).number, 39);
    context.registers.set(
      HOST_MACHINE.instructionPointer,
      CODE + BigInt(asm.AWAIT_BYTE_AT_POINTER.length),
    );
    toSyscall(guest);
  });
  closeSync(fd);
});

interruptions("ends with a DeathError if the guest is killed, and other guests continue", () => {
  using platform = openPlatform();
  const { context, space } = load(platform, asm.SPIN);
  const other = load(platform, asm.loop(asm.SYSCALL));
  spawn("sh", ["-c", `kill -KILL ${space.pid}`], { stdio: "ignore" });
  const error = thrown(DeathError, () => context.switch(space));
  assert.is(error.pid, space.pid);
  assert.is(error.how, "killed by SIGKILL");
  assert.is(processState(space.pid), undefined, "reaped");
  assert.equal(thrown(DeathError, () => context.switch(space)).end, error.end);
  assert.equal(thrown(DeathError, () => space.unmap(CODE, PAGE)).end, error.end);
  toSyscall(other);
  space.release();
  const again = platform.newAddressSpace();
  assert.is.not(again.pid, space.pid);
  again.mapAnonymous(CODE, PAGE, "rwx");
  again.write(CODE, Uint8Array.from(asm.SYSCALL));
  context.registers.set(HOST_MACHINE.instructionPointer, CODE);
  syscallOf(context.switch(again));
});

interruptions("ends with a DeathError if the guest was killed at rest", () => {
  withGuest([asm.SYSCALL], ({ context, platform, space }) => {
    process.kill(space.pid, "SIGKILL");
    const error = thrown(DeathError, () => context.switch(space));
    assert.is(error.how, "killed by SIGKILL");
    assert.is(platform.tracer.stubs.size, 1);
  });
});
