import { setImmediate } from "node:timers/promises";

/** Signals that others send to end a process. */
const FATAL = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Does work that would leave something behind if a signal ended this process before its end. A signal that arrives
 * during the work ends the process afterwards, with the same wait status.
 *
 * @param work is passed an AbortSignal that is aborted when a signal arrives, so that it can end early; and what it may
 * call before it reports: unless a signal has arrived, one then ends the process at once, as a FIFO may have no reader
 */
export async function finishing<T>(
  work: (interrupted: AbortSignal, release: () => Promise<void>) => Promise<T>,
): Promise<T> {
  let caught: NodeJS.Signals | undefined;
  const { interrupted, stop } = onFatal((signal) => {
    caught ??= signal;
  });
  const release = async () => {
    // A signal that arrived during synchronous work is delivered in the next turn of the event loop.
    await setImmediate();
    if (caught === undefined) stop();
  };
  try {
    return await work(interrupted, release);
  } finally {
    await release();
    stop();
    if (caught !== undefined) process.kill(process.pid, caught);
  }
}

/**
 * From now on, a signal ends this process only between two turns of its event loop, so nothing that is made and removed
 * within one turn is left behind. Returns a function that ends this.
 */
export function endBetweenTurns(): () => void {
  const { stop } = onFatal((signal) => {
    stop();
    process.kill(process.pid, signal);
  });
  return stop;
}

/**
 * Calls a function at each such signal, which does not end this process then.
 *
 * @param listener is also passed `interrupted`, which is aborted after the first call
 * @returns `interrupted`, and what ends this
 */
export function onFatal(listener: (signal: NodeJS.Signals, interrupted: AbortSignal) => void) {
  const controller = new AbortController();
  const interrupted = controller.signal;
  const hear = (signal: NodeJS.Signals) => {
    listener(signal, interrupted);
    controller.abort();
  };
  for (const signal of FATAL) process.on(signal, hear);
  const stop = () => {
    for (const signal of FATAL) process.off(signal, hear);
  };
  return { interrupted, stop };
}
