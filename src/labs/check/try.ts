// A schedule, performed by real processes: the probe's puppets take its system calls in its order.

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { HOST_ARCH } from "../../core/machine/index.ts";
import { beside } from "../../lib/beside.ts";
import { UnsupportedError } from "../../lib/errors.ts";
import { COMPARES, type Move } from "./model.ts";

/** The calls that make the host: a child of the shell, in a group of its own (assembly/tasks/actions.ts). */
const BEGINNING = ["0 0 0 0 17", "1 13 1 1 0"];
/** In milliseconds. */
const LIMIT = 30_000;

/**
 * Whether the tasks of this kernel end as those of the schedule do.
 *
 * @throws UnsupportedError if the probe cannot be executed
 */
export function trySchedule(schedule: readonly Move[]): boolean {
  const calls = schedule.flatMap(({ call }) =>
    call === undefined || call.kind === COMPARES
      ? []
      : [`${call.actor} ${call.kind} ${call.target} ${call.a} ${call.b}`],
  );
  const { stdout, error } = spawnSync(fileURLToPath(beside(`probe-${HOST_ARCH}`)), ["walk", "-"], {
    input: [...BEGINNING, ...calls, ""].join("\n"),
    encoding: "utf8",
    timeout: LIMIT,
    killSignal: "SIGKILL",
  });
  if (error !== undefined)
    throw new UnsupportedError("the probe cannot be executed", { cause: error });
  const seen = [...stdout.matchAll(/^# task \d+: '(.)'$/gm)].map(([, letter]) => letter);
  const letters = schedule.at(-1)?.tasks.map(({ letter }) => letter) ?? [];
  return /^ok 1 walk$/m.test(stdout) && letters.every((letter, i) => seen[i] === letter);
}
