/* The kernel's siginfo_t: the signal and its code determine the content of its union. */
#include "native.h"
#include "signals.h"

#include <asm/siginfo.h>

/* Older headers lack the last codes: SEGV_CPERR, TRAP_PERF, SYS_USER_DISPATCH. */
#if NSIGSEGV < 10
#undef NSIGSEGV
#define NSIGSEGV 10
#endif
#if NSIGTRAP < 6
#undef NSIGTRAP
#define NSIGTRAP 6
#endif
#if NSIGSYS < 2
#undef NSIGSYS
#define NSIGSYS 2
#endif

_Static_assert(SIGINFO_SIZE == SI_MAX_SIZE && SI_MAX_SIZE == 128, "a siginfo_t is 128 bytes");
_Static_assert(offsetof(siginfo_t, _sifields) == 16, "the union begins at 16");
_Static_assert(offsetof(siginfo_t, _sifields._timer._sigval) == offsetof(siginfo_t, si_value),
               "a timer's si_value has the place of the others'");

/* The codes 1 to `last` of a signal, and the form of the union with them. */
struct codes {
    int32_t last;
    int32_t form;
};

/* sig_sicodes of the kernel's kernel/signal.c. */
static struct codes codes_of(int32_t signal) {
    static const struct codes own[] = {
        [SIGILL] = {NSIGILL, SIGINFO_FAULT},   [SIGFPE] = {NSIGFPE, SIGINFO_FAULT},
        [SIGSEGV] = {NSIGSEGV, SIGINFO_FAULT}, [SIGBUS] = {NSIGBUS, SIGINFO_FAULT},
        [SIGTRAP] = {NSIGTRAP, SIGINFO_FAULT}, [SIGCHLD] = {NSIGCHLD, SIGINFO_CHLD},
        [SIGSYS] = {NSIGSYS, SIGINFO_SYS},
    };

    if (signal >= 0 && signal <= SIGSYS && own[signal].last != 0)
        return own[signal];
    return (struct codes){NSIGPOLL, SIGINFO_POLL};
}

/* siginfo_layout of kernel/signal.c, without the variants of a fault. */
int32_t native_siginfo_form(int32_t signal, int32_t code) {
    struct codes own = codes_of(signal);

    if (code == SI_TIMER)
        return SIGINFO_TIMER;
    if (code == SI_SIGIO)
        return SIGINFO_POLL;
    if (code < SI_USER)
        return SIGINFO_RT;
    if (code == SI_USER)
        return SIGINFO_KILL;
    if (code <= own.last)
        return own.form;
    return code <= NSIGPOLL ? SIGINFO_POLL : SIGINFO_KILL;
}

static void clear(siginfo_t *info) {
    for (size_t i = 0; i < sizeof(info->_si_pad) / sizeof(info->_si_pad[0]); i++)
        info->_si_pad[i] = 0;
}

static void fill(siginfo_t *info, int32_t form, uint64_t first, uint64_t second, uint64_t third) {
    switch (form) {
    case SIGINFO_TIMER:
        info->si_tid = (int32_t)first;
        info->si_overrun = (int32_t)second;
        info->_sifields._timer._sigval.sival_ptr = (void *)third;
        break;
    case SIGINFO_POLL:
        info->si_band = (int64_t)first;
        info->si_fd = (int32_t)second;
        break;
    case SIGINFO_FAULT:
        info->si_addr = (void *)first;
        break;
    case SIGINFO_SYS:
        info->si_call_addr = (void *)first;
        info->si_syscall = (int32_t)second;
        info->si_arch = (uint32_t)third;
        break;
    default:
        /* SIGINFO_KILL, and the forms that begin with the same members. */
        info->si_pid = (int32_t)first;
        info->si_uid = (uint32_t)second;
        if (form == SIGINFO_CHLD)
            info->si_status = (int32_t)third;
        if (form == SIGINFO_RT)
            info->si_ptr = (void *)third;
    }
}

int32_t native_encode_siginfo(void *memory, uint32_t at, int32_t signal, int32_t code,
                              uint64_t first, uint64_t second, uint64_t third) {
    siginfo_t *info = place_in(memory, at);
    int32_t form = native_siginfo_form(signal, code);

    clear(info);
    info->si_signo = signal;
    info->si_code = code;
    fill(info, form, first, second, third);
    return form;
}
