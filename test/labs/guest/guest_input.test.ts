import * as assert from "uvu/assert";
import {
  DATA,
  expectErrno,
  expectValue,
  guestSuite,
  holds,
  NOWHERE,
  run,
} from "../../support/calling_guests.ts";
import { call, errno, exitWith } from "../../support/programs.ts";

const { tests, test } = guestSuite("guest's input");

const bytes = (text: string) => new TextEncoder().encode(text);

/** Paths that programs use, beside the data of all programs. */
const PATHS = `${DATA}
  .data
  etc: .asciz "/etc//x/../x"
  other: .asciz "etc/y"
  none: .asciz "/none"
  empty: .asciz ""
  buffers: .quad page, 2, page + 16, 100
  broken: .quad page, 2, ${NOWHERE}, 8
  .bss
  space: .skip 256`;

const FILES = { "/etc/x": bytes("hello, file"), "/etc/y": bytes("") };

const AT_FDCWD = -100;

test("standard input is read to its end, and is empty by default", () => {
  const body = `
    ${call("read", 0, "$page", 4)}
    movq %rax, %rbx
    ${call("write", 1, "$page", "%rbx")}
    ${call("readv", 0, "$buffers", 2)}
    movq %rax, %rbx
    ${call("write", 1, "$page", 32)}
    ${call("read", 0, "$page", 4)}
    ${expectValue(0)}
    ${call("lseek", 0, 0, 0)}
    ${expectErrno("ESPIPE")}
    ${call("pread64", 0, "$page", 1, 0)}
    ${expectErrno("ESPIPE")}
    ${call("write", 0, "$page", 1)}
    ${expectErrno("EBADF")}
    ${call("read", 1, "$page", 1)}
    ${expectErrno("EBADF")}
    ${exitWith("rbx")} ${PATHS}`;
  const { stdout, trace, result } = run(body, { stdin: bytes("abcdefghi") });
  assert.is(stdout, `abcdefcd${"\0".repeat(12)}ghi${"\0".repeat(13)}`);
  assert.equal(result, { kind: "exited", status: 5 });
  assert.is(trace[0], 'read(0, "abcd", 4) = 4');
  const { result: empty, trace: silent } = run(body);
  assert.equal(empty, { kind: "exited", status: 0 });
  assert.is(silent[0], 'read(0, "", 4) = 0');
});

test("files are opened, read, sought and closed", () => {
  const { stdout, trace } = holds(
    `
    ${call("open", "$etc", 0)}
    ${expectValue(3)}
    ${call("openat", AT_FDCWD, "$other", 0o2000000)}
    ${expectValue(4)}
    ${call("read", 4, "$page", 10)}
    ${expectValue(0)}
    ${call("read", 3, "$page", 5)}
    ${expectValue(5)}
    ${call("lseek", 3, 2, 1)}
    ${expectValue(7)}
    ${call("read", 3, "$page + 5", 100)}
    ${expectValue(4)}
    ${call("pread64", 3, "$page + 9", 2, 5)}
    ${expectValue(2)}
    ${call("lseek", 3, 0, 1)}
    ${expectValue(11)}
    ${call("lseek", 3, -1, 2)}
    ${expectValue(10)}
    ${call("lseek", 3, -1, 0)}
    ${expectErrno("EINVAL")}
    ${call("lseek", 3, 0, 3)}
    ${expectErrno("EINVAL")}
    ${call("write", 1, "$page", 11)}
    ${call("close", 3)}
    ${expectValue(0)}
    ${call("close", 3)}
    ${expectErrno("EBADF")}
    ${call("open", "$etc", 0)}
    ${expectValue(3)}
    ${call("ioctl", 3, 0x5413, 0)}
    ${expectErrno("ENOTTY")}
    ${call("close", 1)}
    ${call("write", 1, "$page", 1)}
    ${expectErrno("EBADF")}
    ${exitWith(0)} ${PATHS}`,
    { files: FILES },
  );
  assert.is(stdout, "hellofile, ");
  assert.equal(
    [0, 1, 4, 6, 8].map((i) => trace[i]),
    [
      'open("/etc//x/../x", O_RDONLY) = 3',
      'openat(AT_FDCWD, "etc/y", O_RDONLY|O_CLOEXEC) = 4',
      "lseek(3, 2, SEEK_CUR) = 7",
      'pread64(3, ", ", 2, 5) = 2',
      "lseek(3, -1, SEEK_END) = 10",
    ],
  );
});

