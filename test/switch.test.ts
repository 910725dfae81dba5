import { spawn } from "node:child_process";
import { closeSync, readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  type Context,
  DeathError,
  type GuestSyscall,
  InputError,
  Platform,
  StateError,
  TraceError,
} from "../src/index.ts";
import {
  CODE,
  contextAt,
  DATA,
  FILE,
  faultOf,
  type Guest,
  hasFeature,
  load,
  NOWHERE,
  PAGE,
  readWords,
  signalOf,
  syscallOf,
  temporaryFile,
  withGuest,
  writeWords,
  xmmWords,
  ymmHighWords,
} from "./guests.ts";
import type { Interrupting } from "./hosts/interrupting.ts";
import * as code from "./machine_code.ts";
import { processState } from "./processes.ts";
import { BOUNDARIES, randomWords } from "./random.ts";
import { thrown } from "./thrown.ts";

const SEED = 0x5eed_0010n;

const MAX = 2n ** 64n - 1n;
const [SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGUSR1, SIGSEGV] = [4, 5, 7, 8, 10, 11];
const SI_KERNEL = 128;
const TF = 0x100n;
const VSYSCALL = 0xffff_ffff_ff60_0000n;

/** What system calls take their arguments from. */
const ARGUMENTS = ["rdi", "rsi", "rdx", "r10", "r8", "r9"];

/** The registers that a guest keeps over a system call. */
const KEPT = code.GENERAL.filter((name) => !["rax", "rcx", "r11"].includes(name));

const switches = suite("switch");

/** Switches to a guest that makes a system call. */
function toSyscall({ context, space }: Guest): GuestSyscall {
  return syscallOf(context.switch(space));
}

/** Sends a signal from another process, and then wakes a guest that awaits a byte in the file. */
function signalFromOutside(pid: number, signals: string[], fd: number): void {
  const kills = signals.map((signal) => `kill -${signal} ${pid};`);
  spawn("sh", ["-c", `${kills.join(" ")} printf x >&3`], {
    stdio: ["ignore", "ignore", "ignore", fd],
  });
}

switches("tells a system call's number and its six arguments, whatever their bits", () => {
  withGuest([code.loop(code.SYSCALL)], (guest) => {
    const { registers } = guest.context;
    const random = randomWords(SEED);
    const words = [MAX, ...BOUNDARIES, ...Array.from({ length: 100 }, random)];
    for (const [i, word] of words.entries()) {
      const args = ARGUMENTS.map((_, k) => (k === i % 6 ? word : random()));
      const number = Number(BigInt.asIntN(32, random()));
      registers.set("rax", BigInt.asUintN(64, BigInt(number)));
      for (const [k, name] of ARGUMENTS.entries()) registers.set(name, args[k] ?? 0n);
      assert.equal(toSyscall(guest), { kind: "syscall", number, args });
    }
  });
});

switches("takes the low 32 bits of rax for the number, as the kernel does", () => {
  withGuest([code.loop(code.SYSCALL)], (guest) => {
    guest.context.registers.set("rax", 0x1234_5678_0000_0027n);
    assert.is(toSyscall(guest).number, 39);
    assert.is(guest.context.registers.get("rax"), 0x1234_5678_0000_0027n);
  });
});

switches("hands the guest exactly the result that was set, and restarts nothing", () => {
  withGuest([code.loop(code.SYSCALL, code.storeRaxTo(DATA))], (guest) => {
    const { context, space } = guest;
    const errnos = Array.from({ length: 4095 }, (_, i) => MAX - BigInt(i));
    const restarts = [512n, 513n, 514n, 515n, 516n].map((errno) => MAX + 1n - errno);
    const random = Array.from({ length: 200 }, randomWords(SEED + 1n));
    assert.is(toSyscall(guest).number, 0);
    for (const result of [...restarts, ...errnos, ...BOUNDARIES, ...random]) {
      assert.is(context.registers.get("rip"), CODE + 2n);
      context.setResult(result);
      toSyscall(guest);
      assert.equal(readWords(space, DATA, 1), [result]);
    }
  });
});

