import { mapPages } from "../core/platform/memory.ts";
import type { Patches } from "../core/platform/runner.ts";
import { PAGE_SIZE } from "../core/shim/auxiliary_vector.ts";
import { type Mapping, parseMaps, readProc } from "../core/stub/proc.ts";
import type { Stub } from "../core/stub/stub.ts";
import { type HandlerPages, SITES, type Site, TRAMPOLINE_LENGTH } from "./handler_pages.ts";
import { loadFast } from "./shim.ts";
import * as code from "./site.ts";

/** A patch takes the time of so many signals: a system call that is seen less often is not worth one. */
const HOT = 64;

/** How many addresses are counted: a hostile guest can make system calls at any number of them. */
const MOST_COUNTED = 1024;

/** Private memory of a guest that it cannot write. */
const PATCHABLE = "r-xp";

/**
 * The system calls of the guests of a stub that are patched: instead of a signal, a jump to the page of the handler.
 *
 *     site: mov $nr, %eax ── becomes ──► jmp *table(8 i) ──► trampoline i of the handler's page
 *           syscall       ── stays: a jump to it raises the signal
 *
 * The operand of this jump extends over the SYSCALL, whose bytes are the upper half of the table's address. So the table is
 * a page of the guest's memory, at one of 16 addresses.
 */
export class Sites implements Patches {
  readonly #stub: Stub;
  readonly #shared: HandlerPages;
  readonly #sites: (Site | undefined)[] = Array<Site | undefined>(SITES).fill(undefined);
  /** How often the system call of a site was made by a signal. */
  readonly #counts = new Map<bigint, number>();
  /** The system call to be patched before the next switch. */
  #hot: bigint | undefined;
  /** The address of the table, once it is mapped. */
  #table: number | undefined;

  constructor(stub: Stub, pages: HandlerPages) {
    this.#stub = stub;
    this.#shared = pages;
  }

