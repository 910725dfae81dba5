import type { KernelView, Recording, Step } from "../../recording.ts";
import type { Read, Task } from "../task.ts";

/** A step to find: in which scenario, what is true of it, and where to look. */
type Sought = readonly [scenario: string, fact: string, hint: string, holds: Read["holds"]];

const SIGSTOP = 1n << 18n;

/** What the kernel has said of the lane of a step before it, the latest first. */
function before(step: Step, { steps }: Recording): KernelView[] {
  const earlier = steps.slice(0, steps.indexOf(step)).reverse();
  return earlier.flatMap(({ about, kernel }) =>
    about === step.about && kernel !== null ? [kernel] : [],
  );
}

const STOPPED_UNTRACED = [
  "State is T, and TracerPid is 0",
  "The stub is stopped, but not by a tracer: between which two events is that so?",
  ({ kernel }: Step) => kernel?.state === "T" && kernel.tracerTid === 0,
] as const;

const SOUGHT: readonly [Sought, ...Sought[]] = [
  ["host", ...STOPPED_UNTRACED],
  ["grandchild", ...STOPPED_UNTRACED],
  [
    "host",
    "SIGSTOP is pending",
    "A signal is pending between the call that sends it and its delivery.",
    ({ kernel }) => kernel !== null && (BigInt(kernel.pending) & SIGSTOP) !== 0n,
  ],
  [
    "host",
    "the process leads a session of its own, and did not before",
    "Which call makes a session?",
    (step, recording) => {
      const pid = recording.lanes.find(({ id }) => id === step.about)?.pid;
      const [earlier] = before(step, recording);
      return step.kernel?.session === pid && earlier !== undefined && earlier.session !== pid;
    },
  ],
  [
    "host",
    "no signal is blocked, and some were before",
    "Which call changes a signal mask?",
    (step, recording) => {
      const [earlier] = before(step, recording);
      return step.kernel?.blocked === "0x0" && earlier !== undefined && earlier.blocked !== "0x0";
    },
  ],
  [
    "scrub",
    "one mapping is left, and there were more before",
    "The memory map is shown at the steps that change it.",
    (step, recording) =>
      step.kernel?.memory?.length === 1 &&
      before(step, recording).some(({ memory }) => (memory?.length ?? 0) > 1),
  ],
  [
    "inject",
    "a system call that a stub has made returned -EBADF",
    "Its result is in RAX: -9.",
    ({ call, registers, lane }) =>
      (lane !== "host" && call?.result?.told === "-1 EBADF") ||
      registers?.after.rax === "0xfffffffffffffff7",
  ],
  [
    "parent-dies",
    "a stub that lives has another parent than the one in its R15",
    "An orphan gets a new parent as soon as the old one is dead.",
    ({ kernel, registers }) =>
      kernel !== null &&
      registers !== null &&
      kernel.parentPid !== Number(BigInt.asUintN(32, BigInt(registers.after.r15 ?? "0x0"))),
  ],
];

export const findStep: Task = {
  lesson: "host",
  title: "Find the step",
  exercise(draw) {
    const [scenario, fact, hint, holds] = draw.one(...SOUGHT);
    return {
      text: [
        `In the recording of the lesson ${scenario} (stublab step ${scenario}), find a step after which this is true: ${fact}.`,
        "The check records the lesson anew, and looks at the step with your number. They are counted from 1.",
      ],
      form: { step: "the number of the step" },
      start: "step = 1",
      hints: [
        "Each step shows what /proc says of the process after it: state, parent, tracer, session, signals, memory.",
        hint,
        "`stublab record | jq` finds it: each step has `kernel`, and `registers`.",
      ],
      scenario,
      fact,
      holds,
    };
  },
};