switches(
  "hands it over also with a signal pending, which makes the kernel look for restarts",
  () => {
    withGuest([code.loop(code.SYSCALL, code.storeRaxTo(DATA))], (guest) => {
      const { context, platform, space } = guest;
      const { shim } = platform.tracer;
      toSyscall(guest);
      for (const errno of [512n, 513n, 514n, 515n, 516n, 4n]) {
        context.setResult(MAX + 1n - errno);
        shim.tgkill(space.pid, space.pid, platform.tracer.constant("SIGCHLD"));
        assert.is(toSyscall(guest).number, Number(BigInt.asIntN(32, -errno)));
        assert.equal(readWords(space, DATA, 1), [MAX + 1n - errno]);
        assert.is(context.registers.get("rip"), CODE + 2n);
      }
    });
  },
);

switches("starts a new guest with the rax that it was given, also with a signal pending", () => {
  withGuest([code.storeRaxTo(DATA), code.SYSCALL], ({ platform, space }) => {
    for (const errno of [512n, 513n, 514n, 516n]) {
      const context = contextAt(platform, CODE);
      context.registers.set("rax", MAX + 1n - errno);
      platform.tracer.shim.tgkill(space.pid, space.pid, platform.tracer.constant("SIGCHLD"));
      assert.is(context.switch(space).kind, "syscall", `with -${errno} in rax`);
      assert.equal(readWords(space, DATA, 1), [MAX + 1n - errno]);
      context.release();
    }
  });
});

switches("leaves rcx and r11 as the processor does, and sets what they are set to", () => {
  const store = ["rcx", "r11"].map((name, i) => code.storeAtRax(name, 8 * i));
  const stored = [code.load("rax", DATA), ...store];
  withGuest([code.STC, code.SYSCALL, ...stored, code.SYSCALL], (guest) => {
    const { context, space } = guest;
    toSyscall(guest);
    const { rcx, rip, r11, eflags } = context.registers.dump();
    assert.is(rcx, rip);
    assert.is(r11, eflags);
    assert.is((r11 ?? 0n) & 1n, 1n);
    context.registers.set("rcx", 0x1111_2222_3333_4444n);
    context.registers.set("r11", 0x8765_4321_8765_4321n);
    toSyscall(guest);
    assert.equal(readWords(space, DATA, 2), [0x1111_2222_3333_4444n, 0x8765_4321_8765_4321n]);
  });
});

switches("tells a fault's address, and takes it for a read until it comes again", () => {
  withGuest([code.loadRaxFrom(NOWHERE + 8n)], ({ context, space }) => {
    const first = faultOf(context.switch(space));
    assert.is(first.address, NOWHERE + 8n);
    assert.is(first.access, "read");
    assert.is(first.info.signal, SIGSEGV);
    assert.is(first.info.code, 1);
    assert.is(context.registers.get("rip"), CODE);
    assert.is(faultOf(context.switch(space)).access, "write");
    assert.is(faultOf(context.switch(space)).access, "write");
    space.unmap(NOWHERE + BigInt(PAGE), PAGE);
    assert.is(faultOf(context.switch(space)).access, "write", "another page was unmapped");
    space.unmap(NOWHERE, PAGE);
    assert.is(faultOf(context.switch(space)).access, "read", "the page was unmapped");
    assert.is(faultOf(context.switch(space)).access, "write");
  });
});

switches("forgets a fault at any other event, and keeps that of each guest apart", () => {
  const read = code.loadRaxFrom(NOWHERE);
  withGuest([read], ({ context, platform, space }) => {
    assert.is(faultOf(context.switch(space)).access, "read");
    const other = contextAt(platform, CODE);
    assert.is(faultOf(other.switch(space)).access, "read");
    assert.is(faultOf(context.switch(space)).access, "write");
    space.write(CODE + 64n, Uint8Array.from(code.SYSCALL));
    context.registers.set("rip", CODE + 64n);
    syscallOf(context.switch(space));
    context.registers.set("rip", CODE);
    assert.is(faultOf(context.switch(space)).access, "read");
  });
});

switches("takes a fault at the same address by another instruction for one of its own", () => {
  withGuest([code.loadRaxFrom(NOWHERE), code.storeRaxTo(NOWHERE)], ({ context, space }) => {
    assert.is(faultOf(context.switch(space)).access, "read");
    context.registers.set("rip", CODE + 10n);
    assert.is(faultOf(context.switch(space)).access, "read");
    assert.is(faultOf(context.switch(space)).access, "write");
    context.registers.set("rip", CODE);
    assert.is(faultOf(context.switch(space)).access, "read");
  });
});

