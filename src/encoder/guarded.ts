import { EncoderError, InputError } from "../errors.ts";
import { object } from "../shape.ts";
import { FUNCTION_NAMES, FUNCTIONS, type FunctionName } from "./abi.ts";
import { describeMisfit, describeThrown, isInt32 } from "./answer.ts";
import type { Encoder, PartialEncoder } from "./encoder.ts";
import { type Callable, isCallable, isComplete, missingFunction } from "./module.ts";

/**
 * An encoder of a user's, fit for a tracer: what it throws, answers or does to its memory becomes an EncoderError
 * before it does harm: koffi would pass a view of memory that is gone as NULL. One that has failed once is not called
 * again, and every call fails like the first: so that is what whoever cleans up after it reports, too.
 *
 * @throws EncoderError where it is another machine's, or a function is missing
 */
export function guardEncoder(partial: PartialEncoder): Encoder {
  const encoder = expectComplete(partial);
  let failure: unknown;
  const once = (call: Callable): Callable => {
    return (...args) => {
      if (failure !== undefined) throw failure;
      try {
        return call(...args);
      } catch (error) {
        failure = error;
        throw error;
      }
    };
  };
  const guarded = FUNCTION_NAMES.map((each) => [each, once(checked(encoder, each))]);
  return { ...encoder, ...Object.fromEntries(guarded) };
}

/**
 * An encoder that can drive stubs.
 *
 * @throws EncoderError if it is another machine's, or a function is missing; InputError if it is not an encoder
 */
export function expectComplete(encoder: PartialEncoder): Encoder {
  object(encoder, "encoder");
  const { name, arch, constants, buffer } = encoder;
  if (!isCallable(constants?.get) || typeof buffer?.byteLength !== "number") {
    throw new InputError("encoder: expected a name, or what openEncoder returns");
  }
  if (arch !== "amd64") {
    throw new EncoderError(
      `encoder ${name} is for ${arch}, and the stubs of this machine are amd64`,
    );
  }
  if (isComplete(encoder)) return encoder;
  throw new EncoderError(`encoder ${name} lacks ${missingFunction(encoder)}`, {
    remedy: "an encoder that drives stubs needs every function of docs/encoder-abi.md",
  });
}

/** @throws EncoderError (the function that it answers) for all that is no answer */
function checked(encoder: Encoder, name: FunctionName): Callable {
  const method: unknown = encoder[name];
  if (!isCallable(method)) throw new TypeError(`${name} is no function`);
  const { result } = FUNCTIONS[name];
  const fail = (what: string, cause?: unknown) =>
    new EncoderError(`encoder ${encoder.name}: ${name} ${what}`, { cause });
  return (...args) => {
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
}
