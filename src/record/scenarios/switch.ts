import { hex, StateError } from "../../errors.ts";
import type { Context } from "../../platform/context.ts";
import { Platform } from "../../platform/platform.ts";
import type { Subprocess } from "../../platform/subprocess.ts";
import { INSTRUCTION_POINTER, PAGE_SIZE } from "../../stub/amd64.ts";
import { readProcess } from "../../stub/proc.ts";
import { resultWord } from "../amd64.ts";
import { injectWatched } from "../injection.ts";
import { codeBytes, loadListing } from "../listing.ts";
import { type Recorder, tellRegisters } from "../recorder.ts";
import type { Scenario } from "../scenario.ts";
import { type Outcome, step } from "../stepping.ts";
import { addStubCode, reasonsByLabel } from "../stub_code.ts";
import { Tracee } from "../tracee.ts";

/** The address of the guest's code. */
const CODE = 0x10000n;
/** Where it stores the result: nothing is mapped there. src/record/guests/switch_amd64.S */
const NOTEBOOK = 0x20000n;
/** The pid that the guest gets. */
const GUEST_PID = 1n;

/** Why each instruction of the guest is there. */
const REASONS = {
  guest_begin: [
    "The guest's first instruction. It is an ordinary program, and knows nothing about stubs.",
    "The guest asks for its pid. With PTRACE_SYSEMU the kernel stops it at system call entry and does not execute the " +
      "call: the host answers instead of the kernel.",
  ],
  keep: ["The guest stores the result at an address where nothing is mapped."],
  leave: [
    "Status 0.",
    "The number of exit_group.",
    "The guest ends. The host handles this call as well.",
  ],
};

export const switchLesson: Scenario = {
  title: "The switch: a guest runs, calls, faults",
  introduction: [
    "This is what stubs are for. A guest's program is in the memory of a stub. The host writes the guest's registers " +
      "and resumes the stub: from then on the processor executes the guest, at full speed, in the process that executed " +
      "the stub code before.",
    "It does so until the guest makes a system call, faults, or gets a signal. Then the host has its registers, and " +
      "acts as the guest's kernel: it answers the call, or maps what is missing. Entering the guest and leaving it is " +
      "one switch.",
    "Guest and stub code share one thread. The registers that the host writes decide which of them runs: the guest's " +
      "registers continue the guest, the stub's inject a call.",
    "The guest of this lesson asks for its pid, writes the result to unmapped memory, and exits.",
  ],

  record(recorder) {
    using platform = Platform.open({ encoder: recorder.encoder });
    const lesson = prepare(recorder, platform);
    enter(lesson);
    answerCall(lesson);
    const written = fault(lesson);
    goOn(lesson, written);
    exit(lesson);
    check(lesson);
  },
};

interface Lesson {
  readonly recorder: Recorder;
  readonly space: Subprocess;
  readonly context: Context;
  readonly tracee: Tracee;
}

/** Prepares a subprocess with the guest in it, and registers at its first instruction. */
function prepare(recorder: Recorder, platform: Platform): Lesson {
  const { tracer } = platform;
  addStubCode(recorder, tracer);
  const guest = loadListing("guest");
  recorder.addCode(guest, CODE, reasonsByLabel(guest, REASONS));
  const space = platform.newAddressSpace();
  space.mapAnonymous(CODE, PAGE_SIZE, "rwx");
  space.write(CODE, codeBytes(guest));
  space.protect(CODE, PAGE_SIZE, "rx");
  const context = platform.newContext();
  context.registers.set(INSTRUCTION_POINTER, CODE);
  recorder.addLane("host", "the Node.js process: tracer, and the guest's kernel", process.pid);
  recorder.addLane("subprocess", "a stub, in which the guest runs", space.pid);
  const tracee = new Tracee(recorder, "subprocess", space.thread);
  tracee.emulated = true;
  recorder.observe(
    "A real switch also moves the floating point registers (PTRACE_SETREGSET and PTRACE_GETREGSET, NT_X86_XSTATE). " +
      "This guest uses none, and they are omitted here.",
  );
  recorder.observe(
    "The host resumes the guest for each instruction. A real switch resumes it once, with PTRACE_SYSEMU, until its " +
      "next system call, fault or signal.",
  );
  const registers = tellRegisters(tracee.registers());
  recorder.step({
    lane: "subprocess",
    kind: "note",
    title: `stub ${space.pid} rests after its INT3`,
    why:
      "Its memory map has two pages: the stub code, and the guest's program, mapped by injected calls (lesson " +
      '"inject").',
    registers: { before: registers, after: registers },
    kernel: recorder.view(space.pid),
  });
  return { recorder, space, context, tracee };
}

