import { processorTime } from "../../stub/proc.ts";
import { DyingTracer } from "../dying_tracer.ts";
import type { Scenario } from "../scenario.ts";

/** How much processor time the guest is seen to burn, in milliseconds. */
const BURNT = 50;

export const noExitkill: Scenario = {
  title: "No EXITKILL: a tracer dies, and its guest does not",
  introduction: [
    "A tracer may die at any time. Whom it has traced is then a process without a master: a stub with somebody's " +
      "guest in it, which nobody will ever answer.",
    "Two things guard against that. Each stub has asked for a SIGKILL at its parent's end (PR_SET_PDEATHSIG, " +
      'lesson "host"). And the tracer has set PTRACE_O_EXITKILL: the kernel kills whom it traces when it ends ' +
      "itself.",
    "The first guard hangs on the stub: on its parent being the tracer, and on nobody having cleared the signal. " +
      "The second hangs on the tracer's end, whatever the stub does. In this lesson both are missing.",
    "Two stubs are there. In one a guest runs in a loop. The other rests at its INT3. Then the tracer is killed.",
  ],

  record(recorder) {
    using lesson = new DyingTracer(recorder);
    lesson.handOver(
      ["PTRACE_O_TRACESYSGOOD"],
      "TRACESYSGOOD only. EXITKILL is left out: that is what this lesson is about.",
    );
    lesson.killTracer();
    const stopped = findStopped(lesson);
    burn(lesson, stopped);
    endAtInt3(lesson);
    lesson.send(
      "guest",
      "SIGKILL",
      "Somebody has to do this by hand, and has to know of the process first. With EXITKILL the kernel does it " +
        '(lesson "exitkill").',
    );
    const how = lesson.end("guest", "Killed by hand.");
    recorder.check("the guest's end", "killed by SIGKILL", how);
  },
};

/** The guest a moment after the tracer's end. */
function findStopped(lesson: DyingTracer): number {
  const { recorder, guest, keeper } = lesson;
  recorder.ask({
    text: "The tracer is dead. The guest was running, and no signal was ordered for this case. What is it doing now?",
    choices: [
      "It is dead: a traced process ends with its tracer",
      "It counts on, as if nothing had been",
      "It is stopped, although nobody has sent a signal",
    ],
    answer: 2,
    because:
      "The kernel lets go of whom the dead one has traced, and puts each into the state that it would be in " +
      "untraced. This stub has stopped itself at its birth, by SIGSTOP, and nobody has ever sent it a SIGCONT: " +
      "only its tracer has made it run. So it is stopped again.",
  });
  lesson.await("guest", ({ state, tracerTid }) => state === "T" && tracerTid === 0);
  const step = lesson.note(
    "guest",
    "stopped, and nobody's",
    "It lives. Nobody traces it, and its parent is the keeper, who knows nothing of it. It keeps its memory and " +
      "its pid, and may stay so for ever.",
  );
  const { state, tracerTid, parentPid } = recorder.view(guest.pid) ?? {};
  recorder.check("the guest, a moment later: state", "T", `${state}`);
  recorder.check("the guest, a moment later: its tracer", "0", `${tracerTid}`);
  recorder.check("the guest, a moment later: its parent", `${keeper.stub.pid}`, `${parentPid}`);
  return step;
}

/** SIGCONT: the guest goes on. */
function burn(lesson: DyingTracer, stopped: number): void {
  const { recorder, guest } = lesson;
  lesson.send(
    "guest",
    "SIGCONT",
    "That it is stopped is no guard. Any process of the same user may send a SIGCONT, as a shell does for `fg`. " +
      "Here the host does.",
  );
  const before = processorTime(guest.pid);
  lesson.await("guest", () => processorTime(guest.pid) >= before + BURNT);
  const burnt = processorTime(guest.pid) - before;
  lesson.note(
    "guest",
    "it runs, for nobody",
    `Since step ${stopped + 1} it has used ${burnt} ms of processor time, and it would go on for ever. If it made a system call, nobody ` +
      "would stop it there: the kernel would execute the call, with the rights of the host's user. Only a seccomp " +
      "filter, if the stub has one, would still stand in its way. What was a locked-in guest is now a process like " +
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
    "stopped, and nobody's",
    "The other stub is in the same state. RIP is behind its INT3, as always between two calls.",
  );
  lesson.send("idle", "SIGCONT", "The same for this one.");
  recorder.ask({
    text: "The other stub goes on behind its INT3: there a `jmp` leads back to it. What becomes of it?",
    choices: ["It loops, like the guest", "It dies by SIGTRAP", "It is stopped at its INT3 again"],
    answer: 1,
    because:
      "INT3 raises SIGTRAP. A tracer would hear of it. Without one the signal has its default action, which ends " +
      "the process. So a stub that only executes stub code never gets far. A guest may.",
  });
  const how = lesson.end(
    "idle",
    "The INT3 without a tracer. This stub ends itself; the guest does not.",
  );
  recorder.check("the stub at its INT3, after SIGCONT", "killed by SIGTRAP", how);
}
