import { closeSync } from "node:fs";
import { errnoName } from "../errno.ts";
import { AttachError, DeathError, StublabError } from "../errors.ts";
import { PAGE_SIZE } from "./amd64.ts";
import { attach } from "./birth.ts";
import type { Stub } from "./stub.ts";
import { patiently } from "./thread.ts";

/**
 * Ends a stub and all that it cloned, children first, so that their parent can reap them.
 *
 * @throws StublabError (ERR_STUBLAB_CLOSE) where that would end this process.
 */
export function endStub(stub: Stub): void {
  for (const child of [...stub.children]) endStub(child);
  const { tracer, thread } = stub;
  if (stub.borrowed) {
    if (thread.state === "stopped") thread.detach();
    thread.forget();
    stub.forgetIfDead();
    return;
  }
  if (stub.alive) {
    const traced = thread.state === "stopped" || reattach(stub);
    if (tracer.isFatal(stub.exitSignal) && !stub.replaced) defuse(stub, traced);
  }
  if (stub.alive) {
    tracer.shim.tgkill(stub.pid, stub.pid, tracer.constant("SIGKILL"));
    if (thread.state !== "untraced" || stub.parent === undefined) thread.reap();
    thread.forget();
  }
  stub.forgetIfDead();
}

/** Traces a detached stub again; false where somebody else does. */
function reattach(stub: Stub): boolean {
  try {
    attach(stub.thread);
    return true;
  } catch (error) {
    if (error instanceof AttachError) return false;
    throw error;
  }
}

/**
 * Makes a stub execute a program that does nothing. That resets its exit signal to SIGCHLD (the kernel's
 * begin_new_exec), so that its end harms neither host nor parent.
 */
function defuse(stub: Stub, traced: boolean): void {
  const { tracer } = stub;
  if (!traced) throw cannotEnd(stub, "somebody else traces it");
  const image = tracer.shim.idleImage();
  if (image < 0) throw cannotEnd(stub, `memfd_create failed with ${errnoName(-image)}`);
  try {
    // The stub's page ends in zeros: an empty path.
    const emptyPath = tracer.stubAddress + PAGE_SIZE - 1;
    const { errno } = patiently(tracer, () =>
      stub.inject("execveat", image, emptyPath, 0, 0, tracer.flag("AT_EMPTY_PATH")),
    );
    if (errno !== null) throw cannotEnd(stub, `execveat failed with ${errno}`);
  } catch (error) {
    if (!(error instanceof DeathError)) throw error;
  } finally {
    closeSync(image);
  }
}

function cannotEnd(stub: Stub, why: string): StublabError {
  return new StublabError(
    "ERR_STUBLAB_CLOSE",
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
    patiently(tracer, () => parent.inject("wait4", stub.pid, 0, tracer.flag("__WALL"), 0));
  } catch (error) {
    if (!(error instanceof DeathError)) throw error;
  }
}
