import { processorTime } from "../../stub/proc.ts";
import { DyingTracer } from "../dying_tracer.ts";
import type { Scenario } from "../scenario.ts";

/** How much processor time the guest must have used, in milliseconds. */
const BURNT = 50;

export const noExitkill: Scenario = {
  title: "No EXITKILL: a tracer dies, and its guest does not",
  introduction: [
    "A tracer may die at any time. The stubs that it traced are then without a tracer: a guest in one of them makes " +
      "calls that nothing answers.",
    "Two things prevent that. Each stub has requested a SIGKILL at its parent's end (PR_SET_PDEATHSIG, lesson " +
      '"host"). And the tracer has set PTRACE_O_EXITKILL: the kernel kills its tracees when it ends itself.',
    "The first depends on the stub: its parent must be the tracer, and the signal must not have been cleared. The " +
      "second depends only on the tracer's end, whatever the stub does. In this lesson both are missing.",
    "There are two stubs. In one a guest runs in a loop. The other rests at its INT3. Then the tracer is killed.",
  ],

  record(recorder) {
    using lesson = new DyingTracer(recorder);
    lesson.handOver(
      ["PTRACE_O_TRACESYSGOOD"],
      "TRACESYSGOOD only. EXITKILL is omitted: that is the subject of this lesson.",
    );
    lesson.killTracer();
    const stopped = findStopped(lesson);
    burn(lesson, stopped);
    endAtInt3(lesson);
    lesson.send(
      "guest",
      "SIGKILL",
      "This has to be done by hand, by someone who knows about the process. With EXITKILL the kernel does it (lesson " +
        '"exitkill").',
    );
    const how = lesson.end("guest", "Killed by hand.");
    recorder.check("the guest's end", "killed by SIGKILL", how);
  },
};

/** The guest a moment after the tracer's end. */
function findStopped(lesson: DyingTracer): number {
  const { recorder, guest, keeper } = lesson;
  recorder.ask({
    text: "The tracer is dead. The guest was running, and no signal was requested for this event. What is it doing now?",
    choices: [
      "It is dead: a traced process ends with its tracer",
      "It continues to count, as if nothing had happened",
      "It is stopped, although no signal was sent",
    ],
    answer: 2,
    because:
      "The kernel detaches the tracees of the dead tracer, and puts each into the state that it would be in untraced. " +
      "This stub stopped itself at its birth with SIGSTOP, and was never sent a SIGCONT: only its tracer made it run. " +
      "So it is stopped again.",
  });
  lesson.await("guest", ({ state, tracerTid }) => state === "T" && tracerTid === 0);
  const step = lesson.note(
    "guest",
    "stopped, without a tracer",
    "It is alive. It is not traced, and its parent is the keeper, which knows nothing about it. It keeps its memory " +
      "and its pid, possibly forever.",
  );
  const { state, tracerTid, parentPid } = recorder.view(guest.pid) ?? {};
  recorder.check("the guest, a moment later: state", "T", `${state}`);
  recorder.check("the guest, a moment later: its tracer", "0", `${tracerTid}`);
  recorder.check("the guest, a moment later: its parent", `${keeper.stub.pid}`, `${parentPid}`);
  return step;
}

/** SIGCONT: the guest continues. */
function burn(lesson: DyingTracer, stopped: number): void {
  const { recorder, guest } = lesson;
  lesson.send(
    "guest",
    "SIGCONT",
    "The stop is no protection. Any process of the same user may send a SIGCONT, as a shell does for `fg`. Here the " +
      "host does.",
  );
  const before = processorTime(guest.pid);
  lesson.await("guest", () => processorTime(guest.pid) >= before + BURNT);
  const burnt = processorTime(guest.pid) - before;
  lesson.note(
    "guest",
    "it runs, without a tracer",
    `Since step ${stopped + 1} it has used ${burnt} ms of processor time, and it would continue forever. If it made a ` +
      "system call, nothing would stop it: the kernel would execute the call, with the rights of the host's user. Only " +
      "a seccomp filter, if the stub has one, would still restrict it. What was a confined guest is now a process like " +
      "others.",
  );
  const { state, tracerTid } = recorder.view(guest.pid) ?? {};
  recorder.check("the guest, after SIGCONT: state", "R", `${state}`);
  recorder.check("the guest, after SIGCONT: its tracer", "0", `${tracerTid}`);
  const burns = burnt >= BURNT ? "yes" : "no";
  recorder.check(`the guest, after SIGCONT: it burns ${BURNT} ms`, "yes", burns);
}

/** The stub at its INT3. */
function endAtInt3(lesson: DyingTracer): void {
  const { recorder } = lesson;
  lesson.await("idle", ({ state, tracerTid }) => state === "T" && tracerTid === 0);
  lesson.note(
    "idle",
    "stopped, without a tracer",
    "The other stub is in the same state. RIP is after its INT3, as always between two calls.",
  );
  lesson.send("idle", "SIGCONT", "The same for this one.");
  recorder.ask({
    text: "The other stub continues after its INT3, where a `jmp` leads back to it. What happens to it?",
    choices: ["It loops, like the guest", "SIGTRAP kills it", "It is stopped at its INT3 again"],
    answer: 1,
    because:
      "INT3 raises SIGTRAP, which would stop the stub for a tracer. Without one the signal has its default action, " +
      "which terminates the process. So a stub that executes only stub code ends at once. A guest may not.",
  });
  const how = lesson.end(
    "idle",
    "The INT3 without a tracer. This stub ends by itself; the guest does not.",
  );
  recorder.check("the stub at its INT3, after SIGCONT", "killed by SIGTRAP", how);
}
