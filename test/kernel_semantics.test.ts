// What the kernel does with a tracee's registers and system calls, on which everything else is based. No
// encoder takes part; the numbers are the kernel's own.

import { constants } from "node:os";
import koffi from "koffi";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DeathError, type Stop, type Subprocess } from "../src/index.ts";
import { CODE, DATA, hasFeature, readWords, withGuest } from "./guests.ts";
import * as code from "./machine_code.ts";
import { BOUNDARIES, randomWords } from "./random.ts";

const SEED = 0x5eed_0012n;

const [PEEKUSER, POKEUSER, GETREGS, SETREGS] = [3, 6, 12, 13];
const [CONT, SYSEMU, SYSCALL_STOPS] = ["PTRACE_CONT", "PTRACE_SYSEMU", "PTRACE_SYSCALL"];
const [GETREGSET, SETREGSET, GETSIGMASK, SETSIGMASK] = [0x4204, 0x4205, 0x420a, 0x420b];
const GET_SYSCALL_INFO = 0x420e;
const NT_PRSTATUS = 1;
const { EIO, EINVAL, ENOSYS } = constants.errno;
const { SIGKILL, SIGSTOP, SIGTRAP, SIGUSR1 } = constants.signals;
const [ERESTARTSYS, ERESTARTNOINTR, ERESTARTNOHAND, ENOIOCTLCMD, ERESTART_RESTARTBLOCK] = [
  512n,
  513n,
  514n,
  515n,
  516n,
];
const [GETPID, PAUSE, RESTART_SYSCALL] = [39n, 34n, 219n];

const MAX = 2n ** 64n - 1n;
const ARGUMENTS = ["rdi", "rsi", "rdx", "r10", "r8", "r9"];

/** The words of struct user_regs_struct. */
const REGISTERS = [
  ..."r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax".split(" "),
  ..."rip cs eflags rsp ss fs_base gs_base ds es fs gs".split(" "),
];
const SIZE = 8 * REGISTERS.length;

function offsetOf(register: string): number {
  return 8 * REGISTERS.indexOf(register);
}

function negative(errno: bigint | number): bigint {
  return MAX + 1n - BigInt(errno);
}

/** A stopped thread, accessed through the shim only. */
class Tracee {
  readonly space: Subprocess;

  constructor(space: Subprocess) {
    this.space = space;
  }

  /** ptrace(2): a result or -errno. */
  request(request: number, address: number, data: ArrayBufferView): number {
    const { shim } = this.space.tracer;
    return shim.ptraceMemory(request, this.space.pid, address, data);
  }

  poke(offset: number, word: bigint): number {
    const { shim } = this.space.tracer;
    // A number, if the kernel takes the data argument as a word.
    assert.ok(word <= BigInt(Number.MAX_SAFE_INTEGER));
    return shim.ptrace(POKEUSER, this.space.pid, offset, Number(word));
  }

  peek(offset: number): bigint | number {
    const word = new BigUint64Array(1);
    const result = this.request(PEEKUSER, offset, word);
    return result < 0 ? result : (word[0] ?? 0n);
  }

  words(): BigUint64Array {
    const words = new BigUint64Array(REGISTERS.length);
    assert.is(this.request(GETREGS, 0, words), 0);
    return words;
  }

  registers(): Record<string, bigint> {
    return Object.fromEntries([...this.words()].map((word, i) => [REGISTERS[i], word]));
  }

  get(register: string): bigint {
    return this.words()[offsetOf(register) / 8] ?? 0n;
  }

  /** Changes some registers, and returns the result of PTRACE_SETREGS. */
  trySet(changes: Readonly<Record<string, bigint>>): number {
    const words = this.words();
    for (const [register, word] of Object.entries(changes)) words[offsetOf(register) / 8] = word;
    return this.request(SETREGS, 0, words);
  }

  set(changes: Readonly<Record<string, bigint>>): void {
    assert.is(this.trySet(changes), 0);
  }

  /** GETREGSET or SETREGSET of the general registers: the length that the kernel returns, or -errno. */
  regset(request: number, bytes: Uint8Array, length: number): number {
    const iovec = BigUint64Array.of(koffi.address(bytes), BigInt(length));
    const result = this.request(request, NT_PRSTATUS, iovec);
    return result < 0 ? result : Number(iovec[1]);
  }

