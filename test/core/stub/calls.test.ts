import { callTitle, returned, tellCall } from "../../../src/labs/record/calls.ts";

const calls = suite("recording: calls");

const { constants } = openEncoder("assembly");

/** Memory of the caller. */
const MEMORY = new Map<bigint, Uint8Array>([
  [0x1000n, Buffer.from("hello\n\0world, and so on and on and on\0")],
  [0x2000n, new Uint8Array(BigUint64Array.of(0xfffffffffffbfeffn).buffer)],
  [0x3000n, new Uint8Array(BigUint64Array.of(0x4001n).buffer)],
  [0x4000n, new Uint8Array(BigUint64Array.of(0n).buffer)],
  [0x5000n, new Uint8Array(BigUint64Array.of(1n).buffer)],
  [0x6000n, new Uint8Array(BigUint64Array.of(0x7f0000001000n).buffer)],
]);

const teller = {
  constants,
  read: (address: bigint, length: number) => MEMORY.get(address)?.subarray(0, length),
};

/** A call in the format of a recording. */
function told(name: string, words: readonly bigint[], result?: bigint): string {
  const number = constants.get(`SYS_${name}`) ?? 9999n;
  const call = tellCall(number, words, teller);
  const word = result === undefined ? undefined : BigInt.asUintN(64, result);
  return callTitle(word === undefined ? call : returned(call, word, teller));
}

const MINUS_ONE = 2n ** 64n - 1n;

const TOLD: readonly [text: string, name: string, words: bigint[], result?: bigint][] = [
  ["getpid() = 42", "getpid", [1n, 2n], 42n],
  ["exit(1) = ?", "exit", [1n]],
  ["exit(-1) = ?", "exit", [MINUS_ONE]],
  ["close(5) = -1 EBADF", "close", [5n], -9n],
  ["close(5) = -1 errno 4095", "close", [5n], -4095n],
  ["close(5) = -4096", "close", [5n], -4096n],
  ["kill(42, SIGSTOP) = 0", "kill", [42n, 19n], 0n],
  ["kill(-42, 0) = 0", "kill", [MINUS_ONE - 41n, 0n], 0n],
  ["tgkill(1, 2, SIGRTMIN) = 0", "tgkill", [1n, 2n, 32n], 0n],
  ["prctl(PR_SET_PDEATHSIG, SIGKILL) = 0", "prctl", [1n, 9n], 0n],
  ["prctl(PR_GET_PDEATHSIG, 0x1000) = 0", "prctl", [2n, 0x1000n], 0n],
  ["prctl(PR_SET_NO_NEW_PRIVS, 0x1) = 0", "prctl", [38n, 1n], 0n],
  ["clone(CLONE_FILES|SIGKILL, NULL, NULL, NULL, NULL) = 7", "clone", [0x409n], 7n],
  ["clone(0, 0x1000, NULL, NULL, NULL) = -1 EAGAIN", "clone", [0n, 0x1000n], -11n],
  ["wait4(7, NULL, WUNTRACED|__WALL, NULL) = 7", "wait4", [7n, 0n, 0x40000002n], 7n],
  ["wait4(-1, 0x9000, WNOHANG, NULL) = 0", "wait4", [MINUS_ONE, 0x9000n, 1n], 0n],
  ["wait4(7, NULL, 0, NULL) = -1 ECHILD", "wait4", [7n], -10n],
  ["munmap(NULL, 0x7fffffffe000) = 0", "munmap", [0n, 0x7fffffffe000n], 0n],
  [
    "mmap(0x20000, 0x1000, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS, -1, 0x0) = 0x20000",
    "mmap",
    [0x20000n, 0x1000n, 3n, 0x32n, MINUS_ONE, 0n],
    0x20000n,
  ],
  ["mprotect(0x1000, 0x1000, PROT_NONE) = -1 ENOMEM", "mprotect", [0x1000n, 0x1000n, 0n], -12n],
  ['write(1, "hello\\n", 6) = 6', "write", [1n, 0x1000n, 6n], 6n],
  [
    'write(1, "hello\\n\\0world, and so on and on a"..., 36) = 36',
    "write",
    [1n, 0x1000n, 36n],
    36n,
  ],
  ["write(1, 0x9999, 6) = -1 EFAULT", "write", [1n, 0x9999n, 6n], -14n],
  [
    "rt_sigprocmask(SIG_SETMASK, ~[KILL STOP], NULL, 8) = 0",
    "rt_sigprocmask",
    [2n, 0x2000n, 0n, 8n],
    0n,
  ],
  [
    "rt_sigprocmask(SIG_BLOCK, [HUP TERM], NULL, 8) = 0",
    "rt_sigprocmask",
    [0n, 0x3000n, 0n, 8n],
    0n,
  ],
  [
    "rt_sigprocmask(SIG_SETMASK, [], 0x2000, 8) = 0",
    "rt_sigprocmask",
    [2n, 0x4000n, 0x2000n, 8n],
    0n,
  ],
  ["rt_sigaction(SIGTERM, {SIG_DFL}, NULL, 8) = 0", "rt_sigaction", [15n, 0x4000n, 0n, 8n], 0n],
  ["rt_sigaction(SIGTERM, {SIG_IGN}, NULL, 8) = 0", "rt_sigaction", [15n, 0x5000n, 0n, 8n], 0n],
  [
    "rt_sigaction(SIGTERM, {0x7f0000001000}, NULL, 8) = 0",
    "rt_sigaction",
    [15n, 0x6000n, 0n, 8n],
    0n,
  ],
  [
    "rseq(0x1000, 32, RSEQ_FLAG_UNREGISTER, 0x53053053) = 0",
    "rseq",
    [0x1000n, 32n, 1n, 0x53053053n],
    0n,
  ],
  ["uname(0x1000, 0x0, 0x0, 0x0, 0x0, 0x0) = 0", "uname", [0x1000n], 0n],
  ["syscall_9999(0x0, 0x0, 0x0, 0x0, 0x0, 0x0) = -1 ENOSYS", "no such call", [], -38n],
];

for (const [text, name, words, result] of TOLD) {
  calls(text, () => assert.is(told(name, words, result), text));
}

calls("the decoded words are those of the registers", () => {
  const call = tellCall(constants.get("SYS_kill") ?? 0n, [MINUS_ONE, 19n, 5n], teller);
  assert.equal(call.arguments, [
    { word: "0xffffffffffffffff", told: "-1" },
    { word: "0x13", told: "SIGSTOP" },
  ]);
  assert.is(call.result, null);
});
