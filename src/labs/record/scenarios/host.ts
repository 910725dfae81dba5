import { NAMES } from "../arch.ts";
import { ATTACH, attachWatched } from "../birth.ts";
import { loadListing, STUB_CODE } from "../listing.ts";
import type { Scenario } from "../scenario.ts";
import { TEXTS } from "../texts/arch.ts";

const { A_TRAP, CALL, MARK, PARENT, PC, RESULT, TRAP } = NAMES;

export const host: Scenario = {
  title: `The first stub: from no process to ${A_TRAP}`,
  introduction: [
    "A user-space kernel such as gVisor runs its guests in stubs: processes that do nothing by themselves and " +
      "everything on behalf of their tracer. This is the birth of the first one, the master, which the host forks from " +
      "itself.",
    "The host is a big program: Node.js, with threads, signal handlers and a hundred mappings. The child is a copy of " +
      `it, and has to run without all of that: it needs only the stub code, ${loadListing(STUB_CODE).lines.length} instructions on one page. First it undoes ` +
      "what it has inherited. Then it jumps to the stub code, and executes only that from then on.",
    "The stub code handles two things that the parent cannot handle for it: the death of the parent, and the moment " +
      "at which a tracer may attach. For the first it requests a signal and checks its parent's pid; for the second it " +
      "stops itself.",
    TEXTS.WATCH,
    "A stub is untraced until it has stopped itself. To show its steps, the host traces this one from the first: some " +
      "steps are there only for the recording, and say so. A real birth does not have them.",
  ],

  play(scene) {
    const stub = scene.fork();
    stub.stepToSelfStop({
      [TEXTS.STUB_CODE.checksParent]: () =>
        scene.ask({
          text:
            `${RESULT} and ${PARENT} are equal, and the stub continues. If the host had died right after the clone, before the prctl: what ` +
            "would be different now?",
          right: {
            [`${RESULT} would be another pid`]:
              "The orphan would have been given another parent, and the prctl would have succeeded nevertheless. The signal that " +
              'it requested would not be sent for the host; only this comparison detects that (lesson "parent-dies").',
          },
          wrong: {
            "The prctl would have failed, and the stub would have exited there":
              "prctl does not look at the parent: every process has one at any time.",
            "SIGKILL would have ended the stub by now":
              "The kernel sends that signal when a parent ends, to the children that have requested it by then. This request " +
              "would have come too late.",
          },
        }),
      stublab_stub_syscall: () =>
        scene.ask({
          text: "The stub calls kill(its own pid, SIGSTOP). SIGSTOP cannot be caught or blocked. What does the call return?",
          right: {
            "0, and then the stub stops":
              `The call succeeds: the signal is sent, and is pending. It is delivered on the way out of the kernel, when ${RESULT} is ` +
              `set and ${PC} is after the ${CALL}. So the registers at the stop are those after the call.`,
          },
          wrong: {
            "Nothing: it stops inside the call": `A signal has its effect on the way back to user space, after the call. So the result is already in ${RESULT}.`,
            "-EPERM":
              "A process may send any signal to itself. A shell's `kill -STOP $$` does the same.",
          },
        }),
    });
    stub.awaitSelfStop();
    attachWatched(stub, ATTACH);
    scene.ask({
      text: `The host resumes the stub for one instruction. ${PC} is after the ${CALL}. What happens first?`,
      right: {
        "It stops again":
          "PTRACE_ATTACH always sends a SIGSTOP. The stub was already stopped, so that stop became a ptrace stop at once. " +
          "The signal itself is still pending, and the first resume delivers it: no instruction is executed.",
      },
      wrong: {
        [`It compares ${MARK} with 1`]:
          "That is its next instruction. But a signal is pending, and it stops the stub before the instruction.",
        [`It reaches the ${TRAP}`]: `The ${TRAP} comes after two other instructions, and something comes before all three.`,
      },
    });
    stub.stepToRest(ATTACH);
    stub.checkAtRest(process.pid, stub.pid);
  },
};
