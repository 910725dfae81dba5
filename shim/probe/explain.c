// explain: the second host of the module of assembly/explain, which says what a process is and
// does. It asks for files of /proc and of cgroups, and parses them.
#include "explain.h"
#include "probe.h"
#include <linux/fcntl.h>
#include <linux/ptrace.h>
#include <linux/stat.h>

static w2c_explain module;

static void *at(uint32_t address) {
    return &module.w2c_memory.data[address];
}

uint32_t w2c_host_read(struct w2c_host *host, uint32_t path, uint64_t offset, uint32_t to,
                       uint32_t size) {
    (void)host;
    const long file = open_file(at(path), O_RDONLY);
    if (file < 0)
        return (uint32_t)file;
    long length = 0;
    for (long got = 1; got > 0 && length < size; length += got) {
        got = syscall6(__NR_pread64, file, (long)at(to + (uint32_t)length), size - length,
                       (long)offset + length, 0, 0);
        if (got < 0) {
            length = got;
            break;
        }
    }
    syscall1(__NR_close, file);
    return (uint32_t)length;
}

uint32_t w2c_host_link(struct w2c_host *host, uint32_t path, uint32_t to, uint32_t size) {
    (void)host;
    return (uint32_t)syscall4(__NR_readlinkat, AT_FDCWD, (long)at(path), (long)at(to), size);
}

/** An entry of getdents64(2). */
struct entry {
    uint64_t inode, offset;
    uint16_t length;
    uint8_t type;
    char name[];
};

uint32_t w2c_host_list(struct w2c_host *host, uint32_t path, uint32_t to, uint32_t size) {
    static _Alignas(8) char entries[1 << 15];
    (void)host;
    const long file = open_file(at(path), O_RDONLY | O_DIRECTORY);
    if (file < 0)
        return (uint32_t)file;
    char *end = at(to), *const last = at(to + size);
    for (long got = 1; got > 0;) {
        got = syscall3(__NR_getdents64, file, (long)entries, sizeof entries);
        for (long from = 0; from < got;) {
            const struct entry *it = (const void *)&entries[from];
            from += it->length;
            for (const char *name = it->name; *name != 0 && *it->name != '.' && end < last - 1;)
                *end++ = *name++;
            if (*it->name != '.' && end < last)
                *end++ = '\n';
        }
    }
    syscall1(__NR_close, file);
    return (uint32_t)(end - (char *)at(to));
}

double w2c_host_owner(struct w2c_host *host, uint32_t path) {
    struct statx its = {0};
    (void)host;
    const long result = syscall6(__NR_statx, AT_FDCWD, (long)at(path), 0, STATX_UID, (long)&its, 0);
    return result < 0 ? (double)result : its.stx_uid;
}

uint32_t w2c_host_exists(struct w2c_host *host, uint32_t tid) {
    (void)host;
    return syscall2(__NR_kill, (long)tid, 0) != -ESRCH;
}

uint32_t w2c_host_stub(struct w2c_host *host, uint32_t to, uint32_t size) {
    (void)host;
    // What follows the place where stubs rest is a part of the fast lane.
    const uint32_t length = stublab_stub_rest_offset();
    if (length > size)
        return 0;
    memcpy(at(to), (const void *)stub_address(), length);
    return length;
}

/** The errno with which a filter refuses ptrace to this process; no process has pid 0. */
static uint32_t refusal(void) {
    if (w2c_explain_isFiltered(&module) == 0)
        return 0;
    const long result = syscall4(__NR_ptrace, PTRACE_ATTACH, 0, 0, 0);
    return result == -ESRCH ? 0 : (uint32_t)-result;
}

static void print_output(long file) {
    write_all(file, at(w2c_explain_outputAt(&module)), w2c_explain_outputLength(&module));
}

#define SUBSTITUTE "probe: no process has the pid: explained as a status word\n"

int explain(char **argument) {
    const char *word = 0;
    bool document = false, is_status = false;
    for (; *argument != 0; argument++) {
        if (same(*argument, "--json"))
            document = true;
        else if (same(*argument, "--status"))
            is_status = true;
        else if (word != 0 || after(*argument, "--") != 0)
            return -1;
        else
            word = *argument;
    }
    if (word == 0)
        return -1;
    wasm2c_explain_instantiate(&module, 0);
    uint32_t length = 0;
    char *to = at(*w2c_explain_word(&module));
    for (; word[length] != 0 && length < *w2c_explain_MOST_WORD(&module); length++)
        to[length] = word[length];
    const int status = (int)w2c_explain_explain(&module, length, document, is_status, refusal());
    if (*w2c_explain_isSubstitute(&module) != 0)
        write_all(2, SUBSTITUTE, sizeof SUBSTITUTE - 1);
    print_output(status == 0 ? 1 : 2);
    if (status == 0)
        return 0;
    write_all(2, "\n", 1);
    if (document) {
        w2c_explain_sayError(&module, (uint32_t)status);
        print_output(1);
    }
    return status;
}
