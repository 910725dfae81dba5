import { setImmediate } from "node:timers/promises";

/** Signals by which others end a process. */
const FATAL = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Does work that something would be left of if a signal ended this process in the middle. The signal ends it once the
 * work is done, with the status that it would have had.
 *
 * @param work gets a signal that is aborted then: it ends early, if it can.
 */
export async function finishing<T>(work: (interrupted: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let caught: NodeJS.Signals | undefined;
  const stopListening = onFatal((signal) => {
    caught ??= signal;
    controller.abort();
  });
  try {
    return await work(controller.signal);
  } finally {
    // A signal that came while nothing else could run is heard in the next turn of the event loop.
    await setImmediate();
    stopListening();
    if (caught !== undefined) process.kill(process.pid, caught);
  }
}

/**
 * From now on, a signal ends this process between two turns of its event loop: what is made and removed within one is
 * never left. Answers how to end that.
 */
export function endBetweenTurns(): () => void {
  const stopListening = onFatal((signal) => {
    stopListening();
    process.kill(process.pid, signal);
  });
  return stopListening;
}

function onFatal(listener: (signal: NodeJS.Signals) => void): () => void {
  for (const signal of FATAL) process.on(signal, listener);
  return () => {
    for (const signal of FATAL) process.off(signal, listener);
  };
}
