import { closeSync, constants, openSync } from "node:fs";
import type { Encoder } from "../../core/encoder/abi.ts";
import { PAGE_SIZE } from "../../core/shim/auxiliary_vector.ts";
import { loadShim } from "../../core/shim/shim.ts";
import { Tracer } from "../../core/stub/tracer.ts";
import { limitError } from "../../lib/errno.ts";
import { UnsupportedError } from "../../lib/errors.ts";

/** <asm-generic/ioctls.h>. TIOCGPTPEER is there since Linux 4.13. */
const TIOCSPTLCK = 0x40045431;
const TIOCGPTPEER = 0x5441;

const { O_RDWR, O_NOCTTY } = constants;
/** <asm-generic/fcntl.h>; Node.js does not name it. */
const O_CLOEXEC = 0o2000000;

/** A new terminal: what is written to `keyboard` is typed on it. */
export interface Terminal {
  readonly keyboard: number;
  /** For a process that is to have it as its terminal. */
  readonly line: number;
}

/**
 * Opens a pseudo-terminal (pty(7)). Node.js has no ioctl, but a stub has: it shares the host's file table, and makes
 * the two that this needs.
 *
 * @throws UnsupportedError where there are no pseudo-terminals.
 */
export function openTerminal(encoder: Encoder): Terminal {
  const keyboard = openMaster();
  try {
    using tracer = new Tracer({ encoder });
    const stub = tracer.createStub();
    // The stub's page ends in zeros: a lock that is open.
    stub.call("ioctl", keyboard, TIOCSPTLCK, tracer.host.stubAddress + PAGE_SIZE - 8);
    const line = stub.call("ioctl", keyboard, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    return { keyboard, line: Number(line) };
  } catch (error) {
    closeSync(keyboard);
    throw error;
  }
}

export function closeTerminal({ keyboard, line }: Terminal): void {
  // A stub opened it, and Node.js does not know it.
  loadShim().close(line);
  closeSync(keyboard);
}

function openMaster(): number {
  try {
    return openSync("/dev/ptmx", O_RDWR | O_NOCTTY);
  } catch (cause) {
    const limit = limitError("/dev/ptmx cannot be opened", cause);
    if (limit !== undefined) throw limit;
    throw new UnsupportedError("there are no pseudo-terminals here: /dev/ptmx cannot be opened", {
      cause,
      remedy: "mount devpts on /dev/pts",
    });
  }
}
