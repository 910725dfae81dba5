// Tries cases for Node.js, whose child the probe is then, with a pipe as standard input and another
// as standard output. A request is a struct request and its setups, an answer a struct answer and
// its bytes; the first answer, which no request precedes, is the machine: src/labs/fuzz/engine.ts.
#include "trying.h"
#include <asm/signal.h>
#include <linux/prctl.h>

struct request {
    uint32_t count;    /* of setups, at most chunk_cases; 0: none is tried */
    uint32_t fresh;    /* enum fresh */
    uint32_t deadline; /* of each stop, in milliseconds */
    uint32_t padding;
};
/** Which stubs are new ones. */
enum fresh { AS_BEFORE = 0, NEW_STUBS = 1, NEW_PARENTS = 2 };

struct answer {
    uint32_t status; /* enum status */
    uint32_t length; /* of what follows: outcomes, or a text */
};
/** What an answer is. With a change of floating point, and a failure, the probe ends. */
enum status { ANSWER_DONE = 0, ANSWER_UNTRIED = 1, ANSWER_CORRUPTED = 2, ANSWER_FAILED = 3 };

enum { MOST_TEXT = 1 << 14 };

static bool is_serving;
static char text[MOST_TEXT];

static void put(const void *bytes, uint64_t length) {
    if (!write_all(1, bytes, length))
        syscall1(__NR_exit_group, CANNOT);
}

static void answer(enum status status, const void *bytes, uint64_t length) {
    const struct answer head = {status, (uint32_t)length};
    put(&head, sizeof head);
    put(bytes, length);
}

static void answer_text(enum status status, const char *said) {
    uint64_t length = 0;
    while (said[length] != 0)
        length++;
    answer(status, said, length);
}

bool answer_failure(const char *failure) {
    if (is_serving)
        answer_text(is_corrupted ? ANSWER_CORRUPTED : ANSWER_FAILED, failure);
    return is_serving;
}

static void answer_machine(void) {
    say_to(text);
    say_machine_document();
    say_to(0);
    answer_text(ANSWER_DONE, text);
}

/** Obeys a request whose setups have been read. */
static void obey(const struct request *request) {
    if (request->fresh == NEW_STUBS)
        renew();
    else if (request->fresh == NEW_PARENTS)
        renew_all();
    trial.timeout = (int64_t)request->deadline * 1000;
    const int64_t result = try_setups(chunk.setups, chunk.outcomes, request->count);
    if (result < 0) {
        write_text(text, "%s: %s", refused_step, errno_name(result));
        answer_text(ANSWER_UNTRIED, text);
    } else
        answer(ANSWER_DONE, chunk.outcomes, request->count * sizeof *chunk.outcomes);
}

static bool read_setups(uint64_t count) {
    const uint64_t size = count * sizeof *chunk.setups;
    return read_file(0, chunk.setups, size) == size;
}

int serve(void) {
    // A parent that has ended before this has closed the pipe.
    syscall6(__NR_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0, 0);
    is_serving = true;
    // What is said of the machine is no answer.
    say_to(text);
    start_trying();
    say_to(0);
    answer_machine();
    struct request request = {0};
    while (read_file(0, &request, sizeof request) == sizeof request &&
           request.count <= chunk_cases && read_setups(request.count))
        obey(&request);
    end_trying();
    return 0;
}
