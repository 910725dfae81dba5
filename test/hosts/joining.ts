// A worker with its own platform, which joins address spaces by the tickets that it receives.

import { parentPort } from "node:worker_threads";
import { StublabError, type ThreadTicket } from "../../src/index.ts";
import { GETPID } from "../support/guests.ts";

const AT = 0x10000;
const SWITCHES = 1000;

const platform = Platform.open();
const own = guestSpace(platform);

function guestSpace(platform: Platform): Subprocess {
  const space = platform.newAddressSpace();
  space.mapAnonymous(AT, PAGE_SIZE, "rwx");
  space.write(AT, LOOPS_GETPID);
  return space;
}

/** Runs a guest of `space`; returns how many of its calls were getpid. */
function run(space: Subprocess, of = platform): number {
  const context = of.newContext();
  context.registers.set(HOST_MACHINE.instructionPointer, BigInt(AT));
  let calls = 0;
  for (let i = 0; i < SWITCHES; i++) {
    const event = context.switch(space);
    if (event.kind === "syscall" && event.number === GETPID) calls++;
    context.setResult(BigInt(i));
  }
  context.release();
  return calls;
}

/** A ring, a pidfd, and a guest's pages if there are guests without a tracer. */
function takeEverything(): unknown {
  const tracer = new Tracer({ lane: "fast" });
  const { lane } = tracer.createStub().inject("getpid");
  tracer.createStub().thread.expect("stopped").detach();
  if (HOST_ARCH === "amd64") {
    const fast = Platform.open({ lane: "fast" });
    run(guestSpace(fast), fast);
  }
  return { lane };
}

function obey({ order, ticket }: { order: string; ticket?: ThreadTicket }): unknown {
  if (order === "open fatal") {
    Platform.open({ exitSignal: "SIGKILL" });
    return "opened";
  }
  if (order === "births") {
    const master = new Tracer({ lane: "fast" }).createStub();
    return [master, ...Array.from({ length: 20 }, () => master.createStub())].map(({ pid }) => pid);
  }
  if (order === "take") return takeEverything();
  if (ticket === undefined) return "no ticket";
  const space = platform.join(ticket);
  if (order === "hold") return { holds: space.stub.call("getpid") };
  const switches = run(space);
  space.mapAnonymous(0x20000, PAGE_SIZE, "rw");
  const answer = { switches, own: run(own) };
  space.release();
  return answer;
}

parentPort?.on("message", (message: { order: string; ticket?: ThreadTicket }) => {
  if (message.order === "leave") {
    parentPort?.close();
    return;
  }
  try {
    parentPort?.postMessage(obey(message));
  } catch (error) {
    const refused = error instanceof StublabError ? error.code : String(error);
    parentPort?.postMessage({ refused });
  }
});

const pids = [platform.master.pid, own.pid];
parentPort?.postMessage({ tid: platform.tracer.host.tid, pids });