  /** Resumes, and waits for the next stop. */
  run(request: string, signal = 0): Stop {
    const { thread } = this.space.stub;
    thread.resume(request, signal);
    return thread.wait();
  }

  /** Runs to the next stop of PTRACE_SYSEMU. */
  toSyscall(): void {
    const { kind, signal } = this.run(SYSEMU);
    assert.equal({ kind, signal }, { kind: "syscall", signal: SIGTRAP });
  }

  signal(signal: number): void {
    const { pid, tracer } = this.space;
    assert.is(tracer.shim.tgkill(pid, pid, signal), 0);
  }
}

/** Runs `body` with a thread that is about to begin with `guest`. */
function withTracee(guest: readonly code.Code[], body: (tracee: Tracee) => void): void {
  withGuest(
    guest,
    ({ space }) => {
      const tracee = new Tracee(space);
      tracee.set({ rip: CODE, rsp: DATA + 4096n, orig_rax: MAX });
      body(tracee);
    },
    { seccomp: false },
  );
}

/** A guest that makes calls in a row, and reports each result. */
const CALLS = code.loop(code.SYSCALL, code.storeRaxTo(DATA));

const kernel = suite("kernel semantics");

kernel("a stop of SYSEMU shows the number and six arguments, and does not change them", () => {
  withTracee([CALLS], (tracee) => {
    const random = randomWords(SEED);
    const kept = [...ARGUMENTS, "rbx", "rbp", "r12", "r13", "r14", "r15"];
    for (const word of [...BOUNDARIES, ...Array.from({ length: 50 }, random)]) {
      const values = Object.fromEntries(kept.map((name) => [name, random() ^ word]));
      tracee.set({ ...values, rip: CODE, rax: word });
      tracee.toSyscall();
      const registers = tracee.registers();
      assert.is(registers.orig_rax, word);
      assert.is(registers.rip, CODE + 2n);
      assert.is(registers.rcx, registers.rip);
      assert.is(registers.r11, registers.eflags);
      const shown = Object.fromEntries(kept.map((name) => [name, registers[name]]));
      assert.equal(shown, values);
      tracee.set({ rax: 77n });
      tracee.toSyscall();
      for (const name of kept) assert.is(tracee.get(name), values[name], name);
      assert.is(tracee.get("orig_rax"), 77n);
    }
  });
});

kernel("at a stop of SYSEMU rax is -ENOSYS, which is the default result", () => {
  withTracee([CALLS], (tracee) => {
    tracee.set({ rax: GETPID });
    tracee.toSyscall();
    assert.is(tracee.get("rax"), negative(ENOSYS));
    tracee.toSyscall();
    assert.equal(readWords(tracee.space, DATA, 1), [negative(ENOSYS)]);
  });
});

kernel("PTRACE_GET_SYSCALL_INFO agrees with the registers", () => {
  withTracee([CALLS], (tracee) => {
    const values = Object.fromEntries(ARGUMENTS.map((name, i) => [name, MAX - BigInt(i)]));
    tracee.set({ ...values, rax: 231n });
    tracee.toSyscall();
    const info = new BigUint64Array(11);
    const length = tracee.request(GET_SYSCALL_INFO, info.byteLength, info);
    assert.ok(length >= 80, `${length} bytes`);
    assert.is((info[0] ?? 0n) & 0xffn, 1n, "PTRACE_SYSCALL_INFO_ENTRY");
    assert.is((info[0] ?? 0n) >> 32n, 0xc000_003en, "AUDIT_ARCH_X86_64");
    assert.equal([...info.subarray(1, 4)], [CODE + 2n, DATA + 4096n, 231n]);
    assert.equal([...info.subarray(4, 10)], Object.values(values));
  });
});

kernel("`ip -= 2; ax = nr` restarts a call, also with another number and other arguments", () => {
  withTracee([CALLS], (tracee) => {
    tracee.set({ rax: GETPID });
    tracee.toSyscall();
    const random = randomWords(SEED + 1n);
    for (let i = 0; i < 20; i++) {
      const before = tracee.registers();
      const number = i % 2 === 0 ? (before.orig_rax ?? 0n) : random() >> 33n;
      const changes =
        i % 4 < 2 ? {} : Object.fromEntries(ARGUMENTS.map((name) => [name, random()]));
      tracee.set({ ...changes, rip: (before.rip ?? 0n) - 2n, rax: number });
      tracee.toSyscall();
      const rax = negative(ENOSYS);
      assert.equal(tracee.registers(), { ...before, ...changes, orig_rax: number, rax });
    }
    assert.equal(readWords(tracee.space, DATA, 1), [0n], "the guest did not continue");
  });
});

