import { hex, StateError, UnsupportedError } from "../../errors.ts";
import { PAGE_SIZE } from "../../stub/amd64.ts";
import { readProcess } from "../../stub/proc.ts";
import { type RseqArea, readRseq } from "../../stub/rseq.ts";
import type { Stub } from "../../stub/stub.ts";
import { Tracer } from "../../stub/tracer.ts";
import { callTitle } from "../calls.ts";
import type { WatchedStub } from "../fork.ts";
import { dumpNoCore } from "../precautions.ts";
import type { Recorder } from "../recorder.ts";
import type { Call } from "../recording.ts";
import { tellRequest } from "../requests.ts";
import { restingStub } from "../resting.ts";
import type { Scenario } from "../scenario.ts";
import { step } from "../stepping.ts";
import { addStubCode } from "../stub_code.ts";

/** What glibc registers, and the signature of an abort handler (x86's RSEQ_SIG). */
const AREA_LENGTH = 32;
const SIGNATURE = 0x53053053;

export const rseq: Scenario = {
  title: "rseq: memory that the kernel still uses",
  introduction: [
    "Restartable sequences let a program work on per-processor data without a lock. The thread and the kernel share " +
      "some 32 bytes of the thread's memory: the kernel stores the number of the processor there, and the thread names " +
      "the code that must not be interrupted. After the kernel has interrupted the thread and scheduled it again, or has " +
      "moved it to another processor, it accesses those bytes on the way back to user space.",
    "glibc, since version 2.35, registers such an area for every thread, by the system call rseq, whether or not the " +
      "program uses it. A forked child inherits the registration together with the memory.",
    "A stub inherits it from the host's main thread, and unmaps all of the host's memory (lesson \"scrub\"). That " +
      "munmap does not unregister the area.",
    "So a stub's set-up unregisters the area before the stub code begins. Here that step is omitted.",
  ],

  record(recorder) {
    using tracer = new Tracer({ encoder: recorder.encoder });
    addStubCode(recorder, tracer);
    recorder.addLane("host", "the Node.js process; its main thread is the tracer", process.pid);
    const master = restingStub(recorder, tracer, { memory: true, omit: ["rseq"] });
    expectArea(recorder, master);
    bind(recorder, master);
    // A lesson leaves no file.
    dumpNoCore(master.stub);
    const unmapped = unmap(master);
    const how = meetFault(recorder, master, unmapped);
    recorder.check("the stub's end", "killed by SIGSEGV", how.replace(" (core dumped)", ""));
    recorder.check("the stub's process", "gone", isThere(master.stub.pid) ? "there" : "gone");
    checkOther(recorder, tracer);
  },
};

/** Asks the kernel for the area; if the C library has registered none, the stub does. */
function expectArea(recorder: Recorder, master: WatchedStub): void {
  const { stub } = master;
  if (readArea(stub).address === 0n) {
    stub.call("rseq", stub.map(PAGE_SIZE), AREA_LENGTH, 0, SIGNATURE);
    recorder.observe(
      "The C library of this host (musl, or a glibc before 2.35) registers no area, so a stub here would have nothing " +
        "to unregister. For the lesson an injected call registers one, in a page of its own.",
    );
  }
  tellArea(recorder, master);
}

/** On another processor the kernel would update the area for that reason alone. */
function bind(recorder: Recorder, { stub }: WatchedStub): void {
  stub.thread.follow();
  recorder.observe(
    "The stub is bound to one processor. A stub that moves to another one is stopped at once, on every kernel.",
  );
}

/** @throws UnsupportedError before Linux 5.13. */
export function readArea({ thread }: Stub): RseqArea {
  const area = readRseq(thread);
  if (area !== undefined) return area;
  throw new UnsupportedError("this kernel does not report what is registered for rseq", {
    call: "ptrace(PTRACE_GET_RSEQ_CONFIGURATION)",
    remedy: "Linux 5.13 or later with CONFIG_RSEQ does",
  });
}

function tellArea(recorder: Recorder, { stub }: WatchedStub): void {
  const { address, length, signature } = readArea(stub);
  const told = tellRequest("PTRACE_GET_RSEQ_CONFIGURATION", stub.pid, 0, recorder.constants);
  const [request, tid] = told.arguments;
  if (request === undefined || tid === undefined) throw new StateError("a request has two words");
  const area = `[{${hex(address)}, ${length}, ${hex(BigInt(signature))}}]`;
  const call: Call = {
    ...told,
    arguments: [request, tid, { word: "0x18", told: "24" }, { word: null, told: area }],
    result: { word: "0x18", told: "24" },
  };
  recorder.step({
    lane: "host",
    about: "master",
    kind: "ptrace",
    title: callTitle(call),
    why:
      `The kernel will access ${length} bytes at ${hex(address)} on behalf of this stub. It is an address in the ` +
      "memory that the stub inherited from the host. (A stub with the full set-up has 0 here.)",
    call,
    kernel: recorder.view(stub.pid),
    observer: "createStub does not ask for this.",
  });
}

/** The munmap of a scrub; returns its step. */
function unmap({ stub, tracee }: WatchedStub): number {
  const { tracer, thread } = stub;
  const { encoder, frame, stubAddress } = tracer;
  const number = tracer.syscallNumber("munmap");
  const length = BigInt(stubAddress);
  encoder.encodeSyscall(frame.offset, thread.initial.offset, number, 0n, length, 0n, 0n, 0n, 0n);
  tracee.setRegisters(
    frame,
    `The frame of the munmap that scrubs a stub: everything from 0 up to its own page, ${hex(length)}.`,
  );
  return step(tracee, {
    why:
      "It succeeds, and one page is left. The kernel has removed the mapping of the rseq area like any other, and still " +
      "has the area's address.",
  }).step;
}

