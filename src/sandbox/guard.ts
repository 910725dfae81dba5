import { HOST_ARCH } from "../core/machine/index.ts";
import { pathOf } from "../core/shim/shim.ts";

/** The program that executes another: shim/guard/guard.c. */
export const guardPath = () => pathOf(`guard-${HOST_ARCH}`);

/**
 * The arguments with which it executes a program, which then ends with the thread that starts it, by SIGKILL: Node.js
 * notices the end of its channel only if it comes to run.
 */
export const guardedArguments = (program: string): string[] => [`${process.pid}`, program];
