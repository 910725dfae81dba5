import { constants } from "node:os";
import { loadShim } from "../../shim/shim.ts";
import { FORM_MEMBERS } from "../places.ts";
import { DATA, PLACES, SLOTS } from "./code.ts";
import {
  expect,
  type Fields,
  fromInt,
  HELD,
  type Judge,
  type Judgement,
  narrows,
  undecided,
} from "./judge.ts";
import { NO_CALL } from "./registers.ts";
import { isInt3, type Tracee, type TraceeSlot } from "./tracee.ts";

const { SIGKILL, SIGSTOP } = constants.signals;
const LAST_SIGNAL = 64;
const SIGINFO_SIZE = 128;
const PTRACE_SETSIGMASK = 0x420b;
const ALL = 2n ** 64n - 1n;
const [SYS_RT_SIGQUEUEINFO, SYS_SIGNALFD4] = [129n, 289n];
const SFD_NONBLOCK = 0x800n;

/** Offsets in siginfo_t: two of the common members, and the union. */
const [SI_SIGNO, SI_CODE, UNION] = [0, 8, 16];

/** Members of struct signalfd_siginfo: offset and bytes (linux/signalfd.h). */
const SIGNALFD: Readonly<Record<string, readonly [offset: number, bytes: 2 | 4 | 8]>> = {
  si_signo: [0, 4],
  si_errno: [4, 4],
  si_code: [8, 4],
  si_pid: [12, 4],
  si_uid: [16, 4],
  si_fd: [20, 4],
  si_timerid: [24, 4],
  si_band: [28, 4],
  si_overrun: [32, 4],
  si_status: [40, 4],
  si_value: [48, 8],
  si_utime: [56, 8],
  si_stime: [64, 8],
  si_addr: [72, 8],
  si_addr_lsb: [80, 2],
  si_syscall: [84, 4],
  si_call_addr: [88, 8],
  si_arch: [96, 4],
};

/** Members of a form that are not passed to an encoder. */
const FURTHER: ReadonlySet<string> = new Set(["si_utime", "si_stime", "si_addr_lsb"]);

/** What the kernel read from a siginfo_t. */
type Reading = ReadonlyMap<string, bigint>;

/**
 * Queues signals in a stub that blocks them, and reads them from a signalfd: the members that the kernel copies show
 * which form it takes the union for (siginfo_layout in kernel/signal.c).
 */
export class Queue {
  readonly #slot: TraceeSlot;
  #signalfd: { readonly pid: number; readonly fd: bigint } | undefined;

  constructor(slot: TraceeSlot) {
    this.#slot = slot;
  }

  /** @returns the members, or why they could not be read */
  send(signal: number, siginfo: Uint8Array): Reading | string {
    if (signal === SIGKILL || signal === SIGSTOP) return "SIGKILL and SIGSTOP cannot be blocked";
    const tracee = this.#slot.get();
    const { tracer, stub, block, initial } = tracee;
    const fd = this.#descriptor(tracee);
    if (fd === undefined) return "this kernel has no signalfd";
    tracee.write(SLOTS.siginfo, siginfo);
    tracee.write(SLOTS.queued, new Uint8Array(16));
    block.copyFrom(initial);
    const at = DATA + BigInt(SLOTS.siginfo);
    const registers = {
      rax: SYS_RT_SIGQUEUEINFO,
      rdi: BigInt(stub.pid),
      rsi: fromInt(signal),
      rdx: at,
    };
    for (const [name, word] of Object.entries({ ...registers, r12: fd, rip: PLACES.queue })) {
      block.set(name, word);
    }
    block.set("orig_rax", NO_CALL);
    // Each INT3 unblocks SIGTRAP.
    tracer.shim.ptraceMemory(PTRACE_SETSIGMASK, stub.pid, 8, BigUint64Array.of(ALL));
    tracee.run("PTRACE_CONT", isInt3(tracer));
    const [queued = 0n, received] = new BigInt64Array(tracee.read(SLOTS.queued, 16).buffer);
    if (queued !== 0n) return `rt_sigqueueinfo returned ${queued}`;
    if (received !== BigInt(SIGINFO_SIZE)) return "the signal did not arrive";
    return readMembers(tracee.read(SLOTS.signalfd, SIGINFO_SIZE));
  }

