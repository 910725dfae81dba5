// What an encoder makes of the choices of a birth, so that its mistakes become schedules.

import type { Encoder } from "../../core/encoder/abi.ts";
import { BlockAllocator } from "../../core/encoder/block.ts";
import { MACHINES } from "../../core/machine/index.ts";
import { InputError } from "../../lib/errors.ts";
import type { MISTAKES } from "./birth.ts";
import type { BirthOptions } from "./check.ts";

/** The least pid, and the greatest (PID_MAX_LIMIT, linux/threads.h). */
const PIDS = [1, (1 << 22) - 1];
/** The option of all waits but that for a self-stop. */
const LATER = "__WALL";

export interface Choices {
  readonly flags: bigint;
  readonly exitSignal: number;
  /** Options of the wait4 for a self-stop. */
  readonly wait: bigint;
}

/** @throws InputError if the encoder refuses them */
export function encodeChoices(encoder: Encoder, { flags, exitSignal, wait }: Choices) {
  const accepted = (what: string, word: bigint) => {
    if (word >= 0n) return Number(word);
    throw new InputError(`encoder ${encoder.name} refuses ${what}`);
  };
  const word = accepted("these flags and exit signal", encoder.encodeClone(flags, exitSignal));
  const options = (value: bigint) =>
    accepted("these options of wait4", encoder.encodeWaitOptions(value));
  return {
    ...{ cloneFlags: word & ~0xff, exitSignal: word & 0xff },
    ...{ waitOptions: options(wait), laterOptions: options(encoder.constants.get(LATER) ?? 0n) },
    mistakes: mistakesOf(encoder),
  } satisfies BirthOptions;
}

/** What a clone's child would find wrong in the registers of the bootstrap convention. */
function mistakesOf(encoder: Encoder): (typeof MISTAKES)[number]["name"][] {
  const { parent, registers, word } = MACHINES[encoder.arch];
  const block = BlockAllocator.of(encoder).allocate();
  const seen = PIDS.map((pid) => {
    encoder.encodeBootstrap(block.offset, pid);
    return {
      parent: block.word(registers.indexOf(parent)) === BigInt(pid),
      mark: block.word(word.mark) === 1n,
    };
  });
  BlockAllocator.of(encoder).release(block);
  return (["parent", "mark"] as const).filter((name) => seen.some((it) => !it[name]));
}
