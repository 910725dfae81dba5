import { processorTime } from "../../../core/stub/proc.ts";
import { NAMES } from "../arch.ts";
import type { Scenario } from "../scenario.ts";
import { TEXTS } from "../texts/arch.ts";
import { killTracer } from "./dying_tracer.ts";

const { AT, PC, TRAP } = NAMES;

/** How much processor time the guest must have used, in milliseconds. */
const BURNT = 50;

export const noExitkill: Scenario = {
  title: "No EXITKILL: what a dead tracer leaves behind",
  introduction: [
    "A tracer may die at any time. Its stubs must end with it: without a tracer no process controls them.",
    'Two things ensure that. Each stub has requested a SIGKILL at its parent\'s end (PR_SET_PDEATHSIG, lesson "host"). ' +
      "And the tracer has set PTRACE_O_EXITKILL: when it ends, the kernel kills its tracees.",
    "The first depends on the stub: its parent must be the tracer, and the signal must not have been cleared. The " +
      "second depends only on the tracer. In this lesson both are missing.",
    `There are two stubs. In one a guest runs in a loop. The other rests at its ${TRAP}. Then the tracer is killed.`,
  ],

  play(scene) {
    const { keeper, guest, idle } = killTracer(
      scene,
      ["PTRACE_O_TRACESYSGOOD"],
      "TRACESYSGOOD only. EXITKILL is omitted: that is the subject of this lesson.",
    );
    scene.ask({
      text: "The tracer is dead. The guest was running, and no signal was requested for this event. What is it doing now?",
      right: {
        "It is stopped":
          "The kernel detaches the tracees of the dead tracer, and puts each into the state that it would have without " +
          "them. This stub stopped itself at its birth with SIGSTOP, and was never sent a SIGCONT: that stop has been in " +
          "force all the time, and only the tracer could make it run.",
      },
      wrong: {
        "It is dead": "EXITKILL would kill it. Without the option the kernel only detaches.",
        "It counts, as before":
          "It would if it had been running when its tracer attached. But it had stopped itself.",
      },
    });
    guest.until(({ state, tracerTid }) => state === "T" && tracerTid === 0);
    const stopped = scene.recorder.length;
    const orphan = guest.look(
      "stopped, without a tracer",
      "It is alive and untraced. Its parent is the keeper, which does not expect such a child. It keeps its memory and its " +
        "pid until it is killed.",
    );
    scene.check("the guest, a moment later: state", "T", orphan.state);
    scene.check("the guest, a moment later: its tracer", "0", `${orphan.tracerTid}`);
    scene.check(
      "the guest, a moment later: its parent",
      `${keeper.stub.pid}`,
      `${orphan.parentPid}`,
    );

    const continued = guest.signal(
      "SIGCONT",
      "The stop protects nothing. Any process of the same user may send a SIGCONT (so may one of its session, and one " +
        "with CAP_KILL). A shell does so for `fg`; here the host does.",
    );
    const before = processorTime(guest.pid);
    guest.until(() => processorTime(guest.pid) >= before + BURNT);
    const burnt = processorTime(guest.pid) - before;
    scene.recorder.arrow("signal", continued, scene.recorder.length, "SIGCONT");
    const running = guest.look(
      "it runs, without a tracer",
      `Since step ${stopped + 1} it has used ${burnt} ms of processor time, and it would continue until it is killed. If it ` +
        "made a system call, the kernel would execute the call, with the rights of the host's user. Only a seccomp filter, " +
        "if the stub has one, would still restrict it. The guest was confined; now it is a process like others.",
    );
    scene.check("the guest, after SIGCONT: state", "R", running.state);
    scene.check("the guest, after SIGCONT: its tracer", "0", `${running.tracerTid}`);
    const burns = burnt >= BURNT ? "yes" : "no";
    scene.check(`the guest, after SIGCONT: it burns ${BURNT} ms`, "yes", burns);

    idle.until(({ state, tracerTid }) => state === "T" && tracerTid === 0);
    idle.look(
      "stopped, without a tracer",
      `The other stub is in the same state. ${PC} is ${AT} its ${TRAP}, as always between two calls.`,
    );
    const same = idle.signal("SIGCONT", "The host sends this one a SIGCONT, too.");
    scene.ask({
      text: `The other stub continues ${AT} its ${TRAP}${TEXTS.BACK_TO_TRAP}. What happens to it?`,
      right: {
        "SIGTRAP kills it":
          `${TRAP} raises SIGTRAP, which would stop the stub for a tracer. Without one the signal has its default action, ` +
          "which terminates the process. So a stub that executes only stub code ends at once.",
      },
      wrong: {
        "It loops, like the guest": `It would if the ${TRAP} did nothing. But the ${TRAP} raises a signal.`,
        "It stops again": "SIGTRAP stops only a traced thread, and the tracer is gone.",
      },
    });
    const wait = "The keeper is its parent now, and reaps it.";
    scene.recorder.arrow("signal", same, scene.recorder.length, "SIGCONT");
    const trapped = idle.awaitEnd({
      stop: `It has executed its ${TRAP} without a tracer. This stub ends by itself; the guest does not.`,
      wait,
    });
    scene.check(`the stub at its ${TRAP}, after SIGCONT`, "killed by SIGTRAP", trapped);
    guest.signal(
      "SIGKILL",
      'Someone who knows about the process has to kill it. With EXITKILL the kernel does it (lesson "exitkill").',
    );
    const how = guest.awaitEnd({ stop: "The SIGKILL has ended it.", wait });
    scene.check("the guest's end", "killed by SIGKILL", how);
  },
};
