/*
 * The module of assembly/fuzz, which creates cases and signs outcomes, and its memory, which holds setups and outcomes.
 * Each thread has one. The memory has its full size from the start, because growing it would detach its views. Pages
 * that are not written to cost nothing.
 */

import { type Callable, isCallable } from "../../../core/encoder/abi.ts";
import { loadWasm } from "../../../core/encoder/assembly.ts";
import { EncoderError, InputError, REBUILD } from "../../../lib/errors.ts";
import { seedDocuments } from "../draw/seeds.ts";
import { codePage, constantsPage, MODULE } from "./arch.ts";
import { CONSTANTS as NUMBERS, SETUP_SIZE, type SetupViews, setupViews } from "./records.ts";

/** Of the text of a case. */
export const CASE_LIMIT = { most: 1 << 20, of: "a case" };
/** Areas begin at cache lines. */
const LINE = 64;
const PAGE = 4096;

/** A module of the fuzzer, as far as it describes itself. Addresses are byte offsets in its memory. */
export class ModuleFile {
  readonly #file: string;
  readonly #exports: WebAssembly.Exports;
  readonly buffer: ArrayBuffer;
  readonly globals: ReadonlyMap<string, WebAssembly.Global>;

  /** @throws EncoderError if the file is not what the build creates. */
  constructor(file: string) {
    this.#file = file;
    this.#exports = loadWasm(file);
    const { memory } = this.#exports;
    if (!(memory instanceof WebAssembly.Memory)) throw this.#lacking("memory");
    this.buffer = memory.buffer;
    this.globals = new Map(
      Object.entries(this.#exports).flatMap(([name, it]) =>
        it instanceof WebAssembly.Global ? [[name, it] as const] : [],
      ),
    );
  }

  address(name: string): number {
    return Number(this.global(name).value);
  }

  global(name: string): WebAssembly.Global {
    const it = this.globals.get(name);
    if (it === undefined) throw this.#lacking(name);
    return it;
  }

  protected callable(name: string): Callable {
    const it = this.#exports[name];
    if (isCallable(it)) return it;
    throw this.#lacking(name);
  }

  #lacking(name: string): EncoderError {
    return new EncoderError(`${this.#file} lacks ${name}`, { remedy: REBUILD });
  }
}

/** The module of this machine, and its memory. */
export class FuzzModule extends ModuleFile {
  /** Described in assembly/fuzz/module.ts and assembly/fuzz/assess.ts. */
  readonly begin = this.callable("begin");
  readonly survey = this.callable("survey");
  readonly generate = this.callable("generate");
  readonly predictOne = this.callable("predictOne");
  readonly differsFrom = this.callable("differsFrom");
  /** Described in assembly/fuzz/alterations.ts and assembly/fuzz/cause.ts. */
  readonly selectMachine = this.callable("selectMachine");
  readonly alter = this.callable("alter");
  readonly findCauses = this.callable("findCauses");
  readonly hashOutcome = this.callable("hashOutcome");
  /** Whether the signal of a setup, by its address, ends the stub: 0 or 1. */
  readonly kills = this.callable("kills");
  /** The rules that the last prediction used: their number, and the k-th. */
  readonly usedRules = this.callable("usedRules");
  readonly usedRule = this.callable("usedRule");
  readonly #readCase = this.callable("readCase");
  readonly #writeCase = this.callable("writeCase");
  /** The steps of the case whose text is read or written. */
  readonly steps: SetupViews;
  /** Where the areas begin that the host reserves: a page. */
  readonly areas: number;
  readonly #free = new Map<number, number[]>();
  #next: number;

  /** @throws EncoderError if the file is not what the build creates. */
  constructor() {
    super(MODULE);
    this.#next = Math.ceil(this.address("heap") / LINE) * LINE;
    this.global("codeBytes").value = this.#put(codePage());
    this.global("constantBytes").value = this.#put(constantsPage());
    this.steps = setupViews(this.buffer, this.address("caseSteps"), NUMBERS.MOST_STEPS);
    const { parents, others } = seedDocuments();
    this.global("seeds").value = this.#put(
      Uint8Array.from([...parents, ...others].flatMap((seed) => [...this.#recordOf(seed)])),
    );
    this.global("seedCount").value = parents.length + others.length;
    this.global("seedParents").value = parents.length;
    this.#next = Math.ceil(this.#next / PAGE) * PAGE;
    this.areas = this.#next;
  }

  /**
   * Reads the document of a case into `steps`, and returns their number.
   *
   * @throws InputError that says what is wrong, and where
   */
  readText(text: Uint8Array): number {
    const { most, of } = CASE_LIMIT;
    if (text.length > most) {
      throw new InputError(`the document has more than ${most} bytes, the limit for ${of}`);
    }
    const at = this.#put(text);
    const steps = Number(this.#readCase(at, at + text.length, 0));
    this.release(at, text.length);
    if (steps > 0) return steps;
    const said = new Uint8Array(this.buffer, this.address("caseText"));
    const [message, remedy] = decode(said.subarray(0, said.indexOf(0))).split("\n");
    throw new InputError(message ?? "", remedy === undefined ? {} : { remedy });
  }

  /** Writes the case that `steps` has. */
  writeText(steps: number): string {
    const length = Number(this.#writeCase(this.address("caseSteps") + (steps - 1) * SETUP_SIZE));
    return decode(new Uint8Array(this.buffer, this.address("caseText"), length));
  }

  /** The setup of a document of one step. */
  #recordOf(document: object): Uint8Array {
    this.readText(new TextEncoder().encode(JSON.stringify(document)));
    return this.steps.setupBytes.slice(0, SETUP_SIZE);
  }

  /** Where there is rt_sigreturn. */
  get putReturned(): Callable {
    return this.callable("putReturned");
  }

  /** Bytes from the first area to the end of the last. */
  get used(): number {
    return this.#next - this.areas;
  }

  /**
   * Reserves an area, and returns its address. It is not zeroed.
   *
   * @throws EncoderError if the memory is full.
   */
  reserve(size: number): number {
    const whole = sizeOfArea(size);
    const used = this.#free.get(whole)?.pop();
    if (used !== undefined) return used;
    const at = this.#next;
    if (at + whole > this.buffer.byteLength) {
      throw new EncoderError(
        `the memory of ${MODULE} (${this.buffer.byteLength} bytes) has no room for ${size} more`,
        { remedy: "close batches and lists that are no longer needed" },
      );
    }
    this.#next += whole;
    return at;
  }

  /** Releases an area of `size` bytes. Neither it nor its views may be used afterwards. */
  release(at: number, size: number): void {
    const whole = sizeOfArea(size);
    this.#free.set(whole, [...(this.#free.get(whole) ?? []), at]);
  }

  #put(bytes: Uint8Array): number {
    const at = this.reserve(bytes.length);
    new Uint8Array(this.buffer).set(bytes, at);
    return at;
  }
}

const decoder = new TextDecoder();
const decode = (bytes: Uint8Array) => decoder.decode(bytes);

/** Sizes of areas are powers of two, so that a released area can be reused for a similar size. */
function sizeOfArea(size: number): number {
  return Math.max(LINE, 2 ** Math.ceil(Math.log2(size)));
}

let own: FuzzModule | undefined;

/** The module of this thread. @throws EncoderError as its constructor does */
export function fuzzModule(): FuzzModule {
  own ??= new FuzzModule();
  return own;
}
