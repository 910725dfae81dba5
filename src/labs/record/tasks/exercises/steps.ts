import type { KernelView, Recording, Step } from "../../recording.ts";
import type { Pose, Read } from "../task.ts";

const SIGSTOP = 1n << 18n;

/** What the kernel has said of the lane of a step last before it. */
function before(step: Step, { steps }: Recording): KernelView | null | undefined {
  const earlier = steps.slice(0, steps.indexOf(step));
  return earlier.findLast(({ about, kernel }) => about === step.about && kernel !== null)?.kernel;
}

/** The steps to find, by what is true of them: parts of the text of "find-step". */
const SOUGHT: Readonly<Record<string, Read["holds"]>> = {
  "State is T, and TracerPid is 0": ({ kernel }) => kernel?.state === "T" && kernel.tracerTid === 0,
  "SIGSTOP is pending": ({ kernel }) =>
    kernel !== null && (BigInt(kernel.pending) & SIGSTOP) !== 0n,
  "the process leads a session of its own, and did not before": (step, recording) => {
    const pid = recording.lanes.find(({ id }) => id === step.about)?.pid;
    const earlier = before(step, recording);
    return step.kernel?.session === pid && earlier != null && earlier.session !== pid;
  },
  "no signal is blocked, and some were before": (step, recording) => {
    const earlier = before(step, recording);
    return step.kernel?.blocked === "0x0" && earlier != null && earlier.blocked !== "0x0";
  },
};

export const findStep: Pose = (draw) => {
  const [first, ...others] = Object.keys(SOUGHT);
  const fact = draw.one(first ?? "", ...others);
  return {
    parts: [fact],
    values: { fact },
    start: "step = 1",
    fact,
    holds: (step, recording) => SOUGHT[fact]?.(step, recording) ?? false,
  };
};
