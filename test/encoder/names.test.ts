import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  errorName,
  formatClone,
  looksLikeName,
  parseFlags,
  parseNumber,
  parseSignal,
  parseSyscall,
  signalName,
  syscallName,
} from "../../src/encoder/names.ts";
import { ENCODERS, InputError, openEncoder } from "../../src/index.ts";
import { nearest } from "../../src/nearest.ts";

/** The error that `body` throws has this message. */
function refused(body: () => unknown, message: RegExp): void {
  assert.throws(
    body,
    (error: unknown) => error instanceof InputError && message.test(error.message),
  );
}

const numbers = suite("names: numbers");

numbers("a number is read in any base", () => {
  const readings: [string, bigint][] = [
    ["0", 0n],
    ["42", 42n],
    ["-1", -1n],
    ["0x2a", 42n],
    ["0X2A", 42n],
    ["0o52", 42n],
    ["0O52", 42n],
    ["052", 42n],
    ["00", 0n],
    ["0b101010", 42n],
    ["0B101010", 42n],
    ["-0x10", -16n],
    ["-052", -42n],
    ["0xffffffffffffffff", 2n ** 64n - 1n],
    ["18446744073709551616", 2n ** 64n],
  ];
  for (const [text, value] of readings) assert.is(parseNumber(text), value, text);
});

numbers("anything else is not a number", () => {
  const garbage = [
    "",
    "-",
    "+1",
    " 1",
    "1 ",
    "1.5",
    "1e3",
    "1_000",
    "0x",
    "0xg",
    "0o8",
    "0b2",
    "08",
    "09",
  ];
  for (const text of [...garbage, "--1", "- 1", "1n", "NaN", "Infinity", "getpid", "0x1|2", "٤"]) {
    assert.is(parseNumber(text), undefined, text);
  }
});

numbers.run();