/** Writes the guest's registers to the thread. */
function enter({ context, tracee }: Lesson): void {
  load(
    { context, tracee },
    "The guest's registers: all zero, and RIP at its first instruction. Now the thread runs the guest.",
  );
}

function load({ context, tracee }: Pick<Lesson, "context" | "tracee">, why: string): void {
  const { thread } = tracee;
  thread.tracer.encoder.enterGuest(context.registers.offset, thread.initial.offset);
  tracee.setRegisters(context.registers, why);
}

/** The guest up to its first call, and the host's answer. */
function answerCall({ recorder, space, context, tracee }: Lesson): void {
  const { encoder } = tracee.thread.tracer;
  expectKind(step(tracee), "executed");
  recorder.ask({
    text: `The guest calls getpid. Its process has the pid ${space.pid}. What does it get?`,
    choices: [
      `${space.pid}: the kernel executes the call`,
      "SIGSYS: guests may not make system calls",
      "Nothing yet: it is stopped, and the kernel never executes the call",
    ],
    answer: 2,
    because:
      "PTRACE_SYSEMU stops the thread at system call entry, and skips the call. RAX holds -ENOSYS, and orig_rax the " +
      "number. The guest gets what the host writes to RAX.",
  });
  const call = expectKind(step(tracee), "emulated");
  tracee.waited(call.step, "wait4 reports the call to the host.");
  tracee.thread.readRegisters(context.registers);
  tracee.getRegisters(
    "orig_rax is 39, the number of getpid. The host saves all registers of the guest in its context.",
  );
  // The lesson needs no arguments, and the frame is free between two injections.
  encoder.decodeGuestSyscall(context.registers.offset, tracee.thread.tracer.frame.offset);
  encoder.encodeGuestResult(context.registers.offset, GUEST_PID);
  load(
    { context, tracee },
    "The host writes its answer to RAX: 1. In its own system the guest is the first process. orig_rax becomes -1: no " +
      "call is under way, and none must be restarted.",
  );
}

/** The store that faults. */
function fault({ recorder, context, tracee }: Lesson): Outcome {
  recorder.ask({
    text: `The guest stores RAX at ${hex(NOTEBOOK)}, where nothing is mapped. What happens?`,
    choices: [
      "It is killed by SIGSEGV",
      "It is stopped before SIGSEGV is delivered, and RIP stays at the store",
      "It is stopped by SIGSEGV, and RIP is after the store",
    ],
    answer: 1,
    because:
      "A page fault leaves RIP at the instruction, so that it can be executed again. The signal stops a traced thread " +
      "before it is delivered, and the tracer may suppress it.",
  });
  const outcome = expectKind(
    step(tracee, {
      stop:
        "The processor raised a page fault: nothing is mapped there. The kernel sends SIGSEGV, and the signal stops the " +
        "guest.",
    }),
    "fault",
  );
  tracee.waited(outcome.step, "wait4 reports the fault to the host.");
  tracee.thread.readRegisters(context.registers);
  tracee.getRegisters(
    "RIP is still at the store. The host saves all registers of the guest in its context: it needs the thread for " +
      "something else now.",
  );
  const { address, code } = tracee.signalInfo();
  const name =
    code === tracee.thread.tracer.constant("SEGV_MAPERR") ? "SEGV_MAPERR" : `code ${code}`;
  tracee.getSignalInfo(
    `si_addr is ${hex(address)}, and si_code is ${name}: nothing is mapped there. The host decides to map a page.`,
  );
  return outcome;
}

