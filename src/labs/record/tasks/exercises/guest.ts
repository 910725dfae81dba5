import { hex } from "../../../../lib/errors.ts";
import { HOST, NAMES } from "../../arch.ts";
import { CODE_ADDRESS } from "../assemble.ts";
import { go, write } from "../go.ts";
import type { Pose } from "../task.ts";
import { CODE, indented } from "./arch.ts";

export const guestCode: Pose = (draw) => {
  const call = draw.one("write", "getpid", "exit", "kill", "close", "brk", "openat");
  const argument = draw.number(2, 0xffff);
  const address = 0x1_0000n * BigInt(draw.number(16, 0xffff)) + 8n * BigInt(draw.number(0, 8191));
  return {
    values: { call, argument, address: hex(address), number: NAMES.NUMBER, load: CODE.LOAD },
    isCode: true,
    start: indented(CODE.guest("getppid")),
    key: indented(CODE.guest(call, argument, address)),
    play(judge, { code }) {
      const guest = judge.cast({ lane: "guest", role: "a stub in which your code runs", code });
      guest.emulated = true;
      const begin = { [HOST.INSTRUCTION_POINTER]: CODE_ADDRESS };
      write(guest, begin, "It begins at the first instruction of the guest.");
      judge.expect("the first stop", `stopped at ${call}`, go(guest));
      const seen = hex(guest.registers()[HOST.ARGUMENTS[0] ?? ""] ?? 0n);
      judge.expect("RDI at the call", hex(BigInt(argument)), seen);
      const fault = `raised SIGSEGV at ${hex(address)}`;
      judge.expect("the second stop", fault, go(guest));
    },
  };
};
