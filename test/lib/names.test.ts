// Names and numbers as people write them: names.txt has what each means.

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
} from "../../src/lib/names.ts";
import { nearest } from "../../src/lib/nearest.ts";

const TABLE = readFileSync("test/lib/names.txt", "utf8").split("\n").slice(2);

for (const encoder of ENCODERS) {
  const { constants } = openEncoder(encoder, "amd64");
  const names = suite(`names: ${encoder}`);

  const READERS: Readonly<Record<string, (text: string) => unknown>> = {
    number: parseNumber,
    flags: (text) => parseFlags(text, constants),
    call: (text) => parseSyscall(text, constants),
    signal: (text) => parseSignal(text, constants),
    isName: looksLikeName,
    nearest: (text) => nearest(text.split(" ")[0] ?? "", text.split(" ").slice(1)),
  };
  for (const line of TABLE.filter((each) => each !== "")) {
    const [, reader = "", text = "", sign, meaning = ""] =
      /^(\w+) "(.*?)" ([=!]) (.*)$/.exec(line) ?? [];
    names(line, () => {
      const read = () => READERS[reader]?.(text);
      if (sign === "=") assert.is(String(read()), meaning);
      else assert.is(thrown(InputError, read).message.replace(/(?<="");.*/, ""), meaning);
    });
  }

  names("the number of every system call is named", () => {
    for (const [name, number] of constants) {
      if (!/^SYS_[a-z_]/.test(name)) continue;
      assert.is(`SYS_${syscallName(number, constants)}`, name);
      assert.is(parseSyscall(name.slice(4), constants), number);
    }
    assert.is(syscallName(9999n, constants), undefined);
  });

  names("the constants are looked through once for each kind of name, not for each name", () => {
    let passes = 0;
    class Counted extends Map<string, bigint> {
      override [Symbol.iterator]() {
        passes++;
        return super[Symbol.iterator]();
      }
    }
    const counted = new Counted(constants);
    for (let errno = 1; errno < 140; errno++) {
      assert.is(errorName(errno, counted), errorName(errno, constants));
    }
    assert.is(passes, 1);
    assert.is(errorName(600, counted), "errno 600");
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

  names("a clone word is written as it is typed: every exit signal, bits without name", () => {
    assert.is(formatClone(0n, 0, constants), "0");
    assert.is(formatClone(0n, 9, constants), "SIGKILL");
    for (let exitSignal = 0; exitSignal <= 255; exitSignal++) {
      const text = formatClone(0x400n, exitSignal, constants);
      assert.is(parseFlags(text, constants), 0x400n | BigInt(exitSignal), text);
    }
    assert.is(parseFlags(formatClone(1n << 40n, 9, constants), constants), (1n << 40n) | 9n);
  });

  names.run();
}
