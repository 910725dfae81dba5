import { HOST_MACHINE } from "../../../core/machine/index.ts";
import type { Random } from "../../../lib/cases/random.ts";
import { HOST } from "./arch.ts";
import { at } from "./code.ts";
import { beforeCall, changed, expectSame, type Frames, registerOf } from "./frames.ts";
import { expect, type Fields, type Judge, type JudgeTable, undecided, unsigned } from "./judge.ts";
import { excuseRestart } from "./kernels.ts";

const IP = HOST_MACHINE.instructionPointer;
const { number: NUMBER, arguments: ARGUMENTS, result: RESULT } = HOST_MACHINE.callRegisters;
const ENTRY = at("entry");
const BEFORE_ENTRY = ENTRY - BigInt(HOST_MACHINE.syscallLength);
const RESTARTS = HOST.restarts.map(unsigned);
/** Numbers of calls that could be restarted: kill, read, restart_syscall and an unknown one. */
const CALLS: readonly [bigint, ...bigint[]] = [62n, 0n, 219n, 2n ** 31n - 1n];

/** The judges of blocks with which a stub is resumed. */
export function blockJudges(frames: Frames): JudgeTable {
  return {
    encodeBootstrap: changesJudge(frames, "its registers at its next stop", (input) => ({
      [HOST_MACHINE.parent]: BigInt.asUintN(32, input.word("parent")),
      [HOST.mark]: 1n,
    })),
    // Before the code is a breakpoint, as long as a system call.
    rewindSyscall: changesJudge(frames, "where it stopped", () => ({ [IP]: BEFORE_ENTRY })),
    encodeSyscall: syscallJudge(frames),
    ...(RESTARTS.length > 0 ? restartJudges(frames) : UNRESTARTED),
    enterGuest: enterJudge(frames),
    decodeGuestSyscall: decodeJudge(frames),
    encodeGuestResult: resultJudge(frames),
  };
}

/**
 * The judge of a function that changes a few registers.
 *
 * @param seen what was then looked at
 * @param from the block with the others
 */
function changesJudge(
  frames: Frames,
  seen: string,
  changes: (input: Fields) => Readonly<Record<string, bigint>>,
  from: "block" | "initial" = "block",
): Judge {
  return {
    asked: `resumed a stub with the block; ${seen}`,
    fit(input) {
      frames.fit(input, from);
      if (from === "block") input.words(from).set(changed(input.words(from), HOST.idle));
    },
    ask: (input) => frames.examine(changed(input.words(from), changes(input))),
  };
}

/** A result that makes the kernel restart a call, where registers do that. */
const pickRestart = (random: Random) => random.pick([RESTARTS[0] ?? 0n, ...RESTARTS.slice(1)]);

function syscallJudge(frames: Frames): Judge {
  const changes = (input: Fields) => {
    const args = ARGUMENTS.map((name, i) => [name, input.word(`arg${i}`)]);
    return { [NUMBER]: input.word("number"), ...HOST.idle, ...Object.fromEntries(args) };
  };
  return {
    ...changesJudge(frames, "its registers at its next stop", changes, "initial"),
    /** Sometimes: the kernel finds the number where a result is. */
    draw(random, input) {
      if (RESTARTS.length === 0 || random.chance(3, 4)) return;
      input.put("number", pickRestart(random));
      input.put(`initial.${HOST.begun}`, random.pick(CALLS));
    },
  };
}

/** The functions about restarts where they are not judged: no register shows the kernel a call to restart. */
const unrestarted: Judge = {
  asked: "nothing",
  ask: () => undecided("on arm64 the kernel restarts only a call that a signal has interrupted"),
};
const UNRESTARTED: JudgeTable = { restartsSyscall: unrestarted, restartSyscall: unrestarted };