/** The page is mapped by an injected call, and the guest's store is executed again. */
function goOn({ recorder, context, tracee }: Lesson, { step: at }: Outcome): void {
  const { tracer } = tracee.thread;
  const prot = tracer.flag("PROT_READ") | tracer.flag("PROT_WRITE");
  const flags =
    tracer.flag("MAP_PRIVATE") | tracer.flag("MAP_ANONYMOUS") | tracer.flag("MAP_FIXED");
  injectWatched(tracee, {
    call: "mmap",
    args: [NOTEBOOK, PAGE_SIZE, prot, flags, -1, 0],
    frame:
      "For one call the thread is a stub again: the initial registers with an mmap, and RIP at the SYSCALL of the stub " +
      "code. The SIGSEGV is suppressed.",
    answer: "RAX is the address: the page is mapped.",
  });
  recorder.ask({
    text: "The page is mapped. The host restores the guest's registers. Which instruction does the guest execute first?",
    choices: ["The store, again", "The one after the store", "Its first one, from the beginning"],
    answer: 0,
    because:
      "RIP in the context is still at the store, and this time it succeeds. The guest cannot notice the interruption: " +
      "its registers are unchanged.",
  });
  load({ context, tracee }, "The guest's registers again, from the context. RIP is at the store.");
  const again = expectKind(
    step(tracee, {
      why: "The same store again; now the page is there.",
    }),
    "executed",
  );
  recorder.step({
    lane: "host",
    about: "subprocess",
    kind: "note",
    title: "the guest has written its pid",
    why:
      `The fault of step ${at + 1} and the store of step ${again.step + 1} are the same instruction. A kernel does the ` +
      "same when it maps a page on demand.",
    kernel: recorder.view(tracee.thread.tgid),
  });
}

/** The rest of the guest, up to the call that ends it. */
function exit({ context, tracee }: Lesson): void {
  expectKind(step(tracee), "executed");
  expectKind(step(tracee), "executed");
  const call = expectKind(step(tracee), "emulated");
  tracee.waited(call.step, "wait4 reports the call: the guest wants to end.");
  tracee.thread.readRegisters(context.registers);
  tracee.getRegisters(
    "RDI is 0, the status. The kernel has not executed the call: the process is alive. The host would now unmap the " +
      "guest's memory, and keep the stub for the next guest.",
  );
}

function expectKind(outcome: Outcome, kind: Outcome["kind"]): Outcome {
  if (outcome.kind === kind) return outcome;
  throw new StateError(`an instruction of the guest was ${outcome.kind}, and should be ${kind}`);
}

function check({ recorder, space, context }: Lesson): void {
  const { tracer } = space;
  const facts = readProcess(space.pid);
  const word = new DataView(space.read(NOTEBOOK, 4).buffer).getUint32(0, true);
  recorder.check("what the guest stored", `${GUEST_PID}`, `${word}`);
  recorder.check("its process is alive, stopped by its tracer", "t", facts.state);
  recorder.check("its tracer", `${tracer.tid}`, `${facts.tracerTid}`);
  const starts = facts.mappings.map(({ start }) => hex(BigInt(start)));
  const expected = [CODE, NOTEBOOK, BigInt(tracer.stubAddress)].map(hex);
  recorder.check("its pages", expected.join(", "), starts.join(", "));
  recorder.check("the exit status in RDI", "0x0", hex(context.registers.get("rdi")));
  recorder.check("the call that it ended with was not executed", "-38, ENOSYS", enosys(context));
}

function enosys(context: Context): string {
  const result = BigInt.asIntN(64, resultWord(context.registers.dump()));
  return `${result}${result === -38n ? ", ENOSYS" : ""}`;
}
