import { runInNewContext } from "node:vm";
import * as code from "../../support/amd64_code.ts";
import { by, FAST } from "../../support/drives.ts";
import { hasFeature, lanePages, survives } from "../../support/guests.ts";
import { takeDescriptors } from "../../support/processes.ts";

const SEED = 0x5eed_0040n;
const [SYS_RT_SIGRETURN, SYS_GETPID, SYS_EXIT, SYS_FUTEX] = [15, 39, 60, 202];
const [SIGTRAP, SIGSYS] = [5, 31];
const PTRACE_CONT = 7;
/** Bytes of the header, which is between the handler's stack and its code. */
const HEADER = 4096n;
const { ETIMEDOUT } = constants.errno;

const all = suite("handler: guests without a tracer");
const handler = needs(all, { amd64: HOST_ARCH === "amd64" });

function open(): Platform {
  return Platform.open({ lane: "fast" });
}

/** The addresses of the SYSCALL instructions in a page. */
function syscallsIn(space: Subprocess, page: bigint): bigint[] {
  const bytes = space.read(page, PAGE);
  return [...bytes.keys()]
    .filter((i) => bytes[i] === 0x0f && bytes[i + 1] === 0x05)
    .map((i) => page + BigInt(i));
}

handler("a subprocess is traced only while something needs it to be stopped", () => {
  using platform = open();
  const guest = load(platform, code.loop(code.SYSCALL));
  const { space } = guest;
  const tracer = () => readProcess(space.pid).tracerTid;
  for (let i = 0; i < 3; i++) {
    assert.is(tracer(), platform.tracer.host.tid);
    toSyscall(guest);
    assert.is(tracer(), 0);
    space.write(DATA, Uint8Array.of(1));
    assert.equal(space.read(DATA, 1), Uint8Array.of(1));
    assert.is(tracer(), 0, "its memory can be read meanwhile");
    space.mapAnonymous(NOWHERE, PAGE, "rw");
  }
  assert.is(space.stub.call("getpid"), BigInt(space.pid));
});

handler(
  "a guest whose stack is that of the handler, so that its frames move, is seen as it is",
  () => {
    using platform = open();
    const guest = load(platform, code.loop(code.INC_RBX, code.SYSCALL));
    const { context, space } = guest;
    toSyscall(guest);
    const { page } = lanePages(space);
    const [own, top] = [context.registers.get("rsp"), page - HEADER];
    let count = 1n;
    for (const rsp of [own, top - 256n, top - 8n, own, top - 512n, own]) {
      context.registers.set("rsp", rsp);
      context.registers.set("rax", 39n);
      toSyscall(guest);
      assert.equal([context.registers.get("rsp"), context.registers.get("rbx")], [rsp, ++count]);
    }
  },
);

// Few processors have AMX.
if (hasFeature("amx_tile"))
  handler("a guest whose frames grow when it begins to use AMX is seen as it is", async () => {
    const { code: status, stdout, stderr } = await run(hostCommand("tiles"));
    assert.equal([status, stdout], [0, "faithful 1 2 3 4\nfast 1 2 3 4\n"], stderr);
  });

handler("a subprocess that waits for its next guest cannot be attached to by hand", () => {
  using platform = open();
  const guest = load(platform, code.loop(code.SYSCALL));
  toSyscall(guest);
  const error = thrown(StateError, () => guest.space.stub.attach());
  assert.match(error.message, "is waiting, expected detached");
  toSyscall(guest);
  assert.is(readProcess(guest.space.pid).tracerTid, 0);
});

handler("without a descriptor a stopped stub runs on; one that cannot go remains", async () => {
  using platform = open();
  const waiting = load(platform, code.loop(code.SYSCALL));
  const fresh = load(platform, code.loop(code.SYSCALL));
  toSyscall(waiting);
  const { pid } = waiting.space;
  process.kill(pid, "SIGSTOP");
  assert.ok(await eventually(() => processState(pid)?.state === "T", 1000));
  const taken = takeDescriptors();
  try {
    toSyscall(waiting);
    const error = thrown(UnsupportedError, () => toSyscall(fresh));
    assert.is(error.errno, "EMFILE");
    assert.match(error.remedy ?? "", "ulimit -n");
    assert.is(fresh.space.stub.call("getpid"), BigInt(fresh.space.pid));
  } finally {
    for (const file of taken) closeSync(file);
  }
  toSyscall(fresh);
});

handler("no system call of a guest is executed, wherever its instruction is", () => {
  using platform = open();
  const { space } = load(platform, code.NOP);
  const stubPage = BigInt(platform.tracer.host.stubAddress);
  const injection = stubPage + BigInt(platform.tracer.host.shim.stubSyscallOffset());
  const own = syscallsIn(space, stubPage);
  assert.ok(own.includes(injection));
  for (const at of [...own, ...syscallsIn(space, lanePages(space).page)]) {
    for (const number of [SYS_GETPID, SYS_EXIT]) {
      const context = contextAt(platform, at);
      context.registers.set("rax", BigInt(number));
      const event = context.switch(space);
      if (at === injection) {
        // A tracer decides about these calls, and no tracer is attached.
        assert.is(signalOf(event).info.signal, SIGTRAP);
        assert.is(BigInt.asIntN(64, context.registers.get("rax")), -38n, "ENOSYS");
      } else {
        assert.is(syscallOf(event).number, number);
      }
      context.release();
    }
  }
});

