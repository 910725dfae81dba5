import { hex } from "../../../lib/errors.ts";
import { HOST, NAMES } from "../arch.ts";
import type { Scenario } from "../scenario.ts";
import { TEXTS } from "../texts/arch.ts";

const { AT, A_CALL, A_TRAP, CALL, NUMBER, ARGUMENTS, PC, READ, RESULT, TRAP, WRITE } = NAMES;

/** A file descriptor that is not open. */
const NO_FILE = 1_000_000;

export const inject: Scenario = {
  title: "Injection: a system call on behalf of another process",
  introduction: [
    "A stub rests, stopped by its tracer. The tracer can write its registers and resume it. That is enough to make it " +
      `execute any system call: the number goes into ${NUMBER}, the arguments into ${ARGUMENTS}, and ${PC} is ` +
      `set to ${A_CALL}. The stub code has one for this purpose, and ${A_TRAP} returns control to the tracer.`,
    "A process cannot map memory in another process, or clone for it. But it can make the other one do so. In this way " +
      "the host builds address spaces other than its own.",
    `Here the same call is injected twice. First in the usual way, with four requests: ${WRITE}, CONT, a wait, ` +
      `${READ}. Then again, with the stub stopped after each instruction. A third call fails.`,
  ],

  play(scene) {
    const stub = scene.rest("master", "the first stub");
    const number = scene.tracer.syscallNumber("getpid");
    const { ORIGINAL } = HOST;
    const original = ORIGINAL === undefined ? 0n : stub.frame("getpid").get(ORIGINAL);
    const quick = stub.call("getpid", [], {
      why:
        "The frame, that is, all registers that the host writes for this call: the initial ones with getpid's number in " +
        `${NUMBER}, and ${PC} at the ${CALL}.${TEXTS.tellOriginal(original)}`,
      beforeAnswer: () =>
        scene.ask({
          text: `The host is process ${process.pid}, the stub ${stub.pid}. The host has injected getpid. What is in ${RESULT} when the stub has stopped?`,
          right: {
            [`${stub.pid}`]:
              `The kernel knows only which process executes the ${CALL}, and that is the stub. It does not know that another ` +
              "process asked for it.",
          },
          wrong: {
            [`${process.pid}`]:
              "The host has only written registers. It has made ptrace requests, and no getpid.",
            [`${number}, the number of getpid`]: TEXTS.NUMBER_AFTERWARDS,
          },
        }),
      answer: `${RESULT} is ${stub.pid}, the pid of the stub. ${TEXTS.CALL_CHANGES}`,
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
              `${CALL}, then the test whether this was a clone (${TEXTS.STUB_CODE.afterCall}), then the ${TRAP}. The test costs almost nothing, and ` +
              `lets one ${CALL} serve clones and all other calls.`,
          },
          wrong: {
            One: `After the ${CALL} the stub runs on, as after any instruction. Only the ${TRAP} stops it for its tracer.`,
            Two: `${CALL} and ${TRAP} are not adjacent. A clone returns through this ${CALL} as well, so the stub code first tests for one.`,
          },
        }),
      executed: `Only the registers say which call this is: the same ${CALL} executes every injected call.`,
      answer: "The same result, in the same register.",
    });
    const same = Object.entries(stub.registers()).filter(([name, word]) => after[name] !== word);
    const failed = stub.call("close", [NO_FILE], {
      why: `A call that must fail: there is no file descriptor ${NO_FILE}.`,
      beforeAnswer: () =>
        scene.ask({
          text: "close will fail with EBADF (9). How does the host learn that?",
          right: {
            [`${RESULT} is -9`]:
              "The kernel returns one word of 64 bits: -4095 to -1 is an error, and everything else is a value.",
          },
          wrong: {
            [`${RESULT} is -1, and errno is 9`]:
              "That is a convention of the C library, which sets errno itself. The kernel knows no such variable, and the stub " +
              "has no C library.",
            "A signal stops the stub": `close raises no signal when it fails. The stub continues to its ${TRAP} as after a successful call.`,
          },
        }),
      answer: `${RESULT} is 0xfffffffffffffff7, which is -9: EBADF. An errno is a result like any other, and the stub is unharmed.`,
    });
    scene.check("getpid, injected", `${stub.pid}`, `${quick.value}`);
    scene.check("getpid, stepped", `${stub.pid}`, `${slow.value}`);
    const names = same.map(([name]) => name).join(", ");
    scene.check("registers that differ between the two", "none", names || "none");
    scene.check("close of a file that is not open", "EBADF", `${failed.errno}`);
    scene.check(`the stub rests ${AT} its ${TRAP}`, hex(scene.tracer.restAddress), hex(stub.rip));
  },
};
