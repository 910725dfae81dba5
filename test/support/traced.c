// What debuggers and strace are tried with. It counts to 42 and ends; a word says how: "threads",
// "fork", "exec" (by a thread), or "sleep" and "run", which do not end.
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int total, goes_on;
static char *path;

static int twice(int number) {
    int result = number * 2;
    return result;
}

static void *work(void *unused) {
    do
        total = twice(21);
    while (goes_on);
    return unused;
}

static void *wait_for_signal(void *unused) {
    pause();
    return unused;
}

static void *execute(void *unused) {
    execl(path, path, (char *)0);
    return unused;
}

static void with_threads(void *(*one)(void *), void *(*other)(void *)) {
    pthread_t threads[2];
    pthread_create(&threads[0], 0, one, 0);
    pthread_create(&threads[1], 0, other, 0);
    pthread_join(threads[0], 0);
    pthread_join(threads[1], 0);
}

int main(int count, char **words) {
    int status = 0;
    path = words[0];
    const char does = count > 1 ? *words[1] : 0;
    goes_on = does == 'r';
    if (does == 's')
        pause();
    if (does == 'f' && fork() > 0)
        return wait(&status) > 0 && status == 0 ? 0 : 1;
    if (does == 't')
        with_threads(work, work);
    else if (does == 'r')
        with_threads(work, wait_for_signal);
    else if (does == 'e')
        with_threads(execute, wait_for_signal);
    else
        work(0);
    return total == 42 ? 0 : 1;
}
