// A guest that maps, unmaps, protects and rewrites its code at random sees the same with all switches.

import { LANES } from "../../../src/core/stub/tracing_thread.ts";
import * as code from "../../support/amd64_code.ts";
import { by, FAST } from "../../support/drives.ts";

const SEED = 0x5eed_0060n;
const STEPS = process.env.SOAK ? 100_000 : 4000;

/** mov eax, NEXT; syscall; call rax; jmp to the begin: the host answers with the next function to call. */
const NEXT = 5000;
const MAIN = [0xb8, 0x88, 0x13, 0, 0, 0x0f, 0x05, 0xff, 0xd0, 0xeb, 0xf5];
/** mov [rdi], rsi; ret */
const POKE = [0x48, 0x89, 0x37, 0xc3];
const CODE = 0x10000n;
const POKE_AT = CODE + BigInt(MAIN.length);

/** Pages that are changed. */
const PAGE = BigInt(PAGE_SIZE);
const ARENA = 0x050e_e000n;
const PAGES = 10;
const CALLS = { write: 1, mmap: 9, mprotect: 10, munmap: 11, getpid: 39 } as const;
const NUMBERS = Object.values(CALLS);
/** At a fixed address in place of what is there, or only if nothing is. */
const MAPPINGS = [0x32, 0x100022] as const;
const EXIT = { exit: 0 } as const;

/** A function in one word: mov eax, number; syscall; ret. */
const functionWord = (number: number) => 0xc305_0f00_0000_00b8n | (BigInt(number) << 8n);

interface Step {
  readonly target: bigint;
  readonly rdi?: bigint;
  readonly rsi?: bigint;
  readonly rdx?: bigint;
  readonly r10?: bigint;
}

/** A guest's steps, from a seed. It calls functions in the pages of which `hasCode` says that they have some. */
function* steps(seed: bigint): Generator<Step> {
  const random = randomWords(seed);
  const draw = (below: number) => Number(random() % BigInt(below));
  const pageAt = (page: number) => ARENA + BigInt(page) * PAGE;
  const hasCode = Array<boolean>(PAGES).fill(false);
  const caller = () => {
    const first = draw(PAGES);
    const pages = hasCode.map((_, i) => (first + i) % PAGES);
    return pages.find((page) => hasCode[page]) ?? -1;
  };
  const call = (name: keyof typeof CALLS, words: Omit<Step, "target">): Step | undefined => {
    const page = caller();
    const target = pageAt(page) + BigInt(8 * NUMBERS.indexOf(CALLS[name]));
    return page < 0 ? undefined : { target, ...words };
  };
  const arena = () => {
    const page = draw(PAGES);
    return { page, count: 1 + draw(Math.min(3, PAGES - page)) };
  };
  function* install(page: number): Generator<Step> {
    const at = { rdi: pageAt(page), rsi: PAGE };
    yield { target: BOOT.mmap, ...at, rdx: 3n, r10: 0x32n };
    for (const [i, number] of NUMBERS.entries()) {
      yield { target: POKE_AT, rdi: pageAt(page) + BigInt(8 * i), rsi: functionWord(number) };
    }
    yield { target: BOOT.mprotect, ...at, rdx: 5n };
    hasCode[page] = true;
  }
  for (;;) {
    const { page, count } = arena();
    const range = { rdi: pageAt(page), rsi: BigInt(count) * PAGE };
    const kind = draw(500);
    let step: Step | undefined;
    if (kind < 3 || caller() < 0) yield* install(page);
    else if (kind < 6) {
      const flags = MAPPINGS[draw(2)] ?? 0;
      step = call("mmap", { ...range, rdx: BigInt(draw(8)), r10: BigInt(flags) });
    } else if (kind < 8) step = call("mprotect", { ...range, rdx: BigInt(draw(8)) });
    else if (kind < 9) step = call("munmap", range);
    else if (kind < 100) {
      step = call("write", { rdi: 1n, rsi: range.rdi + BigInt(draw(64)), rdx: BigInt(draw(64)) });
    } else step = call("getpid", {});
    // A call does not change the page that it is made from.
    const from = step === undefined ? -1 : Number((step.target - ARENA) / PAGE);
    if (step === undefined || (kind >= 3 && kind < 9 && from >= page && from < page + count))
      continue;
    yield step;
    if (kind >= 3 && kind < 9) hasCode.fill(false, page, page + count);
  }
}

/** Functions that stay. */
const bootAt = POKE_AT + BigInt(POKE.length);
const BOOTS = [CALLS.mmap, CALLS.mprotect];
const BOOT = { mmap: bootAt, mprotect: bootAt + 8n };
const PROGRAM = Uint8Array.of(
  ...MAIN,
  ...POKE,
  ...new Uint8Array(BigUint64Array.of(...BOOTS.map(functionWord)).buffer),
);

/** What a guest sees with some switches: the results of its calls, and what it reads. */
function seen(options: PlatformOptions): string[] {
  using platform = Platform.open(options);
  const log: string[] = [];
  const script = steps(SEED);
  let left = STEPS;
  const { result } = runGuest(
    platform,
    { code: PROGRAM, address: CODE },
    {
      deadline: 600_000,
      output: (_, bytes) => log.push(Buffer.from(bytes).toString("hex")),
      trace: ({ number, text }) => {
        if (number !== NEXT && number !== CALLS.getpid) log.push(text);
      },
      onSyscall: ({ number }, { context }) => {
        if (number !== NEXT) return undefined;
        const step = script.next().value;
        if (left-- === 0 || step === undefined) return EXIT;
        for (const name of ["rdi", "rsi", "rdx", "r10"] as const) {
          context.registers.set(name, step[name] ?? 0n);
        }
        return { value: step.target };
      },
    },
  );
  assert.equal(result, { kind: "exited", status: 0 }, log.slice(-5).join("\n"));
  return log;
}

const all = suite("remapping guests");
/** Made once. */
let faithful: string[] | undefined;
const remapping = needs(all, { amd64: HOST_ARCH === "amd64" });

for (const drive of FAST) {
  remapping(`${drive.name}: sees what it sees faithfully`, () =>
    by(drive, () => {
      faithful ??= seen({});
      const expected = faithful;
      const log = seen({ lane: "fast" });
      const differs = log.findIndex((line, i) => line !== expected[i]);
      assert.is(log[differs], expected[differs], `line ${differs} of ${log.length}`);
      assert.is(log.length, expected.length);
    }),
  );
}

for (const lane of LANES) {
  remapping(`${lane}: to a guest, stublab's own pages are unmapped, and cannot be mapped`, () => {
    using platform = Platform.open({ lane });
    const own = BigInt(platform.tracer.host.stubAddress) - (lane === "fast" ? PAGE : 0n);
    const trace: string[] = [];
    const calls = [CALLS.mprotect, CALLS.munmap, CALLS.mmap].flatMap((number) => [
      ...code.load("rdi", own),
      ...code.load("rsi", PAGE),
      ...code.load("rdx", 1n),
      ...code.load("r10", 0x32n),
      ...code.call(number),
    ]);
    const program = { code: Uint8Array.of(...calls, ...code.call(60)) };
    runGuest(platform, program, { trace: ({ errno }) => trace.push(`${errno}`) });
    assert.equal(trace, ["ENOMEM", "EINVAL", "EINVAL", "null"]);
  });
}
