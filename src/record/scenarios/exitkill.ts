import { DyingTracer, type Traced } from "../dying_tracer.ts";
import type { Scenario } from "../scenario.ts";

export const exitkill: Scenario = {
  title: "EXITKILL: the kernel cleans up after a tracer",
  introduction: [
    'The same as in the lesson "no-exitkill": two stubs, one with a guest that loops, one at its INT3. Neither gets a ' +
      "signal when its parent dies. Their tracer is killed. But here it has set PTRACE_O_EXITKILL for both.",
    "A tracer that is killed by SIGKILL executes nothing more: no handler, no `finally`, no exit hook. What must " +
      "happen then has to be arranged with the kernel beforehand. The option does that, since Linux 3.8.",
  ],

  record(recorder) {
    using lesson = new DyingTracer(recorder);
    const { keeper } = lesson;
    lesson.handOver(
      ["PTRACE_O_TRACESYSGOOD", "PTRACE_O_EXITKILL"],
      "EXITKILL: a SIGKILL for the stub when its tracer ends, for whatever reason. It is set right after the attach; " +
        "between the two the stub's PDEATHSIG protects.",
    );
    lesson.killTracer();
    recorder.ask({
      text: "The tracer is dead. The guest was in the middle of its loop, and its PDEATHSIG is cleared. What is it doing now?",
      choices: [
        "It is stopped, without a tracer",
        "It continues to count until it makes a system call",
        "It is dead: killed by SIGKILL",
      ],
      answer: 2,
      because:
        "When the tracer ended, the kernel sent a SIGKILL to each tracee with this option. It needs no cooperation of the " +
        "stub, and the stub cannot prevent it.",
    });
    end(lesson, "guest", "The tracer's end has killed it.");
    end(lesson, "idle", "This one, too. SIGKILL ends a process whether it runs or is stopped.");
    const answer = keeper.stub.call("getpid");
    recorder.check(
      "the keeper, which the dead tracer did not trace: getpid",
      `${keeper.stub.pid}`,
      `${answer}`,
    );
  },
};

function end(lesson: DyingTracer, lane: Traced, why: string): void {
  const { recorder } = lesson;
  const { pid } = lesson[lane];
  recorder.check(`${lane}: its end`, "killed by SIGKILL", lesson.end(lane, why));
  recorder.check(`${lane}: its process`, "gone", recorder.view(pid) === null ? "gone" : "there");
}
