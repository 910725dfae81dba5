import type { KernelView, Recording, Step } from "../../recording.ts";
import type { Read, Task } from "../task.ts";

/** The lesson whose recording is read. */
const LESSON = "host";

/** A step of it to find: what is true of it, and where to look. */
type Sought = readonly [fact: string, hint: string, holds: Read["holds"]];

const SIGSTOP = 1n << 18n;

/** What the kernel has said of the lane of a step before it, the latest first. */
function before(step: Step, { steps }: Recording): KernelView[] {
  const earlier = steps.slice(0, steps.indexOf(step)).reverse();
  return earlier.flatMap(({ about, kernel }) =>
    about === step.about && kernel !== null ? [kernel] : [],
  );
}

const SOUGHT: readonly [Sought, ...Sought[]] = [
  [
    "State is T, and TracerPid is 0",
    "The stub is stopped, but not by a tracer: between which two events is that so?",
    ({ kernel }) => kernel?.state === "T" && kernel.tracerTid === 0,
  ],
  [
    "SIGSTOP is pending",
    "A signal is pending between the call that sends it and its delivery.",
    ({ kernel }) => kernel !== null && (BigInt(kernel.pending) & SIGSTOP) !== 0n,
  ],
  [
    "the process leads a session of its own, and did not before",
    "Which call makes a session?",
    (step, recording) => {
      const pid = recording.lanes.find(({ id }) => id === step.about)?.pid;
      const [earlier] = before(step, recording);
      return step.kernel?.session === pid && earlier !== undefined && earlier.session !== pid;
    },
  ],
  [
    "no signal is blocked, and some were before",
    "Which call changes a signal mask?",
    (step, recording) => {
      const [earlier] = before(step, recording);
      return step.kernel?.blocked === "0x0" && earlier !== undefined && earlier.blocked !== "0x0";
    },
  ],
];

export const findStep: Task = {
  lesson: LESSON,
  title: "Find the step",
  exercise(draw) {
    const [fact, hint, holds] = draw.one(...SOUGHT);
    return {
      text: [
        `In the recording of the lesson ${LESSON} (stublab lesson ${LESSON}), find a step after which this is true: ${fact}.`,
        "The check records the lesson anew, and looks at the step with your number. They are counted from 1.",
      ],
      form: { step: "the number of the step" },
      start: "step = 1",
      hints: [
        "Each step shows what /proc says of the process after it: state, parent, tracer, session, signals, memory.",
        hint,
        "`stublab lesson host --json | jq` finds it: each step has `kernel`, and `registers`.",
      ],
      scenario: LESSON,
      fact,
      holds,
    };
  },
};