/** The next resume, and its consequence. @returns how the stub ended. */
function meetFault(recorder: Recorder, master: WatchedStub, unmapped: number): string {
  const { stub, tracee } = master;
  const { tracer } = stub;
  const { place, resumed } = resume(recorder, master);
  const took = Math.round((performance.now() - resumed.at) * 1000);
  const info = tracee.signalInfo();
  const kernels = info.code === tracer.constant("SI_KERNEL");
  tracee.getSignalInfo(
    `si_code is ${kernels ? "SI_KERNEL" : info.code}, and si_addr ${hex(info.address)}: no instruction of the stub ` +
      `has faulted, and there is no address to report. It took ${took} microseconds from the resume to this report. ` +
      "Unobserved, the stub would have run until something interrupts it, such as the end of its time slice.",
  );
  recorder.check(`RIP at the SIGSEGV: after the ${place}`, hex(resumed.rip), hex(tracee.rip));
  recorder.check("si_code", `${tracer.constant("SI_KERNEL")}`, `${info.code}`);
  recorder.check("si_addr", "0x0", hex(info.address));
  tracee.request("PTRACE_CONT", "Can the host suppress the signal, and let the stub continue?");
  tracee.awaitStop({
    stop:
      "No. The stub was scheduled out and in again, and the kernel faulted at the same address. The stub cannot return " +
      "to user space.",
    wait: "wait4 reports the next SIGSEGV.",
  });
  recorder.check("resumed without the signal: RIP", hex(resumed.rip), hex(tracee.rip));
  tracee.request("PTRACE_CONT", "The host delivers the signal, as an untraced stub would get it.", {
    data: tracer.constant("SIGSEGV"),
  });
  return tracee.awaitEnd({
    stop: `SIGSEGV has no handler here, so it terminates the process. The munmap of step ${unmapped + 1} has killed it.`,
    wait: "wait4 reports that the stub is gone.",
  });
}

/** Where a stub was resumed, and when. */
interface Resumed {
  readonly rip: bigint;
  readonly at: number;
}

/** Resumes the stub until the SIGSEGV. @returns after what it was resumed last. */
function resume(recorder: Recorder, { stub, tracee }: WatchedStub) {
  const now = (): Resumed => ({ rip: tracee.rip, at: performance.now() });
  const afterCall = now();
  tracee.request(
    "PTRACE_CONT",
    "The munmap is complete, and RIP is after its SYSCALL. The stub is resumed to continue to its INT3: three " +
      "instructions, which need no memory but the stub's own page.",
  );
  const stop = stub.thread.wait();
  const rests = stop.signal === stub.tracer.constant("SIGTRAP");
  recorder.ask({
    text: "How many of the three instructions (cmp, je, INT3) does the stub execute?",
    choices: [
      "All three: it rests at its INT3",
      "None: a SIGSEGV arrives before the first",
      "Two: the INT3 needs a stack to push on",
    ],
    answer: rests ? 0 : 1,
    because: rests
      ? "The stub has made a system call: it was not interrupted. Since Linux 6.19 the kernel does not access the area on " +
        "the way back from that, unless the thread has moved to another processor. (Later kernels do so only for areas of " +
        "more than 32 bytes.) Earlier kernels stop the stub here."
      : "The stub had stopped for its tracer, so it was scheduled out and in again. On the way back to user space the " +
        "kernel updates the rseq area, gets a page fault itself, and can report that only by a SIGSEGV.",
  });
  if (!rests) {
    const at = tracee.stopped(
      stop,
      "RIP is unchanged: no instruction was executed. The stub code is not at fault, and RIP does not show the cause. " +
        "The fault happened in the kernel.",
    );
    tracee.waited(at, "The host waits for an INT3, and wait4 reports a SIGSEGV.");
    return { place: "munmap", resumed: afterCall };
  }
  const at = tracee.stopped(
    stop,
    "The INT3 is an exception: it interrupts the stub, which is then scheduled out. So the kernel has to look at the area " +
      "before the stub's next instruction, for it may have interrupted a restartable sequence.",
  );
  tracee.waited(at, "The munmap has returned, and nothing shows that the stub is lost.");
  const afterTrap = now();
  tracee.request("PTRACE_CONT", "The stub is resumed, as it is for the next injected call.");
  tracee.awaitStop({
    stop:
      "RIP is unchanged: no instruction was executed. The kernel has looked at the rseq area, got a page fault itself, and " +
      "can report that only by a SIGSEGV. The stub code is not at fault, and RIP does not show the cause.",
    wait: "wait4 reports a SIGSEGV.",
  });
  return { place: "INT3", resumed: afterTrap };
}

/** A stub that has unregistered the area survives the same. */
function checkOther(recorder: Recorder, tracer: Tracer): void {
  const other = tracer.createStub();
  other.scrub();
  recorder.check("a stub with the full set-up: its rseq area", "0x0", hex(readArea(other).address));
  recorder.check("it is scrubbed, and alive: getpid", `${other.pid}`, `${other.call("getpid")}`);
}

function isThere(pid: number): boolean {
  try {
    readProcess(pid);
    return true;
  } catch {
    return false;
  }
}