test("struct stat has the type and the size", () => {
  const { stdout } = holds(
    `
    ${call("newfstatat", AT_FDCWD, "$etc", "$page", 0)}
    ${expectValue(0)}
    ${call("write", 1, "$page", 144)}
    ${call("fstat", 0, "$page")}
    ${expectValue(0)}
    ${call("write", 1, "$page", 144)}
    ${call("newfstatat", 1, "$empty", "$page", 0x1000)}
    ${expectValue(0)}
    ${call("write", 1, "$page", 144)}
    ${call("stat", "$none", "$page")}
    ${expectErrno("ENOENT")}
    ${call("fstat", 3, "$page")}
    ${expectErrno("EBADF")}
    ${call("lstat", "$etc", NOWHERE)}
    ${expectErrno("EFAULT")}
    ${exitWith(0)} ${PATHS}`,
    { files: FILES, stdin: bytes("four") },
  );
  const view = new DataView(Uint8Array.from(Buffer.from(stdout, "latin1")).buffer);
  const seen = [0, 144, 288].map((at) => [
    view.getUint32(at + 24, true),
    view.getUint32(at + 48, true),
  ]);
  assert.equal(seen, [
    [0o100444, 11],
    [0o010600, 0],
    [0o010600, 0],
  ]);
});

for (const [name, text] of [
  ["ENOENT", call("open", "$none", 0)],
  ["ENOENT", call("open", "$empty", 0)],
  ["EROFS", call("open", "$none", 0o101)],
  ["EROFS", call("open", "$etc", 1)],
  ["EROFS", call("openat", AT_FDCWD, "$other", 0o1102)],
  ["EFAULT", call("open", NOWHERE, 0)],
  ["EBADF", call("openat", 9, "$other", 0)],
  ["ENOTDIR", call("openat", 0, "$other", 0)],
  ["EFAULT", call("read", 0, NOWHERE, 1)],
  ["EFAULT", call("read", 0, -1, 1)],
  ["EINVAL", call("read", 0, "$page", -1)],
  ["EBADF", call("read", 3, "$page", 1)],
  ["EBADF", call("readv", 1, "$buffers", 2)],
  ["EFAULT", call("readv", 0, NOWHERE, 1)],
  ["EINVAL", call("readv", 0, "$buffers", 1025)],
  ["EBADF", call("close", 3)],
] as const) {
  test(`returns ${name} for ${text.split("\n").join("; ")}`, () => {
    const body = `${text}\nnegq %rax\n${call("exit", "%rax")}${PATHS}`;
    const { result } = run(body, { files: FILES, stdin: bytes("abcd") });
    assert.equal(result, { kind: "exited", status: errno(name) });
  });
}

test("a read into several buffers ends before one that cannot be written", () => {
  const { result } = run(
    `${call("readv", 0, "$broken", 2)}\nmovq %rax, %rbx\n${call("read", 0, "$page", 9)}
    shlq $4, %rbx\norq %rax, %rbx\n${exitWith("rbx")}${PATHS}`,
    { stdin: bytes("abcd") },
  );
  assert.equal(result, { kind: "exited", status: 0x22 });
});

test("a guest has 1024 descriptors", () => {
  const { result, calls } = run(
    `1: ${call("open", "$etc", 0)}\ntestq %rax, %rax\njns 1b\nnegq %rax\n${call("exit", "%rax")}${PATHS}`,
    { files: FILES, deadline: 30_000 },
  );
  assert.equal([result, calls.open], [{ kind: "exited", status: errno("EMFILE") }, 1022]);
});

tests.run();