/** The kernel looks at the result and at the call in progress at any stop. */
function restartJudges(frames: Frames): JudgeTable {
  const restarts: Judge = {
    asked: "resumed a stub from a signal with rax = -errno; whether RIP had moved back",
    ask(input) {
      const result = unsigned(BigInt(-input.int("errno")));
      const block = frames.atEntry({ [RESULT]: result, [HOST.begun]: CALLS[0] });
      const { registers } = frames.run(block);
      return registerOf(registers, IP) === ENTRY ? 0n : 1n;
    },
  };
  const restart: Judge = {
    asked: "resumed a stub from a signal with the block; its registers at its next stop",
    draw(random, input) {
      if (!random.chance(1, 2)) input.put(`block.${RESULT}`, pickRestart(random));
    },
    fit: (input) => frames.fit(input),
    ask(input) {
      const { registers } = frames.run(input.words("block"));
      const restarted = registerOf(registers, IP) !== ENTRY;
      return (given) => {
        if (given.result !== (restarted ? 1n : 0n)) {
          excuseRestart(input.word(`block.${HOST.begun}`), restarted);
        }
        given.returns(restarted ? 1n : 0n);
        expectSame(registers, given.words("block"));
      };
    },
  };
  return { restartsSyscall: restarts, restartSyscall: restart };
}

function enterJudge(frames: Frames): Judge {
  const steps = HOST.entered.length > 0 ? "; whether it trapped after one instruction" : "";
  return {
    asked: `resumed a stub from a signal with the block${steps}; its registers at its next stop`,
    /** Often a result that makes the kernel restart a call, and the number of one. */
    draw(random, input) {
      if (RESTARTS.length === 0 || random.chance(1, 2)) return;
      input.put(`block.${RESULT}`, pickRestart(random));
      input.put(`block.${HOST.begun}`, BigInt(random.below(400)));
    },
    /** Registers of `block` that the encoder has to replace stay. */
    fit(input) {
      const own = HOST.entered.map((name) => [name, input.word(`block.${name}`)] as const);
      frames.fit(input);
      for (const [name, word] of own) input.put(`block.${name}`, word);
      frames.fit(input, "initial");
    },
    ask(input) {
      const entered = HOST.entered.map((name) => [name, input.word(`initial.${name}`)]);
      const changes = { ...Object.fromEntries(entered), ...HOST.idle };
      const meant = changed(input.words("block"), changes);
      const { stepped } = frames.run(meant);
      const examine = frames.examine(meant);
      return (given) => {
        given.returns(stepped ? 1n : 0n);
        examine(given);
      };
    },
  };
}

/** Of a stub stopped at a call: the register that had its number has it again. */
function decoded(block: BigUint64Array): BigUint64Array {
  return changed(block, { [NUMBER]: registerOf(block, HOST.begun) });
}

/** Number and arguments are those of the kernel, and with the block the call can be repeated. */
function decodeJudge(frames: Frames): Judge {
  return {
    asked: "a call at a stop of SYSEMU, repeated with the block; PTRACE_GET_SYSCALL_INFO",
    fit: (input) => frames.fitToCall(input),
    ask(input) {
      const meant = decoded(input.words("block"));
      const { number, args } = frames.callOf(beforeCall(meant));
      const repeat = (block: BigUint64Array) => decoded(frames.toCall(beforeCall(block)).words);
      const examine = frames.examine(meant, repeat, repeat(meant));
      return (given) => {
        given.returns(BigInt.asUintN(32, number));
        const own = given.words("at");
        for (const [i, word] of args.entries()) expect(`at.arg${i}`, word, own[i] ?? 0n);
        examine(given);
      };
    },
  };
}

function resultJudge(frames: Frames): Judge {
  return {
    asked: "resumed a stub from a stop of SYSEMU with the block; its registers at its next stop",
    draw(random, input) {
      if (RESTARTS.length > 0 && random.chance(1, 4)) input.put("result", pickRestart(random));
    },
    fit: (input) => frames.fitToCall(input),
    ask(input) {
      const before = input.words("block");
      const call = beforeCall(decoded(before));
      const meant = changed(before, { [RESULT]: input.word("result") });
      return frames.examine(meant, (block) => frames.runFromCall(call, block));
    },
  };
}
