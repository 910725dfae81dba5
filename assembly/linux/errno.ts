// Errors (<asm-generic/errno-base.h>, <asm-generic/errno.h>) and the kernel's internal ones, which a tracer may see (the
// kernel's include/linux/errno.h); and the result of a system call: one word, which is a value or, from -4095 to -1, an
// error.

export const EPERM: i32 = 1;
export const ENOENT: i32 = 2;
export const ESRCH: i32 = 3;
export const EINTR: i32 = 4;
export const EIO: i32 = 5;
export const ENXIO: i32 = 6;
export const E2BIG: i32 = 7;
export const ENOEXEC: i32 = 8;
export const EBADF: i32 = 9;
export const ECHILD: i32 = 10;
export const EAGAIN: i32 = 11;
export const ENOMEM: i32 = 12;
export const EACCES: i32 = 13;
export const EFAULT: i32 = 14;
export const ENOTBLK: i32 = 15;
export const EBUSY: i32 = 16;
export const EEXIST: i32 = 17;
export const EXDEV: i32 = 18;
export const ENODEV: i32 = 19;
export const ENOTDIR: i32 = 20;
export const EISDIR: i32 = 21;
export const EINVAL: i32 = 22;
export const ENFILE: i32 = 23;
export const EMFILE: i32 = 24;
export const ENOTTY: i32 = 25;
export const ETXTBSY: i32 = 26;
export const EFBIG: i32 = 27;
export const ENOSPC: i32 = 28;
export const ESPIPE: i32 = 29;
export const EROFS: i32 = 30;
export const EMLINK: i32 = 31;
export const EPIPE: i32 = 32;
export const EDOM: i32 = 33;
export const ERANGE: i32 = 34;
export const EDEADLK: i32 = 35;
export const ENAMETOOLONG: i32 = 36;
export const ENOLCK: i32 = 37;
export const ENOSYS: i32 = 38;
export const ENOTEMPTY: i32 = 39;
export const ELOOP: i32 = 40;
export const ENOMSG: i32 = 42;
export const EIDRM: i32 = 43;
export const ECHRNG: i32 = 44;
export const EL2NSYNC: i32 = 45;
export const EL3HLT: i32 = 46;
export const EL3RST: i32 = 47;
export const ELNRNG: i32 = 48;
export const EUNATCH: i32 = 49;
export const ENOCSI: i32 = 50;
export const EL2HLT: i32 = 51;
export const EBADE: i32 = 52;
export const EBADR: i32 = 53;
export const EXFULL: i32 = 54;
export const ENOANO: i32 = 55;
export const EBADRQC: i32 = 56;
export const EBADSLT: i32 = 57;
export const EBFONT: i32 = 59;
export const ENOSTR: i32 = 60;
export const ENODATA: i32 = 61;
export const ETIME: i32 = 62;
export const ENOSR: i32 = 63;
export const ENONET: i32 = 64;
export const ENOPKG: i32 = 65;
export const EREMOTE: i32 = 66;
export const ENOLINK: i32 = 67;
export const EADV: i32 = 68;
export const ESRMNT: i32 = 69;
export const ECOMM: i32 = 70;
export const EPROTO: i32 = 71;
export const EMULTIHOP: i32 = 72;
export const EDOTDOT: i32 = 73;
export const EBADMSG: i32 = 74;
export const EOVERFLOW: i32 = 75;
export const ENOTUNIQ: i32 = 76;
export const EBADFD: i32 = 77;
export const EREMCHG: i32 = 78;
export const ELIBACC: i32 = 79;
export const ELIBBAD: i32 = 80;
export const ELIBSCN: i32 = 81;
export const ELIBMAX: i32 = 82;
export const ELIBEXEC: i32 = 83;
export const EILSEQ: i32 = 84;
export const ERESTART: i32 = 85;
export const ESTRPIPE: i32 = 86;
export const EUSERS: i32 = 87;
export const ENOTSOCK: i32 = 88;
export const EDESTADDRREQ: i32 = 89;
export const EMSGSIZE: i32 = 90;
export const EPROTOTYPE: i32 = 91;
export const ENOPROTOOPT: i32 = 92;
export const EPROTONOSUPPORT: i32 = 93;
export const ESOCKTNOSUPPORT: i32 = 94;
export const EOPNOTSUPP: i32 = 95;
export const EPFNOSUPPORT: i32 = 96;
export const EAFNOSUPPORT: i32 = 97;
export const EADDRINUSE: i32 = 98;
export const EADDRNOTAVAIL: i32 = 99;
export const ENETDOWN: i32 = 100;
export const ENETUNREACH: i32 = 101;
export const ENETRESET: i32 = 102;
export const ECONNABORTED: i32 = 103;
export const ECONNRESET: i32 = 104;
export const ENOBUFS: i32 = 105;
export const EISCONN: i32 = 106;
export const ENOTCONN: i32 = 107;
export const ESHUTDOWN: i32 = 108;
export const ETOOMANYREFS: i32 = 109;
export const ETIMEDOUT: i32 = 110;
export const ECONNREFUSED: i32 = 111;
export const EHOSTDOWN: i32 = 112;
export const EHOSTUNREACH: i32 = 113;
export const EALREADY: i32 = 114;
export const EINPROGRESS: i32 = 115;
export const ESTALE: i32 = 116;
export const EUCLEAN: i32 = 117;
export const ENOTNAM: i32 = 118;
export const ENAVAIL: i32 = 119;
export const EISNAM: i32 = 120;
export const EREMOTEIO: i32 = 121;
export const EDQUOT: i32 = 122;
export const ENOMEDIUM: i32 = 123;
export const EMEDIUMTYPE: i32 = 124;
export const ECANCELED: i32 = 125;
export const ENOKEY: i32 = 126;
export const EKEYEXPIRED: i32 = 127;
export const EKEYREVOKED: i32 = 128;
export const EKEYREJECTED: i32 = 129;
export const EOWNERDEAD: i32 = 130;
export const ENOTRECOVERABLE: i32 = 131;
export const ERFKILL: i32 = 132;
export const EHWPOISON: i32 = 133;

export const ERESTARTSYS: i32 = 512;
export const ERESTARTNOINTR: i32 = 513;
export const ERESTARTNOHAND: i32 = 514;
export const ENOIOCTLCMD: i32 = 515;
export const ERESTART_RESTARTBLOCK: i32 = 516;

/** The largest errno that a system call returns: MAX_ERRNO in the kernel's include/linux/err.h. */
const MAX_ERRNO: u64 = 4095;

/** The errno of a system call's result (-4095 to -1), or 0 if it is a value. */
export function syscallErrno(result: u64): i32 {
  const negated: u64 = 0 - result;
  return negated - 1 < MAX_ERRNO ? i32(negated) : 0;
}

/**
 * 1 for the kernel's four requests to restart the call, which only a tracer sees (the kernel's
 * include/linux/errno.h); 0 for any other errno.
 */
export function restartsSyscall(errno: i32): i32 {
  return i32(
    errno == ERESTARTSYS ||
      errno == ERESTARTNOINTR ||
      errno == ERESTARTNOHAND ||
      errno == ERESTART_RESTARTBLOCK,
  );
}
