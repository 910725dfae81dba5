import type { Frames } from "../../frame.ts";
import { syscallJudge } from "../../frames.ts";
import { type Fields, type Judge, unsigned } from "../../judge.ts";
import { excuseRestart } from "../../kernels.ts";

/** Results that make the kernel restart a call. They are independent of the model of the fuzzer on purpose. */
export const RESTARTS: readonly [bigint, ...bigint[]] = [-512n, -513n, -514n, -516n];
/** Numbers of calls that could be restarted: kill, read, restart_syscall and an unknown one. */
const CALLS: readonly [bigint, ...bigint[]] = [62n, 0n, 219n, 2n ** 31n - 1n];

/** The judges of restarts: the kernel looks at rax and orig_rax at any stop. */
export function restartJudges(frames: Frames): Judge[] {
  return [restartingJudge(frames), restartsJudge(frames), restartJudge(frames)];
}

/** encodeSyscall, with numbers in rax that look like results to restart. */
function restartingJudge(frames: Frames): Judge {
  const { registers } = frames;
  const restart = (input: Fields, number: bigint, original: bigint) => {
    input.put("number", unsigned(number));
    input.block("initial")[registers.at("orig_rax")] = original;
  };
  return {
    ...syscallJudge(frames),
    /** Sometimes: the kernel finds the number in rax. */
    draw(random, input) {
      if (random.chance(3, 4)) return;
      restart(input, random.pick(RESTARTS), random.pick(CALLS));
    },
    /** A wrong orig_rax has an effect if rax asks for a restart. */
    sharpen(input) {
      const original = registers.get(input.block("initial"), "orig_rax");
      return RESTARTS.map((number) => {
        const sharper = input.copy();
        restart(sharper, number, original);
        return { with: `the number ${number}, a result that asks for a restart`, input: sharper };
      });
    },
  };
}

function restartsJudge(frames: Frames): Judge {
  return {
    name: "restartsSyscall",
    asked: "resumed a stub from a signal with rax = -errno; it noted whether RIP moved back",
    judge(input, answered) {
      const rax = unsigned(BigInt(-input.int("errno")));
      const block = frames.registers.atEntry({ rax, orig_rax: CALLS[0] });
      answered.returns(frames.restarts(block).restarted ? 1n : 0n);
    },
  };
}

function restartJudge(frames: Frames): Judge {
  const { registers } = frames;
  return {
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
      const { restarted, registers: seen } = frames.restarts(input.block());
      const meant = restarted ? 1n : 0n;
      if (answered.result !== meant) {
        excuseRestart(registers.get(input.block(), "orig_rax"), restarted);
      }
      answered.returns(meant);
      frames.expectSame(seen, answered.block());
    },
  };
}
