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
    "A user-space kernel such as gVisor runs its guests in stubs: processes that do nothing by themselves and " +
      "everything on behalf of their tracer. This is the birth of the first one, the master, which the host forks from " +
      "itself.",
    "The host is a big program: Node.js, with threads, signal handlers and a hundred mappings. The child is a copy of " +
      "it, and has to run without all of that: it needs only the stub code, about 40 instructions on one page. First it " +
      "undoes what it has inherited. Then it jumps to the stub code, and executes nothing else from then on.",
    "The stub code handles two things that the parent cannot handle for it: the death of the parent, and the moment " +
      "at which a tracer may attach. For the first it requests a signal and checks its parent's pid; for the second it " +
      "stops itself.",
    "Watch three registers. RAX holds the number of a system call before it, and its result afterwards. R15 holds the " +
      "pid that the parent must have. RBX says whether an injected clone is under way; here it is 0.",
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
      text: "The host resumes the stub for one instruction. RIP is after the SYSCALL. What happens first?",
      choices: [
        "It compares RBX with 1",
        "It reaches the INT3",
        "It stops again before it executes anything",
      ],
      answer: 2,
      because:
        "PTRACE_ATTACH always sends a SIGSTOP. The stub was already stopped, so that stop became a ptrace stop at once. " +
        "The signal itself is still pending, and the first resume delivers it.",
    });
    stepToRest(tracee);
    checkStub(recorder, stub, { parent: process.pid, session: stub.pid });
  },
};

/** The questions on the path through the stub code. */
function askBefore(recorder: Recorder, tracee: Tracee, { line }: Place): void {
  const registers = tracee.registers();
  if (line.text === "jne leave") {
    recorder.ask({
      text: `RAX is ${hex(registers.rax ?? 0n)}, and R15 is ${hex(registers.r15 ?? 0n)}. Does the stub continue?`,
      choices: [
        "Yes: its parent is the expected one",
        "No: it considers itself an orphan, and exits with 1",
        "No: the system calls have overwritten R15",
      ],
      answer: 0,
      because:
        "getppid returned the pid that the host had put into R15. If the host had died before the prctl, the signal would " +
        "never be sent; getppid would return another parent, and only this comparison detects that. A SYSCALL changes " +
        "RAX, RCX and R11, and no other register, so R15 is unchanged.",
    });
  }
  if (line.offset === tracee.thread.tracer.shim.stubSyscallOffset()) {
    recorder.ask({
      text: "The stub calls kill(its own pid, SIGSTOP). What happens to it?",
      choices: [
        "It ends, and its parent reaps it",
        "It stops after this SYSCALL, until it is resumed",
        "Nothing: a process cannot stop itself",
      ],
      answer: 1,
      because:
        "SIGSTOP stops a process, and no handler or mask can prevent that. The call itself succeeds with 0, and the " +
        "signal is delivered on the way out of the kernel, when RIP is after the SYSCALL.",
    });
  }
}
