import { constants } from "node:os";
import { HOST_MACHINE } from "../../../core/machine/index.ts";
import { FORM_MEMBERS } from "../places.ts";
import { KEPT } from "./arch.ts";
import { addressOf, PLACES, SLOTS } from "./code.ts";
import { expect, type Fields, fromInt, type Judge, narrows, undecided } from "./judge.ts";
import { setUp } from "./processes.ts";
import { isBreakpoint, type Tracee, type TraceeSlot } from "./tracee.ts";

const { SIGKILL, SIGSTOP } = constants.signals;
const LAST_SIGNAL = 64;
const SIGINFO_SIZE = 128;
const ALL = 2n ** 64n - 1n;
const SFD_NONBLOCK = 0x800n;

/** Offsets in siginfo_t: two of the common members, and the union. */
const [SI_SIGNO, SI_CODE, UNION] = [0, 8, 16];

/** Members of struct signalfd_siginfo: offset and bytes (linux/signalfd.h). */
const SIGNALFD: readonly (readonly [name: string, offset: number, bytes: 2 | 4 | 8])[] = [
  ["si_signo", 0, 4],
  ["si_errno", 4, 4],
  ["si_code", 8, 4],
  ["si_pid", 12, 4],
  ["si_uid", 16, 4],
  ["si_fd", 20, 4],
  ["si_timerid", 24, 4],
  ["si_band", 28, 4],
  ["si_overrun", 32, 4],
  ["si_status", 40, 4],
  ["si_value", 48, 8],
  ["si_utime", 56, 8],
  ["si_stime", 64, 8],
  ["si_addr", 72, 8],
  ["si_addr_lsb", 80, 2],
  ["si_syscall", 84, 4],
  ["si_call_addr", 88, 8],
  ["si_arch", 96, 4],
];

/** Members of a form that are not passed to an encoder. */
const FURTHER: ReadonlySet<string> = new Set(["si_utime", "si_stime", "si_addr_lsb"]);

/** What the kernel read from a siginfo_t. */
type Reading = ReadonlyMap<string, bigint>;

/** Prepares a stub for signals: a signalfd for them. */
export function prepareQueue(tracee: Tracee): Tracee {
  tracee.writeWords(SLOTS.siginfo, ALL);
  const fd = tracee.call("signalfd4", ALL, addressOf(SLOTS.siginfo), 8n, SFD_NONBLOCK);
  if (BigInt.asIntN(64, fd) >= 0n) tracee.descriptor = Number(fd);
  return tracee;
}

/**
 * Queues a signal in a stub that blocks it, and reads it from a signalfd: the members that the kernel copies show which
 * form it takes the union for (siginfo_layout in kernel/signal.c).
 *
 * @param slot stubs prepared by `prepareQueue`
 * @returns the members, or why they could not be read
 */
function sendTo(slot: TraceeSlot, signal: number, siginfo: Uint8Array): Reading | string {
  if (signal === SIGKILL || signal === SIGSTOP) return "SIGKILL and SIGSTOP cannot be blocked";
  const tracee = slot.get();
  const { tracer, stub, descriptor } = tracee;
  if (descriptor === undefined) return "this kernel has no signalfd";
  tracee.write(SLOTS.siginfo, siginfo);
  tracee.writeWords(SLOTS.queued, 0n, 0n);
  const args = [BigInt(stub.pid), fromInt(signal), addressOf(SLOTS.siginfo)];
  setUp(tracee, "rt_sigqueueinfo", args, {
    [KEPT]: BigInt(descriptor),
    [HOST_MACHINE.instructionPointer]: PLACES.queue,
  });
  // Each breakpoint unblocks SIGTRAP.
  tracer.shim.setMask(stub.pid, ALL);
  tracee.run("PTRACE_CONT", isBreakpoint(tracer));
  const [queued = 0n, received] = new BigInt64Array(tracee.read(SLOTS.queued, 16).buffer);
  if (queued !== 0n) return `rt_sigqueueinfo returned ${queued}`;
  if (received !== BigInt(SIGINFO_SIZE)) return "the signal did not arrive";
  return readMembers(tracee.read(SLOTS.signalfd, SIGINFO_SIZE));
}

function readMembers(bytes: Uint8Array): Reading {
  const words = SIGNALFD.map(([name, offset, size]): [string, bigint] => {
    const digits = bytes.slice(offset, offset + size).reverse();
    return [name, BigInt(`0x${Buffer.from(digits).toString("hex")}`)];
  });
  return new Map(words);
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

/** @param slot stubs prepared by `prepareQueue` */
export function siginfoJudges(slot: TraceeSlot): Judge[] {
  const known = new Map<string, number>();
  /** The form that the kernel assumes for a signal and a code. */
  const formFor = (input: Fields): number => {
    const [signal, code] = [input.int("signal"), input.int("code")];
    if (signal < 1 || signal > LAST_SIGNAL) undecided("the kernel sends signals 1 to 64");
    const key = `${signal} ${code}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const reading = sendTo(slot, signal, probe(signal, code));
    if (typeof reading === "string") undecided(reading);
    const form = formOf(reading) ?? undecided("the kernel copied the members of no known form");
    known.set(key, form);
    return form;
  };
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
      answered.returns(fromInt(formFor(input)));
    },
  };
  const siginfo: Judge = {
    name: "encodeSiginfo",
    asked: "rt_sigqueueinfo of a stub to itself with it; the members read from a signalfd",
    draw,
    judge(input, answered) {
      const own = formFor(input);
      answered.returns(fromInt(own));
      compareMembers(slot, own, input, answered);
    },
  };
  return [form, siginfo];
}

/** Queues an encoder's siginfo, and compares what the kernel reads from it. */
function compareMembers(slot: TraceeSlot, form: number, input: Fields, answered: Fields): void {
  const siginfo = new Uint8Array(answered.block("at").slice().buffer);
  const own = new DataView(siginfo.buffer).getInt32(SI_SIGNO, true);
  // A signal that cannot be queued is not the expected one.
  const reading = own < 1 || own > LAST_SIGNAL ? "" : sendTo(slot, own, siginfo);
  if (typeof reading === "string") {
    expect("at.si_signo", fromInt(input.int("signal")), fromInt(own));
    expect("at.padding", 0n, 1n);
    return;
  }
  for (const [name, word] of meantMembers(input, form)) {
    expect(FURTHER.has(name) ? "at.padding" : `at.${name}`, word, reading.get(name) ?? 0n);
  }
}

function meantMembers(input: Fields, form: number): Reading {
  const meant = new Map([
    ["si_signo", fromInt(input.int("signal"))],
    ["si_code", fromInt(input.int("code"))],
  ]);
  const values = ["first", "second", "third"].map((name) => input.word(name));
  for (const [i, member] of (FORM_MEMBERS[form] ?? []).entries())
    meant.set(member, values[i] ?? 0n);
  return new Map(
    SIGNALFD.map(([name, , bytes]) => [name, BigInt.asUintN(8 * bytes, meant.get(name) ?? 0n)]),
  );
}
