// What doctor tries of what only some commands need.

import "../fast/index.ts";
import { Tracer } from "../core/stub/tracer.ts";
import type { Lane } from "../core/stub/tracing_thread.ts";
import type { Case } from "../labs/fuzz/case/case.ts";
import { ONS, STARTS, WAYS } from "../labs/fuzz/case/records.ts";
import { expectRseq } from "../labs/record/examine.ts";
import { DeathError } from "../lib/errors.ts";
import { fail, reasonOf, type Seen, type Trial } from "./doctor_trials.ts";

/** A way to try a setup: a stop, a request that writes, and one that resumes. */
type Manner = Pick<Case, "from" | "way" | "on">;

const STOPPED_BY_SIGTRAP = 0x57fn;
/** A trial only where rt_sigreturn is a way: not on arm64. */
const SIGRETURN: Trial = [
  "rt_sigreturn",
  () => setups([{ from: "signal", way: "SIGRETURN", on: "CONT" }]),
  "setups by rt_sigreturn, which fuzz tries by default,",
];

export const COMMANDS: readonly Trial[] = [
  ["guests", guest, "guest, lesson switch and Platform"],
  ["recordings", recording, "lesson NAME"],
  ["register setups", () => setups(ptraceSetups()), "fuzz and conformance"],
  ["features", features, "fuzz, conformance and predict without --machine"],
  ...(WAYS.includes("SIGRETURN") ? [SIGRETURN] : []),
  ["foreign encoders", foreign, "--encoder FILE"],
];

/** Why a trial fails; undefined if it does not. */
async function whyNot(trial: () => unknown): Promise<string | undefined> {
  try {
    await trial();
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

/** Those that rules of the model depend on. */
async function features(): Promise<Seen> {
  const { readThisMachine } = await import("../labs/fuzz/predict/predict.ts");
  return readThisMachine().features.join(", ") || "none of those that rules depend on";
}

async function guest(): Promise<Seen> {
  await guestBy("faithful");
  const why = await whyNot(() => guestBy("fast"));
  const fast = why === undefined ? "fast" : `not fast (${why})`;
  return `a guest made two system calls; lanes: faithful, ${fast}`;
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
    fail(`guest: expected exit status 7, got ${JSON.stringify(result.kind)}`);
  } catch (error) {
    const end = error instanceof DeathError ? error.end : undefined;
    if (end?.kind !== "signaled" || end.signal !== "SIGSYS") throw error;
    fail(
      "a guest is killed by SIGSYS at a system call that should be emulated",
      "this kernel runs the seccomp filter before it stops for the tracer, as Linux before 4.8 and gVisor do; " +
        "in a program, use Platform.open({ seccomp: false })",
      error,
    );
  }
}

async function recording(): Promise<Seen> {
  const { recordLesson } = await import("../labs/record/record.ts");
  const { closeTerminal, openTerminal } = await import("../labs/record/pseudo_terminal.ts");
  const { steps, end } = await recordLesson("grandchild");
  const failures = end.filter(({ held }) => !held).length;
  if (failures > 0) fail(`${failures} facts of a recorded birth do not hold`);
  using tracer = new Tracer();
  const needs: Readonly<Record<string, () => void>> = {
    "no-setsid": () => closeTerminal(openTerminal(tracer.host.encoder)),
    rseq: () => expectRseq(tracer.createStub().thread),
  };
  const obstacles: string[] = [];
  for (const [lesson, trial] of Object.entries(needs)) {
    const why = await whyNot(trial);
    if (why !== undefined) obstacles.push(`lesson ${lesson} cannot work here: ${why}`);
  }
  const seen = `a birth was recorded in ${steps.length} steps`;
  return obstacles.length === 0 ? seen : [seen, obstacles.join("; ")];
}

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
  for (const [i, { from, way, on }] of manners.entries()) {
    const isWhole = way === WAYS[0] || way === "SIGRETURN";
    if (obstacles[i] !== undefined || !isWhole || on.endsWith("SINGLESTEP")) continue;
    const status = outcomes[i]?.get("status");
    if (status !== STOPPED_BY_SIGTRAP)
      fail(`from ${from}: expected a stop by SIGTRAP at the INT3, got wait status ${status}`);
  }
  const untried = [...new Set(obstacles.flatMap((why) => why ?? []))].join("; ");
  const tried = manners.filter((_, i) => obstacles[i] === undefined);
  if (tried.length === 0) fail(untried);
  const names = (part: keyof Manner) => [...new Set(tried.map((row) => row[part]))].join(", ");
  const seen = `tried from ${names("from")}; by ${names("way")}`;
  return untried === "" ? seen : [seen, `not tried by fuzz and conformance: ${untried}`];
}

async function foreign(): Promise<Seen> {
  const { EncoderProcess, SharedFile } = await import("../labs/compare/foreign_process.ts");
  const shared = new SharedFile();
  try {
    const { process } = await EncoderProcess.start(shared);
    await process.end();
    const { shortfall } = process;
    if (shortfall === undefined) return "a process started in namespaces of its own";
    return [
      `a process started without all namespaces of its own: ${shortfall}`,
      "docs/encoder-abi.md lists the guarantees that are lost; user.max_user_namespaces, " +
        "kernel.unprivileged_userns_clone, AppArmor or a container may forbid namespaces",
    ];
  } finally {
    shared.close();
  }
}
