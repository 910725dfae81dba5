/** The functions of floating point that the encoders do not use; the fuzzer's module floors. */
#define isnan __builtin_isnan
#define signbit __builtin_signbit
#define NAN __builtin_nanf("")

double ceil(double), fabs(double), floor(double), nearbyint(double), sqrt(double), trunc(double);
float ceilf(float), fabsf(float), floorf(float), nearbyintf(float), sqrtf(float), truncf(float);
