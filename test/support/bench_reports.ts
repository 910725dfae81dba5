import { measure, type Plan } from "../../src/labs/bench/measure.ts";
import type { Mechanism } from "../../src/labs/bench/mechanism.ts";
import { GROUPS, MECHANISMS } from "../../src/labs/bench/mechanisms.ts";
import type { Report } from "../../src/labs/bench/report.ts";
import { Refusal, type Side } from "../../src/labs/bench/side.ts";

// Runs of benchmarks whose sides only say how long they took.

/** How a pretended side behaves: the microseconds of each operation, or why it refuses. */
export type Pretended = number | string;

/** A side that answers with a figure, and calls `note` with the size of each batch. */
export function pretend(answer: Pretended, note: (count: number) => void = () => {}): Side {
  return {
    batch: async (count) => {
      note(count);
      if (typeof answer === "string") throw new Refusal(answer);
      return { microseconds: answer, involuntary: 0 };
    },
    end: async () => {},
  };
}

/** Runs a plan of pretended sides. */
export function pretendRun(
  mechanisms: readonly Mechanism[],
  open: (mechanism: Mechanism) => Side,
  plan: Partial<Plan> = {},
): Promise<Report> {
  return measure({
    groups: GROUPS,
    mechanisms,
    open: async (mechanism) => open(mechanism),
    rounds: 3,
    warmUp: 0,
    duration: 10,
    interrupted: new AbortController().signal,
    progress: () => {},
    ...plan,
  });
}

/** A run of all mechanisms, of which some are refused; quiet unless it has noise. */
export async function wholeReport(noise: readonly string[] = [], rounds = 5): Promise<Report> {
  let time = 1.234;
  const open = ({ name }: Mechanism) => {
    time *= 1.2;
    return pretend(name === "notify" ? "PTRACE_SET_SYSCALL_INFO: EIO <&>" : time);
  };
  const report = await pretendRun(MECHANISMS, open, { rounds });
  return { ...report, noise };
}
