import { loadLesson } from "../../src/labs/record/course.ts";
import { closeTerminal, openTerminal } from "../../src/labs/record/pseudo_terminal.ts";
import { Recorder } from "../../src/labs/record/recorder.ts";
import { Sandbox } from "../../src/labs/record/sandbox.ts";
import { StublabError } from "../../src/lib/errors.ts";

const sandbox = suite("sandbox");

const refused = async (promise: Promise<unknown>, pattern: RegExp) => {
  const error: unknown = await promise.catch((reason: unknown) => reason);
  assert.instance(error, StublabError);
  assert.match(String(error), pattern);
};

sandbox("what it recorded before it was killed is in the recording", async () => {
  const recorder = new Recorder();
  const terminal = openTerminal(recorder.encoder);
  {
    await using host = Sandbox.start({ recorder, signal: undefined }, "no-setsid", terminal.line);
    assert.is(await host.reaches("ready"), "");
    const stubs = childrenOf(host.pid);
    assert.is(stubs.length, 2);
    host.kill("SIGKILL");
    assert.is((await host.ended()).signal, "SIGKILL");
    assert.ok(await eventually(() => !stubs.some(isAlive), 1000), "EXITKILL ended its stubs");
  }
  closeTerminal(terminal);
  const { steps, lanes } = recorder.finish(await loadLesson("no-setsid"));
  lists(lanes, ["host", "stub", "control"], ({ id }) => id);
  assert.is(steps.length, 3);
  assert.is(steps[0]?.microseconds, 0);
});

sandbox("a part that throws is an error that tells why, and the process is gone", async () => {
  const recorder = new Recorder();
  // It has no terminal.
  {
    await using host = Sandbox.start({ recorder, signal: undefined }, "no-setsid");
    await refused(host.reaches("ready"), /sandboxed host failed: internal error: ENXIO/);
  }
  assert.equal(childrenOf(process.pid), []);
});

sandbox("a scenario without such a part is refused, in a process and in a thread", async () => {
  const recorder = new Recorder();
  await using one = Sandbox.start({ recorder, signal: undefined }, "host");
  await refused(one.ended(), /"host" has no such part/);
  await using other = Sandbox.startThread({ recorder, signal: undefined }, "host");
  await refused(other.ended(), /"host" has no such part/);
});

sandbox("one that ends elsewhere than at the awaited point is reported", async () => {
  const recorder = new Recorder();
  await using host = Sandbox.startThread({ recorder, signal: undefined }, "thread-dies");
  const [, ...pids] = (await host.reaches("detached")).split(" ").map(Number);
  host.goOn();
  await refused(host.reaches("nowhere"), /did not come to "nowhere"/);
  for (const pid of pids) process.kill(pid, "SIGKILL");
  using tracer = new Tracer();
  for (const pid of pids)
    tracer.host.shim.wait(pid, tracer.host.waitAll, 1_000_000, tracer.host.status);
  assert.equal(childrenOf(process.pid), []);
});

sandbox("nothing of it is left among the temporary files", () => {
  const names = readdirSync(tmpdir()).filter((name) => name.startsWith("stublab-sandbox-"));
  assert.equal(names, []);
});
