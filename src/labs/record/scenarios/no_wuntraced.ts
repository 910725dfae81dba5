import { NAMES } from "../arch.ts";
import type { Scenario } from "../scenario.ts";

const { CALL, PC } = NAMES;

/** How long the host waits for what never comes, in milliseconds. */
const PATIENCE = 200;

export const noWuntraced: Scenario = {
  title: "WUNTRACED: one bit of a wait",
  introduction: [
    "A stub signals that it is ready by stopping itself. Its parent waits for that with wait4; then the tracer " +
      "attaches.",
    "wait4 has options, each of them one bit. Shells use WUNTRACED, because of Ctrl-Z. Here the host first omits it, " +
      "then sets it, and then becomes the tracer.",
  ],

  play(scene) {
    const { constants } = scene.recorder;
    const { waitAll } = scene.tracer;
    const untraced = Number(scene.tracer.waitSelfStop);
    const noHang = Number(constants.get("WNOHANG"));
    const child = scene.birth({
      lane: "master",
      role: "the first stub",
      why: "The host creates a child. It is not traced before it has stopped itself.",
      stopped:
        "The child has done all that a stub does by itself, and has stopped. /proc says T. When it stopped, the kernel " +
        "sent the host a SIGCHLD (unless the parent has set SA_NOCLDSTOP): the state of a child has changed. Only a wait4 " +
        "can say how.",
    });

    scene.ask({
      text: "The child is stopped. The host calls wait4(child, &status, __WALL, NULL). What does it get?",
      right: {
        "Nothing: the call does not return":
          "Without WUNTRACED wait4 reports only the ends of children. The child has not ended, and will not end, because it " +
          "waits for the host. The host waits for the child. This is a deadlock, and a silent one: both processes look " +
          "healthy.",
      },
      wrong: {
        "At once: the child is stopped by SIGSTOP":
          "A parent that wants wait4 to report stops has to ask for that.",
        ECHILD:
          "A stopped child is a child. ECHILD would mean that the caller has no such child, and the call would at least return.",
      },
    });
    const without = child.tryWait(
      "wait4 reports nothing. __WALL does not help: it selects children (also those whose exit signal is not SIGCHLD), " +
        "not which changes are reported. A host without a deadline would hang here forever.",
      {
        options: waitAll,
        milliseconds: PATIENCE,
        observer: `A timer interrupts the wait after ${PATIENCE} ms. wait4 itself has no deadline.`,
      },
    );

    scene.ask({
      text:
        "The same call, with WUNTRACED this time. The child has been stopped all the time, and nothing new has happened. " +
        "What does the host get?",
      right: {
        "At once: the child is stopped by SIGSTOP":
          "wait4 asks for the state of the child, not for an event. The kernel keeps the stop for a later wait, so no wait is " +
          "too late for it.",
      },
      wrong: {
        "Nothing: it has missed the moment of the stop":
          "There is no moment to miss. wait4 first looks at the present state of the children, and only then sleeps.",
        "EINVAL: only a tracer may use WUNTRACED": "Any parent may use it, and shells do.",
      },
    });
    child.awaitSelfStop();
    const within = stopOf(scene.tracer.status[0] ?? 0);

    scene.ask({
      text: "And once more, with WNOHANG, so that it returns in any case. The child is still stopped. What is the result?",
      right: {
        "0":
          "A stop is reported once. The kernel has recorded that the parent knows. 0 means: it is your child, and nothing " +
          "has changed.",
      },
      wrong: {
        "The child's pid, as before":
          "The child is still stopped, but this stop has been reported, and a report consumes it.",
        ECHILD:
          "That would mean that there is no such child. It has not ended, and is still the host's.",
      },
    });
    const again = child.tryWait("0: there is such a child, and there is nothing to report.", {
      options: untraced | noHang,
    });

    child.request("PTRACE_ATTACH", "Now the host becomes the tracer.");
    scene.ask({
      text: "The host has attached, and calls wait4 without WUNTRACED. Does wait4 report that the child is stopped?",
      right: {
        "Yes: it is the tracer that asks":
          "The bit concerns children that are not traced. ptrace works by the stops of the traced thread, so wait4 reports " +
          "all of them to the tracer, whatever the options.",
      },
      wrong: {
        "Yes: the host has set the bit once, and it stays set":
          "It is an option of one call. The next call has its own options.",
        "No: WUNTRACED is missing":
          "That is the rule for a parent. To a tracer every stop is reported.",
        "No: it was reported before":
          "The attach has turned it into a ptrace stop. That is a new stop, and it has not been reported yet.",
      },
    });
    const { signal } = child.awaitStop({
      stop: "The stop by a signal (T) has become a ptrace stop (t). That is a new stop, and is reported again.",
      wait: "Without WUNTRACED, and at once. From now on the host does not need the bit for this stub.",
    });
    child.setOptions("The usual options.");
    child.takeInitialRegisters(`The initial registers: ${PC} is after the ${CALL} of the kill.`);
    child.stepToRest();

    const stopped = "stopped by SIGSTOP";
    scene.check(`without WUNTRACED, in ${PATIENCE} ms`, "nothing", without);
    scene.check("with WUNTRACED", stopped, within);
    scene.check("with WUNTRACED once more, with WNOHANG", "nothing", again);
    scene.check(
      "the tracer, without WUNTRACED",
      stopped,
      `stopped by ${scene.tracer.signalName(signal)}`,
    );
    child.checkAtRest(process.pid, child.pid);

    function stopOf(status: number): string {
      return `stopped by ${scene.tracer.signalName(scene.tracer.encoder.waitValue(status))}`;
    }
  },
};
