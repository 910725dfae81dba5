// Misuses of the labs' library, with the message of each: an InputError at the entry, before anything is made.

import { existsSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compare, openSubjects } from "../../src/compare/index.ts";
import { changedWords, fuzz, fuzzFindings, parseCase, predict } from "../../src/fuzz/index.ts";
import { InputError } from "../../src/index.ts";
import {
  loadRecording,
  parseRecording,
  recordScenario,
  renderMermaid,
  renderPerfetto,
  renderRecordingPage,
  renderText,
} from "../../src/record/index.ts";
import { childrenOf } from "../support/processes.ts";
import { rejection } from "../support/thrown.ts";

const { subjects } = await openSubjects(["script"], ["amd64"]);
const recording = await recordScenario("inject");

/** What a caller without types passes, and what the error says. */
type Misuse = readonly [options: unknown, message: string];

/** Tests that a function refuses each. */
function refuses(name: string, use: (it: never) => unknown, misuses: readonly Misuse[]): void {
  const misused = suite(`misuses: ${name}`);
  for (const [it, message] of misuses) {
    misused(message, async () => {
      const error = await rejection((async () => Reflect.apply(use, undefined, [it]))());
      assert.instance(error, InputError);
      assert.is(error instanceof InputError && error.message, message);
      assert.equal(childrenOf(process.pid), []);
      assert.not(existsSync(UNMADE));
    });
  }
  misused.run();
}

const UNMADE = "build/never-made";

const OF_FUZZ: readonly Misuse[] = [
  [null, "options: expected an object, got null"],
  [5, "options: expected an object, got 5"],
  [{ casse: 5 }, 'options: unknown option "casse"; did you mean cases?'],
  [{ cases: "x" }, 'options.cases: expected a whole number from 0 to 9007199254740991, got "x"'],
  [
    { cases: Number.NaN },
    "options.cases: expected a whole number from 0 to 9007199254740991, got NaN",
  ],
  [{ cases: -1 }, "options.cases: expected a whole number from 0 to 9007199254740991, got -1"],
  [{ cases: 1.5 }, "options.cases: expected a whole number from 0 to 9007199254740991, got 1.5"],
  [
    { seconds: Number.POSITIVE_INFINITY },
    "options.seconds: expected a finite number from 0, got Infinity",
  ],
  [{ seconds: Number.NaN }, "options.seconds: expected a finite number from 0, got NaN"],
  [{ seconds: "60" }, 'options.seconds: expected a finite number from 0, got "60"'],
  [{ seed: "7" }, 'options.seed: expected an integer (a BigInt if it is beyond 2^53), got "7"'],
  [{ seed: 0.5 }, "options.seed: expected an integer (a BigInt if it is beyond 2^53), got 0.5"],
  [{ seed: -1 }, "options.seed: expected an integer from 0 to 2^64 - 1, got -1"],
  [
    { seed: 1n << 64n },
    "options.seed: expected an integer from 0 to 2^64 - 1, got 18446744073709551616n",
  ],
  [{ workers: 0 }, "options.workers: expected a whole number from 1 to 256, got 0"],
  [{ workers: -2 }, "options.workers: expected a whole number from 1 to 256, got -2"],
  [{ path: "poke" }, 'options.path: expected one of ptrace, sigreturn, both, got "poke"'],
  [{ corpus: "" }, "options.corpus: expected the path of a folder, got an empty string"],
  [{ corpus: 5 }, "options.corpus: expected a string, got 5"],
  [{ shard: "1/2" }, 'options.shard: expected an object, got "1/2"'],
  [
    { shard: { index: 3, of: 2 } },
    "options.shard.index: expected a whole number from 1 to 2, got 3",
  ],
  [{ change: "R12" }, 'options.change: expected an object, got "R12"'],
  [
    { change: { id: "R0", remove: true } },
    'options.change.id: there is no rule "R0"; did you mean R1?',
  ],
  [
    { change: { id: "W7", value: "mask", to: 1 } },
    "options.change.to: expected a BigInt from -2^63 to 2^64 - 1, got 1",
  ],
  [
    { change: { id: "W7", value: "mask", to: 1n << 64n } },
    "options.change.to: expected a BigInt from -2^63 to 2^64 - 1, got 18446744073709551616n",
  ],
  [{ signal: new AbortController() }, "options.signal: expected an AbortSignal, got an object"],
  [{ stop: true }, "options.stop: expected an AbortSignal, got true"],
  [{ corpus: UNMADE, progress: "x" }, 'options.progress: expected a function, got "x"'],
];

refuses("fuzz", fuzz, OF_FUZZ);
refuses("fuzzFindings", (it) => fuzzFindings(it).next(), OF_FUZZ.slice(0, 4));

const it = parseCase({ schema: "stublab.case/1", registers: { cs: "0x10" } });

