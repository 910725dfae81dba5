import type { Frames } from "./frame.ts";
import { type Fields, type Judge, unsigned } from "./judge.ts";
import { NO_CALL } from "./registers.ts";

/** Results that make the kernel restart a call. They are independent of the model of the fuzzer on purpose. */
export const RESTARTS: readonly [bigint, ...bigint[]] = [-512n, -513n, -514n, -516n];
/** Numbers of calls that could be restarted: kill, read, restart_syscall and an unknown one. */
const CALLS: readonly [bigint, ...bigint[]] = [62n, 0n, 219n, 2n ** 31n - 1n];

/** The registers of arguments (syscall(2)). */
export const ARGUMENTS = ["rdi", "rsi", "rdx", "r10", "r8", "r9"] as const;

export function frameJudges(frames: Frames): Judge[] {
  const { registers } = frames;
  const restart = (input: Fields, number: bigint, original: bigint) => {
    input.put("number", unsigned(number));
    input.block("initial")[registers.at("orig_rax")] = original;
  };
  const syscall: Judge = {
    name: "encodeSyscall",
    asked: "resumed a stub with the frame; it stored its registers",
    /** Sometimes numbers that look like results to restart: the kernel finds the number in rax. */
    draw(random, input) {
      if (random.chance(3, 4)) return;
      restart(input, random.pick(RESTARTS), random.pick(CALLS));
    },
    fit(input) {
      registers.fit(input.block("initial"));
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
    judge(input, answered) {
      const meant = registers.with(input.block("initial"), {
        rax: input.word("number"),
        orig_rax: NO_CALL,
        ...Object.fromEntries(ARGUMENTS.map((name, i) => [name, input.word(`arg${i}`)])),
      });
      return frames.judge(meant, answered.block());
    },
  };
  /** The same for R15, the parent's pid, and RBX, the mark of a clone. */
  const bootstrap: Judge = {
    name: "encodeBootstrap",
    asked: "resumed a stub with the block; it stored its registers",
    fit(input) {
      registers.fit(input.block());
      input.block()[registers.at("orig_rax")] = NO_CALL;
    },
    judge(input, answered) {
      const r15 = BigInt.asUintN(32, input.word("parent"));
      return frames.judge(registers.with(input.block(), { r15, rbx: 1n }), answered.block());
    },
  };
  return [syscall, bootstrap];
}
