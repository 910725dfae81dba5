import { hex } from "../errors.ts";
import { deathSignal } from "../stub/examine.ts";
import { readProcess } from "../stub/proc.ts";
import type { Stub } from "../stub/stub.ts";
import { restingFacts } from "./amd64.ts";
import type { Recorder } from "./recorder.ts";

/** What must be true of a stub at rest beyond what is true of all. */
export interface StubFacts {
  /** The pid of its parent. */
  readonly parent: number;
  /** Its session. */
  readonly session: number;
  /** What its facts begin with. Default: "the stub". */
  readonly name?: string;
}

/** Asks the kernel whether a stub is what a birth makes of it. */
export function checkStub(
  recorder: Recorder,
  stub: Stub,
  { parent, session, name = "the stub" }: StubFacts,
): void {
  const { tracer } = stub;
  const facts = readProcess(stub.pid);
  const check = (fact: string, expected: string | number, seen: string | number) =>
    recorder.check(`${name}: ${fact}`, `${expected}`, `${seen}`);
  check("it is stopped by its tracer", "t", facts.state);
  check("its tracer", tracer.tid, facts.tracerTid);
  check("its parent", parent, facts.parentPid);
  check("its session", session, facts.session);
  check("signals blocked", "0x0", hex(facts.blocked));
  check("signals ignored", "0x0", hex(facts.ignored));
  for (const row of restingFacts(stub.registers(), tracer.restAddress, parent)) check(...row);
  check("getppid, injected", parent, `${stub.call("getppid")}`);
  check("the signal at its parent's end", "SIGKILL", deathSignal(stub));
}
