// SPDX-License-Identifier: Apache-2.0
// Bytes per row against error, for every row format: the table of docs/row_formats.md, or with --csv the same for bench/plot.py.
//
// Error: root of the mean square over 2,000 rows of standard Gaussian elements, which is also relative to their deviation.
#include <hotrow/storage/row_format.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <random>
#include <vector>

namespace {

template <class Format, int Dim>
double error() {
    using namespace hotrow;
    constexpr int rows = 2000;
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    std::vector<float> values(RowShape<Dim, 1>::local), decoded(RowShape<Dim, 1>::local);
    std::vector<std::byte> stored(Format::template Layout<Dim>::stride);
    double sum = 0;
    for (std::uint64_t row = 0; row < rows; ++row) {
        for (int i = 0; i < Dim; ++i) values[static_cast<std::size_t>(i)] = normal(random);
        Format::template initialise<Dim>(SingleLane{}, values.data(), stored.data(), {1, 0, row});
        // A learned step needs a few write-backs to settle; the others forget the row they replace.
        for (std::uint64_t step = 1; step < 20; ++step) Format::template encode<Dim>(SingleLane{}, values.data(), stored.data(), {1, step, row});
        Format::template decode<Dim>(SingleLane{}, stored.data(), decoded.data());
        for (std::size_t i = 0; i < Dim; ++i) sum += std::pow(static_cast<double>(values[i]) - static_cast<double>(decoded[i]), 2);
    }
    return std::sqrt(sum / (static_cast<double>(rows) * Dim));
}

bool csv = false;

template <class P, class Q>
void line(const char* quantizer) {
    using namespace hotrow;
    using Nearest = RowFormat<P, Q, NearestEven>;
    using Random = RowFormat<P, Q, Stochastic<>>;
    const char* const format = csv ? "%s,\"%s\",%d,%d,%.1f,%.5f,%.5f,%.5f\n" : "| `%s` | `%s` | %d | %d | %.1f | %.5f | %.5f | %.5f |\n";
    std::printf(format, P::name, quantizer, Nearest::template Layout<64>::stride, Nearest::template Layout<128>::stride,
                256.0 / Nearest::template Layout<64>::stride, error<Nearest, 64>(), error<Random, 64>(), error<Nearest, 128>());
}

}  // namespace

#define LINE(P, ...) line<hotrow::P, __VA_ARGS__>(#__VA_ARGS__)

int main(int argc, char** argv) {
    using namespace hotrow;
    csv = argc == 2 && std::strcmp(argv[1], "--csv") == 0;
    if (argc > 1 && !csv) {
        std::fprintf(stderr, "usage: %s [--csv]\n", argv[0]);
        return 1;
    }
    std::printf("%s", csv ? "precision,quantizer,bytes_64,bytes_128,ratio_64,nearest_64,stochastic_64,nearest_128\n" :
                "| precision | quantizer | bytes, dim 64 | bytes, dim 128 | FP32 / bytes, dim 64 | error nearest, dim 64 | error stochastic, dim 64 | error nearest, dim 128 |\n"
                "|---|---|---:|---:|---:|---:|---:|---:|\n");
    LINE(Fp32, Cast);
    LINE(Fp16, Cast);
    LINE(Bf16, Cast);
    LINE(Fp8E4M3, Cast);
    LINE(Fp8E4M3, RowScaled<Fp32>);
    LINE(Fp8E4M3, RowScaled<Fp16>);
    LINE(Fp8E5M2, Cast);
    LINE(Fp8E5M2, RowScaled<Fp16>);
    LINE(Int8, RowAffine<Fp32>);
    LINE(Int8, RowAffine<Fp16>);
    LINE(Int8, RowAffine<Bf16>);
    LINE(Int8, RowSymmetric<Fp32>);
    LINE(Int8, RowSymmetric<Fp16>);
    LINE(Int8, RowLearned<Fp32>);
    LINE(Int8, BlockAffine<32, Fp16>);
    LINE(Int8, BlockSymmetric<32, Fp16>);
    LINE(Int4, RowAffine<Fp32>);
    LINE(Int4, RowAffine<Fp16>);
    LINE(Int4, RowClipped<Fp16>);
    LINE(Int4, RowSymmetric<Fp16>);
    LINE(Int4, RowLearned<Fp16>);
    LINE(Int4, BlockAffine<32, Fp16>);
    LINE(Int4, BlockAffine<16, Fp16>);
    LINE(Int4, BlockClipped<32, Fp16>);
    LINE(Int4, BlockSymmetric<32, Fp16>);
    LINE(Int4, BlockSymmetric<16, Fp16>);
    LINE(Int2, RowAffine<Fp16>);
    LINE(Int2, RowClipped<Fp16>);
    LINE(Int2, RowSymmetric<Fp16>);
    LINE(Int2, RowLearned<Fp16>);
    LINE(Int2, BlockAffine<16, Fp16>);
    LINE(Int2, BlockClipped<16, Fp16>);
}
