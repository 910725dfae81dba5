/*
 * An initramfs with one program: a cpio archive in the format "newc" (Documentation/driver-api/early-userspace/
 * buffer-format.rst). Each entry is a header of hexadecimal numbers, a name, and a content, all filled up to 4 bytes.
 */

const MAGIC = "070701";
const EXECUTABLE = 0o100755;
const READABLE = 0o100644;
const DIRECTORY = 0o040755;
const CHARACTER_DEVICE = 0o020600;
/** The console: Documentation/admin-guide/devices.txt. */
const [CONSOLE_MAJOR, CONSOLE_MINOR] = [5, 1];

interface Entry {
  readonly name: string;
  readonly mode: number;
  readonly content?: Uint8Array;
  readonly device?: readonly [major: number, minor: number];
}

/**
 * @param init the program that the kernel runs as process 1
 * @param files of the root, by their names
 */
export function initramfs(
  init: Uint8Array,
  files: Readonly<Record<string, Uint8Array>> = {},
): Uint8Array {
  const entries: Entry[] = [
    { name: "dev", mode: DIRECTORY },
    { name: "dev/console", mode: CHARACTER_DEVICE, device: [CONSOLE_MAJOR, CONSOLE_MINOR] },
    { name: "proc", mode: DIRECTORY },
    { name: "init", mode: EXECUTABLE, content: init },
    ...Object.entries(files).map(([name, content]) => ({ name, mode: READABLE, content })),
    { name: "TRAILER!!!", mode: 0 },
  ];
  return Buffer.concat(entries.flatMap(entryBytes));
}

function entryBytes(
  { name, mode, content = new Uint8Array(), device }: Entry,
  i: number,
): Buffer[] {
  const [major, minor] = device ?? [0, 0];
  // ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor, rdevmajor, rdevminor, namesize, check
  const numbers = [i + 1, mode, 0, 0, 1, 0, content.length, 0, 0, major, minor, name.length + 1, 0];
  const header = numbers.map((number) => number.toString(16).padStart(8, "0")).join("");
  return [filled(Buffer.from(`${MAGIC}${header}${name}\0`)), filled(Buffer.from(content))];
}

function filled(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}
