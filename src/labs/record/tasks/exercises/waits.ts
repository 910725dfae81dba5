import { Acting } from "../../acting.ts";
import type { Actor } from "../../actor.ts";
import type { Stage } from "../stage.ts";
import type { Task } from "../task.ts";
import { cloneStub, comesToStop } from "./verbs.ts";

export const waitOptions: Task = {
  lesson: "no-wuntraced",
  title: "Write the wait4 options that see the self-stop",
  exercise(draw) {
    const signal = draw.one("SIGCHLD", "SIGUSR1", "SIGUSR2", "SIGTERM", "0");
    const polls = draw.one(true, false);
    const all = signal === "SIGCHLD" ? "" : "|__WALL";
    return {
      text: [
        `A stub has cloned another, ${signal === "0" ? "without an exit signal" : `whose exit signal is ${signal}`}, and waits for it to stop itself: ` +
          "wait4(child, NULL, options, NULL). Write the options with which wait4 returns the pid of the stopped child.",
        polls
          ? "The same call is made once before the child has stopped. It must not block then, but return 0."
          : "The call is made when the child has stopped.",
      ],
      form: { options: "the third argument of wait4" },
      start: `options = ${polls ? "WNOHANG" : "0"}`,
      key: `options = WUNTRACED${all}${polls ? "|WNOHANG" : ""}`,
      hints: [
        "wait4 reports the end of a child, unless it is asked for more. A tracer need not ask.",
        "Children whose exit signal is not SIGCHLD are passed over, unless wait4 is asked for them.",
        `WUNTRACED asks for stops, __WALL for all kinds of children, WNOHANG does not wait${all === "" ? "" : "; __WCLONE would do, too"}.`,
      ],
      play(stage, answer) {
        const parent = stage.cast({ lane: "master", role: "the stub that waits" });
        const child = cloneStub(parent, "child", signal);
        const args = [child.pid, 0, answer.word("options"), 0];
        if (polls) {
          const early = parent.call("wait4", args, "The child runs.");
          const meaning = explain(early, "it must return at once");
          stage.require("wait4 before the child has stopped", "0", early, meaning);
        }
        comesToStop(stage, child);
        const seen = parent.call("wait4", args, "The options of the answer.");
        stage.expect("wait4", `${child.pid}`, seen, explain(seen, "the stop is not reported"));
      },
    };
  },
};

function explain(result: string, otherwise: string): string {
  switch (result) {
    case "-ECHILD":
      return "wait4 finds no such child: one whose exit signal is not SIGCHLD must be asked for";
    case "-EINVAL":
      return "a bit of the options is unknown to wait4";
    case "0":
      return "the stop is not reported: WNOHANG only keeps wait4 from blocking";
    default:
      return result.startsWith("does not")
        ? "wait4 waits for ever: nothing it was asked for will happen"
        : otherwise;
  }
}

export const traceOptions: Task = {
  lesson: "exitkill",
  title: "Write the options of a tracer",
  exercise(draw) {
    const end = draw.one(
      ["PTRACE_O_EXITKILL", "is killed", "nothing ends a guest whose tracer has died"] as const,
      [undefined, "lives on", "the kernel has killed it"] as const,
    );
    const stop = draw.one(
      ["PTRACE_O_TRACESYSGOOD", "0x85", "the tracer cannot distinguish it from a SIGTRAP"] as const,
      [undefined, "0x5", "the tracer was to see a plain SIGTRAP"] as const,
    );
    const [[kills, goal, otherwise], [marks, status, other]] = [end, stop];
    const key = `options = ${[kills, marks].filter((name) => name).join("|") || "0"}`;
    return {
      text: [
        `A stub traces another, and will die. Write its ptrace options, so that the traced stub ${goal} then, and so that ` +
          `the tracer ${marks ? "can" : "cannot"} distinguish a stop at a system call from a SIGTRAP: wait4 reports ` +
          `${status} (SIGTRAP${marks ? " | 0x80" : ""}).`,
        "The traced stub has no death signal of its own.",
      ],
      form: { options: "for PTRACE_SETOPTIONS" },
      start: `options = ${kills ? "0" : "PTRACE_O_EXITKILL"}`,
      key,
      hints: [
        "ptrace(2) lists the options under PTRACE_SETOPTIONS.",
        "PTRACE_O_EXITKILL is about the tracer's end, PTRACE_O_TRACESYSGOOD about stops at system calls.",
        key,
      ],
      play(stage, answer) {
        const { tracer } = stage;
        const dying = stage.stub("tracer", "a stub that traces another");
        const acting = new Acting("tracer", dying.stub);
        const guest = sleeperOf(stage, acting);
        const [request, options] = ["PTRACE_SETOPTIONS", answer.word("options")];
        const args = [tracer.flag(request), guest.pid, 0, options];
        const { errno } = acting.stub.inject("ptrace", ...args);
        const refused = "a bit of the options is unknown to the kernel";
        stage.require(request, "0", errno === null ? "0" : `-${errno}`, refused);
        guest.requested(request, "The options of the answer.", { data: options });
        guest.request("PTRACE_SYSCALL", "The guest goes on to its next system call.");
        const { kind } = guest.awaitStop({
          stop: "The guest is about to make the system call.",
          wait: "The tracer waits for the guest.",
        });
        const seen = kind === "syscall" ? "0x85" : "0x5";
        stage.expect("the stop at the system call", status, seen, other);
        guest.resume("The guest waits in pause().");
        guest.until(({ state }) => state === "S");
        dying.signal("SIGKILL", "The tracer is killed.");
        dying.awaitEnd({ stop: "The tracer dies.", wait: "wait4 reports this to the host." });
        const fate = survives(guest) ? "lives on" : "is killed";
        stage.expect("the guest after the death of its tracer", goal, fate, otherwise);
      },
    };
  },
};

/** A guest that another stub traces. It has no death signal, and is about to execute pause(). */
function sleeperOf(stage: Stage, acting: Acting): Actor {
  const guest = stage.stub("guest", "the stub that it traces");
  const clear = [stage.tracer.flag("PR_SET_PDEATHSIG"), 0];
  guest.callBriefly("prctl", clear, "It has no death signal.");
  guest.setRegisters(guest.frame("pause"), "The guest is about to execute pause().");
  acting.takeOver(guest.stub);
  return guest.by(acting);
}

/** Whether a guest that slept lives after the death of its tracer. */
function survives(guest: Actor): boolean {
  const { encoder } = guest.stub.tracer;
  const sigkill = encoder.signalSet(guest.stub.tracer.constant("SIGKILL"));
  let lives = false;
  guest.until(({ state, pending }) => {
    // SIGKILL wakes it up at once. The end of its tracer does, too, but then it sleeps or stops again.
    lives = "ST".includes(state) && (pending & sigkill) === 0n;
    return lives || state === "Z";
  });
  if (lives) guest.look("the guest lives on", "The kernel has only detached it.");
  else guest.becomeZombie("killed by SIGKILL", "The kernel has killed it, as its tracer asked.");
  return lives;
}
