import { FUNCTIONS, type FunctionName } from "../../../core/encoder/abi.ts";

const TYPES = {
  block: "uint32_t",
  area: "uint32_t",
  i32: "int32_t",
  i64: "uint64_t",
} as const;

const RESULTS = { none: "void", i32: "int32_t", i64: "int64_t", word: "uint64_t" } as const;

/** Whether a function uses the encoder's memory. */
export function usesMemory(name: FunctionName): boolean {
  return FUNCTIONS[name].parameters.some(({ kind }) => kind === "block" || kind === "area");
}

/**
 * The C prototype of a function of the encoder `native`: encodeSyscall becomes native_encode_syscall. A function that
 * uses the memory gets its base as the first argument.
 */
export function cPrototype(name: FunctionName): string {
  const { parameters, result } = FUNCTIONS[name];
  const declared = parameters.map((each) => `${TYPES[each.kind]} ${snakeCase(each.name)}`);
  if (usesMemory(name)) declared.unshift("void *memory");
  return `${RESULTS[result]} native_${snakeCase(name)}(${declared.join(", ")})`;
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
}

/** The prototype of a function as text, e.g. "cloneFlags(word: i64)". */
export function prototypeOf(name: FunctionName): string {
  const parameters = FUNCTIONS[name].parameters.map(
    (each) => `${each.name}: ${each.kind === "i64" ? "i64" : "i32"}`,
  );
  return `${name}(${parameters.join(", ")})`;
}
