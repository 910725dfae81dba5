import type { Encoder } from "../../../../encoder/encoder.ts";
import { constantsOf, formatClone } from "../../../../encoder/names.ts";
import { hex } from "../../../../errors.ts";
import { element, fill } from "./elements.ts";
import { Flags, flagsOf, labelled, select } from "./encoder_fields.ts";

/** An argument that a set of checkboxes makes. */
export interface FlagArgument {
  /** Its index. */
  readonly argument: number;
  /** What the encoder answers: negative where it refuses. */
  readonly word: bigint;
}

/** A call with flags that the encoder encodes, and the fieldset in which one chooses them. */
export interface FlaggedCall {
  readonly call: string;
  readonly element: HTMLElement;
  /** Encodes what is chosen, and says beside it what came of it. */
  encode(): FlagArgument;
}

/** The flags of clone, and the exit signal of the child: the original's to begin with. */
export function cloneFlags({ constants, encodeClone }: Encoder): FlaggedCall {
  const flags = new Flags(flagsOf(constants, "clone"), ["CLONE_FILES"]);
  const signals = constantsOf("signal", constants).map(
    ([name, number]) => [name, `${number}`] as const,
  );
  const signal = select([["none", "0"], ...signals], `${constants.get("SIGKILL")}`);
  const told = element("output", { class: "mono" });
  return {
    call: "clone",
    element: element(
      "fieldset",
      {},
      element("legend", {}, "Flags of clone"),
      flags.element,
      element("p", {}, labelled("exit signal", signal), " ", told),
    ),
    encode() {
      const number = Number(signal.value);
      const word = encodeClone(flags.word, number);
      fill(told, `${formatClone(flags.word, number, constants)} = ${tellWord(word)}`);
      return { argument: 0, word };
    },
  };
}

export function waitOptions({ constants, encodeWaitOptions }: Encoder): FlaggedCall {
  const flags = new Flags(flagsOf(constants, "wait"), ["WUNTRACED", "__WALL"]);
  const told = element("output", { class: "mono" });
  return {
    call: "wait4",
    element: element(
      "fieldset",
      {},
      element("legend", {}, "Options of wait4"),
      flags.element,
      element("p", {}, told),
    ),
    encode() {
      const word = encodeWaitOptions(flags.word);
      fill(told, `= ${tellWord(word)}`);
      return { argument: 2, word };
    },
  };
}

/** A word, or that there is none: nothing but -EINVAL is negative. */
export function tellWord(word: bigint): string {
  return word < 0n ? "-EINVAL" : hex(word);
}
