import { hex } from "../../errors.ts";
import { Tracer } from "../../stub/tracer.ts";
import type { WatchedStub } from "../fork.ts";
import { type Injected, injectWatched } from "../injection.ts";
import type { Recorder } from "../recorder.ts";
import { restingStub } from "../resting.ts";
import type { Scenario } from "../scenario.ts";
import { addStubCode } from "../stub_code.ts";

/** A file descriptor that nobody has. */
const NO_FILE = 1_000_000;

/** orig_rax where no system call is under way: -1. */
const NO_CALL = 2n ** 64n - 1n;

export const inject: Scenario = {
  title: "Injection: a system call in somebody else's name",
  introduction: [
    "A stub rests, stopped by its tracer. The tracer can write its registers and resume it. That is enough to make it " +
      "execute any system call: the number goes into RAX, the arguments into RDI, RSI, RDX, R10, R8 and R9, and RIP is " +
      "set to a SYSCALL. The stub code has one, with an INT3 not far behind it, so that the stub comes back.",
    "The call is executed in the stub: it is the stub's memory that an mmap changes, and the stub's child that a clone " +
      "makes. With this the host builds address spaces that are not its own.",
    "Here the same call is injected twice. First as it is usually done, in four requests of the tracer: SETREGS, CONT, " +
      "a wait, GETREGS. Then again, with the stub held after each instruction. A third call fails.",
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
          ? "orig_rax is -1: with the number of a call there, the kernel could take the stub for one that comes back " +
            "from that call, and repeat it."
          : "orig_rax is carried over from the stub's last call."
      }`,
    beforeAnswer: () =>
      recorder.ask({
        text: `The host is process ${process.pid}. It has had getpid executed. What is in RAX?`,
        choices: [
          `${process.pid}: the host has asked`,
          `${pid}: the stub has asked`,
          "39: the number of getpid",
        ],
        answer: 1,
        because:
          "The kernel knows only who executes the SYSCALL, and that is the stub. It is not told that somebody else had " +
          "the idea.",
      }),
    answer: `RAX is ${pid}, the pid of the stub. RCX and R11 are what SYSCALL has made of them: the address behind it, and the flags.`,
  });
}

function injectSlowly(recorder: Recorder, { tracee }: WatchedStub): Injected {
  return injectWatched(tracee, {
    call: "getpid",
    stepped: true,
    frame:
      "The same frame again. Each injection begins with the same initial registers, so nothing of an earlier one is left.",
    before: () =>
      recorder.ask({
        text: "How many instructions does the stub execute for one injected call?",
        choices: ["One: the SYSCALL", "Two: the SYSCALL and the INT3", "Four"],
        answer: 2,
        because:
          "SYSCALL, then the test whether this was a clone (cmp, je), then the INT3. The test costs nothing to speak of, " +
          "and one SYSCALL can serve clones and all other calls.",
      }),
    why: "The call. Only the registers say what it is: this SYSCALL is the same for every call that is ever injected.",
    answer: "The same answer, by the same way.",
  });
}

function injectFailure(recorder: Recorder, { tracee }: WatchedStub): Injected {
  return injectWatched(tracee, {
    call: "close",
    args: [NO_FILE],
    frame: `A call that has to fail: there is no file descriptor ${NO_FILE}.`,
    beforeAnswer: () =>
      recorder.ask({
        text: "close fails with EBADF (9). How does the host learn of it?",
        choices: [
          "RAX is -1, and errno in the stub's memory is 9",
          "RAX is -9, as a word of 64 bits",
          "A signal stops the stub",
        ],
        answer: 1,
        because:
          "errno is an invention of the C library. The kernel returns one word: from -4095 to -1 it stands for an error, " +
          "and everything else is a value.",
      }),
    answer:
      "RAX is 0xfffffffffffffff7, which is -9: EBADF. An errno is an answer like any other, and the stub is as well as before.",
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
  recorder.check("close of a file that nobody has", "EBADF", `${failed.result.errno}`);
  recorder.check("the stub rests behind its INT3", hex(stub.tracer.restAddress), hex(tracee.rip));
}
