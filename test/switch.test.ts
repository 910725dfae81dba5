import { closeSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  CODE,
  contextAt,
  DATA,
  FILE,
  faultOf,
  NOWHERE,
  PAGE,
  readWords,
  signalOf,
  syscallOf,
  temporaryFile,
  toSyscall,
  withGuest,
  writeWords,
} from "./guests.ts";
import * as code from "./machine_code.ts";
import { BOUNDARIES, randomWords } from "./random.ts";

const SEED = 0x5eed_0010n;

const MAX = 2n ** 64n - 1n;
const [SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV] = [4, 5, 7, 8, 11];
const SI_KERNEL = 128;
const TF = 0x100n;
const VSYSCALL = 0xffff_ffff_ff60_0000n;

/** The registers with the arguments of a system call. */
const ARGUMENTS = ["rdi", "rsi", "rdx", "r10", "r8", "r9"];

/** The registers that a system call preserves. */
const KEPT = code.GENERAL.filter((name) => !["rax", "rcx", "r11"].includes(name));

const switches = suite("switch");

switches("reports a system call's number and its six arguments, whatever their bits", () => {
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

switches("uses the low 32 bits of rax as the number, as the kernel does", () => {
  withGuest([code.loop(code.SYSCALL)], (guest) => {
    guest.context.registers.set("rax", 0x1234_5678_0000_0027n);
    assert.is(toSyscall(guest).number, 39);
    assert.is(guest.context.registers.get("rax"), 0x1234_5678_0000_0027n);
  });
});

switches("returns exactly the result that was set to the guest, and restarts nothing", () => {
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
  "returns it even if a signal is pending, which makes the kernel check for restarts",
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

switches("starts a new guest with the given rax, even if a signal is pending", () => {
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

switches("leaves rcx and r11 as the processor does, and sets them on request", () => {
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

switches("reports a fault's address, as a read at first, and as a write if it recurs", () => {
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

switches("forgets a fault at any other event, and keeps the faults of guests apart", () => {
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

switches("treats a fault at the same address by another instruction as a new one", () => {
  withGuest([code.loadRaxFrom(NOWHERE), code.storeRaxTo(NOWHERE)], ({ context, space }) => {
    assert.is(faultOf(context.switch(space)).access, "read");
    context.registers.set("rip", CODE + 10n);
    assert.is(faultOf(context.switch(space)).access, "read");
    assert.is(faultOf(context.switch(space)).access, "write");
    context.registers.set("rip", CODE);
    assert.is(faultOf(context.switch(space)).access, "read");
  });
});

switches("continues a guest once its page is mapped", () => {
  withGuest([code.loadRaxFrom(NOWHERE), code.SYSCALL], (guest) => {
    const { context, space } = guest;
    assert.is(faultOf(context.switch(space)).address, NOWHERE);
    space.mapAnonymous(NOWHERE, PAGE, "rw");
    writeWords(space, NOWHERE, [231n]);
    assert.is(toSyscall(guest).number, 231);
  });
});

switches("reports a write to a read-only page", () => {
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

switches("reports an execution if the address is rip", () => {
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
    assert.is(fault.info.code, 2, "mapped, but not executable");
  });
});

switches("reports a non-canonical rip without an address", () => {
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

switches("reports the signals of instructions", () => {
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

switches("reports a privileged instruction as a fault without an address", () => {
  withGuest([code.HLT], ({ context, space }) => {
    const { address, info } = faultOf(context.switch(space));
    assert.is(address, 0n);
    assert.is(info.code, SI_KERNEL);
  });
});

switches("reports a SIGBUS beyond the end of a mapped file", () => {
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

switches("runs one instruction per switch while TF is set, also across a system call", () => {
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

switches("steps a guest that sets TF itself, but no other", () => {
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

vsyscalls("reports a call into the vsyscall page as a fault", () => {
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

switches.run();