kernel("values of ERESTART reach the guest from a stop of SYSEMU", () => {
  withTracee([CALLS], (tracee) => {
    tracee.set({ rax: GETPID });
    tracee.toSyscall();
    for (const errno of [ERESTARTSYS, ERESTARTNOINTR, ERESTARTNOHAND, ENOIOCTLCMD, 516n]) {
      tracee.set({ rax: negative(errno) });
      tracee.toSyscall();
      assert.is(tracee.get("orig_rax"), negative(errno));
      assert.equal(readWords(tracee.space, DATA, 1), [negative(errno)]);
    }
  });
});

/** The call that a guest makes after a result if a signal is pending at the resume. */
function numberAfter(tracee: Tracee, changes: Readonly<Record<string, bigint>>): bigint {
  tracee.set({ rip: CODE, rax: GETPID });
  tracee.toSyscall();
  tracee.set(changes);
  tracee.signal(SIGUSR1);
  const before = tracee.registers();
  const stop = tracee.run(SYSEMU);
  assert.equal(stop, { kind: "signal", signal: SIGUSR1, event: 0 });
  assert.equal(tracee.registers(), before, "nothing has changed yet");
  tracee.toSyscall();
  return tracee.get("orig_rax");
}

kernel("with a signal pending they restart the call, and with orig_rax = -1 they do not", () => {
  withTracee([CALLS], (tracee) => {
    for (const errno of [ERESTARTSYS, ERESTARTNOINTR, ERESTARTNOHAND]) {
      assert.is(numberAfter(tracee, { rax: negative(errno) }), GETPID);
      assert.is(tracee.get("rip"), CODE + 2n);
    }
    assert.is(numberAfter(tracee, { rax: negative(ERESTART_RESTARTBLOCK) }), RESTART_SYSCALL);
    assert.equal(readWords(tracee.space, DATA, 1), [0n], "the guest did not continue");
    const plain = negative(ENOIOCTLCMD);
    assert.is(numberAfter(tracee, { rax: plain }), plain);
    for (const errno of [ERESTARTSYS, ERESTARTNOINTR, ERESTARTNOHAND, ERESTART_RESTARTBLOCK]) {
      const rax = negative(errno);
      assert.is(numberAfter(tracee, { rax, orig_rax: MAX }), rax);
      assert.equal(readWords(tracee.space, DATA, 1), [rax]);
      assert.is(numberAfter(tracee, { rax, orig_rax: 0xffff_ffffn }), rax, "32 bits count");
    }
  });
});

kernel("a restart moves rip back by 2 wherever it points, and uses orig_rax as the number", () => {
  withTracee([CALLS], (tracee) => {
    tracee.space.write(CODE + 100n, code.program(code.SYSCALL));
    const changes = { rax: negative(ERESTARTSYS), rip: CODE + 102n, orig_rax: 231n };
    assert.is(numberAfter(tracee, changes), 231n);
    assert.is(tracee.get("rip"), CODE + 102n);
  });
});

kernel("a call that a signal interrupts is restarted after it", () => {
  withTracee([code.SYSCALL, code.INT3], (tracee) => {
    tracee.set({ rax: PAUSE });
    assert.is(tracee.run(SYSCALL_STOPS).kind, "syscall", "entry");
    tracee.signal(SIGUSR1);
    assert.is(tracee.run(SYSCALL_STOPS).kind, "syscall", "exit");
    assert.is(tracee.get("rax"), negative(ERESTARTNOHAND));
    assert.is(tracee.run(SYSCALL_STOPS).signal, SIGUSR1);
    assert.is(tracee.get("rax"), negative(ERESTARTNOHAND));
    assert.is(tracee.run(SYSCALL_STOPS).kind, "syscall", "entry again");
    const { rip, orig_rax } = tracee.registers();
    assert.equal({ rip, orig_rax }, { rip: CODE + 2n, orig_rax: PAUSE });
    tracee.set({ orig_rax: MAX });
    assert.is(tracee.run(CONT).signal, SIGTRAP);
  });
});