switches("lets a guest go on once its page is there", () => {
  withGuest([code.loadRaxFrom(NOWHERE), code.SYSCALL], (guest) => {
    const { context, space } = guest;
    assert.is(faultOf(context.switch(space)).address, NOWHERE);
    space.mapAnonymous(NOWHERE, PAGE, "rw");
    writeWords(space, NOWHERE, [231n]);
    assert.is(toSyscall(guest).number, 231);
  });
});

switches("tells a write to a page that may only be read", () => {
  withGuest([code.storeRaxTo(DATA)], ({ context, space }) => {
    space.protect(DATA, PAGE, "r");
    const first = faultOf(context.switch(space));
    assert.is(first.address, DATA);
    assert.is(first.info.code, 2);
    assert.is(first.access, "read");
    assert.is(faultOf(context.switch(space)).access, "write");
    space.protect(DATA, PAGE, "rw");
    space.write(CODE + 10n, Uint8Array.from(code.SYSCALL));
    syscallOf(context.switch(space));
  });
});

switches("tells an execution where the address is rip", () => {
  withGuest([code.load("rax", NOWHERE), code.JUMP_RAX], ({ context, space }) => {
    for (let i = 0; i < 2; i++) {
      const fault = faultOf(context.switch(space));
      assert.is(fault.access, "execute");
      assert.is(fault.address, NOWHERE);
      assert.is(context.registers.get("rip"), NOWHERE);
    }
    context.registers.set("rip", DATA);
    const fault = faultOf(context.switch(space));
    assert.is(fault.access, "execute");
    assert.is(fault.info.code, 2, "there, but not to be executed");
  });
});

switches("tells a rip that is not canonical without an address", () => {
  withGuest([code.SYSCALL], ({ context, space }) => {
    for (const rip of [0x0000_8000_0000_0000n, 0x8000_0000_0000_0000n, 0xffff_0000_0000_0000n]) {
      context.registers.set("rip", rip);
      const { address, info } = faultOf(context.switch(space));
      assert.is(address, 0n);
      assert.is(info.code, SI_KERNEL);
      assert.is(context.registers.get("rip"), rip);
    }
    context.registers.set("rip", CODE);
    syscallOf(context.switch(space));
  });
});

switches("tells the signals of instructions", () => {
  const divide = BigInt(CODE) + 2n;
  const cases: [code.Code, number, number, bigint][] = [
    [code.UD2, SIGILL, 2, CODE],
    [code.DIVIDE_BY_ZERO, SIGFPE, 1, divide],
    [code.INT3, SIGTRAP, SI_KERNEL, CODE + 1n],
  ];
  for (const [instruction, signal, reason, rip] of cases) {
    withGuest([instruction], ({ context, space }) => {
      const { info } = signalOf(context.switch(space));
      assert.is(info.signal, signal);
      assert.is(info.code, reason);
      assert.is(context.registers.get("rip"), rip);
      if (signal !== SIGTRAP) assert.is(info.address, rip);
    });
  }
});

switches("tells a privileged instruction as a fault without an address", () => {
  withGuest([code.HLT], ({ context, space }) => {
    const { address, info } = faultOf(context.switch(space));
    assert.is(address, 0n);
    assert.is(info.code, SI_KERNEL);
  });
});

switches("tells a SIGBUS beyond the end of a mapped file", () => {
  withGuest([code.loadRaxFrom(FILE + 4096n), code.SYSCALL], ({ context, space }) => {
    const fd = temporaryFile(new Uint8Array(PAGE));
    try {
      space.mapFile(FILE, 2 * PAGE, "rw", { fd });
      const { info } = signalOf(context.switch(space));
      assert.is(info.signal, SIGBUS);
      assert.is(info.code, 2);
      assert.is(info.address, FILE + 4096n);
    } finally {
      closeSync(fd);
    }
  });
});

