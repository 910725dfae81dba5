// Turns trials into findings of doctor, and tries what single commands need in addition to stubs.

import "../fast/index.ts";
import { LANES, type Lane } from "../core/stub/lane.ts";
import { expectRseq } from "../core/stub/rseq.ts";
import { Tracer } from "../core/stub/tracer.ts";
import type { Case } from "../labs/fuzz/case/case.ts";
import { ONS, STARTS, WAYS } from "../labs/fuzz/case/records.ts";
import type { Check } from "../lib/check.ts";
import { explain } from "../lib/errno.ts";
import { DeathError, type ErrorDetails, StublabError } from "../lib/errors.ts";

/** A check that a trial succeeds; its reason is a remedy. */
export type Finding = Omit<Check, "expected">;

/** What a trial has seen, and what to do if something does not work. */
export type Seen = Pick<Finding, "seen" | "reason">;

/** Runs a trial, and returns a finding, which is failed if the trial throws. */
export function attempt(name: string, trial: () => Seen): Finding {
  try {
    const { seen, reason } = trial();
    return { name, status: reason === undefined ? "held" : "known", seen, reason };
  } catch (error) {
    return { name, status: "failed", ...failureOf(error) };
  }
}

function failureOf(failure: unknown): Seen {
  const error = explain(failure);
  const message = error instanceof Error ? error.message : String(error);
  // Further lines of an error list a stub's registers.
  const [seen = ""] = message.split("\n");
  return { seen, reason: error instanceof StublabError ? error.remedy : undefined };
}

/** Tries what only some commands need. */
export async function tryCommands(): Promise<Finding[]> {
  return [
    await attemptFor("guests", "guest, lesson switch and Platform", guest),
    await attemptFor("lanes", "the lanes of a Tracer or Platform", lanes),
    await attemptFor("recordings", "lesson NAME", recording),
    await attemptFor("register setups", "fuzz and conformance", () => setups(ptraceSetups())),
    ...(WAYS.includes("SIGRETURN") ? [await trySigreturn()] : []),
    await attemptFor("foreign encoders", "--encoder FILE", foreign),
  ];
}

function trySigreturn(): Promise<Finding> {
  return attemptFor("rt_sigreturn", "setups by rt_sigreturn, which fuzz tries by default,", () =>
    setups([{ from: "signal", way: "SIGRETURN", on: "CONT" }]),
  );
}

/** Like `attempt`, but the finding is a warning if the trial throws: only some commands need it. */
async function attemptFor(
  name: string,
  commands: string,
  trial: () => Promise<Seen>,
): Promise<Finding> {
  try {
    const tried = await trial();
    return attempt(name, () => tried);
  } catch (error) {
    const { seen, reason } = failureOf(error);
    const cannot = `${commands} cannot work here`;
    const why = reason === undefined ? cannot : `${cannot}: ${reason}`;
    return { name, status: "known", seen, reason: why };
  }
}

async function guest(): Promise<Seen> {
  await guestBy("faithful");
  const lanes = await lanesThatWork(["fast"], guestBy);
  return { seen: `a guest made two system calls; lanes: faithful, ${lanes}` };
}

async function lanesThatWork(
  lanes: readonly Lane[],
  trial: (lane: Lane) => unknown,
): Promise<string> {
  const told = lanes.map(async (lane) => {
    try {
      await trial(lane);
      return lane;
    } catch (error) {
      return `not ${lane} (${failureOf(error).seen})`;
    }
  });
  return (await Promise.all(told)).join(", ");
}

async function lanes(): Promise<Seen> {
  return { seen: await lanesThatWork(LANES, tryLane) };
}

/** Makes a stub of a stub, and calls in it. @throws if it does not work */
function tryLane(lane: Lane): void {
  using tracer = new Tracer({ lane });
  const parent = tracer.createStub();
  parent.scrub();
  const stub = parent.createStub();
  const pid = stub.call("getpid");
  if (pid !== BigInt(stub.pid)) throw failed(`getpid returned ${pid} in stub ${stub.pid}`);
}

/** Runs a guest by a lane. @throws if it does not work */
async function guestBy(lane: Lane): Promise<void> {
  const { Platform } = await import("../core/platform/platform.ts");
  const { GUEST_MACHINE } = await import("../labs/guest/machine.ts");
  const { runGuest } = await import("../labs/guest/run.ts");
  using platform = Platform.open({ lane });
  try {
    const { result } = runGuest(platform, { code: Buffer.from(GUEST_MACHINE.trial, "hex") });
    if (result.kind === "exited" && result.status === 7) return;
    throw failed(`guest: expected exit status 7, got ${JSON.stringify(result.kind)}`);
  } catch (error) {
    if (!isKilledBySigsys(error)) throw error;
    throw failed("a guest is killed by SIGSYS at a system call that should be emulated", {
      cause: error,
      remedy:
        "this kernel runs the seccomp filter before it stops for the tracer, as Linux before 4.8 and gVisor do; " +
        "in a program, use Platform.open({ seccomp: false })",
    });
  }
}