handler("a guest that uses the handler's own system calls can be interrupted and goes on", () => {
  using platform = open();
  const guest = load(platform, code.loop(code.SYSCALL));
  const { context, space } = guest;
  const [at = 0n] = syscallsIn(space, lanePages(space).page);
  context.registers.set("rip", at);
  context.registers.set("rax", BigInt(SYS_FUTEX));
  context.registers.set("rdi", DATA);
  assert.equal(context.switch(space, { deadline: 20 }), { kind: "interrupt", reason: "deadline" });
  context.registers.set("rip", at);
  context.registers.set("rax", BigInt(SYS_RT_SIGRETURN));
  context.registers.set("rsp", DATA);
  faultOf(context.switch(space));
  context.registers.set("rip", CODE);
  toSyscall(guest);
});

handler("a guest that overwrites the shared pages harms only its subprocess", () => {
  using platform = open();
  const other = load(platform, code.loop(code.SYSCALL));
  const random = randomWords(SEED);
  let harmed = 0;
  for (let round = 0; round < 60; round++) {
    const { space } = load(platform, code.NOP);
    const { shared, size } = lanePages(space);
    const header = shared + BigInt(size - PAGE);
    const hostile = Array.from({ length: 12 }, () => {
      const inHeader = random() % 2n === 0n;
      const at = inHeader
        ? header + 8n * (random() % 48n)
        : shared + 8n * (random() % BigInt(size / 8));
      const word = random() % 4n === 0n ? random() % 3n : random() % 4n === 0n ? shared : random();
      return [...code.load("rax", word), ...code.storeResultTo(at)];
    });
    space.write(CODE, code.program(...hostile, code.loop(code.SYSCALL)));
    const context = contextAt(platform, CODE);
    if (!survives(context, space)) harmed++;
    context.release();
    space.release();
    toSyscall(other);
  }
  assert.ok(harmed < 60);
  const next = load(platform, code.loop(code.SYSCALL));
  toSyscall(next);
});

handler("a guest that blocks all signals and moves their stack is stopped; its stub reused", () => {
  using platform = open();
  const { context, space } = load(platform, code.SPIN);
  const [at = 0n] = syscallsIn(space, lanePages(space).page);
  // uc_flags, uc_link, uc_stack, struct sigcontext, uc_sigmask
  const frame = Array<bigint>(38).fill(0n);
  frame[2] = DATA;
  frame[4] = 4096n;
  frame[5 + 15] = DATA + 4096n;
  frame[5 + 16] = CODE;
  frame[5 + 18] = 0x2b_0000_0000_0033n;
  frame[37] = 2n ** 64n - 1n;
  writeWords(space, DATA + 1024n, frame);
  context.registers.set("rip", at);
  context.registers.set("rax", BigInt(SYS_RT_SIGRETURN));
  context.registers.set("rsp", DATA + 1024n);
  thrown(DeadlineError, () => context.switch(space, { deadline: 20 }));
  context.registers.set("rip", CODE);
  const event = context.switch(space, { deadline: 20 });
  assert.equal(event, { kind: "interrupt", reason: "deadline" });
  const { pid } = space;
  space.release();
  const next = load(platform, code.loop(code.SYSCALL));
  assert.is(next.space.pid, pid);
  toSyscall(next);
  toSyscall(next);
});

handler("a reused subprocess does not have the registers of earlier guests", () => {
  using platform = open();
  const first = load(platform, code.loop(code.SYSCALL));
  first.context.registers.set("rbx", 0x1234_5678_9abc_def0n);
  toSyscall(first);
  first.space.release();
  const { space } = load(platform, code.NOP);
  assert.is(space.pid, first.space.pid);
  const { shared, size } = lanePages(space);
  const words = new BigUint64Array(space.read(shared, size).buffer);
  assert.not.ok(words.includes(0x1234_5678_9abc_def0n));
});

handler("a death is noticed while no guest runs", async () => {
  using platform = open();
  const guest = load(platform, code.loop(code.SYSCALL));
  toSyscall(guest);
  const dead: number[] = [];
  platform.tracer.onDeath(({ pid }) => dead.push(pid));
  process.kill(guest.space.pid, "SIGKILL");
  assert.ok(await eventually(() => dead.length > 0, 2000));
  assert.equal(dead, [guest.space.pid]);
  assert.equal(guest.space.stub.end, { kind: "signaled", signal: "SIGKILL", coreDumped: false });
});