kernel("at an entry orig_rax chooses the call, rax does not, and -1 skips it", () => {
  withTracee([code.SYSCALL, code.INT3], (tracee) => {
    const pid = BigInt(tracee.space.pid);
    const resultOf = (changes: Readonly<Record<string, bigint>>) => {
      tracee.set({ rip: CODE, rax: 110n, orig_rax: MAX });
      assert.is(tracee.run(SYSCALL_STOPS).kind, "syscall");
      tracee.set(changes);
      assert.is(tracee.run(CONT).signal, SIGTRAP);
      return tracee.get("rax");
    };
    const parent = BigInt(tracee.space.stub.parent?.pid ?? 0);
    assert.is(resultOf({}), parent, "getppid");
    assert.is(resultOf({ rax: GETPID }), parent);
    assert.is(resultOf({ orig_rax: GETPID }), pid);
    assert.is(resultOf({ orig_rax: MAX, rax: 12345n }), 12345n);
  });
});

kernel("after a stop of SYSEMU no request runs the call", () => {
  for (const request of [CONT, SYSCALL_STOPS, "PTRACE_SINGLESTEP"]) {
    withTracee([code.SYSCALL, code.INT3], (tracee) => {
      tracee.set({ rax: GETPID });
      tracee.toSyscall();
      for (let i = 0; tracee.get("rip") !== CODE + 3n; i++) {
        assert.ok(i < 4, request);
        tracee.run(request ?? "");
      }
      assert.is(tracee.get("rax"), negative(ENOSYS), request);
    });
  }
});

/** mov gs, eax; syscall; mov eax, gs; mov rbx, gs:[0]; syscall */
const GS = [[0x8e, 0xe8], code.SYSCALL, [0x8c, 0xe8], code.LOAD_RBX_GS, code.SYSCALL];

kernel("writing gs_base keeps the selector gs", () => {
  for (const selector of [0n, 0x2bn]) {
    withTracee(GS, (tracee) => {
      tracee.space.write(DATA + 64n, new Uint8Array(BigUint64Array.of(0xabcdn).buffer));
      tracee.set({ rax: selector });
      tracee.toSyscall();
      assert.is(tracee.get("gs"), selector);
      assert.is(tracee.poke(offsetOf("gs_base"), DATA + 64n), 0);
      assert.equal([tracee.get("gs"), tracee.get("gs_base")], [selector, DATA + 64n]);
      tracee.toSyscall();
      assert.is(tracee.get("orig_rax"), selector, "as the guest sees it");
      assert.is(tracee.get("rbx"), 0xabcdn);
      assert.is(tracee.get("gs_base"), DATA + 64n);
    });
  }
});

kernel("GETREGSET with a short buffer returns a prefix, and requires whole words", () => {
  withTracee([CALLS], (tracee) => {
    const whole = new Uint8Array(tracee.words().buffer);
    for (const length of [0, 8, 16, 128, SIZE - 8, SIZE, SIZE + 8, 1024]) {
      const bytes = new Uint8Array(1024).fill(0xa5);
      const told = Math.min(length, SIZE);
      assert.is(tracee.regset(GETREGSET, bytes, length), told, `${length} bytes`);
      assert.equal(bytes.subarray(0, told), whole.subarray(0, told));
      assert.ok(bytes.subarray(told).every((byte) => byte === 0xa5));
    }
    for (const length of [1, 4, 7, 9, SIZE - 1, SIZE + 1]) {
      assert.is(tracee.regset(GETREGSET, new Uint8Array(1024), length), -EINVAL, `${length} bytes`);
    }
  });
});

kernel("SETREGSET with fewer words sets a prefix", () => {
  withTracee([CALLS], (tracee) => {
    const before = tracee.registers();
    const words = BigUint64Array.of(1n, 2n, 3n);
    const bytes = new Uint8Array(words.buffer);
    assert.is(tracee.regset(SETREGSET, bytes, 16), 16);
    assert.equal(tracee.registers(), { ...before, r15: 1n, r14: 2n });
    assert.is(tracee.regset(SETREGSET, bytes, 12), -EINVAL);
    assert.equal(tracee.registers(), { ...before, r15: 1n, r14: 2n });
    const longer = new Uint8Array(SIZE + 64).fill(0xff);
    longer.set(new Uint8Array(tracee.words().buffer));
    assert.is(tracee.regset(SETREGSET, longer, SIZE + 64), SIZE, "cut");
  });
});

