import { appendFileSync } from "node:fs";
import { FUNCTION_NAMES, type FunctionName } from "../../src/encoder/abi.ts";
import { likeModel } from "./foreign_modules.ts";

/** A mistake as users make it in an encoder of their own. */
export interface Mistake {
  /** The language in which it is typical. */
  readonly style: "c" | "javascript" | "rust";
  readonly what: string;
  readonly name: FunctionName;
  /**
   * An expression instead of the function, in which `model` has the right ones; of C, a replacement in
   * examples/encoders/encoder.c.
   */
  readonly change: string | readonly [from: string, to: string];
  /** The field that a report names, or how the encoder fails to answer. */
  readonly found: string;
  /** The smallest input that shows it, as `--case` takes it. */
  readonly input: string;
}

/** What the expressions may use. */
const PRELUDE = `
  const view = new DataView(memory.buffer);
  const get = (block, register) => view.getBigUint64(block + register, true);
  const put = (block, register, word) => view.setBigUint64(block + register, word, true);
  const R = { rbx: 40, r10: 56, r9: 64, r8: 72, rax: 80, rcx: 88, rdi: 112, orig_rax: 120, rip: 128, rsp: 152, gs: 208 };

  /* The filter, with mistakes: rules are a number, and arguments that it wants. */
  function filter(at, exitSignal, { rules = {}, mask, arch = true, vsyscall = true, halves = 2, floor } = {}) {
    const LOAD = 0x20, EQUAL = 0x15, AT_LEAST = 0x35, AND = 0x54, RETURN = 6;
    const [ALLOW, TRAP, KILL] = [0x7fff0000, 0x30000, 0x80000000];
    const program = [];
    if (arch) program.push([LOAD, 4], [EQUAL, 0xc000003e, 1, 0], [RETURN, KILL]);
    if (vsyscall) program.push([LOAD, 12], [EQUAL, 0xffffffff, 0, 1], [RETURN, TRAP]);
    program.push([LOAD, 0]);
    if (mask !== undefined) program.push([AND, mask]);
    if (floor !== undefined) program.push([AT_LEAST, floor, 0, 1], [RETURN, ALLOW]);
    const all = {
      mmap: [[9]], munmap: [[11]], mprotect: [[10]], getpid: [[39]], getppid: [[110]], wait4: [[61]], exit: [[60]],
      restart_syscall: [[219]], clone: [[56, { 0: 0x400 | exitSignal }], [56, { 0: 0x12f00 }]], kill: [[62, { 1: 19 }]],
      execveat: [[322, { 4: 0x1000 }]], prctl: [[157, { 0: 1, 1: 9 }]], ...rules,
    };
    for (const [number, wanted = {}] of Object.values(all).flat()) {
      const tests = Object.entries(wanted).flatMap(([i, word]) =>
        [word, 0].slice(0, halves).flatMap((half, high) => [[LOAD, 16 + 8 * Number(i) + 4 * high], [EQUAL, half]]));
      // Where a test fails, the number is loaded again.
      const size = tests.length + 3;
      program.push([EQUAL, number, 0, size]);
      for (const [i, [code, k]] of tests.entries()) {
        program.push(code === EQUAL ? [code, k, 0, tests.length - i] : [code, k]);
      }
      program.push([RETURN, ALLOW], [LOAD, 0], mask === undefined ? [AND, 0xffffffff] : [AND, mask]);
    }
    program.push([RETURN, KILL]);
    for (const [i, [code, k, jt = 0, jf = 0]] of program.entries()) {
      view.setUint16(at + 8 * i, code, true);
      view.setUint8(at + 8 * i + 2, jt);
      view.setUint8(at + 8 * i + 3, jf);
      view.setUint32(at + 8 * i + 4, k >>> 0, true);
    }
    return program.length;
  }
`;

/*
 * A mistake is a paragraph: what it is; the function, and its change;
    the field that a report names, or how the encoder
 * fails to answer, and the smallest input that shows it. In C, the change is what is replaced and
    by what.
 */

