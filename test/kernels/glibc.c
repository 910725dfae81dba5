/*
 * What Node.js's binary for arm64 and libstdc++ import from glibc, and musl does not have. They are
 * loaded by musl with this library in front of it (userland.ts).
 */

#define _GNU_SOURCE
#include <link.h>
#include <stddef.h>
#include <sys/random.h>
#include <sys/stat.h>

/* Another name of a function of musl. */
#define SAME(NAME, OF)                                                                             \
    __asm__(".globl " #NAME "\n.type " #NAME ", %function\n" #NAME ": b " #OF "\n.size " #NAME     \
            ", 4")

SAME(__getauxval, getauxval);
SAME(__isoc23_strtoul, strtoul);
SAME(__pthread_key_create, pthread_key_create);
SAME(__strftime_l, strftime_l);
SAME(fcntl64, fcntl);
SAME(fopen64, fopen);
SAME(fseeko64, fseeko);
SAME(fstatfs64, fstatfs);
SAME(ftello64, ftello);
SAME(ftruncate64, ftruncate);
SAME(getrlimit64, getrlimit);
SAME(lseek64, lseek);
SAME(mkstemp64, mkstemp);
SAME(mmap64, mmap);
SAME(open64, open);
SAME(posix_fadvise64, posix_fadvise);
SAME(pread64, pread);
SAME(preadv64, preadv);
SAME(pwrite64, pwrite);
SAME(pwritev64, pwritev);
SAME(readdir64, readdir);
SAME(scandir64, scandir);
SAME(sendfile64, sendfile);
SAME(setrlimit64, setrlimit);
SAME(statfs64, statfs);
SAME(tmpfile64, tmpfile);

/* Zero: V8 asks the threads library first. */
void *const __libc_stack_end;
const char __libc_single_threaded;

/* Empty: Node.js reports no version of glibc then, as a build for musl. */
const char *gnu_get_libc_version(void) {
    return "";
}

int __fxstat64(int version, int fd, struct stat *to) {
    (void)version;
    return fstat(fd, to);
}

int __xstat64(int version, const char *path, struct stat *to) {
    (void)version;
    return stat(path, to);
}

int __lxstat64(int version, const char *path, struct stat *to) {
    (void)version;
    return lstat(path, to);
}

unsigned arc4random(void) {
    unsigned value = 0;
    (void)getrandom(&value, sizeof(value), 0);
    return value;
}

/* Backtraces are empty, contexts are refused, and nothing is called at a fork or at the end of a
 * thread. */
int backtrace(void) {
    return 0;
}
char **backtrace_symbols(void) {
    return NULL;
}
int getcontext(void) {
    return -1;
}
int setcontext(void) {
    return -1;
}
void makecontext(void) {
}
int __register_atfork(void) {
    return 0;
}
int __cxa_thread_atexit_impl(void) {
    return 0;
}

/* The fields of glibc's locale that libstdc++ reads. Those of musl are at its beginning, and are
 * NULL in the C locale. */
struct locale {
    void *data[13];
    const unsigned short *classes;
    const int *lower;
    const int *upper;
    const char *names[13];
};

extern const unsigned short **__ctype_b_loc(void);
extern const int **__ctype_tolower_loc(void);
extern const int **__ctype_toupper_loc(void);

struct locale *__newlocale(void) {
    static struct locale c;
    c.classes = *__ctype_b_loc();
    c.lower = *__ctype_tolower_loc();
    c.upper = *__ctype_toupper_loc();
    for (size_t i = 0; i < sizeof(c.names) / sizeof(c.names[0]); i++)
        c.names[i] = "C";
    return &c;
}

struct locale *__duplocale(struct locale *it) {
    return it;
}
void __freelocale(void) {
}

/* glibc's struct dl_find_object. */
struct object {
    unsigned long long flags;
    char *start;
    char *end;
    void *map;
    void *frames;
    unsigned long long reserved[7];
};

struct search {
    const char *pc;
    struct object *found;
};

/* Fills the result if this object has the code, and tables of its frames. */
static int look(struct dl_phdr_info *info, size_t size, void *data) {
    (void)size;
    struct search *search = data;
    struct object object = {.start = (char *)-1};
    int is_here = 0;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        char *start = (char *)(info->dlpi_addr + part->p_vaddr);
        char *end = start + part->p_memsz;
        if (part->p_type == PT_GNU_EH_FRAME)
            object.frames = start;
        if (part->p_type != PT_LOAD)
            continue;
        if (start < object.start)
            object.start = start;
        if (end > object.end)
            object.end = end;
        if (search->pc >= start && search->pc < end)
            is_here = 1;
    }
    if (!is_here || object.frames == NULL)
        return 0;
    *search->found = object;
    return 1;
}

/* Named in assembly: the headers of glibc, with which this file is linted, declare it. */
int find_object(const char *pc, struct object *found) __asm__("_dl_find_object");

int find_object(const char *pc, struct object *found) {
    struct search search = {pc, found};
    return dl_iterate_phdr(look, &search) ? 0 : -1;
}
