/*
 * What was seen on each machine, as data: results.json.
 */

import { readFileSync, writeFileSync } from "node:fs";
import type { Failure, Log } from "./log.ts";
import type { Machine } from "./machines.ts";

const FILE = "test/kernels/results.json";

/** What the probe printed on a machine. */
export interface ProbeResult extends Log {
  readonly machine: string;
  readonly release: string;
  readonly seconds: number;
}

/** What Node.js did on one. */
export interface NodeResult {
  readonly machine: string;
  readonly release: string;
  readonly seconds: number;
  readonly bootstrap: string;
  readonly complaints: readonly string[];
}

export type Result = ProbeResult | NodeResult;

export interface Results {
  readonly schema: "stublab.kernels/1";
  /** The version of QEMU. */
  readonly emulator: string;
  readonly results: readonly Result[];
}

export function isProbe(result: Result): result is ProbeResult {
  return /^probe(-lacking)?\//.test(result.machine);
}

export function readResults(): Results {
  return JSON.parse(readFileSync(FILE, "utf8"));
}

/** Replaces the results of the machines that were tried; those of machines that are not in the list any more go. */
export function writeResults(
  tried: readonly Result[],
  emulator: string,
  machines: readonly string[],
): void {
  const before = readResults().results;
  const results = machines.flatMap((name) => {
    const of = (list: readonly Result[]) => list.filter(({ machine }) => machine === name);
    return [...of(tried), ...of(before)].slice(0, 1);
  });
  const document: Results = { schema: "stublab.kernels/1", emulator, results };
  writeFileSync(FILE, `${JSON.stringify(document, null, 1)}\n`);
}

/** What must be right on a machine, and is not: a line each. */
export function complaintsAbout(
  result: Result,
  { crashesBy, isTraceless }: Pick<Machine, "crashesBy" | "isTraceless">,
): string[] {
  if (!isProbe(result)) return [...result.complaints];
  const { fault, bootstrap, conformance, fuzz } = result;
  const steps = bootstrap?.failed.map((step) => `bootstrap: ${step}`) ?? ["bootstrap did not end"];
  return [
    ...(fault === undefined ? [] : [fault]),
    ...(isTraceless ? [] : steps),
    ...(conformance === undefined ? ["conformance did not end"] : []),
    ...(fuzz === undefined && crashesBy === undefined && !isTraceless ? ["fuzz did not end"] : []),
  ];
}

/** The facts that fail, and did not fail when the results that are kept were measured. */
export function newFailures(kept: Result | undefined, now: Result): readonly Failure[] {
  const failed = (it: Result | undefined) =>
    it !== undefined && isProbe(it) ? (it.conformance?.failed ?? []) : [];
  const known = new Set(failed(kept).map(({ fact }) => fact));
  return failed(now).filter(({ fact }) => !known.has(fact));
}
