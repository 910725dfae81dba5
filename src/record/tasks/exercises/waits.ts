import { ActedTracee, Acting } from "../../acting.ts";
import { encodeFrame } from "../../injection.ts";
import { awaitProcess } from "../../kernel_view.ts";
import { tellRequest } from "../../requests.ts";
import { Tracee } from "../../tracee.ts";
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
    const dies = draw.one(true, false);
    const good = draw.one(true, false);
    const names = [
      ...(dies ? ["PTRACE_O_EXITKILL"] : []),
      ...(good ? ["PTRACE_O_TRACESYSGOOD"] : []),
    ];
    const key = `options = ${names.join("|") || "0"}`;
    return {
      text: [
        `A stub traces another, and will die. Write its ptrace options, so that the traced stub ${dies ? "is killed then" : "lives on then"}, and so that ` +
          `the tracer ${good ? "can distinguish" : "cannot distinguish"} a stop at a system call from a SIGTRAP: wait4 reports ${good ? "0x85 (SIGTRAP | 0x80)" : "0x5 (SIGTRAP)"}.`,
        "The traced stub has no death signal of its own.",
      ],
      form: { options: "for PTRACE_SETOPTIONS" },
      start: `options = ${dies ? "0" : "PTRACE_O_EXITKILL"}`,
      key,
      hints: [
        "ptrace(2) lists the options under PTRACE_SETOPTIONS.",
        "PTRACE_O_EXITKILL is about the tracer's end, PTRACE_O_TRACESYSGOOD about stops at system calls.",
        key,
      ],
      play(stage, answer) {
        const options = answer.word("options");
        const { tracer, traced } = traceAnother(stage);
        const set = [
          "ptrace",
          stage.tracer.flag("PTRACE_SETOPTIONS"),
          traced.thread.tid,
          0,
          options,
        ] as const;
        const { errno } = tracer.stub.inject(...set);
        const refused = "a bit of the options is unknown to the kernel";
        stage.require("PTRACE_SETOPTIONS", "0", errno === null ? "0" : `-${errno}`, refused);
        traced.requested(
          tellRequest(
            "PTRACE_SETOPTIONS",
            traced.thread.tid,
            Number(options),
            stage.recorder.constants,
          ),
          "The options of the answer.",
        );
        traced.request("PTRACE_SYSCALL", "The guest goes on to its next system call.");
        const { kind } = traced.awaitStop({
          stop: "The guest is about to make the system call.",
          wait: "The tracer waits for the guest.",
        });
        stage.expect(
          "the stop at the system call",
          good ? "0x85" : "0x5",
          kind === "syscall" ? "0x85" : "0x5",
          good
            ? "the tracer cannot distinguish it from a SIGTRAP"
            : "the tracer was to see a plain SIGTRAP",
        );
        const lives = outlives(stage, traced, tracer);
        stage.expect(
          "the guest after the death of its tracer",
          dies ? "is dead" : "lives",
          lives ? "lives" : "is dead",
          dies ? "nothing ends a guest whose tracer has died" : "the kernel has killed it",
        );
      },
    };
  },
};

/** Two stubs: one traces the other, a guest without a death signal that is about to execute pause(). */
function traceAnother(stage: Stage): { readonly tracer: Acting; readonly traced: ActedTracee } {
  const { recorder } = stage;
  const tracer = new Acting("tracer", stage.stub("tracer", "a stub that traces another"));
  const stub = stage.stub("guest", "the stub that it traces");
  stub.call("prctl", stage.tracer.flag("PR_SET_PDEATHSIG"), 0, 0, 0, 0);
  recorder.step({
    lane: "guest",
    kind: "note",
    title: "prctl(PR_SET_PDEATHSIG, 0)",
    why: "It has no death signal.",
    kernel: recorder.view(stub.pid),
  });
  const guest = new Tracee(recorder, "guest", stub.thread);
  stub.thread.writeRegisters(encodeFrame(guest, { call: "pause" }));
  tracer.takeOver(stub);
  return { tracer, traced: new ActedTracee(recorder, "guest", stub, tracer) };
}

/** Kills the tracer of a guest that sleeps. Returns whether the guest lives. */
function outlives(
  { recorder, tracer }: Stage,
  guest: ActedTracee,
  { lane, stub }: Acting,
): boolean {
  const pid = guest.thread.tid;
  guest.request("PTRACE_CONT", "The guest waits in pause().");
  awaitProcess(pid, ({ state }) => state === "S", tracer.deadline);
  const dying = new Tracee(recorder, lane, stub.thread);
  dying.signal(tracer.constant("SIGKILL"), "The tracer is killed.");
  dying.awaitEnd({ stop: "The tracer dies.", wait: "wait4 reports this to the host." });
  const sigkill = tracer.encoder.signalSet(tracer.constant("SIGKILL"));
  let lives = false;
  awaitProcess(
    pid,
    ({ state, pending }) => {
      // SIGKILL wakes it up at once. The end of its tracer does, too, but then it sleeps or stops again.
      lives = "ST".includes(state) && (pending & sigkill) === 0n;
      return lives || state === "Z";
    },
    tracer.deadline,
  );
  recorder.step({
    lane: "guest",
    kind: lives ? "note" : "exit",
    title: lives ? "the guest lives on" : "killed by SIGKILL",
    why: lives
      ? "The kernel has only detached it."
      : "The kernel has killed it, as its tracer asked.",
    kernel: recorder.view(pid),
  });
  return lives;
}
