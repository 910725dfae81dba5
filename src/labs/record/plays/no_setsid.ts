import { openSync, writeSync } from "node:fs";
import { setImmediate } from "node:timers/promises";
import { readProcess } from "../../../core/stub/proc.ts";
import { hex, StateError } from "../../../lib/errors.ts";
import { closeTerminal, openTerminal } from "../pseudo_terminal.ts";
import { Sandbox, TERMINAL } from "../sandbox.ts";
import type { Acts, Sandboxed } from "./play.ts";

/** The byte of Ctrl-C. */
const CTRL_C = "\x03";

export const host = {
  lane: "terminal",
  role: "the keyboard of the host's terminal",
  terminal: true,
};

export const play: Acts<"no-setsid"> = async (scene, say) => {
  const { recorder } = scene;
  recorder.observe(say("observed"));
  const terminal = openTerminal(recorder.encoder);
  scene.atEnd(() => closeTerminal(terminal));
  await using sandbox = Sandbox.start(scene, "no-setsid", terminal.line);
  await sandbox.reaches("ready");
  writeSync(terminal.keyboard, CTRL_C);
  const why = say("typed");
  const typed = recorder.call("terminal", "write", ["keyboard", '"\\x03"', 1n], 1n, { why });
  sandbox.goOn();
  for (const step of (await sandbox.reaches("heard")).split(" ").map(Number)) {
    recorder.arrow("signal", typed, sandbox.stepOf(step), "SIGINT");
  }
  sandbox.goOn();
  const { code } = await sandbox.ended();
  scene.check("the host, which has a handler: its exit status", "0", `${code}`);
};

export const sandboxed: Sandboxed<"no-setsid"> = {
  host: { lane: "host", role: "a Node.js process on a terminal of its own" },

  async play(scene, say, stage) {
    const { recorder, tracer } = scene;
    let interrupts = 0;
    process.on("SIGINT", () => {
      interrupts++;
    });
    // A session leader that opens a terminal gets it as its controlling terminal.
    openSync(`/proc/self/fd/${TERMINAL}`, "r+");
    const { foreground, group, session } = readProcess(process.pid);
    if (foreground !== group) {
      throw new StateError(`the terminal's foreground group is ${foreground}, not ${group}`);
    }
    recorder.step({
      lane: "host",
      kind: "note",
      title: `host ${process.pid} has a terminal`,
      kernel: recorder.view(process.pid),
      ...say.parts("has-terminal", { group, session }),
    });
    const stub = scene.rest("stub", "a stub without setsid", {
      omit: ["setsid"],
      why: ({ pid }) => say("rests.stub", groupOf(pid)),
    });
    const control = scene.rest("control", "a stub with setsid", {
      why: ({ pid }) => say("rests.control", groupOf(pid)),
    });
    await stage.pause("ready");

    // The kernel sends the signal to all processes of the group at once.
    const signal = tracer.host.encoder.signalSet(tracer.host.constant("SIGINT"));
    stub.until(({ pending }) => (pending & signal) !== 0n);
    // If its handler is not called, the other side does not wait forever.
    while (interrupts === 0) await setImmediate();
    const kind = "signal";
    const title = "SIGINT is delivered";
    const heard = recorder.step({ lane: "host", kind, title, why: say("heard") });
    const pending = stub.tell({ kind, title: "SIGINT is pending", why: say("pending") });
    const spared = control.look(`${control.pid} got nothing`, say("spared"));
    await stage.pause("heard", `${heard} ${pending}`);

    stub.setRegisters(stub.frame("getpid"), say("resume.frame"));
    stub.resume(say("resume.resumed"));
    stub.awaitStop(say.parts("resume"));
    stub.resume(say("delivers.why"), "SIGINT", say("delivers.observer"));
    const how = stub.awaitEnd(say("killed"));
    scene.check("calls of the host's handler of SIGINT", "1", `${interrupts}`);
    scene.check("the stub without setsid", "killed by SIGINT", how);
    scene.check("the other: pending signals", "0x0", hex(spared.pending));
    const { pid } = control;
    scene.check("it is alive: getpid, injected", `${pid}`, `${control.stub.call("getpid")}`);
  },
};

function groupOf(pid: number) {
  const { group, session } = readProcess(pid);
  return { group, session };
}