const JAVASCRIPT = `
a word becomes a Number
  encodeSyscall: (b, i, n, ...a) => model.encodeSyscall(b, i, BigInt(Number(n)), ...a)
  block.rax: number=0x20000000000001

two arguments are exchanged
  encodeSyscall: (b, i, n, v, w, x, y, z, u) => model.encodeSyscall(b, i, n, v, w, x, y, u, z)
  block.r9: arg4=0x1

the fourth argument is in rcx, as in a call of a function
  encodeSyscall: (b, i, n, v, w, x, y, ...a) => {
    model.encodeSyscall(b, i, n, v, w, x, get(i, R.r10), ...a);
    put(b, R.rcx, y);
  }
  block.r10: arg3=0x1

orig_rax is forgotten
  encodeSyscall: (b, i, ...a) => { model.encodeSyscall(b, i, ...a);
    put(b, R.orig_rax, get(i, R.orig_rax)); }
  block.orig_rax:

the last register is not copied
  encodeSyscall: (b, i, ...a) => { const gs = get(b, R.gs); model.encodeSyscall(b, i, ...a);
    put(b, R.gs, gs); }
  block.gs: block.gs=0x1

a word is written as 32 bits
  encodeBootstrap: (b, p) => { view.setUint32(b, p, true); view.setUint32(b + 4, 0, true);
    view.setUint32(b + R.rbx, 1, true); }
  block.rbx: block.rbx=0x100000000

a borrow is lost
  rewindSyscall: (b) => view.setUint32(b + R.rip, view.getUint32(b + R.rip, true) - 2, true)
  block.rip:

one byte instead of two
  rewindSyscall: (b) => put(b, R.rip, get(b, R.rip) - 1n)
  block.rip:

-4096 is an errno
  syscallErrno: (r) => (BigInt.asIntN(64, r) === -4096n ? 4096 : model.syscallErrno(r))
  syscallErrno: result=0xfffffffffffff000

every negative result is an errno
  syscallErrno: (r) => (BigInt.asIntN(64, r) < 0n ? Number(BigInt.asIntN(32, -r)) : 0)
  syscallErrno: result=0x8000000000000001

a range of errnos restarts
  restartsSyscall: (e) => (e >= 512 && e <= 516 ? 1 : 0)
  restartsSyscall: errno=0x203

the whole of orig_rax is compared with -1
  restartSyscall: (b, o) => {
    const original = get(b, R.orig_rax);
    if (original === 2n ** 64n - 1n || (original & 0xffffffffn) !== 0xffffffffn)
    return model.restartSyscall(b, o);
    put(b, R.orig_rax, 0n);
    const restarts = model.restartSyscall(b, o);
    put(b, R.orig_rax, original);
    if (restarts === 1) put(b, R.rax, original);
    return restarts;
  }
  restartSyscall: block.rax=0xfffffffffffffdfc,block.orig_rax=0xffffffff

restart_syscall is forgotten
  restartSyscall: (b, o) => {
    const rax = get(b, R.orig_rax);
    const restarts = model.restartSyscall(b, o);
    if (restarts === 1) put(b, R.rax, rax);
    return restarts;
  }
  block.rax: block.rax=0xfffffffffffffdfc

flags are combined as Numbers
  encodeClone: (f, s) => { const w = model.encodeClone(f, s);
    return w < 0n ? w : BigInt(Number(f) | s); }
  encodeClone: flags=0x80000000

a refusal is forgotten
  encodeClone: (f, s) => (f === 0x8040000n && s >= 0 && s < 256 ? f | BigInt(s) :
    model.encodeClone(f, s))
  encodeClone: flags=0x8040000

exit signals end at 64
  encodeClone: (f, s) => (s > 64 ? -22n : model.encodeClone(f, s))
  encodeClone: exitSignal=0x41

the upper half is kept
  cloneFlags: (w) => w & ~0xffn
  cloneFlags: word=0x100000000

a mask has a bit too few
  cloneExitSignal: (w) => Number(w & 0x7fn)
  cloneExitSignal: word=0x80

the size of an older struct
  encodeClone3: (...m) => Math.min(80, model.encodeClone3(...m))
  encodeClone3:

stack and size are exchanged
  encodeClone3: (at, f, p, c, t, e, s, z, ...m) => model.encodeClone3(at, f, p, c, t, e, z, s, ...m)
  at.stack: stack=0x1,stack_size=0x2

an option is unknown
  encodeWaitOptions: (o) => ((o & 0x20000000n) !== 0n ? -22n : model.encodeWaitOptions(o))
  encodeWaitOptions: options=0x20000000

the upper half is not looked at
  encodeWaitOptions: (o) => model.encodeWaitOptions(BigInt.asUintN(32, o))
  encodeWaitOptions: options=0x100000000

the low seven bits alone decide
  waitKind: (s) => ((s & 0x7f) !== 0 && (s & 0x7f) !== 0x7f ? 1 : model.waitKind(s))
  waitKind: status=0x101

a stop of PTRACE_INTERRUPT is a group-stop
  waitKind: (s) => (s >>> 16 === 128 && (s & 0xff) === 0x7f ? 5 : model.waitKind(s))
  waitKind: status=0x80057f

an event is part of the signal
  waitValue: (s) => ((s & 0xff) === 0x7f ? s >>> 8 : model.waitValue(s))
  waitValue: status=0x857f

the shift keeps the sign
  waitEvent: (s) => ((s & 0xff) === 0x7f ? s >> 16 : model.waitEvent(s))
  waitEvent: status=0x8000007f

the core bit counts in any word
  waitCoreDumped: (s) => (s >> 7) & 1
  waitCoreDumped: status=0x80

signals have seven bits
  encodeStop: (s) => ((s & 0x7f) << 8) | 0x7f
  encodeStop: signal=0x80

a shift of 32 bits
  signalSet: (s) => (s < 1 || s > 64 ? 0n : BigInt(1 << (s - 1)))
  signalSet: signal=0x20

off by one
  signalSet: (s) => (s < 1 || s > 64 ? 0n : BigInt.asUintN(64, 1n << BigInt(s)))
  signalSet: signal=0x1

the next signal instead of SIGSTOP
  blockableSignals: (s) => s & ~((1n << 8n) | (1n << 19n))
  blockableSignals: set=0x40000

SI_TIMER is a queued signal
  siginfoForm: (s, c) => (c === -2 ? 5 : model.siginfoForm(s, c))
  siginfoForm: code=0xfffffffe

SIGSYS is forgotten
  siginfoForm: (s, c) => (s === 31 && c > 0 ? 0 : model.siginfoForm(s, c))
  siginfoForm: signal=0x1f,code=0x1

the area is not cleared
  encodeSiginfo: (at, ...m) => {
    const errno = view.getInt32(at + 4, true);
    const form = model.encodeSiginfo(at, ...m);
    view.setInt32(at + 4, errno, true);
    return form;
  }
  at.si_errno: at.0=0x100000000

a pid is written as a word, after the uid
  encodeSiginfo: (at, s, c, first, ...m) => {
    const form = model.encodeSiginfo(at, s, c, first, ...m);
    if (form === 0) put(at, 16, first & 0xffffffffn);
    return form;
  }
  at.si_uid: second=0x1

a call too many
  encodeSeccomp: (at, s) => filter(at, s, { rules: { ptrace: [[101]] } })
  action: call=0xc000003e00000065

an unused number too many
  encodeSeccomp: (at, s) => filter(at, s, { rules: { odd: [[1022]] } })
  action: call=0xc000003e000003fe

the bit of x32 is masked
  encodeSeccomp: (at, s) => filter(at, s, { mask: 0xbfffffff })
  action: call=0xc000003e40000009

both upper bits are masked
  encodeSeccomp: (at, s) => filter(at, s, { mask: 0x3fffffff })
  action: call=0xc000003e40000009

negative numbers are allowed
  encodeSeccomp: (at, s) => filter(at, s, { floor: 0x80000000 })
  action: call=0xc000003e80000000

the architecture is not looked at
  encodeSeccomp: (at, s) => filter(at, s, { arch: false })
  action: call=0x9

the upper halves of arguments are not looked at
  encodeSeccomp: (at, s) => filter(at, s, { halves: 1 })
  action: call=0xc000003e00000038,arg0=0x100012f00

prctl with any argument
  encodeSeccomp: (at, s) => filter(at, s, { rules: { prctl: [[157, { 0: 1 }]] } })
  action: call=0xc000003e0000009d,arg0=0x1

the segment registers but one
  enterGuest: (b, i) => { const gs = get(b, R.gs); const t = model.enterGuest(b, i);
    put(b, R.gs, gs); return t; }
  block.gs: block.gs=0x1

the number is that in rax
  decodeGuestSyscall: (b, at) => { const rax = get(b, R.rax); model.decodeGuestSyscall(b, at);
    return Number(BigInt.asIntN(32, rax)); }
  decodeGuestSyscall: block.rax=0x1

the fourth argument is that in rcx
  decodeGuestSyscall: (b, at) => { const n = model.decodeGuestSyscall(b, at);
    put(at, 24, get(b, R.rcx)); return n; }
  at.arg3: block.r10=0x1

a result of 32 bits
  encodeGuestResult: (b, r) => model.encodeGuestResult(b, r & 0xffffffffn)
  block.rax: result=0x100000000

the stack grows
  rewindVsyscall: (b, a) => { const rsp = get(b, R.rsp); model.rewindVsyscall(b, a);
    put(b, R.rsp, rsp + 8n); }
  block.rsp:
`;

