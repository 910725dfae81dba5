import { HOST_ARCH } from "../../../core/machine/index.ts";
import { hex } from "../../../lib/errors.ts";
import type { Actor } from "../actor.ts";
import { inWords } from "../lesson_text.ts";
import type { Acts } from "./play.ts";

/** All signals except SIGKILL and SIGSTOP. */
const ALL = 0xffff_ffff_fffb_feffn;

/** How long the host waits for a stop that does not come, in milliseconds. */
const PATIENCE = 100;

/** A call that sleeps until a signal is delivered. arm64 has no pause. */
const SLEEP = HOST_ARCH === "amd64" ? "pause" : "ppoll";

export const play: Acts<"blocked-signals"> = (scene, say) => {
  const { tracer } = scene;
  const setOf = (signal: string) => tracer.host.encoder.signalSet(tracer.host.constant(signal));
  const checkBlocked = (fact: string, expected: bigint, { blocked }: Actor["facts"]) =>
    scene.check(`${fact}: signals blocked`, hex(expected), hex(blocked));

  const stub = scene.birth({
    lane: "stub",
    role: "a stub that was never unmasked",
    omit: ["unmask"],
    ...say.parts("stub"),
  });
  checkBlocked("the stub at its self-stop", ALL, stub.facts);
  stub.attach();
  const control = scene.birth({
    lane: "control",
    role: "a stub with the full set-up",
    ...say.parts("control"),
  });
  control.attach();
  control.callBriefly("getpid", [], say("first-call"));
  stub.call("getpid", [], say.parts("trap"));
  checkBlocked(inWords("after its INT3"), ALL & ~setOf("SIGTRAP"), stub.facts);

  for (const each of [stub, control]) {
    each.setRegisters(each.frame(SLEEP), say("sleep.why"));
    each.resume(say("sleep.resumed"));
    each.until(({ state }) => state === "S");
  }
  for (const each of [control, stub]) each.signal("SIGCHLD", say("interrupt"));
  control.awaitStop(say.parts("control-stops"));
  const deaf =
    tracer.host.shim.wait(stub.pid, tracer.host.waitAll, PATIENCE * 1000, tracer.host.status) === 0;
  const { state, pending } = stub.look(
    `${PATIENCE} ms later ${stub.pid} still sleeps`,
    say("still-asleep"),
  );
  scene.check("SIGCHLD stops the one with blocked signals", "no", deaf ? "no" : "yes");
  scene.check("its state 100 ms later", "S", state);
  scene.check("its pending signals", hex(setOf("SIGCHLD")), hex(pending));
  stub.signal("SIGSTOP", say("stop-signal"));
  stub.awaitStop(say.parts("stub-stops"));

  const { blocked } = stub.facts;
  const role = "a stub that the one with the blocked signals has cloned";
  const grandchild = scene
    .enlist("grandchild", role, stub.stub.createStub())
    .look("a stub is born, with the same mask", say("grandchild"));
  checkBlocked("the grandchild", blocked, grandchild);

  stub.setSignalMask(0n, say("unblock"));
  stub.resume(say("resumed"));
  const { signal } = stub.awaitStop(say.parts("delivered"));
  scene.check("unblocked: what stops it", "SIGCHLD", tracer.host.signalName(signal));
  checkBlocked("unblocked", 0n, stub.facts);
  checkBlocked("the control", 0n, control.facts);
  scene.check("the stub is alive: getpid", `${stub.pid}`, `${stub.stub.call("getpid")}`);
};
