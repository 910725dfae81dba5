import { DyingTracer, type Traced } from "../dying_tracer.ts";
import type { Scenario } from "../scenario.ts";

export const exitkill: Scenario = {
  title: "EXITKILL: the kernel tidies up after a tracer",
  introduction: [
    'The same as in the lesson "no-exitkill": two stubs, one with a guest that loops, one at its INT3. Neither ' +
      "gets a signal when its parent dies. Their tracer is killed. But now it has set PTRACE_O_EXITKILL for both.",
    "A tracer that is killed by SIGKILL executes nothing any more: no handler, no `finally`, no exit hook. " +
      "Whatever is to happen then must have been told to the kernel before. That is what the option does, since " +
      "Linux 3.8.",
  ],

  record(recorder) {
    using lesson = new DyingTracer(recorder);
    const { keeper } = lesson;
    lesson.handOver(
      ["PTRACE_O_TRACESYSGOOD", "PTRACE_O_EXITKILL"],
      "EXITKILL: a SIGKILL for the stub when its tracer ends, however that comes. It is set right after the " +
        "attach; for the moment between the two a stub has its PDEATHSIG.",
    );
    lesson.killTracer();
    recorder.ask({
      text: "The tracer is dead. The guest was in the middle of its loop, and its PDEATHSIG is cleared. What is it doing now?",
      choices: [
        "It is stopped, and nobody's",
        "It counts on until it makes a system call",
        "It is dead: killed by SIGKILL",
      ],
      answer: 2,
      because:
        "While the kernel took the tracer apart, it sent a SIGKILL to each that had this option. It needs no help " +
        "from the stub, and the stub cannot refuse.",
    });
    end(lesson, "guest", "The tracer's end has killed it.");
    end(lesson, "idle", "It too. Whether one runs or is stopped makes no difference to a SIGKILL.");
    const answer = keeper.stub.call("getpid");
    recorder.check(
      "the keeper, whom nobody has traced with it: getpid",
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