switches("runs one instruction each while TF is set, also over a system call", () => {
  const steps = [code.NOP, code.NOP, code.SYSCALL, code.NOP, code.NOP];
  withGuest([...steps, code.SYSCALL], (guest) => {
    const { context, space } = guest;
    context.registers.set("eflags", TF);
    const step = (rip: bigint) => {
      const { info } = signalOf(context.switch(space));
      assert.is(info.signal, SIGTRAP);
      assert.is(info.code, 2, "TRAP_TRACE");
      assert.is(context.registers.get("rip"), rip);
      assert.is(context.registers.get("eflags") & TF, TF, "it stays set");
    };
    step(CODE + 1n);
    step(CODE + 2n);
    context.registers.set("rax", 39n);
    assert.is(toSyscall(guest).number, 39);
    assert.is(context.registers.get("rip"), CODE + 4n);
    context.setResult(7n);
    step(CODE + 5n);
    assert.is(context.registers.get("rax"), 7n);
    context.registers.set("eflags", 0n);
    toSyscall(guest);
    assert.is(context.registers.get("rip"), CODE + 8n);
  });
});

switches("steps a guest that sets TF itself, and no other one", () => {
  const trap = [code.PUSHFQ, code.SET_TF_ON_STACK, code.POPFQ];
  withGuest([...trap, code.NOP, code.NOP, code.NOP, code.SYSCALL], (guest) => {
    const { context, platform, space } = guest;
    const other = contextAt(platform, CODE + 11n);
    for (const rip of [CODE + 11n, CODE + 12n, CODE + 13n]) {
      assert.is(signalOf(context.switch(space)).info.code, 2);
      assert.is(context.registers.get("rip"), rip);
      other.registers.set("rip", CODE + 11n);
      syscallOf(other.switch(space));
      assert.is(other.registers.get("eflags") & TF, 0n);
    }
    toSyscall(guest);
  });
});

const hasVsyscall = readFileSync("/proc/self/maps", "utf8").includes("[vsyscall]");
const vsyscalls = hasVsyscall ? switches : switches.skip;

vsyscalls("takes a call into the vsyscall page for a fault there", () => {
  withGuest([code.CALL_RAX, code.SYSCALL], (guest) => {
    const { context, space } = guest;
    const rsp = context.registers.get("rsp");
    for (const call of [0n, 0x400n, 0x800n]) {
      context.registers.set("rip", CODE);
      context.registers.set("rsp", rsp);
      context.registers.set("rax", VSYSCALL + call);
      const before = context.registers.dump();
      const fault = faultOf(context.switch(space));
      assert.is(fault.address, VSYSCALL + call);
      assert.is(fault.access, "execute");
      assert.is(fault.info.signal, SIGSEGV);
      assert.is(context.registers.get("rip"), VSYSCALL + call);
      assert.is(context.registers.get("rsp"), rsp - 8n);
      assert.equal(readWords(space, rsp - 8n, 1), [CODE + 2n], "the return address");
      // The kernel leaves its number of the call in rax.
      for (const name of KEPT.filter((register) => register !== "rsp")) {
        assert.is(context.registers.get(name), before[name], name);
      }
    }
    context.registers.set("rip", CODE + 2n);
    toSyscall(guest);
  });
});

switches("comes back at once where it was interrupted before", () => {
  withGuest([code.SPIN], ({ context, space }) => {
    const before = context.registers.dump();
    context.interrupt();
    assert.equal(context.switch(space), { kind: "interrupt", reason: "request" });
    assert.equal({ ...context.registers.dump(), ...selectors(before) }, before);
    assert.equal(context.switch(space, { deadline: 20 }), {
      kind: "interrupt",
      reason: "deadline",
    });
  });
});

function selectors(registers: Record<string, bigint>): Record<string, bigint> {
  const names = ["cs", "ss", "ds", "es", "fs", "gs"];
  return Object.fromEntries(names.map((name) => [name, registers[name] ?? 0n]));
}

switches("ends a guest that loops at its deadline, and lets it go on from where it was", () => {
  withGuest([code.loop(code.COUNT_AT_RBX)], ({ context, space }) => {
    context.registers.set("rbx", DATA);
    let count = 0n;
    for (let i = 0; i < 5; i++) {
      const started = performance.now();
      const event = context.switch(space, { deadline: 20 });
      assert.equal(event, { kind: "interrupt", reason: "deadline" });
      assert.ok(performance.now() - started < 500);
      const [now = 0n] = readWords(space, DATA, 1);
      assert.ok(now > count, "it got on");
      count = now;
      const rip = context.registers.get("rip");
      assert.ok(rip === CODE || rip === CODE + 3n);
      assert.is(context.registers.get("orig_rax"), MAX);
    }
    space.write(CODE, Uint8Array.from([...code.SYSCALL, ...code.NOP, ...code.SYSCALL]));
    syscallOf(context.switch(space));
  });
});