  close(): void {
    // The stub opened it, and Node.js does not know it.
    if (this.#signalfd !== undefined) loadShim().close(Number(this.#signalfd.fd));
    this.#signalfd = undefined;
  }

  /** A signalfd for the stub's signals; the stub shares the host's file table. */
  #descriptor(tracee: Tracee): bigint | undefined {
    const { pid } = tracee.stub;
    if (this.#signalfd?.pid === pid) return this.#signalfd.fd;
    this.close();
    tracee.write(SLOTS.siginfo, new Uint8Array(BigUint64Array.of(ALL).buffer));
    const mask = DATA + BigInt(SLOTS.siginfo);
    const fd = tracee.call(SYS_SIGNALFD4, ALL, mask, 8n, SFD_NONBLOCK);
    if (BigInt.asIntN(64, fd) < 0n) return undefined;
    this.#signalfd = { pid, fd };
    return fd;
  }
}

function readMembers(bytes: Uint8Array): Reading {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const members = new Map<string, bigint>();
  for (const [name, [offset, size]] of Object.entries(SIGNALFD)) {
    if (size === 8) members.set(name, view.getBigUint64(offset, true));
    else {
      const number = size === 4 ? view.getUint32(offset, true) : view.getUint16(offset, true);
      members.set(name, BigInt(number));
    }
  }
  return members;
}

/** A siginfo_t whose union has no zero byte. */
function probe(signal: number, code: number): Uint8Array {
  const bytes = new Uint8Array(SIGINFO_SIZE);
  const view = new DataView(bytes.buffer);
  // Bytes beyond the longest member of the union must be 0 if the kernel does not know the code.
  bytes.fill(0x11, UNION, 48);
  view.setInt32(SI_SIGNO, signal, true);
  view.setInt32(SI_CODE, code, true);
  return bytes;
}

/** The form whose members, and no others, the kernel copied. */
function formOf(reading: Reading): number | undefined {
  const copied = [...reading]
    .filter(([name, word]) => word !== 0n && name !== "si_signo" && name !== "si_code")
    .map(([name]) => name)
    .filter((name) => !FURTHER.has(name));
  const form = FORM_MEMBERS.findIndex(
    (members) => members.length === copied.length && members.every((each) => copied.includes(each)),
  );
  return form < 0 ? undefined : form;
}

/** The forms that the kernel assumes for signals and codes. */
class KernelForms {
  readonly queue: Queue;
  readonly #known = new Map<string, number | string>();

  constructor(queue: Queue) {
    this.queue = queue;
  }

  of(signal: number, code: number): number | string {
    if (signal < 1 || signal > LAST_SIGNAL) return "the kernel sends signals 1 to 64";
    const key = `${signal} ${code}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const reading = this.queue.send(signal, probe(signal, code));
    const form =
      typeof reading === "string"
        ? reading
        : (formOf(reading) ?? "the kernel copied the members of no known form");
    this.#known.set(key, form);
    return form;
  }
}

export function siginfoJudges(queue: Queue): Judge[] {
  const forms = new KernelForms(queue);
  /** Replaces the signal by a valid one. */
  const draw: Judge["draw"] = (random, input, enumerated) => {
    if (!narrows(random, enumerated)) return;
    input.put("signal", BigInt(random.below(LAST_SIGNAL) + 1));
  };
  const form: Judge = {
    name: "siginfoForm",
    asked: "rt_sigqueueinfo of a stub to itself; the members read from a signalfd",
    draw,
    judge(input, answered) {
      const own = forms.of(input.int("signal"), input.int("code"));
      return typeof own === "string" ? undecided(own) : answered.returns(fromInt(own));
    },
  };
  const siginfo: Judge = {
    name: "encodeSiginfo",
    asked: "rt_sigqueueinfo of a stub to itself with it; the members read from a signalfd",
    draw,
    judge(input, answered) {
      const own = forms.of(input.int("signal"), input.int("code"));
      if (typeof own === "string") return undecided(own);
      const result = answered.returns(fromInt(own));
      return result === HELD ? compareMembers(queue, own, input, answered) : result;
    },
  };
  return [form, siginfo];
}

/** Queues an encoder's siginfo, and compares what the kernel reads from it. */
function compareMembers(queue: Queue, form: number, input: Fields, answered: Fields): Judgement {
  const siginfo = new Uint8Array(answered.block("at").slice().buffer);
  const own = new DataView(siginfo.buffer).getInt32(SI_SIGNO, true);
  // A signal that cannot be queued is not the expected one.
  const reading = own < 1 || own > LAST_SIGNAL ? "" : queue.send(own, siginfo);
  if (typeof reading === "string") {
    const judged = expect("at.si_signo", fromInt(input.int("signal")), fromInt(own));
    if (judged !== HELD) return judged;
    return { verdict: "failed", field: "at.padding", meant: 0n, seen: 1n };
  }
  for (const [name, word] of meantMembers(input, form)) {
    const field = FURTHER.has(name) ? "at.padding" : `at.${name}`;
    const judged = expect(field, word, reading.get(name) ?? 0n);
    if (judged !== HELD) return judged;
  }
  return HELD;
}

function meantMembers(input: Fields, form: number): Reading {
  const meant = new Map<string, bigint>(Object.keys(SIGNALFD).map((name) => [name, 0n]));
  meant.set("si_signo", fromInt(input.int("signal")));
  meant.set("si_code", fromInt(input.int("code")));
  const values = ["first", "second", "third"].map((name) => input.word(name));
  for (const [i, member] of (FORM_MEMBERS[form] ?? []).entries()) {
    const [, bytes] = SIGNALFD[member] ?? [0, 8];
    meant.set(member, BigInt.asUintN(8 * bytes, values[i] ?? 0n));
  }
  return meant;
}
