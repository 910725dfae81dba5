import type { PartialEncoder } from "../../src/core/encoder/abi.ts";
import { ARCHES, type Arch } from "../../src/core/machine/index.ts";
import { compare } from "../../src/labs/compare/compare.ts";
import { openEncoder } from "../../src/labs/compare/encoders/open.ts";
import type { CompareReport } from "../../src/labs/compare/report.ts";
import { localSubject, type Subject } from "../../src/labs/compare/subject.ts";
import { jsonLines } from "./json_lines.ts";

/** Encoders by their names, for each architecture. */
export function subjects(names: readonly string[], arches: readonly Arch[] = ARCHES): Subject[] {
  return arches.flatMap((arch) => names.map((name) => localSubject(openEncoder(name, arch))));
}

// Reports for pages: of real comparisons, with what those cannot show written by hand.

/** What was typed to get them. */
export const COMMAND = "stublab compare assembly script native ./swapped.mjs --html compare.html";

/** Cases of each comparison: enough for several batches of each function. */
const CASES = 20_000;

async function reportOf(encoders: readonly PartialEncoder[]): Promise<CompareReport> {
  const subjects = encoders.map((encoder) => localSubject(encoder));
  return (await compare({ subjects, seed: 1n, cases: CASES })).report;
}

const builtIn = () => ["assembly", "script", "native"].map((name) => openEncoder(name, "amd64"));

/** The encoders that come with stublab agree. */
export function agreement(): Promise<CompareReport> {
  return reportOf(builtIn());
}

/** `script` with the name of another and some functions of its own. */
function mutant(
  name: string,
  change: (original: PartialEncoder) => Partial<PartialEncoder>,
): PartialEncoder {
  const encoder = openEncoder("script", "amd64");
  const original = openEncoder("script", "amd64");
  return Object.assign(encoder, { name }, change(original));
}

/** Two registers change places: what comes of mixing up the calling conventions. */
function swapped(name: string): PartialEncoder {
  const encoder = mutant(name, () => ({}));
  const encode = encoder.encodeSyscall?.bind(encoder);
  const [r8, r10] = [72, 56];
  return Object.assign(encoder, {
    encodeSyscall(block: number, ...rest: [number, bigint, ...bigint[]]) {
      const [initial, number, a = 0n, b = 0n, c = 0n, d = 0n, e = 0n, f = 0n] = rest;
      encode?.(block, initial, number, a, b, c, d, e, f);
      const view = new DataView(encoder.buffer);
      const before = view.getBigUint64(block + r8, true);
      view.setBigUint64(block + r8, view.getBigUint64(block + r10, true), true);
      view.setBigUint64(block + r10, before, true);
    },
  });
}

/** Refuses nothing, takes SIGSTOP for blockable, and has two constants wrong. */
function loose(name: string): PartialEncoder {
  return mutant(name, (original) => ({
    constants: new Map([...original.constants, ["CLONE_PIDFD", 0x2000n], ["EAGAIN", 35n]]),
    encodeClone: (flags, signal) => BigInt.asIntN(64, flags | BigInt(signal)),
    encodeWaitOptions: (options) => options,
    blockableSignals: (set) => set & ~(1n << 8n),
  }));
}

/** Throws from some case on. */
function trapping(name: string): PartialEncoder {
  return mutant(name, () => ({
    waitKind: (status) => {
      if ((status & 0xff) === 0x7f) throw new RangeError("memory access out of bounds");
      return 0;
    },
    waitEvent: () => Number.NaN,
  }));
}

/** What no comparison here shows: encoders that broke off, what the kernel has judged, and the other architecture. */
const [WRITTEN] =
  jsonLines<Pick<CompareReport, "broken" | "live" | "disagreements">>("support/compare_reports");

/** Several disagreements, encoders that broke off, and failures in stubs. */
export async function disagreement(): Promise<CompareReport> {
  const mutants = [swapped("./swapped.mjs"), loose("./loose.mjs"), trapping("./trapping.mjs")];
  const report = await reportOf([...builtIn(), ...mutants]);
  const [first] = report.functions;
  if (first === undefined || WRITTEN === undefined)
    throw new Error("the comparison has no functions");
  const arm64 = { arch: "arm64", functions: 14, constants: 640 } as const;
  return {
    ...report,
    encoders: [
      ...report.encoders,
      { name: "./looping.wasm", arch: "amd64", functions: 24, constants: 762 },
      { ...arm64, name: "assembly" },
      { ...arm64, name: "script" },
    ],
    functions: [
      ...report.functions,
      {
        ...first,
        arch: "arm64",
        operation: "restart",
        name: "rewindSyscall",
        pairs: [
          {
            encoders: ["script", "headers"],
            truth: true,
            cases: 3509,
            disagreed: 311,
            byDesign: 0,
            noInput: 0,
          },
        ],
      },
    ],
    disagreements: [...report.disagreements, ...WRITTEN.disagreements],
    broken: [...report.broken, ...WRITTEN.broken],
    live: WRITTEN.live,
    notes: ["./swapped.mjs has no waitKind: not compared on amd64"],
  };
}

/** What a file may be called to do harm where its name is shown. */
export const HOSTILE = [
  "</script><script>alert(1)</script>",
  `"'><img src=x onerror=alert(1)>`,
  "two\nlines\tand\x00\x1b[31m",
  "\u202egnp.exe\u2066 \u05d0\u05d1\u05d2",
  "&lt;b&gt; \ud800 \ufeff\u200b",
  "a\u0301\u0302\u0303\u0304",
] as const;

/** A report in which every string that is not stublab's own is hostile. */
export async function hostility(): Promise<CompareReport> {
  const report = await disagreement();
  const names = new Map(
    report.encoders.map(({ name }, i) => [name, HOSTILE[i % HOSTILE.length] ?? name]),
  );
  const given = (name: string) => names.get(name) ?? name;
  const renamed = <T extends { readonly name: string }>(each: T) => ({
    ...each,
    name: given(each.name),
  });
  const hostile = HOSTILE.join(" ");
  return {
    ...report,
    encoders: report.encoders.map(renamed),
    layouts: report.layouts.map((each) => ({ ...each, encoders: each.encoders.map(renamed) })),
    functions: report.functions.map((each) => ({
      ...each,
      pairs: each.pairs.map((pair) => ({
        ...pair,
        truth: false,
        encoders: [given(pair.encoders[0]), given(pair.encoders[1])] as const,
      })),
    })),
    disagreements: report.disagreements.map((each) => ({
      ...each,
      encoder: given(each.encoder),
      field: hostile,
      flags: [hostile],
      own: { ...each.own, told: hostile },
      input: [{ name: hostile, word: hostile, told: hostile }],
      replay: hostile,
      verdict: { ...each.verdict, wrong: [hostile], right: [hostile], reason: hostile },
    })),
    broken: report.broken.map((each) => ({
      ...each,
      message: hostile,
      encoder: given(each.encoder),
    })),
    live: report.live.map((each) => ({
      ...each,
      encoder: given(each.encoder),
      asked: hostile,
      failures: each.failures.map((failure) => ({ ...failure, meant: hostile, seen: hostile })),
    })),
    notes: [hostile],
  };
}