switches("holds its deadline also where others keep on sending signals", async () => {
  using platform = Platform.open();
  const { context, space } = load(platform.newAddressSpace(), code.SPIN);
  const script = `while kill -USR1 ${space.pid}; do :; done`;
  const child = spawn("timeout", ["3", "sh", "-c", script], { stdio: "ignore" });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const started = performance.now();
  const event = context.switch(space, { deadline: 200 });
  const milliseconds = performance.now() - started;
  platform.close();
  await ended;
  assert.equal(event, { kind: "interrupt", reason: "deadline" });
  assert.ok(milliseconds < 1000, `it took ${Math.round(milliseconds)} ms`);
});

switches("needs a deadline that makes sense", () => {
  withGuest([code.SYSCALL], (guest) => {
    for (const deadline of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      thrown(InputError, () => guest.context.switch(guest.space, { deadline }));
    }
    toSyscall(guest);
  });
});

switches("is interrupted by a worker while it runs, and nothing else is afterwards", async () => {
  const ROUNDS = 300;
  const fd = temporaryFile(new Uint8Array(PAGE));
  using platform = Platform.open();
  const { context, space } = load(platform.newAddressSpace(), code.loop(code.COUNT_AT_RBX));
  space.write(CODE + 64n, Uint8Array.from(code.loop(code.SYSCALL)));
  space.mapFile(FILE, PAGE, "rw", { fd });
  context.registers.set("rbx", FILE);
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
  const seen = { interrupts: 0, syscalls: 0 };
  for (let round = 1; round <= ROUNDS; round++) {
    say(round);
    const event = context.switch(space);
    if (event.kind === "interrupt" && event.reason === "request") seen.interrupts++;
    for (let i = 0; i < 3; i++) if (other.switch(space).kind === "syscall") seen.syscalls++;
  }
  say(-1);
  await ended;
  closeSync(fd);
  assert.equal(seen, { interrupts: ROUNDS, syscalls: 3 * ROUNDS });
});

switches("does not take an interrupt that comes late for its own or another guest's", () => {
  withGuest([code.loop(code.SYSCALL)], ({ context, platform, space }) => {
    const other = contextAt(platform, CODE);
    const { shim } = platform.tracer;
    for (let i = 0; i < 100; i++) {
      // As from a worker that was about to send it when the switch came back by itself.
      shim.tgkill(space.pid, space.pid, context.interruptHandle.signal);
      syscallOf((i % 2 === 0 ? context : other).switch(space));
    }
  });
});

switches("passes over an interrupt's late signal also in injected calls", () => {
  withGuest([code.loop(code.SYSCALL)], (guest) => {
    const { platform, space } = guest;
    platform.tracer.shim.tgkill(space.pid, space.pid, guest.context.interruptHandle.signal);
    space.mapAnonymous(NOWHERE, PAGE, "rw");
    toSyscall(guest);
  });
});

switches("tells a signal that this process sends", () => {
  withGuest([code.loop(code.SYSCALL)], (guest) => {
    const { context, space } = guest;
    process.kill(space.pid, "SIGUSR1");
    const { info } = signalOf(context.switch(space));
    assert.is(info.signal, SIGUSR1);
    assert.is(info.code, 0);
    assert.is(info.pid, process.pid);
    toSyscall(guest);
  });
});

switches("tells a SIGSEGV that this process sends as a signal, for it has no address", () => {
  withGuest([code.loop(code.SYSCALL)], (guest) => {
    const { context, space } = guest;
    process.kill(space.pid, "SIGSEGV");
    const { info } = signalOf(context.switch(space));
    assert.is(info.signal, SIGSEGV);
    assert.is(info.pid, process.pid);
    toSyscall(guest);
  });
});

switches("ignores what other processes send to a guest", () => {
  const fd = temporaryFile(new Uint8Array(PAGE));
  withGuest([code.AWAIT_BYTE_AT_RBX, code.SYSCALL], (guest) => {
    const { context, space } = guest;
    space.mapFile(FILE, PAGE, "rw", { fd });
    context.registers.set("rbx", FILE);
    context.registers.set("rax", 39n);
    const signals = ["CHLD", "USR1", "STOP", "CONT", "SEGV", "TERM", "TSTP", "STOP", "TRAP", "SYS"];
    signalFromOutside(space.pid, signals, fd);
    assert.is(toSyscall(guest).number, 39);
    context.registers.set("rip", CODE + 5n);
    toSyscall(guest);
  });
  closeSync(fd);
});

