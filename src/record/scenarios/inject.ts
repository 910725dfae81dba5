import { hex } from "../../errors.ts";
import type { Scenario } from "../scenario.ts";

/** A file descriptor that is not open. */
const NO_FILE = 1_000_000;

/** orig_rax if no system call is under way: -1. */
const NO_CALL = 2n ** 64n - 1n;

export const inject: Scenario = {
  title: "Injection: a system call on behalf of another process",
  introduction: [
    "A stub rests, stopped by its tracer. The tracer can write its registers and resume it. That is enough to make it " +
      "execute any system call: the number goes into RAX, the arguments into RDI, RSI, RDX, R10, R8 and R9, and RIP is " +
      "set to a SYSCALL. The stub code has one for this purpose, and an INT3 returns control to the tracer.",
    "A process cannot map memory in another process, or clone for it. But it can make the other one do so. In this way " +
      "the host builds address spaces other than its own.",
    "Here the same call is injected twice. First in the usual way, with four requests: SETREGS, CONT, a wait, " +
      "GETREGS. Then again, with the stub stopped after each instruction. A third call fails.",
  ],

  play(scene) {
    const stub = scene.rest("master", "the first stub");
    const noCall = stub.frame("getpid").get("orig_rax") === NO_CALL;
    const origin = noCall
      ? "orig_rax is -1: no call is under way"
      : "orig_rax is left over from the stub's last call";
    const quick = stub.call("getpid", [], {
      why:
        "The frame, that is, all registers that the host writes for this call: the initial ones with getpid's number in " +
        `RAX, and RIP at the SYSCALL. ${origin} (lesson "stale-orig-rax").`,
      beforeAnswer: () =>
        scene.ask({
          text: `The host is process ${process.pid}, the stub ${stub.pid}. The host has injected getpid. What is in RAX when the stub has stopped?`,
          right: {
            [`${stub.pid}`]:
              "The kernel knows only which process executes the SYSCALL, and that is the stub. It does not know that another " +
              "process asked for it.",
          },
          wrong: {
            [`${process.pid}`]:
              "The host has only written registers. It has made ptrace requests, and no getpid.",
            "39, the number of getpid":
              "RAX held the number when the SYSCALL began. The kernel has replaced it by the result.",
          },
        }),
      answer:
        `RAX is ${stub.pid}, the pid of the stub. SYSCALL has put the address after it into RCX, and the flags into ` +
        "R11.",
    });
    const after = stub.registers();
    const slow = stub.call("getpid", [], {
      stepped: true,
      why:
        "The same frame again. Each injection begins with the same initial registers, so nothing is left from an earlier " +
        "one.",
      before: () =>
        scene.ask({
          text: "How many instructions does the stub execute for one injected call?",
          right: {
            Four:
              "SYSCALL, then the test whether this was a clone (cmp, je), then the INT3. The test costs almost nothing, and " +
              "lets one SYSCALL serve clones and all other calls.",
          },
          wrong: {
            One: "After the SYSCALL the stub runs on, as after any instruction. Only the INT3 stops it for its tracer.",
            Two: "SYSCALL and INT3 are not adjacent. A clone returns through this SYSCALL as well, so the stub code first tests for one.",
          },
        }),
      executed:
        "Only the registers say which call this is: the same SYSCALL executes every injected call.",
      answer: "The same result, in the same register.",
    });
    const same = Object.entries(stub.registers()).filter(([name, word]) => after[name] !== word);
    const failed = stub.call("close", [NO_FILE], {
      why: `A call that must fail: there is no file descriptor ${NO_FILE}.`,
      beforeAnswer: () =>
        scene.ask({
          text: "close will fail with EBADF (9). How does the host learn that?",
          right: {
            "RAX is -9":
              "The kernel returns one word of 64 bits: -4095 to -1 is an error, and everything else is a value.",
          },
          wrong: {
            "RAX is -1, and errno is 9":
              "That is a convention of the C library, which sets errno itself. The kernel knows no such variable, and the stub " +
              "has no C library.",
            "A signal stops the stub":
              "close raises no signal when it fails. The stub continues to its INT3 as after a successful call.",
          },
        }),
      answer:
        "RAX is 0xfffffffffffffff7, which is -9: EBADF. An errno is a result like any other, and the stub is unharmed.",
    });
    scene.check("getpid, injected", `${stub.pid}`, `${quick.value}`);
    scene.check("getpid, stepped", `${stub.pid}`, `${slow.value}`);
    const names = same.map(([name]) => name).join(", ");
    scene.check("registers that differ between the two", "none", names || "none");
    scene.check("close of a file that is not open", "EBADF", `${failed.errno}`);
    scene.check("the stub rests after its INT3", hex(scene.tracer.restAddress), hex(stub.rip));
  },
};