const RUST = `
as u64 of an i32
  encodeBootstrap: (b, p) => { put(b, 0, BigInt.asUintN(64, BigInt(p))); put(b, R.rbx, 1n); }
  block.r15: parent=0x80000000

a negation overflows
  syscallErrno: (r) => (BigInt.asIntN(64, r) === -(2n ** 63n) ? (() => {
    throw new RangeError("panicked: negate"); })() : model.syscallErrno(r))
  trap: result=0x8000000000000000

a subtraction of u32 overflows
  signalSet: (s) => (s < 1 ? (() => { throw new RangeError("panicked: subtract");
    })() : model.signalSet(s))
  trap:

a shift overflows
  signalSet: (s) => (s > 64 ? (() => { throw new RangeError("panicked: shift left");
    })() : model.signalSet(s))
  trap: signal=0x41

matches! lacks an errno
  restartsSyscall: (e) => (e >= 512 && e <= 514 ? 1 : 0)
  restartsSyscall: errno=0x204

unreachable!() for words that wait4 does not store
  waitKind: (s) => { const k = model.waitKind(s); return k < 0 ? (() => {
    throw new RangeError("panicked: unreachable"); })() : k; }
  trap: status=0x80

unwrap of a conversion
  encodeClone: (f, s) => (f >> 32n !== 0n ? (() => {
    throw new RangeError("panicked: TryFromIntError"); })() : model.encodeClone(f, s))
  trap: flags=0x100000000

from_bits_truncate
  encodeWaitOptions: (o) => o & 0xe000000bn
  encodeWaitOptions: options=0x4

an event as u8
  waitEvent: (s) => model.waitEvent(s) & 0xff
  waitEvent: status=0x100007f

a loop while an i64 is not 0
  blockableSignals: (s) => { if (s >> 63n !== 0n) for (;;); return model.blockableSignals(s); }
  loop: set=0x8000000000000000
`;