kernel(
  "PTRACE_SETREGS stops at the first word that it refuses, and keeps the words before it",
  () => {
    withTracee([CALLS], (tracee) => {
      const before = tracee.registers();
      const wanted: Record<string, bigint> = {
        ...before,
        cs: 0x10n,
        eflags: 0x41n,
        rsp: 0x1234n,
        fs_base: 0x5000n,
      };
      const applied = REGISTERS.slice(0, REGISTERS.indexOf("cs"));
      for (const [i, name] of applied.entries()) wanted[name] = 0x1_0000_0001n * BigInt(i + 1);
      assert.is(tracee.trySet(wanted), -EIO);
      const expected = { ...before };
      for (const name of applied) expected[name] = wanted[name] ?? 0n;
      assert.equal(tracee.registers(), expected);
    });
  },
);

kernel("a selector is truncated to 16 bits, and refused unless its privilege level is 3", () => {
  withTracee([CALLS], (tracee) => {
    const before = tracee.registers();
    for (const name of ["cs", "ss", "ds", "es", "fs", "gs"]) {
      const code = name === "cs" || name === "ss";
      const cases: [bigint, boolean][] = [
        [0n, !code],
        [1n, false],
        [0x10n, false],
        [0x28n, false],
        [0x32n, false],
        [0x2bn, true],
        [0x33n, true],
        [0xffffn, true],
        [0x1_0000n, !code],
        [0x1_0010n, false],
        [MAX, true],
      ];
      for (const [selector, accepted] of cases) {
        const what = `${name} = 0x${selector.toString(16)}`;
        assert.is(tracee.trySet({ [name]: selector }), accepted ? 0 : -EIO, what);
        tracee.set(before);
      }
    }
  });
});

kernel("fs_base and gs_base end a page below the end of user space", () => {
  const end = hasFeature("la57") ? 2n ** 56n - 4096n : 2n ** 47n - 4096n;
  withTracee([CALLS], (tracee) => {
    for (const name of ["fs_base", "gs_base"]) {
      for (const base of [0n, 1n, end - 4096n, end - 1n]) {
        tracee.set({ [name]: base });
        assert.is(tracee.get(name), base);
      }
      for (const base of [end, end + 1n, end + 4096n, 2n ** 63n, MAX]) {
        assert.is(tracee.trySet({ [name]: base }), -EIO, `${name} = 0x${base.toString(16)}`);
        assert.is(tracee.get(name), end - 1n);
      }
      tracee.set({ [name]: 0n });
    }
  });
});

kernel("only CF PF AF ZF SF TF DF OF NT RF AC of eflags can be written", () => {
  const WRITABLE = 0x5_4dd5n;
  withTracee([CALLS], (tracee) => {
    const old = tracee.get("eflags");
    assert.is(old & ~WRITABLE, 0x202n, "IF, and the bit that is always set");
    for (let bit = 0n; bit < 64n; bit++) {
      for (const eflags of [1n << bit, MAX ^ (1n << bit)]) {
        tracee.set({ eflags });
        assert.is(tracee.get("eflags"), (old & ~WRITABLE) | (eflags & WRITABLE), `bit ${bit}`);
      }
    }
  });
});

kernel("general registers, rip, rsp and orig_rax accept every word", () => {
  withTracee([CALLS], (tracee) => {
    const end = REGISTERS.indexOf("cs");
    const names = [...REGISTERS.slice(0, end), "rsp"];
    for (const [i, word] of BOUNDARIES.entries()) {
      const values = Object.fromEntries(names.map((name, k) => [name, word ^ BigInt(i * k)]));
      tracee.set(values);
      const registers = tracee.registers();
      for (const name of names) assert.is(registers[name], values[name], name);
    }
  });
});

