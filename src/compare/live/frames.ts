import { PLACES } from "./code.ts";
import { type Frames, SYSCALL_SIZE } from "./frame.ts";
import { type Fields, type Judge, unsigned } from "./judge.ts";
import { excuseRestart } from "./kernels.ts";
import { NO_CALL } from "./tracee.ts";

/** Results that make the kernel restart a call. They are independent of the model of the fuzzer on purpose. */
export const RESTARTS: readonly [bigint, ...bigint[]] = [-512n, -513n, -514n, -516n];
/** Numbers of calls that could be restarted: kill, read, restart_syscall and an unknown one. */
const CALLS: readonly [bigint, ...bigint[]] = [62n, 0n, 219n, 2n ** 31n - 1n];

/** The registers of arguments (syscall(2)). */
export const ARGUMENTS = ["rdi", "rsi", "rdx", "r10", "r8", "r9"] as const;

/** The judges of blocks with which a stub is resumed. */
export function frameJudges(frames: Frames): Judge[] {
  return [
    syscallJudge(frames),
    // The parent's pid, and the mark of a clone.
    changesJudge(frames, "encodeBootstrap", "stored its registers", (input) => ({
      r15: BigInt.asUintN(32, input.word("parent")),
      rbx: 1n,
    })),
    restartsJudge(frames),
    restartJudge(frames),
    // A jump two bytes before the code notes that the stub started there.
    changesJudge(frames, "rewindSyscall", "noted where it started", () => ({
      rip: PLACES.entry - SYSCALL_SIZE,
    })),
  ];
}

function syscallJudge(frames: Frames): Judge {
  const { registers } = frames;
  const restart = (input: Fields, number: bigint, original: bigint) => {
    input.put("number", unsigned(number));
    input.block("initial")[registers.at("orig_rax")] = original;
  };
  return {
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
      frames.judge(meant, answered.block());
    },
  };
}

/** The judge of a function that changes a few registers. @param did what the stub then did */
function changesJudge(
  frames: Frames,
  name: Judge["name"],
  did: string,
  changes: (input: Fields) => Readonly<Record<string, bigint>>,
): Judge {
  const { registers } = frames;
  return {
    name,
    asked: `resumed a stub with the block; it ${did}`,
    fit(input) {
      registers.fit(input.block());
      input.block()[registers.at("orig_rax")] = NO_CALL;
    },
    judge(input, answered) {
      frames.judge(registers.with(input.block(), changes(input)), answered.block());
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