for (const encoder of ENCODERS) {
  const { constants } = openEncoder(encoder, "amd64");
  const names = suite(`names: ${encoder}`);

  names("flags are names and numbers, joined by |, with spaces between them", () => {
    for (const text of [
      "CLONE_FILES|SIGKILL",
      "SIGKILL|CLONE_FILES",
      " CLONE_FILES | SIGKILL ",
      "CLONE_FILES|9",
      "0x400|011",
      "1033",
      "CLONE_FILES|SIGKILL|CLONE_FILES",
    ]) {
      assert.is(parseFlags(text, constants), 0x409n, text);
    }
    assert.is(parseFlags("__WALL|WUNTRACED", constants), 0x4000_0002n);
    assert.is(parseFlags("AT_FDCWD", constants), -100n);
  });

  names("an unknown name is refused, and the nearest is named", () => {
    for (const [text, unknown, near] of [
      ["CLONE_FILE", "CLONE_FILE", "CLONE_FILES"],
      ["CLONE_FILES|SIGKIL", "SIGKIL", "SIGKILL"],
      ["PROT_READ|PROT_WIRTE", "PROT_WIRTE", "PROT_WRITE"],
      ["clone_files", "clone_files", "CLONE_FILES"],
    ] as const) {
      const message = `^unknown name "${unknown}"; did you mean ${near}\\?$`;
      refused(() => parseFlags(text, constants), new RegExp(message));
    }
    refused(() => parseFlags("XYZZY_QUUX_FROB", constants), /^unknown name "XYZZY_QUUX_FROB"$/);
  });

  names("an empty term is refused", () => {
    for (const text of ["", "|", "CLONE_FILES|", "|CLONE_FILES", "CLONE_FILES||SIGKILL", " "]) {
      refused(() => parseFlags(text, constants), /^unknown name ""/);
    }
  });

  names("an encoder's own constants are not flags", () => {
    for (const own of [
      "REG_rax",
      "WAIT_EXITED",
      "ENCODER_ABI",
      "REGISTERS_SIZE",
      "SYS_getpid",
      "heap",
    ]) {
      refused(() => parseFlags(own, constants), new RegExp(`^unknown name "${own}"`));
    }
  });

  names("a system call has a name or a number", () => {
    assert.is(parseSyscall("getpid", constants), 39n);
    assert.is(parseSyscall("39", constants), 39n);
    assert.is(parseSyscall("0x27", constants), 39n);
    assert.is(parseSyscall("9999", constants), 9999n);
    assert.is(parseSyscall("execveat", constants), 322n);
    for (const [unknown, near] of [
      ["getpdi", "getpid"],
      ["GETPID", "getpid"],
      ["mmpa", "mmap"],
    ] as const) {
      const message = new RegExp(`^unknown system call "${unknown}"; did you mean ${near}\\?$`);
      refused(() => parseSyscall(unknown, constants), message);
    }
    refused(() => parseSyscall("", constants), /^unknown system call ""/);
    refused(() => parseSyscall("frobnicate_everything", constants), /^unknown system call/);
  });

  names("the number of every system call is named", () => {
    for (const [name, number] of constants) {
      if (!/^SYS_[a-z_]/.test(name)) continue;
      assert.is(`SYS_${syscallName(number, constants)}`, name);
      assert.is(parseSyscall(name.slice(4), constants), number);
    }
    assert.is(syscallName(9999n, constants), undefined);
  });

  names("a signal has a name, with or without SIG, in any case, or a number", () => {
    for (const text of ["SIGKILL", "KILL", "kill", "sigkill", "Kill", "9", "0x9", "011"]) {
      assert.is(parseSignal(text, constants), 9, text);
    }
    assert.is(parseSignal("0", constants), 0);
    assert.is(parseSignal("64", constants), 64);
    assert.is(parseSignal("SIGRTMAX", constants), 64);
    for (const text of ["65", "-1", "256", "18446744073709551625"]) {
      refused(() => parseSignal(text, constants), new RegExp(`^unknown signal ${text}$`));
    }
    refused(
      () => parseSignal("SIGKIL", constants),
      /^unknown signal "SIGKIL"; did you mean SIGKILL\?$/,
    );
    refused(() => parseSignal("", constants), /^unknown signal ""/);
  });

  names("every signal from 1 to 64 is parsed from its name", () => {
    assert.is(signalName(9, constants), "SIGKILL");
    assert.is(signalName(17, constants), "SIGCHLD");
    assert.is(signalName(40, constants), "signal 40");
    for (let signal = 1; signal <= 64; signal++) {
      const name = signalName(signal, constants);
      if (name.startsWith("SIG")) assert.is(parseSignal(name, constants), signal);
    }
  });

  names("an errno has its own name, not that of another constant", () => {
    assert.is(errorName(1, constants), "EPERM");
    assert.is(errorName(2, constants), "ENOENT");
    assert.is(errorName(9, constants), "EBADF");
    assert.is(errorName(38, constants), "ENOSYS");
    assert.is(errorName(0, constants), "errno 0");
    assert.is(errorName(600, constants), "errno 600");
  });

  const flags = [...constants].filter(([name]) => name.startsWith("CLONE_"));

  names("a clone word is written as it would be typed: every flag and every pair of flags", () => {
    for (const [i, [name, flag]] of flags.entries()) {
      assert.is(formatClone(flag, 0, constants), name);
      assert.is(formatClone(flag, 17, constants), `${name}|SIGCHLD`);
      for (const [, other] of flags.slice(i)) {
        for (const exitSignal of [0, 9, 17, 64]) {
          const text = formatClone(flag | other, exitSignal, constants);
          assert.is(parseFlags(text, constants), flag | other | BigInt(exitSignal), text);
        }
      }
    }
  });

  names(
    "a clone word is written as it would be typed: every exit signal, and bits without a name",
    () => {
      assert.is(formatClone(0n, 0, constants), "0");
      assert.is(formatClone(0n, 9, constants), "SIGKILL");
      for (let exitSignal = 0; exitSignal <= 255; exitSignal++) {
        const text = formatClone(0x400n, exitSignal, constants);
        assert.is(parseFlags(text, constants), 0x400n | BigInt(exitSignal), text);
      }
      assert.is(parseFlags(formatClone(1n << 40n, 9, constants), constants), (1n << 40n) | 9n);
    },
  );

  names.run();
}

const words = suite("names: words");

words("an upper-case word is always a name", () => {
  for (const text of ["CLONE_FILES", "SIGKILL", "__WALL", "O_RDONLY", "X", "E2BIG"]) {
    assert.ok(looksLikeName(text), text);
  }
  for (const text of ["", "getpid", "/tmp", "9", "_", "CLONE_FILES|SIGKILL", "Hello", "A B"]) {
    assert.not(looksLikeName(text), text);
  }
});

words("the nearest word takes the fewest edits, and is near", () => {
  assert.is(nearest("getpidd", ["getppid", "getpid", "getpgid"]), "getpid");
  assert.is(nearest("CLONE_FILE", ["CLONE_FS", "CLONE_FILES"]), "CLONE_FILES");
  assert.is(nearest("asembly", ["assembly", "script", "native"]), "assembly");
  assert.is(nearest("getpdi", ["getgid", "getuid", "getpid"]), "getpid");
  assert.is(nearest("abc", ["xyz"]), undefined);
  assert.is(nearest("anything", []), undefined);
});

words.run();
