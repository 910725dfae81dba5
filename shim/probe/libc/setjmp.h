/** No module throws. */
typedef int jmp_buf[1];
