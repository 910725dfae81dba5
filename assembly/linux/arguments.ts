/** The six arguments of a system call as `decodeGuestSyscall` writes them. */
@unmanaged
export class Arguments {
  arg0: u64;
  arg1: u64;
  arg2: u64;
  arg3: u64;
  arg4: u64;
  arg5: u64;
}
