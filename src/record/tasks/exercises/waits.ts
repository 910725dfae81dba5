import { Acting } from "../../acting.ts";
import { Tracee } from "../../tracee.ts";
import { RESTS } from "../run.ts";
import type { Stage } from "../stage.ts";
import type { Task } from "../task.ts";
import { cloneWords, comesToStop } from "./verbs.ts";

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
      form: { kind: "fields", fields: { options: "the third argument of wait4" } },
      start: `options = ${polls ? "WNOHANG" : "0"}\n`,
      key: `options = WUNTRACED${all}${polls ? "|WNOHANG" : ""}\n`,
      hints: [
        "wait4 reports the end of a child, unless it is asked for more. A tracer need not ask.",
        "Children whose exit signal is not SIGCHLD are passed over, unless wait4 is asked for them.",
        `WUNTRACED asks for stops, __WALL for all kinds of children, WNOHANG does not wait${all === "" ? "" : "; __WCLONE would do, too"}.`,
      ],
      play(stage, answer) {
        const options = answer.word("options") ?? 0n;
        const parent = stage.cast({ lane: "master", role: "the stub that waits" });
        parent.write(cloneWords(stage, parent, signal), "The frame of a clone.");
        parent.go();
        const child = parent.child("child", "the stub that it has cloned");
        if (child === undefined) return;
        if (polls) {
          const early = parent.tryCall("wait4", [child.pid, 0, options, 0], "The child runs.");
          if (
            !stage.expect(
              "wait4 before the child has stopped",
              "0",
              early,
              explain(early, "it must return at once"),
            )
          )
            return;
        }
        if (!comesToStop(stage, child)) return;
        const seen = parent.tryCall(
          "wait4",
          [child.pid, 0, options, 0],
          "The options of the answer.",
        );
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
    return {
      text: [
        `A stub traces another, and will die. Write its ptrace options, so that the traced stub ${dies ? "is killed then" : "lives on then"}, and so that ` +
          `the tracer ${good ? "can distinguish" : "cannot distinguish"} a stop at a system call from a SIGTRAP: wait4 reports ${good ? "0x85 (SIGTRAP | 0x80)" : "0x5 (SIGTRAP)"}.`,
        "The traced stub has no death signal of its own.",
      ],
      form: { kind: "fields", fields: { options: "for PTRACE_SETOPTIONS" } },
      start: `options = ${dies ? "0" : "PTRACE_O_EXITKILL"}\n`,
      key: `options = ${names.join("|") || "0"}\n`,
      hints: [
        "ptrace(2) lists the options under PTRACE_SETOPTIONS.",
        "PTRACE_O_EXITKILL is about the tracer's end, PTRACE_O_TRACESYSGOOD about stops at system calls.",
        `options = ${names.join("|") || "0"}`,
      ],
      play(stage, answer) {
        playTracer(stage, answer.word("options") ?? 0n, { dies, good });
      },
    };
  },
};

