/* The options of wait4(2). */
#include "native.h"

#include <asm/errno.h>
#include <linux/wait.h>

int64_t native_encode_wait_options(uint64_t options) {
    const uint64_t known = WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WCLONE | __WALL;

    return (options & ~known) ? -EINVAL : (int64_t)options;
}
