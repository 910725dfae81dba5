import { addressOf, at, PLACES, SLOTS } from "../../code.ts";
import type { Question, Sites } from "../../seccomp.ts";
import { USER_SPACE } from "./vsyscall.ts";

const HALF = 0xffff_ffffn;
const [X86_64, I386] = [0xc000_003en, 0x4000_0003n];
/** The functions of the vsyscall page (uapi/asm/vsyscall.h), and the numbers that a filter sees for them. */
const VSYSCALLS: readonly (readonly [address: bigint, number: bigint])[] = [
  [0xffff_ffff_ff60_0000n, 96n],
  [0xffff_ffff_ff60_0400n, 201n],
  [0xffff_ffff_ff60_0800n, 309n],
];

function vsyscallOf({ ip }: Question): bigint | undefined {
  return VSYSCALLS.find(([address]) => address === ip)?.[0];
}

/** SYSCALL, INT 0x80, and calls into the vsyscall page. */
export const SITES: Sites = {
  arch: X86_64,
  siteOf(question) {
    if (question.arch === I386) return at("askInt80");
    return vsyscallOf(question) === undefined ? PLACES.question : at("askCallRax");
  },
  registersOf(question) {
    return { rsp: addressOf(SLOTS.stackEnd), rax: vsyscallOf(question) ?? question.number };
  },
  /** Replaces other architectures by i386, and instruction pointers by one of the vsyscall page or of the stub. */
  fit(input, number) {
    const arch = input.word("call") >> 32n === X86_64 ? X86_64 : I386;
    const [address, own] = VSYSCALLS[Number(number % 3n)] ?? [0n, 0n];
    const vsyscall = arch === X86_64 && input.word("instruction_pointer") >> 32n === HALF;
    input.put("call", (arch << 32n) | (vsyscall ? own : number));
    input.put("instruction_pointer", vsyscall ? address : PLACES.question);
    if (!vsyscall) return;
    // The kernel checks that these point to user space before it runs a filter.
    for (let i = 0; i < 6; i++) input.mask(`arg${i}`, USER_SPACE);
  },
  isTrapped: ({ ip }) => ip >> 32n === HALF,
};