function playTracer(
  stage: Stage,
  options: bigint,
  { dies, good }: { readonly dies: boolean; readonly good: boolean },
): void {
  const { keeper, recorder, tracer } = stage;
  const [acting, guest] = [keeper.createStub(), keeper.createStub()];
  recorder.addLane("tracer", "a stub that traces another", acting.pid);
  recorder.addLane("guest", "the stub that it traces", guest.pid);
  stage.watched.add(acting.pid);
  stage.watched.add(guest.pid);
  guest.call("prctl", tracer.flag("PR_SET_PDEATHSIG"), 0, 0, 0, 0);
  recorder.step({
    lane: "guest",
    kind: "note",
    title: "prctl(PR_SET_PDEATHSIG, 0)",
    why: "It has no death signal.",
    kernel: recorder.view(guest.pid),
  });
  // The guest is about to execute pause().
  const { frame, encoder } = tracer;
  const pause = tracer.flag("SYS_pause");
  encoder.encodeSyscall(frame.offset, guest.thread.initial.offset, pause, 0n, 0n, 0n, 0n, 0n, 0n);
  guest.thread.writeRegisters(frame);
  const actor = new Acting("tracer", acting);
  actor.takeOver(guest);
  const traced = new Tracee(recorder, "guest", guest.thread, actor);
  const set = acting.inject("ptrace", tracer.flag("PTRACE_SETOPTIONS"), guest.pid, 0, options);
  const result = set.errno === null ? "0" : `-${set.errno}`;
  if (
    !stage.expect("PTRACE_SETOPTIONS", "0", result, "a bit of the options is unknown to the kernel")
  )
    return;
  traced.requested("PTRACE_SETOPTIONS", "The options of the answer.", { data: options });
  traced.request("PTRACE_SYSCALL", "The guest goes on to its next system call.");
  const { kind } = traced.awaitStop({
    stop: "The guest is about to make the system call.",
    wait: "The tracer waits for the guest.",
  });
  const distinguished = kind === "syscall";
  stage.expect(
    "the stop at the system call",
    good ? "0x85" : "0x5",
    distinguished ? "0x85" : "0x5",
    good
      ? "the tracer cannot distinguish it from a SIGTRAP"
      : "the tracer was to see a plain SIGTRAP",
  );
  traced.request("PTRACE_CONT", "The guest waits in pause().");
  stage.awaitState(guest.pid, "S");
  acting.thread.kill();
  acting.thread.reap();
  acting.forgetIfDead();
  recorder.step({
    lane: "tracer",
    kind: "exit",
    title: "killed by SIGKILL",
    why: "The tracer dies.",
  });
  const lives = stage.survives(guest.pid);
  recorder.step({
    lane: "guest",
    kind: lives ? "note" : "exit",
    title: lives ? "the guest lives on" : "killed by SIGKILL",
    why: lives
      ? "The kernel has only detached it."
      : "The kernel has killed it, as its tracer asked.",
    kernel: recorder.view(guest.pid),
  });
  stage.expect(
    "the guest after the death of its tracer",
    dies ? "is dead" : "lives",
    lives ? "lives" : "is dead",
    dies ? "nothing ends a guest whose tracer has died" : "the kernel has killed it",
  );
}

export const fatalWord: Task = {
  lesson: "cascade",
  title: "A clone word whose child's death is felt",
  exercise(draw) {
    const signal = draw.one("SIGKILL", "SIGTERM", "SIGUSR1", "SIGHUP", "SIGALRM", "SIGCHLD", "0");
    const lives = signal === "SIGCHLD" || signal === "0";
    const gets = signal === "0" ? "no signal at all" : signal;
    const goal = lives
      ? `the parent gets ${gets}, and lives on`
      : `the parent is killed by ${signal}`;
    return {
      text: [
        `A stub clones another with your word. Then the child is killed. Write the word so that ${goal}.`,
        "The child must be a process that begins like any stub.",
      ],
      form: { kind: "fields", fields: { clone: "the clone word, in RDI" } },
      start: `clone = CLONE_FILES|${lives ? "SIGKILL" : "SIGCHLD"}\n`,
      key: `clone = CLONE_FILES${signal === "0" ? "" : `|${signal}`}\n`,
      hints: [
        "The signal at the end of a child is chosen when the child is made.",
        "It is the lowest byte of the clone word; with 0 no signal is sent.",
        `clone = CLONE_FILES${signal === "0" ? "" : `|${signal}`}`,
      ],
      play(stage, answer) {
        const { tracer } = stage;
        const parent = stage.cast({ lane: "master", role: "the stub that clones, with your word" });
        const words = new Map([
          ...cloneWords(stage, parent),
          ["rdi", answer.word("clone") ?? 0n] as const,
        ]);
        parent.write(words, "The frame of a clone, with the word of the answer.");
        const run = parent.go();
        const child = parent.child("child", "the stub that it has cloned");
        if (!stage.expectRun("the stub that clones", RESTS, run, "it must come back")) return;
        if (child === undefined) {
          const seen = `none: ${parent.calls[0]?.told}`;
          stage.expect("a child of the stub", "born", seen, "the word makes no child of this stub");
          return;
        }
        child.go(4);
        child.kill("The child is killed.");
        const { signals, how } = parent.meet();
        const met = how === "killed by SIGKILL" ? how : (signals[0] ?? "none");
        const expected =
          signal === "0" ? "none" : signal === "SIGKILL" ? "killed by SIGKILL" : signal;
        stage.expect(
          "what its parent gets",
          expected,
          met,
          "the exit signal of the child is another",
        );
        stage.expect(
          "the parent",
          lives ? RESTS : `killed by ${signal}`,
          how,
          lives ? "the parent must live on" : "the parent survives",
        );
        if (lives && parent.alive) {
          const reaped = parent.tryCall(
            "wait4",
            [child.pid, 0, tracer.waitAll, 0],
            "The parent reaps its child.",
          );
          stage.expect(
            "wait4 of its parent",
            `${child.pid}`,
            reaped,
            "it is not a child of the stub",
          );
        }
      },
    };
  },
};
