import { openSync, readFileSync, writeSync } from "node:fs";
import { AwakeDeadline } from "../../../lib/awake.ts";
import { hex, StateError } from "../../../lib/errors.ts";
import { NAMES } from "../arch.ts";
import type { Stage } from "../plays/play.ts";
import { closeTerminal, openTerminal } from "../pseudo_terminal.ts";
import { Sandbox, TERMINAL } from "../sandbox.ts";
import type { Scenario } from "../scenario.ts";
import type { Scene } from "../scene.ts";

const { A_TRAP } = NAMES;

/** The byte of Ctrl-C. */
const CTRL_C = "\x03";

export const noSetsid: Scenario = {
  title: "Without setsid: a stub keeps its terminal",
  host: { lane: "terminal", role: "the keyboard of the host's terminal" },
  introduction: [
    "Ctrl-C is a character, number 3. The kernel's terminal does not pass it to readers. It sends SIGINT, not to one " +
      "process, but to the whole foreground process group.",
    "A child is in the process group and the session of its parent, unless it leaves them. The first step of a stub's " +
      "set-up is setsid(): a session and a group of its own, and no terminal.",
    "Here a separate host is started on a new terminal, and the recording presses its keys. It has two stubs: one " +
      "without setsid, and one with the full set-up. Everything is real: the terminal is a pseudo-terminal, as terminal " +
      "emulators and ssh use it, and one byte is typed on it.",
  ],

  async play(scene) {
    const { recorder } = scene;
    recorder.observe(
      "The host of this lesson is a separate process. The key is pressed by a write to the other side of its " +
        "pseudo-terminal, as a terminal emulator does it.",
    );
    const terminal = openTerminal(recorder.encoder);
    scene.atEnd(() => closeTerminal(terminal));
    await using sandbox = Sandbox.start(recorder, "no-setsid", { terminal: terminal.line });
    await sandbox.reaches("ready");
    ask(scene);
    const typed = type(scene, terminal.keyboard);
    sandbox.goOn();
    for (const step of (await sandbox.reaches("heard")).split(" ").map(Number)) {
      recorder.arrow("signal", typed, sandbox.stepOf(step), "SIGINT");
    }
    sandbox.goOn();
    const { code } = await sandbox.ended();
    scene.check("the host, which has a handler: its exit status", "0", `${code}`);
  },

  sandboxed: {
    host: { lane: "host", role: "a Node.js process on a terminal of its own" },
    play: interrupt,
  },
};

function ask(scene: Scene): void {
  scene.ask({
    text:
      "Both stubs are stopped by their tracer, and the host is in the foreground. Ctrl-C is typed. Which processes get " +
      "SIGINT?",
    right: {
      "The host and one of the stubs":
        "The terminal knows a process group, not programs. The host and the stub without setsid are in it. The other stub has " +
        "left group, session and terminal.",
    },
    wrong: {
      "Only the host":
        "The terminal does not look at which process runs. A stopped process of the group gets the signal, too, and it stays pending.",
      "The host and both stubs": "Parentage does not matter. One of the stubs has left the group.",
    },
  });
}

/** Types Ctrl-C; returns the step. */
function type({ recorder }: Scene, keyboard: number): number {
  writeSync(keyboard, CTRL_C);
  return recorder.call("terminal", "write", ["keyboard", '"\\x03"', 1n], 1n, {
    why: "Ctrl-C is typed. The terminal is in its usual mode (ISIG is set), so the kernel turns it into a signal.",
  });
}

/** What happens in the host of the lesson. */
async function interrupt(scene: Scene, stage: Stage): Promise<void> {
  const { recorder, tracer } = scene;
  let interrupts = 0;
  process.on("SIGINT", () => {
    interrupts++;
  });
  // A session leader that opens a terminal gets it as its controlling terminal.
  openSync(`/proc/self/fd/${TERMINAL}`, "r+");
  const { group, session, foreground } = groupsOf(process.pid);
  if (foreground !== group) {
    throw new StateError(`the terminal's foreground group is ${foreground}, not ${group}`);
  }
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
  const stub = scene.rest("stub", "a stub without setsid", {
    omit: ["setsid"],
    why: ({ pid }) =>
      `${tellGroups(pid)}: the host's. Otherwise its birth was like any other (lesson "host").`,
  });
  const control = scene.rest("control", "a stub with setsid", {
    why: ({ pid }) => `${tellGroups(pid)}: its own. It has no terminal.`,
  });
  stage.pause("ready");

  // The kernel sends the signal to all processes of the group at once.
  const signal = tracer.encoder.signalSet(tracer.constant("SIGINT"));
  stub.until(({ pending }) => (pending & signal) !== 0n);
  for (const deadline = new AwakeDeadline(tracer.deadline); interrupts === 0; ) {
    if (deadline.isOver) throw new StateError("no SIGINT came");
    await new Promise((resolve) => setImmediate(resolve));
  }
  const heard = recorder.step({
    lane: "host",
    kind: "signal",
    title: "SIGINT is delivered",
    why:
      "Its handler is called. It might now close its stubs, and exit. It does not know that one of them got the signal, " +
      "too.",
  });
  const pending = stub.tell({
    kind: "signal",
    title: "SIGINT is pending",
    why: "0x2 is SIGINT. The stub is stopped, so the signal is delivered only at its next resume.",
  });
  const spared = control.look(
    `${control.pid} got nothing`,
    "No signal is pending. The terminal does not know this process.",
  );
  stage.pause("heard", `${heard} ${pending}`);

  stub.setRegisters(
    stub.frame("getpid"),
    "The host continues its work, because its handler has not ended it: a getpid is injected.",
  );
  stub.resume("The stub is resumed for it.");
  stub.awaitStop({
    stop: "No instruction was executed. The signal stops the traced thread, so that its tracer decides about it.",
    wait: `The host waits for ${A_TRAP}, and wait4 reports a SIGINT that the host never sent.`,
  });
  stub.resume(
    "It delivers the signal, as a debugger does. An untraced stub would have got it at once.",
    "SIGINT",
    "stublab's injections suppress such a signal. But it would end a guest's switch.",
  );
  scene.ask({
    text: "The signal is delivered. The set-up has given every signal its default disposition. What happens to the stub?",
    right: {
      "It is killed":
        "The default action of SIGINT terminates the process. With SIGKILL as exit signal, gVisor's choice, the host " +
        "would die next: one Ctrl-C, for which the host had a handler, would have killed it.",
    },
    wrong: {
      "It continues to getpid":
        "By default some signals are ignored, such as SIGCHLD. SIGINT terminates.",
      "It calls a copy of the host's handler":
        "The set-up has taken the handler away. Its code is not mapped any more, either.",
    },
  });
  const how = stub.awaitEnd("One keystroke has killed the stub.");
  scene.check("calls of the host's handler of SIGINT", "1", `${interrupts}`);
  scene.check("the stub without setsid", "killed by SIGINT", how);
  scene.check("the other: pending signals", "0x0", hex(spared.pending));
  const { pid } = control;
  scene.check("it is alive: getpid, injected", `${pid}`, `${control.stub.call("getpid")}`);
}

function tellGroups(pid: number): string {
  const { group, session } = groupsOf(pid);
  return `Its session is ${session} and its process group ${group}`;
}

/** The process group, the session and the terminal's foreground group of a process (proc_pid_stat(5)). */
function groupsOf(pid: number): { group: number; session: number; foreground: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [, , group = 0, session = 0, , foreground = 0] = fields.map(Number);
  return { group, session, foreground };
}