refuses("predict", predict, [
  [undefined, "case: expected an object, got nothing"],
  [
    {},
    "case.from: expected one of signal, entry, exit, sysemu, group, entry32, exit32, step32, got nothing",
  ],
]);

refuses("predict's options", (options) => predict(it, options), [
  [{ machine: {} }, "options.machine.release: expected a string, got nothing"],
  [{ machine: 5 }, "options.machine: expected an object, got 5"],
  [{ machin: {} }, 'options: unknown option "machin"; did you mean machine?'],
]);

refuses("changedWords", changedWords, [
  [undefined, "case: expected an object, got nothing"],
  [
    {},
    "case.from: expected one of signal, entry, exit, sysemu, group, entry32, exit32, step32, got nothing",
  ],
]);

refuses("compare", compare, [
  [undefined, "options: expected an object, got nothing"],
  [{}, "options.subjects: expected at least one subject"],
  [{ subjects: [] }, "options.subjects: expected at least one subject"],
  [{ subjects: "script" }, 'options.subjects: expected a list, got "script"'],
  [{ subjects: ["script"] }, 'options.subjects[0]: expected an object, got "script"'],
  [
    { subjects: [{ name: "x", arch: "mips" }] },
    'options.subjects[0].arch: expected one of amd64, arm64, got "mips"',
  ],
  [{ subjects, case: 5 }, 'options: unknown option "case"; did you mean cases?'],
  [
    { subjects, seed: 1.5 },
    "options.seed: expected an integer (a BigInt if it is beyond 2^53), got 1.5",
  ],
  [
    { subjects, cases: "x" },
    'options.cases: expected a whole number from 0 to 9007199254740991, got "x"',
  ],
  [{ subjects, seconds: -1 }, "options.seconds: expected a finite number from 0, got -1"],
  [
    { subjects, live: Number.NaN },
    "options.live: expected a whole number from 0 to 9007199254740991, got NaN",
  ],
  [{ subjects, input: {} }, "options.input: expected a Map of words by name, got an object"],
  [
    { subjects, input: new Map() },
    "options.input: needs the one function of the case in options.only",
  ],
  [
    { subjects, only: ["encodeClone"], input: new Map([["flags", "x"]]) },
    'options.input: "flags": expected a BigInt from -2^63 to 2^64 - 1, got "x"',
  ],
  [
    { subjects, only: ["encodeClone"], input: new Map([["flags", 1]]) },
    'options.input: "flags": expected a BigInt from -2^63 to 2^64 - 1, got 1',
  ],
  [{ subjects, notes: [5] }, "options.notes[0]: expected a string, got 5"],
  [{ subjects, progress: 5 }, "options.progress: expected a function, got 5"],
  [{ subjects, signal: {} }, "options.signal: expected an AbortSignal, got an object"],
]);

refuses("openSubjects", openSubjects, [
  ["script", 'names: expected a list, got "script"'],
  [[5], "names[0]: expected a string, got 5"],
  [["./missing.wasm"], "there is no file ./missing.wasm"],
]);

refuses("openSubjects' architectures", (it) => openSubjects(["script"], it), [
  [["mips"], 'arches[0]: expected one of amd64, arm64, got "mips"'],
]);

refuses("recordScenario", recordScenario, [
  [undefined, "scenario: expected a name or a lesson, got undefined"],
  ["grandhcild", 'unknown scenario "grandhcild"; did you mean grandchild?'],
]);

refuses("recordScenario's options", (it) => recordScenario("host", it), [
  [5, "options: expected an object, got 5"],
  [{ encodr: "native" }, 'options: unknown option "encodr"; did you mean encoder?'],
  [{ encoder: 5 }, "options.encoder: expected the name of an encoder, or an encoder"],
  [{ signal: 5 }, "options.signal: expected an AbortSignal, got 5"],
]);

refuses("loadRecording", loadRecording, [
  [5, "file: expected a string, got 5"],
  [undefined, "file: expected a string, got nothing"],
  ["missing.json", "missing.json cannot be read: ENOENT: no such file or directory"],
]);

refuses("parseRecording", parseRecording, [
  [5, "document: expected a Uint8Array, got 5"],
  ["{", "the document is not JSON: \"Expected property name or '}' in JSON at position 1\""],
  ["{}", "schema: this is not a recording of stublab"],
]);

for (const render of [renderText, renderMermaid, renderPerfetto, renderRecordingPage]) {
  refuses(render.name, render, [
    [undefined, "recording: expected an object, got nothing"],
    [{}, "recording.schema: this is not a recording of stublab"],
    [{ schema: "stublab.recording/1" }, "recording.stublab: expected a string, got nothing"],
  ]);
}

refuses("renderText's options", (it) => renderText(recording, it), [
  [{ widht: 3 }, 'options: unknown option "widht"; did you mean width?'],
  [{ width: "3" }, 'options.width: expected a whole number from 0 to 9007199254740991, got "3"'],
]);