async function recording(): Promise<Seen> {
  const { recordLesson } = await import("../labs/record/record.ts");
  const { steps, end } = await recordLesson("grandchild");
  const failures = end.filter(({ held }) => !held).length;
  if (failures > 0) throw failed(`${failures} facts of a recorded birth do not hold`);
  const seen = `a birth was recorded in ${steps.length} steps`;
  const obstacles = await lessonObstacles();
  return obstacles.length === 0 ? { seen } : { seen, reason: obstacles.join("; ") };
}

/** Why single lessons cannot be recorded here. */
async function lessonObstacles(): Promise<string[]> {
  const { closeTerminal, openTerminal } = await import("../labs/record/pseudo_terminal.ts");
  const needs: readonly [lesson: string, trial: (tracer: Tracer) => void][] = [
    ["no-setsid", (tracer) => closeTerminal(openTerminal(tracer.encoder))],
    ["rseq", (tracer) => expectRseq(tracer.createStub().thread)],
  ];
  using tracer = new Tracer();
  return needs.flatMap(([lesson, trial]) => {
    try {
      trial(tracer);
      return [];
    } catch (error) {
      return [`lesson ${lesson} cannot work here: ${failureOf(error).seen}`];
    }
  });
}

/** A way to try a setup: a stop, a request that writes, and one that resumes. */
type Manner = Pick<Case, "from" | "way" | "on">;

/** From each stop, by each request that writes, and with each that resumes. */
function ptraceSetups(): readonly Manner[] {
  const [whole = "SETREGS", ...others] = WAYS;
  const plain: Manner = { from: "signal", way: whole, on: "CONT" };
  const ways = others.filter((way) => way !== "SIGRETURN");
  return [
    ...STARTS.map((from): Manner => ({ ...plain, from })),
    ...ways.map((way): Manner => ({ ...plain, way })),
    ...ONS.filter((on) => on !== "NONE" && on !== "CONT").map((on): Manner => ({ ...plain, on })),
  ];
}

/**
 * Tries setups that change nothing. Those that write all registers are tried to the INT3. Of the others it only matters
 * whether this kernel can be given them: requests may be refused, which is an outcome.
 */
async function setups(all: readonly Manner[]): Promise<Seen> {
  const { Experiment } = await import("../labs/fuzz/experiment.ts");
  const { SIMPLE } = await import("../labs/fuzz/draw/seeds.ts");
  using experiment = new Experiment({ capacity: all.length });
  const has32 = experiment.machine.features.includes("ia32");
  const manners = all.filter(({ from }) => has32 || !from.endsWith("32"));
  const outcomes = experiment.try(manners.map((manner) => ({ ...SIMPLE, ...manner })));
  const obstacles = manners.map((_, i) => experiment.obstacle(i));
  const untried = new Set(obstacles.filter((why) => why !== undefined));
  for (const [i, outcome] of outcomes.entries()) {
    const { from, way, on } = manners[i] ?? { from: "", way: "", on: "" };
    const status = outcome.get("status");
    const isWhole = way === WAYS[0] || way === "SIGRETURN";
    if (obstacles[i] !== undefined || !isWhole || on.endsWith("SINGLESTEP")) continue;
    if (status === STOPPED_BY_SIGTRAP) continue;
    throw failed(`from ${from}: expected a stop by SIGTRAP at the INT3, got wait status ${status}`);
  }
  if (untried.size === manners.length) throw failed([...untried].join("; "));
  const tried = manners.filter((_, i) => obstacles[i] === undefined);
  const seen = `tried from ${namesOf(tried, "from")}; by ${namesOf(tried, "way")}`;
  if (untried.size === 0) return { seen };
  return { seen, reason: `not tried by fuzz and conformance: ${[...untried].join("; ")}` };
}

function namesOf(manners: readonly Manner[], part: keyof Manner): string {
  return [...new Set(manners.map((manner) => manner[part]))].join(", ");
}

async function foreign(): Promise<Seen> {
  const { EncoderProcess, SharedFile } = await import("../labs/compare/foreign_process.ts");
  const shared = new SharedFile();
  try {
    const process = await EncoderProcess.start(shared);
    await process.end();
    const { shortfall } = process;
    if (shortfall === undefined) return { seen: "a process started in namespaces of its own" };
    return {
      seen: `a process started without all namespaces of its own: ${shortfall}`,
      reason:
        "docs/encoder-abi.md lists the guarantees that are lost; user.max_user_namespaces, " +
        "kernel.unprivileged_userns_clone, AppArmor or a container may forbid namespaces",
    };
  } finally {
    shared.close();
  }
}

const STOPPED_BY_SIGTRAP = 0x57fn;

function isKilledBySigsys(error: unknown): boolean {
  if (!(error instanceof DeathError)) return false;
  const { end } = error;
  return end.kind === "signaled" && end.signal === "SIGSYS";
}

function failed(message: string, details?: ErrorDetails): StublabError {
  return new StublabError(message, { ...details, code: "ERR_STUBLAB_DOCTOR" });
}
