// One operation for what an adapter adds to a product of a matrix and a few tokens, in place of llama.cpp's four.
//
// A LoRA adapter changes W x to W x + s B (A x) (Hu et al. 2021, equation 3). llama.cpp builds two products, a scaling and a
// sum for it, and its threads wait for each other after each: with seven adapted matrices in each of 30 layers that is
// 840 operations a token, most of them shorter than the waiting. Here each thread computes A x, which is short, for itself
// and its own share of the rows of B, so that the threads meet once.
//
// `engine.cmake` puts a call of `add_adapter` in front of those four. It returns nullptr where it has no code for the case
// (another processor, another type, a whole prompt at once, an adapter in the memory of a GPU): then the four are built.

#pragma once

#include "ggml-backend.h"
#include "ggml.h"

#include <cstdint>
#include <cstring>
#include <vector>

#if defined(__x86_64__) && defined(__GNUC__)

#include <immintrin.h>

namespace garrison {

constexpr int64_t MOST_TOKENS = 16;  // above, a product of matrices is faster
constexpr int64_t LANES = 8;         // floats in a register of AVX

#define GARRISON_AVX2 __attribute__((target("avx2,fma,f16c")))

GARRISON_AVX2 inline __m256 eight_halves(const ggml_fp16_t * x) {
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i *>(x)));
}

// The sums of eight registers, in one.
GARRISON_AVX2 inline __m256 sums(const __m256 * x) {
    const __m256 low = _mm256_hadd_ps(_mm256_hadd_ps(x[0], x[1]), _mm256_hadd_ps(x[2], x[3]));
    const __m256 high = _mm256_hadd_ps(_mm256_hadd_ps(x[4], x[5]), _mm256_hadd_ps(x[6], x[7]));
    return _mm256_add_ps(_mm256_permute2f128_ps(low, high, 0x20), _mm256_permute2f128_ps(low, high, 0x31));
}

// The products of eight rows of halves, `stride` apart, with a vector of `n` floats; n is a multiple of LANES.
GARRISON_AVX2 inline __m256 eight_products(const ggml_fp16_t * rows, int64_t stride, const float * x, int64_t n) {
    __m256 sum[LANES];
    for (int64_t row = 0; row < LANES; ++row) {
        sum[row] = _mm256_setzero_ps();
    }
    for (int64_t i = 0; i < n; i += LANES) {
        const __m256 part = _mm256_loadu_ps(x + i);
        for (int64_t row = 0; row < LANES; ++row) {
            sum[row] = _mm256_fmadd_ps(eight_halves(rows + row * stride + i), part, sum[row]);
        }
    }
    return sums(sum);
}

// dst += s B (A x) for each token: src[1] is A [in, rank], src[2] B [rank, out], src[3] x [in, tokens], `scale` the bits of s.
GARRISON_AVX2 inline void compute(ggml_tensor * dst, int thread, int threads, void * scale) {
    const ggml_tensor * a = dst->src[1];
    const ggml_tensor * b = dst->src[2];
    const ggml_tensor * x = dst->src[3];
    const int64_t in = a->ne[0], rank = a->ne[1], eights = b->ne[1] / LANES;
    const int64_t first = eights * thread / threads * LANES, last = eights * (thread + 1) / threads * LANES;
    const uint32_t bits = static_cast<uint32_t>(reinterpret_cast<uintptr_t>(scale));
    float factor;
    std::memcpy(&factor, &bits, sizeof(factor));
    const __m256 factors = _mm256_set1_ps(factor);
    const auto * a_rows = static_cast<const ggml_fp16_t *>(a->data);
    const auto * b_rows = static_cast<const ggml_fp16_t *>(b->data);
    thread_local std::vector<float> inner;
    inner.resize(rank);
    for (int64_t token = 0; token < x->ne[1]; ++token) {
        const auto * from = reinterpret_cast<const float *>(static_cast<const char *>(x->data) + token * x->nb[1]);
        auto * to = reinterpret_cast<float *>(static_cast<char *>(dst->data) + token * dst->nb[1]);
        for (int64_t row = 0; row < rank; row += LANES) {
            _mm256_storeu_ps(inner.data() + row, eight_products(a_rows + row * in, in, from, in));
        }
        for (int64_t row = first; row < last; row += LANES) {
            const __m256 added = eight_products(b_rows + row * rank, rank, inner.data(), rank);
            _mm256_storeu_ps(to + row, _mm256_fmadd_ps(added, factors, _mm256_loadu_ps(to + row)));
        }
    }
}

inline bool is_plain(const ggml_tensor * t, ggml_type type) {
    return t->type == type && t->ne[2] == 1 && t->ne[3] == 1 && t->nb[0] == ggml_type_size(type);
}

inline bool is_matrix_of_halves(const ggml_tensor * t) {
    return is_plain(t, GGML_TYPE_F16) && ggml_is_contiguous(t) && t->ne[0] % LANES == 0 && t->ne[1] % LANES == 0 &&
           t->buffer != nullptr && ggml_backend_buffer_is_host(t->buffer);
}

inline ggml_tensor * add_adapter(
        ggml_context * context, ggml_tensor * product, ggml_tensor * a, ggml_tensor * b, ggml_tensor * x, float scale) {
    static const bool has_code = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");  // F16C came before AVX2
    if (!has_code || x->ne[1] > MOST_TOKENS || !is_plain(x, GGML_TYPE_F32) || !is_plain(product, GGML_TYPE_F32) ||
        !is_matrix_of_halves(a) || !is_matrix_of_halves(b)) {
        return nullptr;
    }
    uint32_t bits;
    std::memcpy(&bits, &scale, sizeof(bits));
    ggml_tensor * args[] = {a, b, x};
    return ggml_custom_inplace(
        context, product, args, 3, compute, GGML_N_TASKS_MAX, reinterpret_cast<void *>(static_cast<uintptr_t>(bits)));
}

}  // namespace garrison

#else

namespace garrison {

inline ggml_tensor * add_adapter(ggml_context *, ggml_tensor *, ggml_tensor *, ggml_tensor *, ggml_tensor *, float) {
    return nullptr;
}

}  // namespace garrison

#endif
