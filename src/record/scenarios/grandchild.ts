import { hex } from "../../errors.ts";
import { Tracer } from "../../stub/tracer.ts";
import { attachWatched, refuseWait, stepToRest, stepToSelfStop } from "../birth.ts";
import { cloneWatched } from "../clone.ts";
import { checkStub } from "../facts.ts";
import type { WatchedStub } from "../fork.ts";
import { injectWatched } from "../injection.ts";
import { awaitProcess } from "../kernel_view.ts";
import type { Place, Recorder } from "../recorder.ts";
import { restingStub } from "../resting.ts";
import type { Scenario } from "../scenario.ts";
import { addStubCode } from "../stub_code.ts";

export const grandchild: Scenario = {
  title: "A grandchild: a stub clones a stub",
  introduction: [
    "There is one stub: the master. All others are cloned from it, because a fork of the host is expensive (it copies " +
      "the page tables of a big program), while the master has one page. But the master decides nothing. The host makes " +
      "it clone: it writes the registers of a clone system call into it, and resumes it.",
    "The child of a clone has its parent's registers, except for the 0 in RAX. Through them the host passes data to a " +
      "process that does not exist yet. Two words are needed: R15, the pid that the child's parent must have, and RBX, " +
      "1, the mark of a clone.",
    "Why R15, and not RDI? A clone is a system call, and its arguments are in RDI, RSI, RDX, R10 and R8: RDI holds " +
      "the flags. RAX holds the number and then the result, and SYSCALL itself overwrites RCX and R11. R15 and RBX have " +
      "no role in a system call, and every system call preserves them.",
    "Parent and child return from the same SYSCALL to the same next instruction. RBX says that it was a clone, and " +
      "RAX which of the two is the child.",
  ],

  record(recorder) {
    using tracer = new Tracer({ encoder: recorder.encoder });
    addStubCode(recorder, tracer);
    recorder.addLane("host", "the Node.js process; its main thread is the tracer", process.pid);
    const master = restingStub(recorder, tracer);
    const child = clone(recorder, master);
    const stopped = stepToSelfStop(child.tracee, (place) => askBefore(recorder, child, place));
    tryToWait(recorder, child);
    letParentWait(recorder, master, child, stopped);
    attachWatched(child.tracee);
    stepToRest(child.tracee);
    checkStub(recorder, child.stub, { parent: master.stub.pid, session: master.stub.pid });
    recorder.check(
      "the master rests, and can clone again",
      hex(tracer.restAddress),
      hex(master.tracee.rip),
    );
  },
};

function clone(recorder: Recorder, master: WatchedStub): WatchedStub {
  const pid = master.stub.pid;
  return cloneWatched(master, {
    frame:
      "The frame of a clone: its number in RAX, flags and exit signal in RDI, no stack of its own (0: the child " +
      `continues on a copy), and RIP at the SYSCALL. It also holds the message to the child: R15 = ${pid}, the master's ` +
      "pid, and RBX = 1.",
    before: () =>
      recorder.ask({
        text: "The master executes one SYSCALL. How many processes execute the instruction after it?",
        choices: [
          "One: the master; the child begins at the top of the stub code",
          "One: the child; the master waits for it",
          "Two: the master and the child, both with RBX = 1",
        ],
        answer: 2,
        because:
          "A clone without a stack of its own works like fork: it returns in both, to the same address, with the same " +
          "registers. Only RAX distinguishes them.",
      }),
    why:
      "The kernel creates the child: its exit signal is SIGCHLD, it shares the file table, and everything else is a " +
      "copy; of the master's memory that is one page.",
    born:
      "It has the master's registers: RBX = 1, and in R15 the pid of its parent. RAX is 0. It also has the master's " +
      "session, dispositions and empty signal mask, so it needs no set-up.",
    answer: "RAX is the pid of the child. Now the host knows it; no other process needs to.",
  });
}

/** The questions on the child's path. */
function askBefore(recorder: Recorder, { tracee }: WatchedStub, { line }: Place): void {
  const { rbx, r15 } = tracee.registers();
  if (line.text === "jz stublab_stub_begin") {
    recorder.ask({
      text: "RAX is 0 in the grandchild. Where does it jump to?",
      choices: [
        "To the beginning of the stub code",
        "To the INT3, like the master",
        "To `leave`: 0 is not the pid in R15",
      ],
      answer: 0,
      because:
        "RBX = 1 has led it here, and RAX = 0 says that it is the child. It begins as the master once did: it requests " +
        `its own death signal, and compares its parent with R15, which is ${r15 ?? 0n}.`,
    });
  }
  if (line.text === "xor %ebx, %ebx") {
    recorder.ask({
      text: `RBX is ${rbx ?? 0n}. What would happen if the stub left it unchanged?`,
      choices: [
        "Nothing: RBX is no longer needed",
        "After its self-stop it would consider itself newly cloned and start over, forever",
        "The next clone would fail",
      ],
      answer: 1,
      because:
        "The kill returns 0. After the SYSCALL come the same two tests, RBX = 1 and RAX = 0. Both would hold again, and " +
        "the stub would return to the beginning and to its next self-stop.",
    });
  }
}

/** A demonstration: the host cannot wait for it. */
function tryToWait(recorder: Recorder, { tracee }: WatchedStub): void {
  recorder.ask({
    text:
      "The grandchild is stopped. The host wants to be sure of that before it attaches, and calls wait4. What is the " +
      "result?",
    choices: [
      "The grandchild's pid: it is stopped by SIGSTOP",
      "0: nothing has happened yet",
      "ECHILD: the host has no such child",
    ],
    answer: 2,
    because:
      "wait4 reports the caller's children and the threads that it traces. The grandchild is the master's child, and is " +
      "not traced now. So the master has to wait, by an injected call.",
  });
  refuseWait(
    tracee,
    "This is not part of a birth, but an experiment: can the host itself wait for the self-stop? No.",
  );
}

function letParentWait(
  recorder: Recorder,
  master: WatchedStub,
  child: WatchedStub,
  stopped: number,
): void {
  const { tracer } = master.stub;
  // The stop is visible a moment before the parent is notified.
  const told = tracer.encoder.signalSet(tracer.constant("SIGCHLD"));
  awaitProcess(master.stub.pid, ({ pending }) => (pending & told) !== 0n, tracer.deadline);
  injectWatched(master.tracee, {
    call: "wait4",
    args: [child.stub.pid, 0, tracer.waitSelfStop, 0],
    stepped: true,
    frame:
      "The frame of wait4(grandchild, NULL, __WALL | WUNTRACED, NULL). The encoder starts from the initial registers, so " +
      "RBX is 0 again.",
    stop:
      "SIGCHLD: the kernel has notified the parent that its child is stopped. A traced thread stops for every signal, " +
      "even for one that it would ignore. It is resumed without it.",
    why:
      "The master waits on behalf of the host. The call returns once the grandchild is stopped, and not before; that is " +
      "its purpose. Now the host knows that PTRACE_ATTACH will find the grandchild after its SYSCALL.",
    returned: (step) => recorder.arrow("wait", stopped, step, "stopped by SIGSTOP"),
    answer: "RAX is the grandchild's pid: it is stopped.",
  });
}
