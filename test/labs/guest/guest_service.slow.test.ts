// Time limit: 300 s

// A service whose requests are guests: 2,000 of them, 200 at a time, in four workers.

import { LANES } from "../../../src/core/stub/tracing_thread.ts";
import {
  GuestPool,
  type GuestProgram,
  type PooledGuestOptions,
  type PooledGuestRun,
} from "../../../src/index.ts";

const service = suite("guest: service");

const AT_A_TIME = 200;
const ROUNDS = 10;
const WORKERS = 4;
/** How much larger the process may be after all rounds than after the first three, in bytes: collectors are lazy. */
const GROWTH = 48 << 20;

/** Writes its standard input, and exits with its length modulo 256. */
const ECHO = `
  xorl %ebp, %ebp
  1: ${call("read", 0, "$page", 64)}
  testq %rax, %rax
  jz 2f
  addl %eax, %ebp
  movq %rax, %rbx
  ${call("write", 1, "$page", "%rbx")}
  jmp 1b
  2: ${exitWith("rbp")}
  .bss
  page: .skip 64`;

interface Request {
  readonly program: GuestProgram;
  readonly options?: PooledGuestOptions;
  /** When it is aborted, in milliseconds; it may have ended before. */
  readonly abortAfter?: number;
  check(run: PooledGuestRun): void;
}

const SPINS = { code: program(asm.SPIN) };
const CALLS = { code: LOOPS_GETPID };

const ended = (reason: string) => (run: PooledGuestRun) => {
  assert.equal(run.result, { kind: "interrupted", reason });
};

/** A request of one of nine kinds. */
function requestOf(n: number, random: number, elf: Uint8Array): Request {
  switch (random % 9) {
    case 0:
    case 1:
    case 2: {
      const stdin = new TextEncoder().encode(`request ${n} `.repeat(random % 50));
      const check = ({ result, stdout }: PooledGuestRun) => {
        assert.equal(result, { kind: "exited", status: stdin.length % 256 });
        assert.equal(stdout, stdin);
      };
      return { program: { elf }, options: { stdin }, check };
    }
    case 3: {
      const status = random % 256;
      const check = ({ result }: PooledGuestRun) =>
        assert.equal(result, { kind: "exited", status });
      return { program: { code: exiting(BigInt(status)) }, check };
    }
    case 4:
      return { program: SPINS, options: { time: 2, deadline: 60_000 }, check: ended("time") };
    case 5:
      return { program: SPINS, options: { deadline: 3 }, check: ended("deadline") };
    case 6:
      return { program: CALLS, options: { calls: random % 40 }, check: ended("calls") };
    case 7: {
      const check = ({ result }: PooledGuestRun) =>
        assert.is(result.kind === "signaled" && result.signal, "SIGILL");
      return { program: { code: program(asm.ILLEGAL) }, check };
    }
    default: {
      const check = () => assert.unreachable("a guest that spins for a minute has ended");
      const options = { deadline: 60_000 };
      return { program: random % 2 === 0 ? SPINS : CALLS, options, abortAfter: random % 30, check };
    }
  }
}

async function serve(pool: GuestPool, { program, options, abortAfter, check }: Request) {
  if (abortAfter === undefined) return check(await pool.run(program, options));
  const controller = new AbortController();
  const reason = new Error("the client has gone");
  setTimeout(() => controller.abort(reason), abortAfter);
  try {
    check(await pool.run(program, { ...options, signal: controller.signal }));
  } catch (error) {
    assert.is(error, reason);
  }
}

const descriptors = () => readdirSync("/proc/self/fd").length;
const threads = () => readdirSync("/proc/self/task").length;
const processes = () => familyOf(process.pid).length;

for (const lane of LANES)
  needs(service, "cc")(
    `${lane}: answers every request, and needs no more for later ones`,
    async () => {
      const elf = assemble(ECHO);
      const words = randomWords(27n);
      const random = () => Number(words() >> 40n);
      const before = [descriptors(), processes()];
      const pool = new GuestPool({ workers: WORKERS, platform: { lane } });
      const rounds: { rss: number; uses: number[] }[] = [];
      for (let round = 0; round < ROUNDS; round++) {
        const requests = Array.from({ length: AT_A_TIME }, (_, i) =>
          requestOf(round * AT_A_TIME + i, random(), elf),
        );
        const failing = requests.length - 1;
        await Promise.all([
          ...requests.slice(0, failing).map((request) => serve(pool, request)),
          pool.run({ elf: elf.subarray(0, 100) }).then(
            () => assert.unreachable(),
            (error) => assert.instance(error, InputError),
          ),
        ]);
        rounds.push({
          rss: process.memoryUsage.rss(),
          uses: [descriptors(), threads(), processes()],
        });
      }
      const [warm, last] = [rounds[2], rounds.at(-1)];
      const seen = JSON.stringify(rounds);
      assert.equal(last?.uses, warm?.uses, seen);
      assert.ok((last?.rss ?? 0) - (warm?.rss ?? 0) < GROWTH, seen);
      await pool.close();
      assert.equal([descriptors(), processes()], before);
    },
  );
