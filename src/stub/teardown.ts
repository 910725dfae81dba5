import { closeSync } from "node:fs";
import { errnoName } from "../errno.ts";
import { AttachError, CloseError, DeadlineError, DeathError } from "../errors.ts";
import { PAGE_SIZE } from "./amd64.ts";
import { attach } from "./birth.ts";
import type { Stub } from "./stub.ts";

/**
 * Ends a stub and all that it cloned, children first, so that their parent can reap them.
 *
 * @throws CloseError if that would end this process.
 */
export function endStub(stub: Stub): void {
  for (const child of [...stub.children]) endStub(child);
  const { tracer, thread } = stub;
  const obstacle = takeHold(stub);
  if (stub.borrowed) {
    if (thread.state === "stopped") thread.detach();
    thread.forget();
  }
  if (stub.alive && tracer.isFatal(stub.exitSignal) && !stub.replaced) {
    if (obstacle !== undefined) throw cannotEnd(stub, obstacle);
    defuse(stub);
  }
  if (stub.alive) {
    tracer.shim.tgkill(stub.pid, stub.pid, tracer.constant("SIGKILL"));
    if (thread.state !== "untraced" || stub.parent === undefined) thread.reap();
    thread.forget();
  }
  stub.forgetIfDead();
}

/** Makes a stub traced and stopped, if it lives. Returns what stands in the way, if anything does. */
function takeHold({ thread, borrowed }: Stub): string | undefined {
  try {
    if (thread.state === "running") thread.stop();
    if (thread.state !== "untraced" || borrowed) return undefined;
    thread.expectAlive();
    attach(thread);
    return undefined;
  } catch (error) {
    if (error instanceof DeathError) return undefined;
    if (error instanceof AttachError) return "somebody else traces it";
    if (error instanceof DeadlineError) return "it is in a system call that no signal interrupts";
    throw error;
  }
}

/** Makes the end of a stub harm neither host nor parent. */
function defuse(stub: Stub): void {
  try {
    const failure = executeIdle(stub);
    if (failure !== undefined)
      throw cannotEnd(stub, `${failure.call} failed with ${failure.errno}`);
  } catch (error) {
    if (!(error instanceof DeathError)) throw error;
  }
}

/**
 * Makes a stub execute a program that does nothing. That resets its exit signal to SIGCHLD (the kernel's
 * begin_new_exec).
 *
 * @returns what failed.
 */
export function executeIdle(stub: Stub): { call: string; errno: string } | undefined {
  const { tracer } = stub;
  const image = tracer.shim.idleImage();
  if (image < 0) return { call: "memfd_create", errno: errnoName(-image) };
  try {
    // The stub's page ends in zeros: an empty path.
    const emptyPath = tracer.stubAddress + PAGE_SIZE - 1;
    const { errno } = stub.thread.patiently(() =>
      stub.inject("execveat", image, emptyPath, 0, 0, tracer.flag("AT_EMPTY_PATH")),
    );
    return errno === null ? undefined : { call: "execveat", errno };
  } finally {
    closeSync(image);
  }
}

function cannotEnd(stub: Stub, why: string): CloseError {
  return new CloseError(
    `stub ${stub.pid} cannot be ended without harm to its parent: its exit signal is ` +
      `${stub.tracer.signalName(stub.exitSignal)}, and ${why}`,
    { remedy: "it ends with this process" },
  );
}

/** A stub that its tracer has reaped is a zombie of its parent until that one has reaped it too. */
export function reapByParent(stub: Stub): void {
  const { parent, tracer } = stub;
  if (parent === undefined || parent.replaced || parent.thread.state !== "stopped") return;
  // A parent that SIGKILL is on its way to is not to be asked: its end is an event of its own.
  if (stub.exitSignal === tracer.constant("SIGKILL") && !stub.replaced) return;
  try {
    parent.thread.patiently(() => parent.inject("wait4", stub.pid, 0, tracer.flag("__WALL"), 0));
  } catch (error) {
    if (!(error instanceof DeathError)) throw error;
  }
}
