import type { Test } from "uvu";
import * as assert from "uvu/assert";
import { ALL_ENCODERS } from "../../src/index.ts";
import { openEncoder } from "../../src/labs/compare/encoders/open.ts";
import { parseRecording, type Recording, recordLesson } from "../../src/labs/record/index.ts";
import { childrenOf, processState } from "./processes.ts";
import { recordingOf } from "./recordings.ts";

/** Adds what is expected of every scenario; each is recorded `runs` times. */
export function testScenarios(all: Test, names: readonly string[], runs = 5): void {
  for (const name of names) {
    all(
      `${name}: ${runs} recordings end as they must, tell the same, and leave no process`,
      async () => {
        const first = outlineOf(await recordLesson(name));
        for (let i = 1; i < runs; i++) {
          const recording = await recordLesson(name);
          assert.equal(failuresOf(recording), []);
          assert.equal(outlineOf(recording), first, `recording ${i}`);
          const others = recording.lanes.map(({ pid }) => pid).filter((pid) => pid !== process.pid);
          assert.ok(others.length > 0);
          assert.equal(others.filter(processState), []);
          assert.equal(childrenOf(process.pid), []);
        }
      },
    );

    all(`${name}: each encoder ends in the same facts`, async () => {
      for (const encoder of ALL_ENCODERS) {
        const recording = await recordLesson(name, { encoder: openEncoder(encoder) });
        assert.is(recording.encoder, encoder);
        assert.ok(recording.end.length >= 4);
        assert.equal(failuresOf(recording), [], encoder);
      }
    });

    all(
      `${name}: it explains itself, asks before the decisive step, and is a valid recording`,
      async () => {
        const recording = await recordingOf(name);
        assert.equal(parseRecording(JSON.stringify(recording)), recording);
        const { title, introduction, questions, steps, observed, arrows } = recording;
        assert.ok(title.length > 10 && introduction.length > 1 && observed.length > 0);
        for (const step of steps) assert.match(step.why, /^.+[.?)]$/s, step.title);
        assert.ok(questions.length > 0 && questions.every(({ step }) => step < steps.length));
        for (const { from, to } of arrows) assert.ok(from < to, "an arrow leads forwards");
        assert.ok(JSON.stringify(recording, null, 1).length < 500_000);
      },
    );
  }
}

function failuresOf({ end }: Recording) {
  return end.filter(({ held }) => !held);
}

/** A recording without what differs between two. */
function outlineOf({ steps, lanes, arrows, questions, end }: Recording): unknown {
  const lanesByPid = new Map(lanes.map(({ id, pid }) => [`${pid}`, id]));
  // Whole numbers only: one pid may begin with the digits of another.
  const anonymous = (text: string) =>
    text.replaceAll(/(?:0x|-|status |thread )[0-9a-f]+|\d+/g, (word) =>
      /^\d+$/.test(word) ? (lanesByPid.get(word) ?? word) : "…",
    );
  return {
    steps: steps.map(({ lane, about, kind, title, kernel }) => {
      const view = kernel && [kernel.state, kernel.blocked, kernel.ignored, kernel.pending];
      // An instruction has no pid, but may have the number of one.
      const told = kind === "instruction" ? title : anonymous(title);
      return [lane, about, kind, told, view, kernel && kernel.tracerTid > 0];
    }),
    arrows,
    questions: questions.map(({ step, answer }) => [step, answer]),
    end: end.map(({ fact }) => fact),
  };
}
