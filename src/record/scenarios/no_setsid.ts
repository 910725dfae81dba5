import { openSync, readFileSync, writeSync } from "node:fs";
import { hex, StateError } from "../../errors.ts";
import { readProcess } from "../../stub/proc.ts";
import { Tracer } from "../../stub/tracer.ts";
import { callTitle } from "../calls.ts";
import type { WatchedStub } from "../fork.ts";
import { awaitProcess } from "../kernel_view.ts";
import { closeTerminal, openTerminal } from "../pseudo_terminal.ts";
import type { Recorder } from "../recorder.ts";
import { Sandbox, TERMINAL } from "../sandbox.ts";
import type { Scenario } from "../scenario.ts";
import { addStubCode } from "../stub_code.ts";
import { Tracee } from "../tracee.ts";

/** The byte of Ctrl-C. */
const CTRL_C = "\x03";

export const noSetsid: Scenario = {
  title: "Without setsid: Ctrl-C on the terminal reaches the stub",
  introduction: [
    "Ctrl-C is a character, number 3. The kernel's terminal does not pass it to readers. It sends SIGINT, not to one " +
      "process, but to the whole foreground process group.",
    "A child is in the process group and the session of its parent. So a stub that does not leave them is in the " +
      "host's group, and a Ctrl-C for the host also reaches the stub. The first step of a stub's set-up is setsid(): a " +
      "session and a group of its own, and no terminal.",
    "Here a separate host is started on a new terminal, and the recording presses its keys. It has two stubs: one " +
      "without setsid, and one with the full set-up. Everything is real: the terminal is a pseudo-terminal, as terminal " +
      "emulators and ssh use it, and one byte is typed on it.",
  ],

  async record(recorder) {
    recorder.observe(
      "The host of this lesson is a separate process. The key is pressed by a write to the other side of its " +
        "pseudo-terminal, as a terminal emulator does it.",
    );
    using tracer = new Tracer({ encoder: recorder.encoder });
    const terminal = openTerminal(tracer);
    try {
      await using sandbox = Sandbox.start(recorder, "no-setsid", { terminal: terminal.line });
      await sandbox.reaches("ready");
      recorder.addLane("terminal", "the keyboard of the host's terminal", process.pid);
      const typed = type(recorder, terminal.keyboard);
      sandbox.goOn();
      const reached = (await sandbox.reaches("heard")).split(" ").map(Number);
      for (const step of reached) {
        recorder.arrow("signal", typed, sandbox.stepOf(step), "SIGINT");
      }
      sandbox.goOn();
      const { code } = await sandbox.ended();
      recorder.check("the host, which has a handler: its exit status", "0", `${code}`);
    } finally {
      closeTerminal(terminal);
    }
  },

  async sandboxed(recorder, stage) {
    let interrupts = 0;
    process.on("SIGINT", () => {
      interrupts++;
    });
    // A session leader that opens a terminal gets it as its controlling terminal.
    openSync(`/proc/self/fd/${TERMINAL}`, "r+");
    using tracer = new Tracer({ encoder: recorder.encoder });
    addStubCode(recorder, tracer);
    tellHost(recorder);
    const stub = restingStub(recorder, tracer, "stub");
    const control = restingStub(recorder, tracer, "control");
    stage.pause("ready");
    await hear(recorder, stub, () => interrupts);
    const steps = [hostHeard(recorder), stubHeard(recorder, stub)];
    lookAtControl(recorder, control);
    stage.pause("heard", steps.join(" "));
    const how = letThrough(recorder, stub);
    recorder.check("calls of the host's handler of SIGINT", "1", `${interrupts}`);
    recorder.check("the stub without setsid", "killed by SIGINT", how);
    const { pid } = control.stub;
    recorder.check("the other: pending signals", "0x0", hex(readProcess(pid).pending));
    recorder.check("it is alive: getpid, injected", `${pid}`, `${control.stub.call("getpid")}`);
  },
};

/** The process group, the session and the terminal's foreground group of a process (proc_pid_stat(5)). */
function groupsOf(pid: number): { group: number; session: number; foreground: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
  const [, , group = 0, session = 0, , foreground = 0] = fields;
  return { group, session, foreground };
}

function tellHost(recorder: Recorder): void {
  const { group, session, foreground } = groupsOf(process.pid);
  if (foreground !== group) {
    throw new StateError(`the terminal's foreground group is ${foreground}, not ${group}`);
  }
  recorder.addLane("host", "a Node.js process on a terminal of its own", process.pid);
  recorder.step({
    lane: "host",
    kind: "note",
    title: `host ${process.pid} has a terminal`,
    why:
      `Its session is ${session}, its process group ${group}, which is the foreground group of its terminal, as for a ` +
      "program that a shell has started. Node.js has a handler for SIGINT here, like programs that clean up before they " +
      "exit.",
    kernel: recorder.view(process.pid),
    observer:
      "This host was started for the lesson. It sends what it records to the process that started it.",
  });
}