/** Has the kernel send a signal to a stub's thread at this interval in microseconds: it does not look like a call's. */
function annoy({ stub }: Subprocess, signal: number, microseconds: number): void {
  const memory = stub.map(PAGE);
  // struct sigevent: a value, the signal, SIGEV_THREAD_ID, the thread; struct itimerspec; a timer.
  const event = new DataView(new ArrayBuffer(PAGE));
  for (const [i, word] of [signal, 4, stub.pid].entries()) event.setInt32(8 + 4 * i, word, true);
  for (const at of [72, 88]) event.setBigInt64(at, BigInt(microseconds) * 1000n, true);
  stub.write(memory, new Uint8Array(event.buffer));
  stub.call("timer_create", 1, memory, memory + 128n);
  const [timer = 0] = new Uint32Array(stub.read(memory + 128n, 4).buffer);
  stub.call("timer_settime", timer, 0, memory + 64n, 0);
}

for (const drive of FAST) {
  for (const [result, what] of [
    [0x1234n, "another result"],
    [BigInt(SYS_GETPID), "its number as its result"],
  ] as const) {
    handler(`${drive.name}: a foreign SIGSYS hides no system call, with ${what}`, () =>
      by(drive, () => {
        using platform = Platform.open({ lane: "fast" });
        const guest = load(
          platform,
          code.loop(code.add("rbx", 1), code.call(SYS_GETPID), code.storeResultTo(DATA)),
        );
        const { context, space } = guest;
        annoy(space, SIGSYS, 200);
        for (let calls = 1n; calls < 2000n; calls++) {
          assert.is(toSyscall(guest).number, SYS_GETPID);
          assert.is(context.registers.get("rbx"), calls);
          context.setResult(result);
        }
      }),
    );
  }
}

handler("the lane's pages cannot be mapped, unmapped, protected or written", () => {
  using platform = open();
  const { space } = load(platform, code.NOP);
  const { shared, page } = lanePages(space);
  for (const at of [shared, page]) {
    thrown(MemoryError, () => space.mapAnonymous(at, PAGE, "rw"));
    thrown(MemoryError, () => space.unmap(at, PAGE));
    thrown(MemoryError, () => space.protect(at, PAGE, "rw"));
    thrown(MemoryError, () => space.write(at, Uint8Array.of(1)));
    thrown(MemoryError, () => space.write(at, runInNewContext("Uint8Array.of(1)")));
  }
  space.mapAnonymous(shared - BigInt(PAGE), PAGE, "rw");
});

handler("refuses to share a subprocess, and to run without a filter", () => {
  using platform = open();
  const space = platform.newAddressSpace();
  const { remedy } = thrown(UnsupportedError, () => space.ticket(1));
  assert.match(remedy ?? "", "faithful");
  thrown(InputError, () => Platform.open({ lane: "fast", seccomp: false }));
});

handler("a subprocess clones no stubs", () => {
  using platform = open();
  const guest = load(platform, code.loop(code.SYSCALL));
  toSyscall(guest);
  thrown(StateError, () => guest.space.stub.createStub());
  toSyscall(guest);
});

for (const drive of FAST) {
  handler(`${drive.name}: works with a pool, and a guest that is killed`, () =>
    by(drive, () => {
      using platform = Platform.open({ lane: "fast" });
      platform.prefill(2);
      const guest = load(platform, code.loop(code.SYSCALL));
      toSyscall(guest);
      guest.space.mapAnonymous(NOWHERE, PAGE, "rw");
      toSyscall(guest);
      const dead = load(platform, code.SPIN);
      process.kill(dead.space.pid, "SIGKILL");
      const error = thrown(DeathError, () => dead.context.switch(dead.space));
      assert.is(error.how, "killed by SIGKILL");
      assert.is(processState(dead.space.pid), undefined, "reaped");
      guest.space.release();
      toSyscall(load(platform, code.loop(code.SYSCALL)));
    }),
  );
}

handler("works without a binding to a processor, too", () => {
  using platform = Platform.open({ lane: "fast", bind: false });
  const guest = load(platform, code.loop(code.SYSCALL));
  for (let i = 0; i < 1000; i++) toSyscall(guest);
});

handler("a stub killed or late while its handler is set up is a death or a late one", () => {
  using platform = Platform.open({ lane: "fast" });
  using _ = platform.newAddressSpace();
  const { shim, injection } = platform.tracer.host;
  const { inject } = shim;
  for (const [kind, disturb] of [
    [DeathError, (tid: number) => process.kill(tid, "SIGKILL")],
    [DeadlineError, () => undefined],
  ] as const) {
    shim.inject = (tid, frame, given) => {
      if (given === injection.bytes) return inject(tid, frame, given);
      disturb(tid);
      // Only a deadline of its own is missed: the stub runs on.
      const end = inject(tid, frame, given);
      if (kind === DeathError) return end;
      shim.ptrace(PTRACE_CONT, tid, 0, 0);
      return -ETIMEDOUT;
    };
    try {
      thrown(kind, () => platform.newAddressSpace());
    } finally {
      shim.inject = inject;
    }
  }
});
