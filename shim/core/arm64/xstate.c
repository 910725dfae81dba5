// The state of a stopped thread beside its register block.
#include "registers.h"
#include "shim.h"
#include <asm-generic/errno.h>
#include <asm/ptrace.h>
#include <asm/sigcontext.h>

/*
 * The state beside the register block, as the kernel's regsets:
 *
 *   struct user_fpsimd_state   V0 to V31, fpsr, fpcr            NT_PRFPREG
 *   tpidr_el0, tpidr2_el0                                       NT_ARM_TLS
 *   struct user_sve_header     Z0 to Z31, P0 to P15, FFR        NT_ARM_SVE    processors with SVE
 *   struct user_sve_header     the same in streaming mode       NT_ARM_SSVE   with SME, too
 *   struct user_za_header      the rows of ZA                   NT_ARM_ZA
 *   ZT0                                                         NT_ARM_ZT     with SME2, too
 *
 * A guest has SVE state while the flags of one of the two headers say so (SVE_PT_REGS_SVE). V0 to
 * V31 are then the first 128 bits of Z0 to Z31; when the area is written they replace them, as
 * sigreturn(2) does. Without SVE state a header is followed by no registers that count: so that a
 * guest without SVE costs no request more, NT_ARM_SVE then transfers V0 to V31.
 */
enum {
    VECTORS = 32,
    V_SIZE = 16,
    FPSIMD_SIZE = sizeof(struct user_fpsimd_state),
    TLS_SIZE = 16,
    FIXED_SIZE = FPSIMD_SIZE + TLS_SIZE,
    HEADER_SIZE = sizeof(struct user_sve_header),
    ZT_SIZE = 64,
};

/** Bytes of the regsets that follow. 0: the kernel or the processor does not have it. */
static struct {
    uint32_t sve;
    uint32_t ssve;
    uint32_t za;
    uint32_t zt;
} sizes;

typedef struct user_sve_header header_t;
typedef struct user_za_header za_t;

static header_t *sve_of(uint8_t *xstate) {
    return (header_t *)(xstate + FIXED_SIZE);
}
static header_t *ssve_of(uint8_t *xstate) {
    return (header_t *)(xstate + FIXED_SIZE + sizes.sve);
}
static za_t *za_of(uint8_t *xstate) {
    return (za_t *)(xstate + FIXED_SIZE + sizes.sve + sizes.ssve);
}
static uint8_t *zt_of(uint8_t *xstate) {
    return xstate + FIXED_SIZE + sizes.sve + sizes.ssve + sizes.za;
}
static uint32_t total_size(void) {
    return FIXED_SIZE + sizes.sve + sizes.ssve + sizes.za + sizes.zt;
}

static int64_t transfer(int64_t request, int32_t tid, int64_t note, void *bytes, uint64_t length) {
    struct iovec area = {bytes, length};
    int64_t result = stublab_ptrace(request, tid, note, &area);
    return result < 0 ? result : (int64_t)area.iov_len;
}
static int64_t get(int32_t tid, int64_t note, void *bytes, uint64_t length) {
    return transfer(PTRACE_GETREGSET, tid, note, bytes, length);
}
static int64_t set(int32_t tid, int64_t note, void *bytes, uint64_t length) {
    return transfer(PTRACE_SETREGSET, tid, note, bytes, length);
}

static int has_vectors(const header_t *header) {
    return (header->flags & SVE_PT_REGS_MASK) == SVE_PT_REGS_SVE;
}
static uint32_t length_of(const header_t *header) {
    return SVE_PT_SIZE(sve_vq_from_vl(header->vl), header->flags);
}
static int has_za(const za_t *header) {
    return header->size > HEADER_SIZE;
}

/** V0 to V31, fpsr and fpcr in a regset with SVE state, whose layout depends on the length of its
 * vectors. */
static void copy_low(header_t *header, uint8_t *fpsimd, int to_header) {
    uint8_t *regset = (uint8_t *)header;
    const uint32_t vq = sve_vq_from_vl(header->vl);
    for (uint32_t i = 0; i <= VECTORS; i++) {
        const int last = i == VECTORS;
        uint8_t *high =
            regset + (last ? SVE_PT_SVE_FPSR_OFFSET(vq) : SVE_PT_SVE_ZREG_OFFSET(vq, i));
        uint8_t *low = fpsimd + (uint64_t)i * V_SIZE;
        const uint32_t length = last ? SVE_PT_SVE_FPSR_SIZE + SVE_PT_SVE_FPCR_SIZE : V_SIZE;
        __builtin_memcpy(to_header ? high : low, to_header ? low : high, length);
    }
}

/** Reads a regset with SVE state, of which only the beginning was read. */
static int64_t read_vectors(int32_t tid, int64_t note, header_t *header, uint8_t *fpsimd) {
    int64_t result = get(tid, note, header, length_of(header));
    if (result < 0)
        return result;
    copy_low(header, fpsimd, 0);
    return 0;
}

/** Reads V0 to V31 with all that the vectors have beyond them. */
static int64_t read_fpsimd(int32_t tid, uint8_t *xstate) {
    if (sizes.sve == 0)
        return get(tid, NT_PRFPREG, xstate, FPSIMD_SIZE);
    header_t *sve = sve_of(xstate);
    const int64_t length = get(tid, NT_ARM_SVE, sve, HEADER_SIZE + FPSIMD_SIZE);
    if (length < 0)
        return length;
    if (sizes.ssve != 0) {
        int64_t result = get(tid, NT_ARM_SSVE, ssve_of(xstate), HEADER_SIZE);
        if (result < 0)
            return result;
        if (has_vectors(ssve_of(xstate)))
            return read_vectors(tid, NT_ARM_SSVE, ssve_of(xstate), xstate);
    }
    if (has_vectors(sve))
        return read_vectors(tid, NT_ARM_SVE, sve, xstate);
    __builtin_memcpy(xstate, sve + 1, FPSIMD_SIZE);
    return 0;
}

