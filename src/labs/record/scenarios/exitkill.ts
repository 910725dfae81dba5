import { existsSync } from "node:fs";
import { NAMES } from "../arch.ts";
import type { Scenario } from "../scenario.ts";
import { killTracer } from "./dying_tracer.ts";

const { TRAP } = NAMES;

export const exitkill: Scenario = {
  title: "EXITKILL: the kernel cleans up after a tracer",
  introduction: [
    `The same as in the lesson "no-exitkill": two stubs, one with a guest that loops, one at its ${TRAP}. Neither gets a ` +
      "signal when its parent dies. Their tracer is killed. But here it has set PTRACE_O_EXITKILL for both.",
    "A tracer that is killed by SIGKILL executes nothing more: no handler, no `finally`, no exit hook. What must " +
      "happen then has to be arranged with the kernel beforehand. The option does that, since Linux 3.8.",
  ],

  play(scene) {
    const { keeper, guest, idle } = killTracer(
      scene,
      ["PTRACE_O_TRACESYSGOOD", "PTRACE_O_EXITKILL"],
      "EXITKILL, with TRACESYSGOOD. It is set right after the attach. Until then a stub has only its PDEATHSIG.",
    );
    scene.ask({
      text: "The tracer is dead. No process has sent the guest a signal. Its state is read from /proc now. Which letter is it?",
      right: {
        "Z: killed, and not yet reaped":
          "When the tracer ended, the kernel sent a SIGKILL to each tracee with this option. It needs no cooperation of the " +
          "stub, and the stub cannot prevent it. The zombie waits for its parent, now the keeper.",
      },
      wrong: {
        "T: stopped, untraced":
          "The kernel looks at the option first. A tracee that is to be killed is not put back into a stop.",
        "R: it still counts":
          "SIGKILL does not wait for a system call: a running process is interrupted, and ends.",
      },
    });
    for (const [lane, actor, stop] of [
      ["guest", guest, "The kernel killed it as the tracer ended."],
      [
        "idle",
        idle,
        "The kernel killed this one, too. SIGKILL ends a process whether it runs or is stopped.",
      ],
    ] as const) {
      const how = actor.awaitEnd({ stop, wait: "The keeper is its parent now, and reaps it." });
      scene.check(`${lane}: its end`, "killed by SIGKILL", how);
      const process = existsSync(`/proc/${actor.pid}`) ? "there" : "gone";
      scene.check(`${lane}: its process`, "gone", process);
    }
    const { pid } = keeper.stub;
    const fact = "the keeper, which the dead tracer did not trace: getpid";
    scene.check(fact, `${pid}`, `${keeper.stub.call("getpid")}`);
  },
};