  /** The addresses of the sites, in ascending order. */
  get addresses(): bigint[] {
    const addresses = BigUint64Array.from(this.#sites.flatMap((site) => site?.address ?? []));
    return [...addresses.sort()];
  }

  /** Counts a system call that was made by a signal. @param end the address after it. */
  count(end: bigint): void {
    const site = end - BigInt(code.SITE_LENGTH);
    if (this.#counts.size >= MOST_COUNTED) this.#counts.clear();
    const count = (this.#counts.get(site) ?? 0) + 1;
    this.#counts.set(site, count);
    if (count === HOT) this.#hot = site;
  }

  /** Patches the system call that was counted often enough, if there is one and it can be. @throws what `Stub.call` throws */
  apply(): void {
    const address = this.#hot;
    if (address === undefined) return;
    this.#hot = undefined;
    const index = this.#sites.indexOf(undefined);
    const length = code.SITE_LENGTH;
    // A jump to the SYSCALL of a patched site raises a signal, too.
    const isPatched = this.#sites.some(
      (site) => site !== undefined && overlap(site.address, length, address, BigInt(length)),
    );
    if (index < 0 || isPatched) return;
    const { thread, pid } = this.#stub;
    thread.makeStopped();
    const mappings = parseMaps(readProc(`/proc/${pid}/maps`));
    const site = this.#siteAt(address, mappings);
    if (site === undefined) return;
    this.#table ??= this.#mapTable(mappings);
    if (this.#table === undefined) return;
    this.#set(index, site);
    this.#exchange(
      site.address,
      code.encodeMove(site.number),
      code.encodeJump(this.#table + 8 * index),
    );
  }

  /**
   * Undoes the patches that overlap a range; all of them if their table does, which is then unmapped.
   *
   * @throws what `Stub.call` throws
   */
  undo(start: bigint, length: bigint): void {
    const overlaps = (at: bigint, bytes: number) => overlap(at, bytes, start, length);
    for (const site of this.#counts.keys()) {
      if (overlaps(site, code.SITE_LENGTH)) this.#counts.delete(site);
    }
    const table = this.#table;
    if (table === undefined) return;
    const isWhole = overlaps(BigInt(table), PAGE_SIZE);
    for (const [index, site] of this.#sites.entries()) {
      if (site === undefined || !(isWhole || overlaps(site.address, code.SITE_LENGTH))) continue;
      this.#set(index, undefined);
      this.#exchange(
        site.address,
        code.encodeJump(table + 8 * index),
        code.encodeMove(site.number),
      );
    }
    if (!isWhole) return;
    this.#table = undefined;
    this.#stub.call("munmap", table, PAGE_SIZE);
  }

  /** Unmaps the table if a range that is to be read has a part of it. @throws what `Stub.call` throws */
  uncover(start: bigint, length: number): void {
    const table = this.#table;
    if (table !== undefined && overlap(BigInt(table), PAGE_SIZE, start, BigInt(length))) {
      this.undo(BigInt(table), BigInt(PAGE_SIZE));
    }
  }

  /** Shows in bytes that were read at an address what the guest had there. */
  conceal(address: bigint, bytes: Uint8Array): void {
    for (const site of this.#sites) {
      if (site === undefined) continue;
      for (const [i, byte] of code.encodeMove(site.number).entries()) {
        const at = site.address + BigInt(i) - address;
        if (at >= 0n && at < bytes.length) bytes[Number(at)] = byte;
      }
    }
  }

  /** Everything was unmapped. */
  forget(): void {
    for (const index of this.#sites.keys()) this.#set(index, undefined);
    this.#counts.clear();
    this.#hot = undefined;
    this.#table = undefined;
  }

  #set(index: number, site: Site | undefined): void {
    this.#sites[index] = site;
    this.#shared.setSite(index, site);
  }

  /** What is to be patched at an address; undefined if it must not be. */
  #siteAt(address: bigint, mappings: readonly Mapping[]): Site | undefined {
    const isPatchable = (at: bigint) =>
      mappings.some(
        ({ start, end, protection }) => protection === PATCHABLE && at >= start && at < end,
      );
    const last = address + BigInt(code.SITE_LENGTH - 1);
    if (last >= this.#shared.address || !isPatchable(address) || !isPatchable(last))
      return undefined;
    const number = code.decodeSite(this.#stub.read(address, code.SITE_LENGTH));
    return number === undefined ? undefined : { address, number };
  }

  /** Maps the table at an address that is free. Returns the address; undefined if none is. */
  #mapTable(mappings: readonly Mapping[]): number | undefined {
    const address = Array.from(
      { length: code.TABLES },
      (_, i) => code.LOWEST_TABLE + i * PAGE_SIZE,
    ).find((at) => mappings.every(({ start, end }) => at + PAGE_SIZE <= start || at >= end));
    if (address === undefined) return undefined;
    const trampolines = this.#shared.code + loadFast().trampolinesOffset();
    const table = new BigUint64Array(PAGE_SIZE / 8);
    for (let i = 0; i < SITES; i++) table[i] = BigInt(trampolines + i * TRAMPOLINE_LENGTH);
    mapPages(this.#stub, address, new Uint8Array(table.buffer), "r");
    return address;
  }

  /** Replaces the mov or the jump of a site, if it is still there. */
  #exchange(address: bigint, from: Uint8Array, to: Uint8Array): void {
    const { thread } = this.#stub;
    const stopped = thread.makeStopped();
    // A word of the pages of the site: it may be at the begin of the first, or at the end of the last.
    const before = address % BigInt(PAGE_SIZE) === 0n ? 0 : 1;
    const at = address - BigInt(before);
    const bytes = this.#stub.read(at, 8);
    if (!from.every((byte, i) => bytes[before + i] === byte)) return;
    bytes.set(to, before);
    stopped.poke(at, new DataView(bytes.buffer).getBigUint64(0, true));
  }
}

/** Whether some bytes at an address are in a range. */
function overlap(at: bigint, bytes: number, start: bigint, length: bigint): boolean {
  return at < start + length && at + BigInt(bytes) > start;
}
