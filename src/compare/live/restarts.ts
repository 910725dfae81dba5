import { PLACES } from "./code.ts";
import { type Frames, SYSCALL_SIZE } from "./frame.ts";
import { RESTARTS } from "./frames.ts";
import { HELD, type Judge, undecided, unsigned } from "./judge.ts";
import { restartDifference } from "./kernels.ts";
import { NO_CALL } from "./registers.ts";

/** The number of the call that seems to be in progress: kill. */
const CALL = 62n;

export function restartJudges(frames: Frames): Judge[] {
  const { registers } = frames;
  const restarts: Judge = {
    name: "restartsSyscall",
    asked: "resumed a stub from a signal with rax = -errno; it noted whether RIP moved back",
    judge(input, answered) {
      const rax = unsigned(BigInt(-input.int("errno")));
      const landing = frames.run(registers.atEntry({ rax, orig_rax: CALL }));
      if (landing.kind === "strayed") return undecided(landing.how);
      const restarted = registers.get(landing.registers, "rip") !== PLACES.entry;
      return answered.returns(restarted ? 1n : 0n);
    },
  };
  const restart: Judge = {
    name: "restartSyscall",
    asked: "resumed a stub from a signal with the block; it stored its registers",
    draw(random, input) {
      if (random.chance(1, 2)) return;
      input.block()[registers.at("rax")] = unsigned(random.pick(RESTARTS));
    },
    fit(input) {
      registers.fit(input.block());
    },
    judge(input, answered) {
      const landing = frames.run(input.block());
      if (landing.kind === "strayed") return undecided(landing.how);
      const restarted = registers.get(landing.registers, "rip") !== PLACES.entry;
      const result = answered.returns(restarted ? 1n : 0n);
      if (result !== HELD) {
        const difference = restartDifference(registers.get(input.block(), "orig_rax"), restarted);
        return difference === undefined ? result : undecided(difference);
      }
      return frames.difference(landing.registers, answered.block()) ?? HELD;
    },
  };
  const rewind: Judge = {
    name: "rewindSyscall",
    asked: "resumed a stub with the block; it noted where it started",
    fit(input) {
      registers.fit(input.block());
      input.block()[registers.at("orig_rax")] = NO_CALL;
    },
    judge(input, answered) {
      // A jump two bytes before the code notes that the stub started there.
      const rip = PLACES.entry - SYSCALL_SIZE;
      return frames.judge(registers.with(input.block(), { rip }), answered.block());
    },
  };
  return [restarts, restart, rewind];
}
