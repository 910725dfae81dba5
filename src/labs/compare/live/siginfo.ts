import { constants } from "node:os";
import { FORM_MEMBERS } from "../places.ts";
import { HOST } from "./arch.ts";
import { slot } from "./code.ts";
import { drawSignal, expect, type Fields, fromInt, type JudgeTable, undecided } from "./judge.ts";
import type { Tracee, TraceeSlot } from "./tracee.ts";

const { SIGKILL, SIGSTOP } = constants.signals;
const LAST_SIGNAL = 64;
const SIGINFO_SIZE = 128;
const ALL = 2n ** 64n - 1n;
const SFD_NONBLOCK = 0x800n;

/** Offsets in siginfo_t: two of the common members, and the union. */
const [SI_SIGNO, SI_CODE, UNION] = [0, 8, 16];

/** The members of struct signalfd_siginfo in their order, and the bytes of each (linux/signalfd.h). */
const SIGNALFD =
  "si_signo 4, si_errno 4, si_code 4, si_pid 4, si_uid 4, si_fd 4, si_timerid 4, si_band 4, si_overrun 4, si_trapno 4, " +
  "si_status 4, si_int 4, si_value 8, si_utime 8, si_stime 8, si_addr 8, si_addr_lsb 2, padding 2, si_syscall 4, " +
  "si_call_addr 8, si_arch 4";
/** Members that are the same as others, or nothing. */
const IGNORED = ["si_trapno", "si_int", "padding"];
/** Members of a form that are not passed to an encoder. */
const FURTHER = ["si_utime", "si_stime", "si_addr_lsb"];

/** Prepares a stub for signals: a signalfd for them. */
export function prepareQueue(tracee: Tracee): Tracee {
  tracee.writeWords("argument", ALL);
  const fd = tracee.call("signalfd4", [ALL, slot("argument"), 8n, SFD_NONBLOCK]);
  if (fd >= 0n) tracee.descriptor = Number(fd);
  return tracee;
}

/**
 * Queues a signal in a stub that blocks it, and reads it from a signalfd: the members that the kernel copies show which
 * form it takes the union for (siginfo_layout in kernel/signal.c).
 *
 * @returns the members, or why they could not be read
 */
function sendTo(tracee: Tracee, signal: number, siginfo: Uint8Array) {
  if (signal < 1 || signal > LAST_SIGNAL) return "the kernel sends signals 1 to 64";
  if (signal === SIGKILL || signal === SIGSTOP) return "SIGKILL and SIGSTOP cannot be blocked";
  const { tracer, stub, descriptor } = tracee;
  if (descriptor === undefined) return "this kernel has no signalfd";
  tracee.write("argument", siginfo);
  // Each breakpoint unblocks SIGTRAP.
  tracer.shim.setMask(stub.pid, ALL);
  const args = [BigInt(stub.pid), fromInt(signal), slot("argument")];
  const received = tracee.call("rt_sigqueueinfo", args, "queue", BigInt(descriptor));
  const queued = BigInt.asIntN(64, tracee.block.get(HOST.queued));
  if (queued !== 0n) return `rt_sigqueueinfo returned ${queued}`;
  if (received !== BigInt(SIGINFO_SIZE)) return "the signal did not arrive";
  return readMembers(tracee.read("argument", SIGINFO_SIZE));
}

function readMembers(bytes: Uint8Array) {
  let at = 0;
  const members = SIGNALFD.split(", ").map((member) => {
    const [name = "", size] = member.split(" ");
    const digits = bytes.slice(at, at + Number(size)).reverse();
    at += digits.length;
    const word = BigInt(`0x${Buffer.from(digits).toString("hex")}`);
    return { name, bits: 8 * digits.length, word };
  });
  return members.filter(({ name }) => !IGNORED.includes(name));
}

/** The form that the kernel assumes for a signal and a code: it copied the members of that, and no others. */
function formFor(tracee: Tracee, input: Fields): number {
  const [signal, code] = [input.int("signal"), input.int("code")];
  const probe = new DataView(new ArrayBuffer(SIGINFO_SIZE));
  probe.setInt32(SI_SIGNO, signal, true);
  probe.setInt32(SI_CODE, code, true);
  const bytes = new Uint8Array(probe.buffer);
  // Bytes beyond the longest member of the union must be 0 if the kernel does not know the code.
  const reading = sendTo(tracee, signal, bytes.fill(0x11, UNION, 48));
  if (typeof reading === "string") return undecided(reading);
  const common = ["si_signo", "si_code", ...FURTHER];
  const copied = reading.filter(({ name, word }) => word !== 0n && !common.includes(name));
  const names = (members: readonly string[]) => members.toSorted().join();
  const own = names(copied.map(({ name }) => name));
  const form = FORM_MEMBERS.findIndex((members) => names(members) === own);
  return form < 0 ? undecided("the kernel copied the members of no known form") : form;
}

/** @param stubs prepared by `prepareQueue` */
export function siginfoJudges(stubs: TraceeSlot): JudgeTable {
  const asked = (what: string) =>
    `rt_sigqueueinfo of a stub to itself${what}; the members read from a signalfd`;
  return {
    siginfoForm: {
      asked: asked(""),
      draw: drawSignal,
      ask: (input) => fromInt(formFor(stubs.get(), input)),
    },
    encodeSiginfo: {
      asked: asked(" with it"),
      draw: drawSignal,
      ask(input) {
        const form = formFor(stubs.get(), input);
        return (given) => {
          given.returns(fromInt(form));
          compareMembers(stubs.get(), form, input, given.words("at").slice());
        };
      },
    },
  };
}

/** Queues an encoder's siginfo, and compares what the kernel reads from it. */
function compareMembers(tracee: Tracee, form: number, input: Fields, own: BigUint64Array): void {
  const [signal, code] = [fromInt(input.int("signal")), fromInt(input.int("code"))];
  expect("at.si_signo", signal, BigInt.asUintN(32, own[0] ?? 0n));
  const reading = sendTo(tracee, input.int("signal"), new Uint8Array(own.buffer));
  if (typeof reading === "string") {
    expect("at.padding", 0n, 1n);
    return;
  }
  const values = ["first", "second", "third"].map((name) => input.word(name));
  const members = (FORM_MEMBERS[form] ?? []).map((name, i) => [name, values[i] ?? 0n] as const);
  const meant = new Map([["si_signo", signal], ["si_code", code], ...members]);
  for (const { name, bits, word } of reading) {
    const field = FURTHER.includes(name) ? "at.padding" : `at.${name}`;
    expect(field, BigInt.asUintN(bits, meant.get(name) ?? 0n), word);
  }
}
