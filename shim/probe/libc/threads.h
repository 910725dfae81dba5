/** No memory is shared between threads. */
typedef int mtx_t;
