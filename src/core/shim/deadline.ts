import { InputError } from "../../lib/errors.ts";
import { show } from "../../lib/shape.ts";
import { DEADLINE } from "./bindings.ts";

/** A microsecond, the unit of the shim, in milliseconds. */
export const SHORTEST_DEADLINE = 0.001;
/** A day, in milliseconds. */
const LONGEST_DEADLINE = 86_400_000;

/** Returns a valid deadline, in milliseconds. @throws InputError */
export function checkDeadline(milliseconds: unknown): number {
  const valid =
    typeof milliseconds === "number" &&
    milliseconds >= SHORTEST_DEADLINE &&
    milliseconds <= LONGEST_DEADLINE;
  if (valid) return milliseconds;
  throw new InputError(
    `invalid deadline ${show(milliseconds)}: expected milliseconds from ${SHORTEST_DEADLINE} to ${LONGEST_DEADLINE}`,
  );
}

/** A time limit that several waits share: struct stublab_deadline. */
export class Deadline {
  /** The struct. */
  readonly bytes: DataView;
  #milliseconds = 0;

  /** @param bytes where the struct is; default: new memory */
  constructor(
    milliseconds: number,
    bytes: DataView = new DataView(new ArrayBuffer(DEADLINE.size)),
  ) {
    this.bytes = bytes;
    this.start(milliseconds);
  }

  /** The whole time limit. */
  get milliseconds(): number {
    return this.#milliseconds;
  }

  /** Starts again with a new time limit. */
  start(milliseconds: number): void {
    if (milliseconds !== this.#milliseconds) {
      this.#milliseconds = milliseconds;
      const microseconds = BigInt(Math.ceil(milliseconds * 1000));
      this.bytes.setBigInt64(DEADLINE.timeout, microseconds, true);
    }
    this.bytes.setFloat64(DEADLINE.seen, 0);
  }
}