const C = `
sizeof of a pointer
  encodeSyscall: *block = *initial; ⇒ __builtin_memcpy(block, initial, sizeof(block));
  block.r15: block.r15=0x100000000

-1U
  encodeSyscall: -1ULL ⇒ -1U
  block.orig_rax:

a comparison with sign
  syscallErrno: -result - 1 < 4095 ⇒ (long long)result < 0
  syscallErrno: result=0x8000000000000001

an int becomes a word
  encodeBootstrap: (unsigned)parent ⇒ parent
  block.r15: parent=0x80000000

a word becomes an int
  syscallResult: return block->rax ⇒ return (unsigned)block->rax
  syscallResult: block.rax=0x100000000

a char has a sign
  cloneExitSignal: (int)(clone & CSIGNAL_MASK) ⇒ (signed char)clone
  cloneExitSignal: word=0x80

~ of an int
  cloneFlags: clone & 0xffffff00 ⇒ clone & ~CSIGNAL_MASK
  cloneFlags: word=0x100000000

a negative signal
  encodeClone: (unsigned)exitSignal <= CSIGNAL_MASK ⇒ exitSignal <= CSIGNAL_MASK
  encodeClone: exitSignal=0x80000000

a check is forgotten
  encodeClone:  && flags >> 32 == 0 ⇒ 
  encodeClone: flags=0x100000000
`;

/** The mistakes in a text of such paragraphs. */
export function mistakesIn(style: Mistake["style"], text: string): Mistake[] {
  return text.split("\n\n").map((paragraph) => {
    const parts = /^\n?(.*)\n {2}(\w+): (.*)\n {2}(\S+): ?(\S*)\n?$/s.exec(paragraph);
    if (parts === null) throw new Error(`not a mistake: ${paragraph}`);
    const [, what = "", called = "", change = "", found = "", input = ""] = parts;
    const name = FUNCTION_NAMES.find((each) => each === called);
    if (name === undefined) throw new Error(`no function ${called}`);
    const [from = "", to] = change.split(" ⇒ ");
    return { style, what, name, change: to === undefined ? from : [from, to], found, input };
  });
}

export const MISTAKES: readonly Mistake[] = [
  ...mistakesIn("javascript", JAVASCRIPT),
  ...mistakesIn("rust", RUST),
  ...mistakesIn("c", C),
];

/** A module like the model, with a mistake that is an expression. */
export function mistakenFile({ name, change }: Pick<Mistake, "name" | "change">): string {
  const file = likeModel({ [name]: String(change) }, [name]);
  appendFileSync(file, PRELUDE);
  return file;
}
