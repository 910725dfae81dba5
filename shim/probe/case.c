// Setups as documents "stublab.case/1": docs/fuzzing-cases.md. The module writes them.
#include "trying.h"

void say_case(const struct stublab_setup *setup) {
    struct stublab_setup *steps = module_memory(*w2c_fuzz_caseSteps(&module));
    const struct stublab_setup *first = first_step(setup);
    memmove(steps, first, (size_t)((const char *)&setup[1] - (const char *)first));
    w2c_fuzz_writeCase(&module, module_address(&steps[setup - first]));
    say("%s", (const char *)module_memory(*w2c_fuzz_caseText(&module)));
}
