import { processorTime } from "../../stub/proc.ts";
import type { Scenario } from "../scenario.ts";
import { killTracer } from "./dying_tracer.ts";

/** How much processor time the guest must have used, in milliseconds. */
const BURNT = 50;

export const noExitkill: Scenario = {
  title: "No EXITKILL: a tracer dies, and a guest was running",
  introduction: [
    "A tracer may die at any time. The stubs that it traced are then without a tracer: a guest in one of them makes " +
      "calls that nothing answers.",
    "Two things prevent that. Each stub has requested a SIGKILL at its parent's end (PR_SET_PDEATHSIG, lesson " +
      '"host"). And the tracer has set PTRACE_O_EXITKILL: the kernel kills its tracees when it ends itself.',
    "The first depends on the stub: its parent must be the tracer, and the signal must not have been cleared. The " +
      "second depends only on the tracer's end, whatever the stub does. In this lesson both are missing.",
    "There are two stubs. In one a guest runs in a loop. The other rests at its INT3. Then the tracer is killed.",
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
          "The kernel detaches the tracees of the dead tracer, and puts each into the state that it would be in untraced. " +
          "This stub stopped itself at its birth with SIGSTOP, and was never sent a SIGCONT: only its tracer made it run. " +
          "So it is stopped again.",
      },
      wrong: {
        "It is dead": "That is what EXITKILL is for. Without the option the kernel only detaches.",
        "It counts, as before":
          "A process that had been running when its tracer attached would. This one had stopped itself.",
      },
    });
    guest.until(({ state, tracerTid }) => state === "T" && tracerTid === 0);
    const stopped = scene.recorder.length;
    const orphan = guest.look(
      "stopped, without a tracer",
      "It is alive. It is not traced, and its parent is the keeper, which knows nothing about it. It keeps its memory " +
        "and its pid, possibly forever.",
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
      "The stop is no protection. Any process of the same user may send a SIGCONT (as may one of its session, and one " +
        "with CAP_KILL), as a shell does for `fg`. Here the host does.",
    );
    const before = processorTime(guest.pid);
    guest.until(() => processorTime(guest.pid) >= before + BURNT);
    const burnt = processorTime(guest.pid) - before;
    scene.recorder.arrow("signal", continued, scene.recorder.length, "SIGCONT");
    const running = guest.look(
      "it runs, without a tracer",
      `Since step ${stopped + 1} it has used ${burnt} ms of processor time, and it would continue forever. If it made a ` +
        "system call, nothing would stop it: the kernel would execute the call, with the rights of the host's user. Only " +
        "a seccomp filter, if the stub has one, would still restrict it. What was a confined guest is now a process like " +
        "others.",
    );
    scene.check("the guest, after SIGCONT: state", "R", running.state);
    scene.check("the guest, after SIGCONT: its tracer", "0", `${running.tracerTid}`);
    const burns = burnt >= BURNT ? "yes" : "no";
    scene.check(`the guest, after SIGCONT: it burns ${BURNT} ms`, "yes", burns);

    idle.until(({ state, tracerTid }) => state === "T" && tracerTid === 0);
    idle.look(
      "stopped, without a tracer",
      "The other stub is in the same state. RIP is after its INT3, as always between two calls.",
    );
    const same = idle.signal("SIGCONT", "The same for this one.");
    scene.ask({
      text: "The other stub continues after its INT3, where a `jmp` leads back to it. What happens to it?",
      right: {
        "SIGTRAP kills it":
          "INT3 raises SIGTRAP, which would stop the stub for a tracer. Without one the signal has its default action, " +
          "which terminates the process. So a stub that executes only stub code ends at once. A guest may not.",
      },
      wrong: {
        "It loops, like the guest":
          "It would, if the INT3 did nothing. But the INT3 raises a signal each time.",
        "It stops again": "Only a tracer makes SIGTRAP a stop, and the tracer is gone.",
      },
    });
    const wait = "The keeper, its parent now, reaps it.";
    scene.recorder.arrow("signal", same, scene.recorder.length, "SIGCONT");
    const trapped = idle.awaitEnd({
      stop: "The INT3 without a tracer. This stub ends by itself; the guest does not.",
      wait,
    });
    scene.check("the stub at its INT3, after SIGCONT", "killed by SIGTRAP", trapped);
    guest.signal(
      "SIGKILL",
      "This has to be done by hand, by someone who knows about the process. With EXITKILL the kernel does it (lesson " +
        '"exitkill").',
    );
    const how = guest.awaitEnd({ stop: "Killed by hand.", wait });
    scene.check("the guest's end", "killed by SIGKILL", how);
  },
};
