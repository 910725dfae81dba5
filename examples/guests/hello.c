// Prints a greeting and its arguments: musl-gcc -static -o hello hello.c && stublab guest hello to you

#include <stdio.h>

int main(int argc, char **argv) {
    puts("hello, world");
    for (int i = 1; i < argc; i++) printf("argument %d: %s\n", i, argv[i]);
    return 0;
}
