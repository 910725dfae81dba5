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

/** What glibc registers, and how the kernel knows that an abort handler is one (x86's RSEQ_SIG). */
const AREA_LENGTH = 32;
const SIGNATURE = 0x53053053;

export const rseq: Scenario = {
  title: "rseq: memory that the kernel still writes to",
  introduction: [
    "Restartable sequences are a way for a program to work on data of its processor without a lock. For that the " +
      "thread and the kernel share some 32 bytes of the thread's memory: the kernel keeps the number of the processor " +
      "there, and the thread names the piece of code that must not be interrupted. Whenever the kernel has " +
      "scheduled the thread anew, it looks after those bytes on the way back to the thread's code.",
    "glibc, since version 2.35, registers such an area for every thread, by the system call rseq. Nobody has to " +
      "use it. A forked child inherits the registration, since it has the memory, too.",
    "A stub has it from the host's main thread, and unmaps all of the host's memory (lesson \"scrub\"). Nothing in " +
      "that munmap tells the kernel that one of these addresses was promised to it.",
    "So a stub's set-up takes the registration back, before the stub code begins. Here that one step was left out.",
  ],

  record(recorder) {
    using tracer = new Tracer({ encoder: recorder.encoder });
    addStubCode(recorder, tracer);
    recorder.addLane("host", "the Node.js process; its main thread is the tracer", process.pid);
    const master = restingStub(recorder, tracer, { memory: true, omit: ["rseq"] });
    expectArea(recorder, master);
    // A lesson leaves no file behind.
    dumpNoCore(master.stub);
    const unmapped = unmap(master);
    const how = meetFault(recorder, master, unmapped);
    recorder.check("the stub's end", "killed by SIGSEGV", how.replace(" (core dumped)", ""));
    recorder.check("the stub's process", "gone", isThere(master.stub.pid) ? "there" : "gone");
    checkOther(recorder, tracer);
  },
};

/** Asks the kernel for the area; where the C library has registered none, the stub does. */
function expectArea(recorder: Recorder, master: WatchedStub): void {
  const { stub } = master;
  if (readArea(stub).address === 0n) {
    stub.call("rseq", stub.map(PAGE_SIZE), AREA_LENGTH, 0, SIGNATURE);
    recorder.observe(
      "The C library of this host (musl, or a glibc before 2.35) registers no area, so a stub here would have " +
        "nothing to unregister. For the lesson it was made to register one, by injection, in a page of its own.",
    );
  }
  tellArea(recorder, master);
}

/** @throws UnsupportedError before Linux 5.13. */
function readArea({ thread }: Stub): RseqArea {
  const area = readRseq(thread);
  if (area !== undefined) return area;
  throw new UnsupportedError("this kernel does not tell what is registered for rseq", {
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
      `The kernel will write to ${hex(address)}, ${length} bytes, in the name of this stub. It is an address in the memory that the ` +
      "stub has from the host. (A well-made stub has 0 here.)",
    call,
    kernel: recorder.view(stub.pid),
    observer: "createStub does not ask for this.",
  });
}

/** The munmap of a scrub; answers its step. */
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
      "It succeeds, and one page is left. The kernel has taken down the mapping of the rseq area like any other, " +
      "and it still has the area's address.",
  }).step;
}

/** The next resume, and what comes of it. @returns how the stub ended. */
function meetFault(recorder: Recorder, { stub, tracee }: WatchedStub, unmapped: number): string {
  const { tracer } = stub;
  const behind = tracee.rip;
  tracee.request(
    "PTRACE_CONT",
    "The munmap is over, and RIP is behind its SYSCALL. The stub is resumed, to go on to its INT3: three " +
      "instructions, and no memory but its own page.",
  );
  recorder.ask({
    text: "How many of the three instructions (cmp, je, INT3) does the stub execute?",
    choices: [
      "All three: it rests at its INT3",
      "None: a SIGSEGV comes before the first",
      "Two: the INT3 needs a stack to push on",
    ],
    answer: 1,
    because:
      "The stub had stopped for its tracer, so it was scheduled out and in again. On its way back to user space " +
      "the kernel updates the rseq area, meets a page fault of its own, and has no way to tell anybody but by a " +
      "SIGSEGV.",
  });
  const resumed = performance.now();
  tracee.awaitStop({
    stop:
      "RIP is where it was: no instruction was executed. Nothing in the stub code is wrong, and a look at RIP does " +
      "not help. The fault was the kernel's.",
    wait: "The host waits for an INT3, and hears of a SIGSEGV.",
  });
  const took = Math.round((performance.now() - resumed) * 1000);
  const info = tracee.signalInfo();
  const kernels = info.code === tracer.constant("SI_KERNEL");
  tracee.getSignalInfo(
    `si_code is ${kernels ? "SI_KERNEL" : info.code}, and si_addr ${hex(info.address)}: no instruction of the stub has faulted, and ` +
      `there is no address to tell. It took ${took} microseconds from the resume to this news. Without the observer the stub would have ` +
      "come as far as its INT3, or to the end of its time slice: whatever makes it be scheduled first.",
  );
  recorder.check("RIP at the SIGSEGV: behind the munmap", hex(behind), hex(tracee.rip));
  recorder.check("si_code", `${tracer.constant("SI_KERNEL")}`, `${info.code}`);
  recorder.check("si_addr", "0x0", hex(info.address));
  tracee.request("PTRACE_CONT", "Can the host take the signal away, and let the stub go on?");
  tracee.awaitStop({
    stop:
      "No. The stub was scheduled out and in again, and the kernel fell over the same address once more. There is " +
      "no way back to the stub code for it.",
    wait: "The host hears of the next SIGSEGV.",
  });
  recorder.check("resumed without the signal: RIP", hex(behind), hex(tracee.rip));
  tracee.request(
    "PTRACE_CONT",
    "The host lets the signal through, as an untraced stub would get it.",
    {
      data: tracer.constant("SIGSEGV"),
    },
  );
  return tracee.awaitEnd({
    stop: `SIGSEGV has no handler here, so it ends the process. The munmap of step ${unmapped + 1} has killed it.`,
    wait: "The host hears that the stub is gone.",
  });
}

/** A stub that has taken the registration back lives through the same. */
function checkOther(recorder: Recorder, tracer: Tracer): void {
  const other = tracer.createStub();
  other.scrub();
  recorder.check("a stub with the full set-up: its rseq area", "0x0", hex(readArea(other).address));
  recorder.check("it is scrubbed, and lives: getpid", `${other.pid}`, `${other.call("getpid")}`);
}

function isThere(pid: number): boolean {
  try {
    readProcess(pid);
    return true;
  } catch {
    return false;
  }
}
