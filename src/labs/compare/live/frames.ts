import { HOST_MACHINE } from "../../../core/machine/index.ts";
import { IDLE, MARK } from "./arch.ts";
import { PLACES } from "./code.ts";
import type { Frames } from "./frame.ts";
import type { Fields, Judge } from "./judge.ts";

/** The judges of blocks with which a stub is resumed. */
export function frameJudges(frames: Frames): Judge[] {
  return [
    changesJudge(frames, "encodeBootstrap", "stored its registers", (input) => ({
      [HOST_MACHINE.parent]: BigInt.asUintN(32, input.word("parent")),
      [MARK]: 1n,
    })),
    // A jump before the code, as long as a system call, notes that the stub started there.
    changesJudge(frames, "rewindSyscall", "noted where it started", () => ({
      [HOST_MACHINE.instructionPointer]: PLACES.entry - BigInt(HOST_MACHINE.syscallLength),
    })),
  ];
}

export function syscallJudge(frames: Frames): Judge {
  const { registers } = frames;
  const { number, arguments: names } = HOST_MACHINE.callRegisters;
  return {
    name: "encodeSyscall",
    asked: "resumed a stub with the frame; it stored its registers",
    fit(input) {
      registers.fit(input.block("initial"));
    },
    judge(input, answered) {
      const meant = registers.with(input.block("initial"), {
        ...{ [number]: input.word("number"), ...IDLE },
        ...Object.fromEntries(names.map((name, i) => [name, input.word(`arg${i}`)])),
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
      const block = input.block();
      registers.fit(block);
      block.set(registers.with(block, IDLE));
    },
    judge(input, answered) {
      frames.judge(registers.with(input.block(), changes(input)), answered.block());
    },
  };
}
