import { EMULATIONS } from "../../../src/labs/guest/calls.ts";
import { kindsOf } from "../../../src/labs/guest/signatures.ts";
import { callNames } from "../../../src/lib/names.ts";
import {
  DATA,
  expectValue,
  guestSuite,
  type Heard,
  holds,
  run,
} from "../../support/calling_guests.ts";
import { callsOf, expectCall, expectProgram, programsOf } from "../../support/guest_programs.ts";

const { tests, test } = guestSuite("guest's system calls");

const FILES = { "/etc/x": Buffer.from("hello, file"), "/etc/y": Buffer.from("") };

/** The words that a program wrote. */
const wordsOf = ({ stdout }: Heard) =>
  new BigInt64Array(Uint8Array.from(Buffer.from(stdout, "latin1")).buffer);

/** What is also expected of some programs. */
const MORE: Readonly<Record<string, (ran: Heard, before: number) => void>> = {
  "clock_gettime returns the time, and uname the system": (ran, before) => {
    const { stdout } = ran;
    const times = wordsOf({ ...ran, stdout: stdout.slice(0, 48) });
    const [real = 0, first = 0, second = 0] = [0, 2, 4].map(
      (i) => Number(times[i]) + Number(times[i + 1]) / 1e9,
    );
    assert.ok(Math.abs(real - before) < 10);
    const uptime = Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]);
    assert.ok(Math.abs(first - uptime) < 1000 && second >= first);
    const fields = stdout.slice(48).split(/\0+/);
    assert.equal([fields[0], fields[1], fields[4]], ["Linux", "stublab", "x86_64"]);
  },
  "time and gettimeofday return the same time as clock_gettime": (ran, before) => {
    const [time, seconds, microseconds, , exact] = [...wordsOf(ran)].map(Number);
    for (const value of [time, seconds, exact])
      assert.ok(value !== undefined && value >= before - 1 && value < before + 10, `${value}`);
    assert.ok(microseconds !== undefined && microseconds >= 0 && microseconds < 1e6);
  },
  // The stack has 8 of the 32 megabytes.
  "the memory of a guest is bounded, and released memory can be allocated again": ({ calls }) =>
    assert.ok((calls.mmap ?? 0) > 70 && (calls.mmap ?? 0) < 76, `${calls.mmap}`),
  "struct stat has the type and the size": ({ stdout }) => {
    const view = new DataView(Uint8Array.from(Buffer.from(stdout, "latin1")).buffer);
    const seen = [24, 168, 312].map((at) => [
      view.getUint32(at, true),
      view.getUint32(at + 24, true),
    ]);
    assert.equal(seen, [
      [0o100444, 11],
      [0o010600, 0],
      [0o010600, 0],
    ]);
  },
};

for (const program of [...programsOf("calls"), ...programsOf("input")]) {
  test(program.title, () => {
    const before = Date.now() / 1000;
    const ran = expectProgram(program, { files: FILES });
    MORE[program.title]?.(ran, before);
  });
}

tests("every further expectation has its program", () => {
  const titles = ["calls", "input"].flatMap(programsOf).map(({ title }) => title);
  none(Object.keys(MORE), (title) => !titles.includes(title));
});

for (const line of callsOf("errnos")) {
  test(line, () => expectCall(line, { files: FILES, stdin: Buffer.from("abcd") }));
}

test("what the caller answers is not marked, whatever it is", () => {
  const options: GuestOptions = {
    onSyscall: ({ name }) => (name === "getuid" ? { errno: "ENOSYS" } : undefined),
  };
  const { trace, refused } = run(`${call("getuid")}\n${exitWith(0)}`, options);
  assert.equal([trace[0], refused], ["getuid() = -1 ENOSYS", {}]);
});

tests("docs/platform.md names the calls that are emulated", () => {
  const page = readFileSync("docs/platform.md", "utf8");
  const [, list = ""] = /A few system calls are emulated: ([^.]*)\./.exec(page) ?? [];
  const names = list.replace(/\([^)]*\)/g, "").split(/,| and /);
  assert.equal(names.map((name) => name.trim()).sort(), Object.keys(EMULATIONS).sort());
});

for (const arch of ["amd64", "arm64"] as const) {
  tests(`the arguments of every call of ${arch} are known`, () => {
    const names = callNames(openEncoder("assembly", arch).constants);
    assert.ok(names.length > 300);
    none(names, (name) => kindsOf(name) === undefined);
  });
}

test("counts at most a thousand names separately", () => {
  const { calls } = run(
    `movl $2000, %ebx\n1: leal 10000(%rbx), %eax\nsyscall\ndecl %ebx\njnz 1b\n${exitWith(0)}`,
    { trace: () => {} },
  );
  assert.is(Object.keys(calls).length, 1001);
  assert.is(calls.others, 1001);
});

test("mprotect controls reading, writing and execution", () => {
  const seen: string[] = [];
  const body = `
    movb $0xc3, page                     # ret
    ${call("mprotect", "$page", 4096, 1)}
    ${expectValue(0)}
    movb $0xc3, page                     # a fault
    ${call("mprotect", "$page", 4096, 1)}
    call page                            # another
    ${call("mprotect", "$page", 4096, 5)}
    ${expectValue(0)}
    call page
    ${call("mprotect", "$page", 4096, 0)}
    movb page, %al                       # and one more
    ${exitWith(0)} ${DATA}`;
  holds(body, {
    onFault: ({ access, info }, { space, context }) => {
      seen.push(`${access} ${info.code}`);
      const { address } = info;
      space.protect(address - (address % 4096n), 4096, "rwx");
      context.registers.set("rax", 0n);
      return seen.length < 10;
    },
  });
  // SEGV_ACCERR is 2.
  assert.equal(seen, ["read 2", "execute 2", "read 2"]);
});

tests.run();
