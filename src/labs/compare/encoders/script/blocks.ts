import type { EncoderFunctions } from "../../../../core/encoder/abi.ts";
import type { Machine } from "./arch.ts";
import type { Memory } from "./memory.ts";
import { pendingRestart, RESTART_BLOCK } from "./result.ts";
import { numberIn } from "./tables.ts";

/** orig_rax outside a system call. */
const NO_CALL = -1n;
/** The bytes that a CALL pushes. */
const RETURN_ADDRESS_SIZE = 8n;

/** The index of a register's word in a block: a struct of little-endian words of 64 bits. */
export function indexOf({ constants }: Machine, register: string): number {
  return numberIn(constants, `REG_${register}`) / 8;
}

/** Returns the function that finds a block's first word by its byte offset; it throws InputError if it is not in the buffer. */
export function blockFinder(memory: Memory, { constants }: Machine): (offset: number) => number {
  const size = numberIn(constants, "REGISTERS_SIZE");
  return (offset) => memory.indexOf(offset, size);
}

/** The functions on the blocks of a memory. Indices are constants of a closure, because these functions are timed. */
export function blockFunctions(memory: Memory, machine: Machine) {
  const find = blockFinder(memory, machine);
  const index = (register: string) => indexOf(machine, register);
  const words = numberIn(machine.constants, "REGISTERS_SIZE") / 8;
  const restart = BigInt(numberIn(machine.constants, "SYS_restart_syscall"));
  const [number, result, counter] = [
    index(machine.number),
    index(machine.result),
    index(machine.counter),
  ];
  const [parentAt, mark] = [index(machine.parent), index(machine.mark)];
  const [stack, flags] = [index(machine.stack), index(machine.flags)];
  const called = machine.called === undefined ? undefined : index(machine.called);
  const selectors = machine.selectors.map(index);
  const args = machine.args.map(index);
  const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0, sixth = 0] = args;

  const functions = {
    encodeSyscall(block, initial, call, arg0, arg1, arg2, arg3, arg4, arg5) {
      const at = find(block);
      memory.copy(at, find(initial), words);
      memory.set(at + number, call);
      if (called !== undefined) memory.set(at + called, NO_CALL);
      memory.set(at + first, arg0);
      memory.set(at + second, arg1);
      memory.set(at + third, arg2);
      memory.set(at + fourth, arg3);
      memory.set(at + fifth, arg4);
      memory.set(at + sixth, arg5);
    },

    rewindSyscall: (block) => memory.lower(find(block) + counter, machine.callSize),

    syscallResult: (block) => memory.get(find(block) + result),

    // What the result has overwritten: amd64 keeps it in orig_rax, arm64 only in the kernel (orig_x0).
    restartSyscall(block, original) {
      const at = find(block);
      const errno = pendingRestart(memory, at + result);
      if (errno === 0 || (called !== undefined && memory.low(at + called) === -1)) return 0;
      memory.set(at + result, called === undefined ? original : memory.get(at + called));
      if (errno === RESTART_BLOCK) memory.set(at + number, restart);
      memory.lower(at + counter, machine.callSize);
      return 1;
    },

    encodeBootstrap(block, parent) {
      const at = find(block);
      memory.setHalves(at + parentAt, parent, 0);
      memory.set(at + mark, 1n);
    },

    enterGuest(block, initial) {
      const at = find(block);
      const from = find(initial);
      for (const selector of selectors) memory.set(at + selector, memory.get(from + selector));
      if (called !== undefined) memory.set(at + called, NO_CALL);
      return (memory.low(at + flags) & machine.trapFlag) !== 0 ? 1 : 0;
    },

    // The kernel reads the number as 32 bits.
    decodeGuestSyscall(block, to) {
      const at = find(block);
      const target = memory.indexOf(to, 8 * args.length);
      for (let i = 0; i < args.length; i++) memory.set(target + i, memory.get(at + (args[i] ?? 0)));
      if (called !== undefined) memory.set(at + number, memory.get(at + called));
      return memory.low(at + number);
    },

    encodeGuestResult: (block, value) => memory.set(find(block) + result, value),
  } satisfies Partial<EncoderFunctions>;

  // The return address that the kernel popped is on the stack again.
  const rewindVsyscall: EncoderFunctions["rewindVsyscall"] = (block, address) => {
    const at = find(block);
    memory.set(at + counter, address);
    memory.lower(at + stack, RETURN_ADDRESS_SIZE);
  };
  return { ...functions, ...(machine.hasVsyscalls && { rewindVsyscall }) };
}
