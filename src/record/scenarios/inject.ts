import { hex } from "../../errors.ts";
import { Tracer } from "../../stub/tracer.ts";
import type { WatchedStub } from "../fork.ts";
import { type Injected, injectWatched } from "../injection.ts";
import type { Recorder } from "../recorder.ts";
import { restingStub } from "../resting.ts";
import type { Scenario } from "../scenario.ts";
import { addStubCode } from "../stub_code.ts";

/** A file descriptor that is not open. */
const NO_FILE = 1_000_000;

/** orig_rax if no system call is under way: -1. */
const NO_CALL = 2n ** 64n - 1n;

export const inject: Scenario = {
  title: "Injection: a system call on behalf of another process",
  introduction: [
    "A stub rests, stopped by its tracer. The tracer can write its registers and resume it. That is enough to make it " +
      "execute any system call: the number goes into RAX, the arguments into RDI, RSI, RDX, R10, R8 and R9, and RIP is " +
      "set to a SYSCALL. The stub code has one, followed by an INT3, so that control returns to the tracer.",
    "The call is executed in the stub: an mmap changes the stub's memory, and a clone creates a child of the stub. In " +
      "this way the host builds address spaces other than its own.",
    "Here the same call is injected twice. First in the usual way, with four requests: SETREGS, CONT, a wait, " +
      "GETREGS. Then again, with the stub stopped after each instruction. A third call fails.",
  ],

  record(recorder) {
    using tracer = new Tracer({ encoder: recorder.encoder });
    addStubCode(recorder, tracer);
    recorder.addLane("host", "the Node.js process; its main thread is the tracer", process.pid);
    const master = restingStub(recorder, tracer);
    const quick = injectQuickly(recorder, master);
    const slow = injectSlowly(recorder, master);
    const failed = injectFailure(recorder, master);
    checkCalls(recorder, master, { quick, slow, failed });
  },
};

function injectQuickly(recorder: Recorder, { stub, tracee }: WatchedStub): Injected {
  const { pid } = stub;
  return injectWatched(tracee, {
    call: "getpid",
    frame: ({ orig_rax: original }) =>
      `The frame: the initial registers with getpid's number in RAX, and RIP at the SYSCALL. ${
        original === NO_CALL
          ? "orig_rax is -1: if it held the number of a call, the kernel could conclude that the stub returns from " +
            "that call, and restart it."
          : "orig_rax is left over from the stub's last call."
      }`,
    beforeAnswer: () =>
      recorder.ask({
        text: `The host is process ${process.pid}. It has injected getpid. What is in RAX?`,
        choices: [
          `${process.pid}: the host made the request`,
          `${pid}: the stub executed the call`,
          "39: the number of getpid",
        ],
        answer: 1,
        because:
          "The kernel knows only which process executes the SYSCALL, and that is the stub. It does not know that another " +
          "process asked for it.",
      }),
    answer:
      `RAX is ${pid}, the pid of the stub. SYSCALL has overwritten RCX with the address after it, and R11 with the ` +
      "flags.",
  });
}

function injectSlowly(recorder: Recorder, { tracee }: WatchedStub): Injected {
  return injectWatched(tracee, {
    call: "getpid",
    stepped: true,
    frame:
      "The same frame again. Each injection begins with the same initial registers, so nothing is left from an earlier " +
      "one.",
    before: () =>
      recorder.ask({
        text: "How many instructions does the stub execute for one injected call?",
        choices: ["One: the SYSCALL", "Two: the SYSCALL and the INT3", "Four"],
        answer: 2,
        because:
          "SYSCALL, then the test whether this was a clone (cmp, je), then the INT3. The test costs almost nothing, and " +
          "lets one SYSCALL serve clones and all other calls.",
      }),
    why: "The call. Only the registers say which one: this SYSCALL executes every injected call.",
    answer: "The same result, in the same register.",
  });
}

function injectFailure(recorder: Recorder, { tracee }: WatchedStub): Injected {
  return injectWatched(tracee, {
    call: "close",
    args: [NO_FILE],
    frame: `A call that must fail: there is no file descriptor ${NO_FILE}.`,
    beforeAnswer: () =>
      recorder.ask({
        text: "close fails with EBADF (9). How does the host learn that?",
        choices: [
          "RAX is -1, and errno in the stub's memory is 9",
          "RAX is -9, as a word of 64 bits",
          "A signal stops the stub",
        ],
        answer: 1,
        because:
          "errno is a convention of the C library. The kernel returns one word: -4095 to -1 is an error, and everything " +
          "else is a value.",
      }),
    answer:
      "RAX is 0xfffffffffffffff7, which is -9: EBADF. An errno is a result like any other, and the stub is unharmed.",
  });
}

function checkCalls(
  recorder: Recorder,
  { stub, tracee }: WatchedStub,
  { quick, slow, failed }: Readonly<Record<"quick" | "slow" | "failed", Injected>>,
): void {
  recorder.check("getpid, injected", `${stub.pid}`, `${quick.result.value}`);
  recorder.check("getpid, stepped", `${stub.pid}`, `${slow.result.value}`);
  const same = Object.keys(quick.after).filter((name) => quick.after[name] !== slow.after[name]);
  recorder.check("registers that differ between the two", "none", same.join(", ") || "none");
  recorder.check("close of a file that is not open", "EBADF", `${failed.result.errno}`);
  recorder.check("the stub rests after its INT3", hex(stub.tracer.restAddress), hex(tracee.rip));
}
