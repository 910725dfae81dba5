import { constants } from "node:os";
import { FORM_MEMBERS } from "../places.ts";
import { HOST } from "./arch.ts";
import { slot } from "./code.ts";
import {
  expect,
  type Fields,
  fromInt,
  type Judge,
  type JudgeTable,
  narrows,
  undecided,
} from "./judge.ts";
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
let offset = 0;
const MEMBERS = SIGNALFD.split(", ")
  .map((member) => {
    const [name = "", size] = member.split(" ");
    offset += Number(size);
    return { name, start: offset - Number(size), end: offset };
  })
  .filter(({ name }) => !IGNORED.includes(name));
/** Members of a form that are not passed to an encoder. */
const FURTHER = ["si_utime", "si_stime", "si_addr_lsb"];

/** What the kernel read from a siginfo_t. */
type Reading = ReadonlyMap<string, bigint>;

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
function sendTo(tracee: Tracee, signal: number, siginfo: Uint8Array): Reading | string {
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

function readMembers(bytes: Uint8Array): Reading {
  const words = MEMBERS.map(({ name, start, end }): [string, bigint] => {
    const digits = Buffer.from(bytes.slice(start, end).reverse()).toString("hex");
    return [name, BigInt(`0x${digits}`)];
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

/** The form that the kernel assumes for a signal and a code: it copied the members of that, and no others. */
function formFor(tracee: Tracee, input: Fields): number {
  const [signal, code] = [input.int("signal"), input.int("code")];
  if (signal < 1 || signal > LAST_SIGNAL) undecided("the kernel sends signals 1 to 64");
  const reading = sendTo(tracee, signal, probe(signal, code));
  if (typeof reading === "string") undecided(reading);
  const copied = [...reading]
    .filter(([name, word]) => word !== 0n && !["si_signo", "si_code", ...FURTHER].includes(name))
    .map(([name]) => name);
  const form = FORM_MEMBERS.findIndex(
    (members) => members.length === copied.length && members.every((each) => copied.includes(each)),
  );
  return form < 0 ? undecided("the kernel copied the members of no known form") : form;
}

/** @param stubs prepared by `prepareQueue` */
export function siginfoJudges(stubs: TraceeSlot): JudgeTable {
  /** Replaces the signal by a valid one. */
  const draw: Judge["draw"] = (random, input, enumerated) => {
    if (!narrows(random, enumerated)) return;
    input.put("signal", BigInt(random.below(LAST_SIGNAL) + 1));
  };
  return {
    siginfoForm: {
      asked: "rt_sigqueueinfo of a stub to itself; the members read from a signalfd",
      draw,
      ask: (input) => fromInt(formFor(stubs.get(), input)),
    },
    encodeSiginfo: {
      asked: "rt_sigqueueinfo of a stub to itself with it; the members read from a signalfd",
      draw,
      ask(input) {
        const form = formFor(stubs.get(), input);
        return (given) => {
          given.returns(fromInt(form));
          compareMembers(
            stubs.get(),
            form,
            input,
            new Uint8Array(given.words("at").slice().buffer),
          );
        };
      },
    },
  };
}

/** Queues an encoder's siginfo, and compares what the kernel reads from it. */
function compareMembers(tracee: Tracee, form: number, input: Fields, siginfo: Uint8Array): void {
  const own = new DataView(siginfo.buffer).getInt32(SI_SIGNO, true);
  // A signal that cannot be queued is not the expected one.
  const reading = own < 1 || own > LAST_SIGNAL ? "" : sendTo(tracee, own, siginfo);
  const [signal, code] = [fromInt(input.int("signal")), fromInt(input.int("code"))];
  if (typeof reading === "string") {
    expect("at.si_signo", signal, fromInt(own));
    expect("at.padding", 0n, 1n);
    return;
  }
  const values = ["first", "second", "third"].map((name) => input.word(name));
  const members = (FORM_MEMBERS[form] ?? []).map((name, i) => [name, values[i] ?? 0n] as const);
  const meant = new Map([["si_signo", signal], ["si_code", code], ...members]);
  for (const { name, start, end } of MEMBERS) {
    const word = BigInt.asUintN(8 * (end - start), meant.get(name) ?? 0n);
    expect(FURTHER.includes(name) ? "at.padding" : `at.${name}`, word, reading.get(name) ?? 0n);
  }
}
