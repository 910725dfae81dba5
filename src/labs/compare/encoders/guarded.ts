import {
  type Callable,
  type Encoder,
  FUNCTION_NAMES,
  FUNCTIONS,
  type FunctionName,
  isCallable,
  type PartialEncoder,
} from "../../../core/encoder/abi.ts";
import { expectDriver } from "../../../core/encoder/driver.ts";
import { EncoderError } from "../../../lib/errors.ts";
import { describeMisfit, describeThrown, isInt32 } from "../answer.ts";

/**
 * Wraps a user's encoder for a tracer: an exception, a result of the wrong type and detached memory become an
 * EncoderError before they do harm (koffi would pass a detached view as NULL). After the first failure every call fails
 * in the same way without calling the encoder, so that cleaning up reports the first failure, too.
 *
 * @throws EncoderError if it is for another machine, or names are missing
 */
export function guardEncoder(partial: PartialEncoder): Encoder {
  const encoder = expectDriver(partial);
  let failure: EncoderError | undefined;
  const guard = (name: FunctionName): Callable => {
    const method: unknown = encoder[name];
    if (!isCallable(method)) throw new TypeError(`${name} is not a function`);
    const { result } = FUNCTIONS[name];
    const fail = (what: string, cause?: unknown) => {
      failure = new EncoderError(`encoder ${encoder.name}: ${name} ${what}`, { cause });
      return failure;
    };
    return (...args) => {
      if (failure !== undefined) throw failure;
      let answer: unknown;
      try {
        answer = method(...args);
      } catch (cause) {
        throw fail(`failed: ${describeThrown(cause)}`, cause);
      }
      if (encoder.buffer.byteLength === 0) throw fail("grew or moved its memory");
      if (result === "none") return undefined;
      if (result === "i32" && isInt32(answer)) return answer | 0;
      if (result !== "i32" && typeof answer === "bigint") return answer;
      throw fail(describeMisfit(answer, result));
    };
  };
  const own = FUNCTION_NAMES.filter((name) => encoder[name] !== undefined);
  return { ...encoder, ...Object.fromEntries(own.map((name) => [name, guard(name)])) };
}
