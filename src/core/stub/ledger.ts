/**
 * The processes of a tracer that have an owner: the thread of a birth or a stub, or the caller whose injected clone made
 * them. Any other child of a stub, or traced child of the host, is what a failed birth has left.
 */
export class Ledger {
  readonly #own = new Set<number>();
  /** The stub whose injected clone made a process for the caller. */
  readonly #callers = new Map<number, number>();

  enter(pid: number): void {
    this.#own.add(pid);
  }

  /** The process has been reaped, or given up. */
  leave(pid: number): void {
    this.#own.delete(pid);
    if (this.#callers.size === 0) return;
    for (const [child, parent] of this.#callers) if (parent === pid) this.#callers.delete(child);
  }

  /** A call that a caller injected into the stub `parent` returned a process. */
  noteCallers(parent: number, pid: number): void {
    this.#callers.set(pid, parent);
  }

  has(pid: number): boolean {
    return this.#own.has(pid) || this.#callers.has(pid);
  }
}