static int64_t read_za(int32_t tid, uint8_t *xstate) {
    za_t *za = za_of(xstate);
    int64_t result = get(tid, NT_ARM_ZA, za, HEADER_SIZE);
    if (result < 0 || !has_za(za))
        return result;
    result = get(tid, NT_ARM_ZA, za, za->size);
    return result < 0 || sizes.zt == 0 ? result : get(tid, NT_ARM_ZT, zt_of(xstate), ZT_SIZE);
}

int64_t stublab_read_xstate(int32_t tid, void *xstate, uint64_t length) {
    if (length < total_size())
        return -EINVAL;
    int64_t result = read_fpsimd(tid, xstate);
    if (result >= 0 && sizes.za != 0)
        result = read_za(tid, xstate);
    if (result >= 0)
        result = get(tid, NT_ARM_TLS, (uint8_t *)xstate + FPSIMD_SIZE, TLS_SIZE);
    return result < 0 ? result : total_size();
}

static int64_t write_vectors(int32_t tid, int64_t note, header_t *header, uint8_t *fpsimd,
                             uint32_t size) {
    if (length_of(header) > size)
        return -EINVAL;
    copy_low(header, fpsimd, 1);
    return set(tid, note, header, length_of(header));
}

/** Writing NT_ARM_SVE leaves streaming mode, and sets the length of vectors. */
static int64_t write_fpsimd(int32_t tid, uint8_t *xstate) {
    if (sizes.sve == 0)
        return set(tid, NT_PRFPREG, xstate, FPSIMD_SIZE);
    header_t *sve = sve_of(xstate);
    if (has_vectors(sve))
        return write_vectors(tid, NT_ARM_SVE, sve, xstate, sizes.sve);
    __builtin_memcpy(sve + 1, xstate, FPSIMD_SIZE);
    int64_t result = set(tid, NT_ARM_SVE, sve, HEADER_SIZE + FPSIMD_SIZE);
    if (result < 0 || sizes.ssve == 0 || !has_vectors(ssve_of(xstate)))
        return result;
    return write_vectors(tid, NT_ARM_SSVE, ssve_of(xstate), xstate, sizes.ssve);
}

/** Clears a ZA that another guest has left: without one the kernel would allocate it to do so. */
static int64_t leave_za(int32_t tid, za_t *za) {
    za_t held;
    int64_t result = get(tid, NT_ARM_ZA, &held, sizeof held);
    if (result < 0 || (!has_za(&held) && held.vl == za->vl))
        return result;
    return set(tid, NT_ARM_ZA, za, HEADER_SIZE);
}

/** Precedes the vectors: another length of ZA's rows ends streaming mode. */
static int64_t write_za(int32_t tid, uint8_t *xstate) {
    za_t *za = za_of(xstate);
    if (!has_za(za))
        return leave_za(tid, za);
    const uint32_t length = ZA_PT_SIZE((uint32_t)sve_vq_from_vl(za->vl));
    if (length > sizes.za)
        return -EINVAL;
    int64_t result = set(tid, NT_ARM_ZA, za, length);
    return result < 0 || sizes.zt == 0 ? result : set(tid, NT_ARM_ZT, zt_of(xstate), ZT_SIZE);
}

int64_t stublab_write_xstate(int32_t tid, void *xstate, uint64_t length) {
    if (length < total_size())
        return -EINVAL;
    int64_t result = sizes.za == 0 ? 0 : write_za(tid, xstate);
    if (result >= 0)
        result = write_fpsimd(tid, xstate);
    if (result >= 0)
        result = set(tid, NT_ARM_TLS, (uint8_t *)xstate + FPSIMD_SIZE, TLS_SIZE);
    return result < 0 ? result : total_size();
}

/** Asks the kernel for the regsets that depend on the processor. It has the same for each thread.
 */
static void find_sizes(int32_t tid) {
    header_t header;
    uint8_t zt[ZT_SIZE];
    if (get(tid, NT_ARM_SVE, &header, sizeof header) < 0)
        return;
    sizes.sve = header.max_size;
    if (get(tid, NT_ARM_SSVE, &header, sizeof header) < 0)
        return;
    sizes.ssve = header.max_size;
    sizes.za = ZA_PT_SIZE((uint32_t)sve_vq_from_vl(header.max_vl));
    sizes.zt = get(tid, NT_ARM_ZT, zt, sizeof zt) < 0 ? 0 : ZT_SIZE;
}

static int is_in_header(uint32_t offset) {
    const uint32_t sve = FIXED_SIZE, ssve = sve + sizes.sve, za = ssve + sizes.ssve;
    return offset - sve < HEADER_SIZE || offset - ssve < HEADER_SIZE || offset - za < HEADER_SIZE;
}

/** A new program has zeros, and a thread that rests after a call only the headers of SVE and ZA. */
int64_t stublab_fresh_xstate(int32_t tid, void *xstate, uint64_t length, uint64_t components) {
    (void)components;
    find_sizes(tid);
    const int64_t size = stublab_read_xstate(tid, xstate, length);
    for (uint32_t i = 0; i < size; i++)
        if (!is_in_header(i))
            ((volatile uint8_t *)xstate)[i] = 0;
    return size;
}