function restingStub(recorder: Recorder, tracer: Tracer, lane: "stub" | "control"): WatchedStub {
  const faulty = lane === "stub";
  const stub = tracer.createStub({ omit: faulty ? ["setsid"] : [] });
  stub.scrub();
  recorder.addLane(lane, `a stub ${faulty ? "without" : "with"} setsid`, stub.pid);
  const { group, session } = groupsOf(stub.pid);
  recorder.step({
    lane,
    kind: "note",
    title: `stub ${stub.pid} rests after its INT3`,
    why: faulty
      ? `Its session is ${session} and its process group ${group}: the host's. Otherwise its birth was like any other ` +
        '(lesson "host").'
      : `Its session is ${session} and its process group ${group}: its own. It has no terminal.`,
    kernel: recorder.view(stub.pid),
  });
  return { stub, tracee: new Tracee(recorder, lane, stub.thread) };
}

/** Types Ctrl-C; returns the step. */
function type(recorder: Recorder, keyboard: number): number {
  recorder.ask({
    text:
      "Both stubs are stopped by their tracer, and the host is in the foreground. Ctrl-C is typed. Which processes get " +
      "SIGINT?",
    choices: [
      "Only the host: it is the running program",
      "The host and the stub without setsid",
      "All three: they have the same terminal",
    ],
    answer: 1,
    because:
      "The terminal knows a process group, not programs. The host and this stub are in it. The other stub has left " +
      "group, session and terminal with its setsid.",
  });
  writeSync(keyboard, CTRL_C);
  const call = {
    name: "write",
    arguments: [
      { word: null, told: "keyboard" },
      { word: null, told: '"\\x03"' },
      { word: "0x1", told: "1" },
    ],
    result: { word: "0x1", told: "1" },
  };
  return recorder.step({
    lane: "terminal",
    kind: "syscall",
    title: callTitle(call),
    why: "Ctrl-C is typed. The terminal is in its usual mode (ISIG is set), so the kernel turns it into a signal.",
    call,
  });
}

/** Waits until the signal has reached every process of the group: the kernel sends it to all of them at once. */
async function hear(recorder: Recorder, { stub }: WatchedStub, heard: () => number): Promise<void> {
  const { tracer, pid } = stub;
  const interrupt = tracer.encoder.signalSet(tracer.constant("SIGINT"));
  awaitProcess(pid, ({ pending }) => (pending & interrupt) !== 0n, tracer.deadline);
  const end = performance.now() + tracer.deadline;
  while (heard() === 0) {
    if (performance.now() > end) throw new StateError(`${recorder.encoder.name}: no SIGINT came`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function hostHeard(recorder: Recorder): number {
  return recorder.step({
    lane: "host",
    kind: "signal",
    title: "SIGINT is delivered",
    why:
      "Its handler is called. It might now close its stubs, and exit. It does not know that one of them got the signal, " +
      "too.",
  });
}

function stubHeard(recorder: Recorder, { stub, tracee }: WatchedStub): number {
  return recorder.step({
    lane: tracee.lane,
    kind: "signal",
    title: "SIGINT is pending",
    why: "0x2 is SIGINT. The stub is stopped, so the signal is not delivered yet. It will be with the next resume.",
    kernel: recorder.view(stub.pid),
  });
}

function lookAtControl(recorder: Recorder, { stub, tracee }: WatchedStub): void {
  recorder.step({
    lane: tracee.lane,
    kind: "note",
    title: `${stub.pid} got nothing`,
    why: "No signal is pending. The terminal does not know this process.",
    kernel: recorder.view(stub.pid),
  });
}

/** Resumes the stub for a call, and delivers what stops it: returns how it ended. */
function letThrough(recorder: Recorder, { stub, tracee }: WatchedStub): string {
  const { tracer, thread } = stub;
  const { encoder, frame } = tracer;
  const number = tracer.syscallNumber("getpid");
  encoder.encodeSyscall(frame.offset, thread.initial.offset, number, 0n, 0n, 0n, 0n, 0n, 0n);
  tracee.setRegisters(
    frame,
    "The host continues its work, because its handler has not ended it: a getpid is injected.",
  );
  tracee.request("PTRACE_CONT", "The stub is resumed for it.");
  tracee.awaitStop({
    stop: "No instruction was executed. The signal stops the traced thread, so that its tracer decides about it.",
    wait: "The host waits for an INT3, and wait4 reports a SIGINT that the host never sent.",
  });
  tracee.request(
    "PTRACE_CONT",
    "It delivers the signal, as a debugger does. An untraced stub would have got it at once.",
    {
      data: tracer.constant("SIGINT"),
      observer: "stublab's injections suppress such a signal. But it would end a guest's switch.",
    },
  );
  recorder.ask({
    text: "The signal is delivered. The set-up has given every signal its default disposition. What happens to the stub?",
    choices: [
      "It continues to getpid",
      "SIGINT kills it",
      "It calls the host's handler, which is in its memory",
    ],
    answer: 1,
    because:
      "The default action of SIGINT terminates the process. With SIGKILL as exit signal, gVisor's choice, the host " +
      "would die next: one Ctrl-C, for which the host had a handler, would have killed it.",
  });
  const how = tracee.awaitEnd({
    stop: "One keystroke has killed the stub.",
    wait: "wait4 reports this to the host, and reaps it.",
  });
  stub.forgetIfDead();
  return how;
}