switches("ends with a DeathError where somebody kills the guest, and others go on", () => {
  using platform = Platform.open();
  const { context, space } = load(platform.newAddressSpace(), code.SPIN);
  const other = load(platform.newAddressSpace(), code.loop(code.SYSCALL));
  spawn("sh", ["-c", `kill -KILL ${space.pid}`], { stdio: "ignore" });
  const error = thrown(DeathError, () => context.switch(space));
  assert.is(error.pid, space.pid);
  assert.is(error.how, "killed by SIGKILL");
  assert.is(processState(space.pid), undefined, "reaped");
  assert.match(thrown(StateError, () => context.switch(space)).message, "dead");
  assert.match(thrown(StateError, () => space.unmap(CODE, PAGE)).message, "dead");
  toSyscall(other);
  space.release();
  const again = platform.newAddressSpace();
  assert.is.not(again.pid, space.pid);
  again.mapAnonymous(CODE, PAGE, "rwx");
  again.write(CODE, Uint8Array.from(code.SYSCALL));
  context.registers.set("rip", CODE);
  syscallOf(context.switch(again));
});

switches("ends with a DeathError where the guest was killed while it rested", () => {
  withGuest([code.SYSCALL], ({ context, platform, space }) => {
    process.kill(space.pid, "SIGKILL");
    const error = thrown(DeathError, () => context.switch(space));
    assert.is(error.how, "killed by SIGKILL");
    assert.is(platform.tracer.stubs.size, 1);
  });
});

switches("resets the segment selectors, whatever they are", () => {
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

switches("refuses a base outside of user space, and can be used with another one", () => {
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

switches("refuses an XSAVE area that the processor would not take, and loses nothing", () => {
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

switches("keeps fs_base and gs_base of each guest apart", () => {
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

switches("keeps every general register of interleaved guests", () => {
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

switches("keeps the flags of interleaved guests", () => {
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

switches("starts a guest with the floating point of a new process", () => {
  withGuest([code.loop(code.SYSCALL)], (guest) => {
    const { xstate } = guest.context;
    const legacy = new DataView(xstate.buffer, xstate.byteOffset, 512);
    const look = () => ({
      controlWord: legacy.getUint16(0, true),
      mxcsr: legacy.getUint32(24, true),
      x87: [...xstate.subarray(32, 160)].every((byte) => byte === 0),
      xmm: xmmWords(xstate).every((word) => word === 0n),
    });
    const fresh = { controlWord: 0x37f, mxcsr: 0x1f80, x87: true, xmm: true };
    assert.equal(look(), fresh);
    toSyscall(guest);
    assert.equal(look(), fresh);
  });
});

const INDICES = Array.from({ length: 16 }, (_, i) => i);

/** Two guests that add to their vector registers in turns, in one address space. */
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

switches("keeps the XMM registers of interleaved guests", () => {
  const wordsOf = ({ xstate }: Context) => [...xmmWords(xstate)];
  interleaveVectors(code.loadXmmAtRax, code.addXmm, wordsOf, 2);
});

const avx = hasFeature("avx2") ? switches : switches.skip;

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

switches("takes a context from one address space to another with all its state", () => {
  using platform = Platform.open();
  const body = [code.loadXmmAtRax(0, 0), code.loop(code.addXmm(1, 0), code.SYSCALL)];
  const { context, space } = load(platform.newAddressSpace(), ...body);
  const other = load(platform.newAddressSpace(), ...body).space;
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

switches("does not mix up the faults of two address spaces", () => {
  using platform = Platform.open();
  const { context, space } = load(platform.newAddressSpace(), code.loadRaxFrom(NOWHERE));
  const other = load(platform.newAddressSpace(), code.loadRaxFrom(NOWHERE)).space;
  assert.is(faultOf(context.switch(space)).access, "read");
  assert.is(faultOf(context.switch(other)).access, "read");
  other.release();
  assert.is(faultOf(context.switch(space)).access, "read");
  assert.is(faultOf(context.switch(space)).access, "write");
});

switches.run();
