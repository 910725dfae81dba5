import type { KernelView, Recording, Step } from "../../recording.ts";
import type { Read, Task } from "../task.ts";

/** A step to find: in which scenario, what is true of it, and where to look. */
interface Sought extends Pick<Read, "scenario" | "fact" | "holds"> {
  readonly hint: string;
}

const SIGSTOP = 1n << 18n;

/** What the kernel said of the lane of a step before it. */
function before(step: Step, { steps }: Recording): KernelView | undefined {
  const earlier = steps.slice(0, steps.indexOf(step)).reverse();
  return (
    earlier.find(({ about, kernel }) => about === step.about && kernel !== null)?.kernel ??
    undefined
  );
}

const SOUGHT: readonly [Sought, ...Sought[]] = [
  {
    scenario: "host",
    fact: "State is T, and TracerPid is 0",
    hint: "The stub is stopped, but not by a tracer: between which two events is that so?",
    holds: ({ kernel }) => kernel?.state === "T" && kernel.tracerTid === 0,
  },
  {
    scenario: "grandchild",
    fact: "State is T, and TracerPid is 0",
    hint: "The stub is stopped, but not by a tracer: between which two events is that so?",
    holds: ({ kernel }) => kernel?.state === "T" && kernel.tracerTid === 0,
  },
  {
    scenario: "host",
    fact: "SIGSTOP is pending",
    hint: "A signal is pending between the call that sends it and its delivery.",
    holds: ({ kernel }) => kernel !== null && (BigInt(kernel.pending) & SIGSTOP) !== 0n,
  },
  {
    scenario: "host",
    fact: "the process leads a session of its own, and did not before",
    hint: "Which call makes a session?",
    holds: (step, recording) => {
      const pid = recording.lanes.find(({ id }) => id === step.about)?.pid;
      const earlier = before(step, recording);
      return step.kernel?.session === pid && earlier !== undefined && earlier.session !== pid;
    },
  },
  {
    scenario: "host",
    fact: "no signal is blocked, and some were before",
    hint: "Which call changes a signal mask?",
    holds: (step, recording) => {
      const earlier = before(step, recording);
      return step.kernel?.blocked === "0x0" && earlier !== undefined && earlier.blocked !== "0x0";
    },
  },
  {
    scenario: "scrub",
    fact: "one mapping is left, and there were more before",
    hint: "The memory map is shown at the steps that change it.",
    holds: (step, { steps }) =>
      step.kernel?.memory?.length === 1 &&
      steps
        .slice(0, steps.indexOf(step))
        .some(({ about, kernel }) => about === step.about && (kernel?.memory?.length ?? 0) > 1),
  },
  {
    scenario: "inject",
    fact: "a system call that a stub has made returned -EBADF",
    hint: "Its result is in RAX: -9.",
    holds: ({ call, registers, lane }) =>
      (lane !== "host" && call?.result?.told === "-1 EBADF") ||
      registers?.after.rax === "0xfffffffffffffff7",
  },
  {
    scenario: "parent-dies",
    fact: "a stub that lives has another parent than the one in its R15",
    hint: "An orphan gets a new parent as soon as the old one is dead.",
    holds: ({ kernel, registers }) =>
      kernel !== null &&
      registers !== null &&
      kernel.parentPid !== Number(BigInt.asUintN(32, BigInt(registers.after.r15 ?? "0x0"))),
  },
];

export const findStep: Task = {
  lesson: "host",
  title: "Find the step",
  exercise(draw) {
    const { hint, ...sought } = draw.one(...SOUGHT);
    return {
      text: [
        `In the recording of the lesson ${sought.scenario} (stublab step ${sought.scenario}), find a step after which this is true: ${sought.fact}.`,
        "The check records the lesson anew, and looks at the step with your number. They are counted from 1.",
      ],
      form: { step: "the number of the step" },
      start: "step = 1",
      hints: [
        "Each step shows what /proc says of the process after it: state, parent, tracer, session, signals, memory.",
        hint,
        "`stublab record | jq` finds it: each step has `kernel`, and `registers`.",
      ],
      ...sought,
    };
  },
};