kernel("PEEKUSER and POKEUSER require an offset within the registers, a multiple of 8", () => {
  withTracee([CALLS], (tracee) => {
    tracee.set({ rbx: 0x1234n, rip: CODE });
    assert.is(tracee.peek(offsetOf("rbx")), 0x1234n);
    assert.is(tracee.poke(offsetOf("rbx"), 99n), 0);
    assert.is(tracee.get("rbx"), 99n);
    for (const offset of [1, 4, SIZE, 912, 2 ** 31]) {
      assert.is(tracee.poke(offset, 0n), -EIO, `offset ${offset}`);
    }
    // The end of struct user, of which only the registers and debug registers can be written.
    for (const offset of [1, 4, 928]) assert.is(tracee.peek(offset), -EIO, `offset ${offset}`);
  });
});

kernel("SETSIGMASK requires 8 bytes, and removes SIGKILL and SIGSTOP", () => {
  withTracee([CALLS], (tracee) => {
    const mask = BigUint64Array.of(MAX);
    for (const size of [0, 4, 16]) assert.is(tracee.request(SETSIGMASK, size, mask), -EINVAL);
    assert.is(tracee.request(SETSIGMASK, 8, mask), 0);
    const read = new BigUint64Array(1);
    assert.is(tracee.request(GETSIGMASK, 8, read), 0);
    const unblockable = (1n << BigInt(SIGKILL - 1)) | (1n << BigInt(SIGSTOP - 1));
    assert.is(read[0], MAX & ~unblockable);
    assert.is(tracee.request(SETSIGMASK, 8, BigUint64Array.of(0n)), 0);
  });
});

kernel("a resume with a signal above 64 is refused", () => {
  withTracee([CALLS], (tracee) => {
    const { shim } = tracee.space.tracer;
    assert.is(shim.ptrace(7, tracee.space.pid, 0, 65), -EIO);
    tracee.toSyscall();
  });
});

/** The next status word of a thread, and how it ends once it is resumed from there. */
function endOf(tracee: Tracee): { status: number; how: string } {
  const { stub, tracer } = tracee.space;
  const status = new Int32Array(1);
  assert.is(tracer.shim.wait(stub.pid, 0x4000_0000, 1_000_000, status), stub.pid);
  stub.thread.state = "stopped";
  let how = "it is alive";
  try {
    tracee.run(CONT);
  } catch (error) {
    if (!(error instanceof DeathError)) throw error;
    how = error.how;
  }
  stub.forgetIfDead();
  return { status: status[0] ?? 0, how };
}

// PTRACE_EVENT_EXIT above SIGTRAP. There is no stop by SIGKILL before it.
const AT_EXIT = (6 << 16) | (SIGTRAP << 8) | 0x7f;

kernel("SIGKILL stops a running thread only at its exit", () => {
  withTracee([code.SPIN], (tracee) => {
    tracee.space.stub.thread.resume(SYSEMU);
    tracee.signal(SIGKILL);
    assert.equal(endOf(tracee), { status: AT_EXIT, how: "killed by SIGKILL" });
  });
});

kernel("SIGKILL stops a stopped thread only at its exit, resumed or not", () => {
  withTracee([CALLS], (tracee) => {
    tracee.toSyscall();
    tracee.signal(SIGKILL);
    assert.equal(endOf(tracee), { status: AT_EXIT, how: "killed by SIGKILL" });
  });
});

kernel("the first resume after an attach stops by SIGSTOP before any instruction", () => {
  withGuest([CALLS], ({ platform, space }) => {
    const { stub } = platform.newAddressSpace();
    stub.thread.resume(SYSEMU);
    assert.is(stub.thread.wait().signal, SIGSTOP);
    const { frame, restAddress } = space.tracer;
    stub.thread.readRegisters(frame);
    assert.ok(frame.get("rip") < restAddress, "before its INT3");
    stub.close();
  });
});

kernel("INT3 stops a thread even if SIGTRAP is blocked", () => {
  withTracee([code.INT3], (tracee) => {
    const mask = BigUint64Array.of(1n << BigInt(SIGTRAP - 1));
    assert.is(tracee.request(SETSIGMASK, 8, mask), 0);
    assert.is(tracee.run(CONT).signal, SIGTRAP);
    assert.is(tracee.get("rip"), CODE + 1n);
    const read = new BigUint64Array(1);
    assert.is(tracee.request(GETSIGMASK, 8, read), 0);
    assert.is(read[0], 0n, "and is unblocked by it");
  });
});

kernel.run();
