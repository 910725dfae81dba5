import { hex } from "../../errors.ts";
import { Tracer } from "../../stub/tracer.ts";
import { attachWatched, awaitSelfStop, stepToRest, stepToSelfStop } from "../birth.ts";
import { checkStub } from "../facts.ts";
import { forkWatched } from "../fork.ts";
import type { Place, Recorder } from "../recorder.ts";
import type { Scenario } from "../scenario.ts";
import { addStubCode } from "../stub_code.ts";
import type { Tracee } from "../tracee.ts";

export const host: Scenario = {
  title: "The first stub: from no process to an INT3",
  introduction: [
    "A user-space kernel such as gVisor runs its guests in stubs: processes that do nothing of their own, and that a " +
      "tracer makes do everything. This is the birth of the first one, the master, which the host forks from itself.",
    "The host is a big program: Node.js, with threads, signal handlers and a hundred mappings. The child is a copy of " +
      "it, and has to become something that needs none of that: about 40 instructions on one page, the stub code. " +
      "First it rids itself of what it has inherited. Then it jumps to the stub code, and executes nothing else from " +
      "then on.",
    "The stub code settles two questions that its parent could not settle for it: what happens to the stub when its " +
      "parent dies, and when may a tracer attach. It answers the first by a signal and a look at its parent's pid, " +
      "and the second by stopping itself.",
    "Three registers are to be watched. RAX has the number of a system call before it, and its result afterwards. R15 " +
      "has the pid of the parent that the stub must find. RBX says whether an injected clone is under way; here none is.",
  ],

  record(recorder) {
    using tracer = new Tracer({ encoder: recorder.encoder });
    addStubCode(recorder, tracer);
    recorder.addLane("host", "the Node.js process; its main thread is the tracer", process.pid);
    const { stub, tracee } = forkWatched(recorder, tracer);
    const stopped = stepToSelfStop(tracee, (place) => askBefore(recorder, tracee, place));
    awaitSelfStop(tracee, stopped);
    attachWatched(tracee);
    recorder.ask({
      text: "The host resumes the stub for one instruction. RIP is behind the SYSCALL. What happens first?",
      choices: [
        "It compares RBX with 1",
        "It comes to the INT3",
        "It stops again, and has executed nothing",
      ],
      answer: 2,
      because:
        "PTRACE_ATTACH always sends a SIGSTOP. The stub was stopped already, so it became a tracer's stop at once; the " +
        "signal itself is still pending, and is met with the first resume.",
    });
    stepToRest(tracee);
    checkStub(recorder, stub, { parent: process.pid, session: stub.pid });
  },
};

/** The questions of the way through the stub code. */
function askBefore(recorder: Recorder, tracee: Tracee, { line }: Place): void {
  const registers = tracee.registers();
  if (line.text === "jne leave") {
    recorder.ask({
      text: `RAX is ${hex(registers.rax ?? 0n)}, and R15 is ${hex(registers.r15 ?? 0n)}. Does the stub go on?`,
      choices: [
        "Yes: its parent is the one that it was told of",
        "No: it takes itself for an orphan, and exits with 1",
        "No: R15 was destroyed by the system calls",
      ],
      answer: 0,
      because:
        "getppid answered with the very pid that the host has put into R15. Had the host died before the prctl, no " +
        "signal would ever come: then getppid tells of another parent, and only this comparison shows it. A SYSCALL " +
        "changes RAX, RCX and R11, and no other register; so R15 still has what it had.",
    });
  }
  if (line.offset === tracee.thread.tracer.shim.stubSyscallOffset()) {
    recorder.ask({
      text: "The stub calls kill(its own pid, SIGSTOP). What becomes of it?",
      choices: [
        "It ends, and its parent reaps it",
        "It stops behind this SYSCALL, until somebody resumes it",
        "Nothing: a process cannot stop itself",
      ],
      answer: 1,
      because:
        "SIGSTOP stops a process, and no handler or mask can prevent that. The call itself succeeds with 0, and the " +
        "signal is taken on the way out of the kernel: RIP is behind the SYSCALL then.",
    });
  }
}
