/* What a run and its workers tell each other. */

import { type ErrorDetails, StublabError } from "../../errors.ts";
import type { Case } from "../case/case.ts";
import type { Path } from "../draw/generate.ts";
import type { Change } from "../predict/model.ts";
import type { Machine } from "../try/machine.ts";
import type { PartResult } from "./part.ts";
import type { Chunk } from "./round.ts";

/** What a worker begins with. */
export interface Start {
  readonly seed: bigint;
  readonly path: Path;
  /** The rule that cases are near to. */
  readonly focus: string | undefined;
  /** The processor that it and its stubs are to stay on. */
  readonly processor: number;
  /** Two counters: the next chunk that nobody has, and cases that are done. */
  readonly counters: Int32Array<SharedArrayBuffer>;
  /** A planted bug. */
  readonly change: Change | undefined;
}

/** News of a corpus: setups that cases may be made from, and signatures that are known. */
export interface News {
  readonly parents: Uint8Array;
  readonly known: Float64Array;
}

/** Cases that are to be tried: those that are given, and chunks, of which each worker takes the next. */
export interface Order {
  readonly news: News;
  readonly given: readonly Case[];
  readonly chunks: readonly Chunk[];
}

export type Answer =
  | { readonly kind: "ready"; readonly machine: Machine }
  | { readonly kind: "done"; readonly result: PartResult }
  | { readonly kind: "failed"; readonly failure: Failure };

/** An error as it goes from thread to thread. */
export interface Failure extends ErrorDetails {
  readonly code: string;
  readonly message: string;
}

export function failureOf(error: unknown): Failure {
  if (!(error instanceof StublabError)) {
    const message = error instanceof Error ? error.message : String(error);
    // A thread's error reaches another without its class; the stack says where it comes from.
    const cause = error instanceof Error ? error.stack : undefined;
    return { code: "ERR_STUBLAB_INTERNAL", message: `internal error: ${message}`, cause };
  }
  const { code, message, call, errno, remedy } = error;
  return {
    code,
    message,
    ...(call !== undefined && { call }),
    ...(errno !== undefined && { errno }),
    ...(remedy !== undefined && { remedy }),
  };
}

export function errorOf({ message, ...details }: Failure): StublabError {
  return new StublabError(message, details);
}
