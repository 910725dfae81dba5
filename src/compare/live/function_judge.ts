import type { FunctionName } from "../../encoder/abi.ts";
import type { RecordLayout } from "../record.ts";
import { expect, type Judge, type Judgement, toInt } from "./judge.ts";

/** The judge of one function, and access to the records of that function by field. */
export abstract class FunctionJudge<Kernel> implements Judge {
  abstract readonly name: FunctionName;
  abstract readonly asked: string;
  readonly layout: RecordLayout;
  /** What it asks the kernel through. */
  protected readonly kernel: Kernel;

  constructor(layout: RecordLayout, kernel: Kernel) {
    this.layout = layout;
    this.kernel = kernel;
  }

  abstract judge(input: BigUint64Array, answered: BigUint64Array): Judgement;

  protected word(record: BigUint64Array, field: string): bigint {
    return record[this.layout.field(field).at] ?? 0n;
  }

  /** The low half of a word, with a sign. */
  protected int(record: BigUint64Array, field: string): number {
    return toInt(this.word(record, field));
  }

  protected put(record: BigUint64Array, field: string, word: bigint): void {
    record[this.layout.field(field).at] = word;
  }

  /** Keeps only the bits of a mask in a word. */
  protected mask(record: BigUint64Array, field: string, mask: bigint): void {
    this.put(record, field, this.word(record, field) & mask);
  }

  protected result(answered: BigUint64Array): bigint {
    return answered[this.layout.result] ?? 0n;
  }

  /** Held if the function returned this. */
  protected expectResult(meant: bigint, answered: BigUint64Array): Judgement {
    return expect(this.name, meant, this.result(answered));
  }
}
