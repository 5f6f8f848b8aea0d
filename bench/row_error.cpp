// SPDX-License-Identifier: Apache-2.0
// Bytes per row against error, for every row format: the table and the picture of docs/row_formats.md, which bench/plot.py makes of
//
//     build/bench/bench/bench_row_error --benchmark_out=row_error.json
//
// Counters: bytes_64 and bytes_128 of a stored row by dim; nearest_64, stochastic_64 and nearest_128, errors by rounding and dim. Error: root of the mean
// square over 2,000 rows of standard Gaussian elements, which is also relative to their deviation. Times are of no interest.
#include <benchmark/benchmark.h>
#include <hotrow/storage/row_format.hpp>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
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

template <class P, class Q>
void add(const std::string& quantizer) {
    using namespace hotrow;
    using Nearest = RowFormat<P, Q, NearestEven>;
    using Random = RowFormat<P, Q, Stochastic<>>;
    const std::string name = std::string("row_error/precision:") + P::name + "/quantizer:" + quantizer;
    benchmark::RegisterBenchmark(name.c_str(),
                                 [](benchmark::State& state) {
                                     auto& counters = state.counters;
                                     for (auto _ : state) {
                                         counters["nearest_64"] = error<Nearest, 64>();
                                         counters["stochastic_64"] = error<Random, 64>();
                                         counters["nearest_128"] = error<Nearest, 128>();
                                     }
                                     counters["bytes_64"] = Nearest::template Layout<64>::stride;
                                     counters["bytes_128"] = Nearest::template Layout<128>::stride;
                                 })
        ->Iterations(1)
        ->Unit(benchmark::kMillisecond);
}

}  // namespace

#define LINE(P, ...) add<hotrow::P, __VA_ARGS__>(#__VA_ARGS__)

int main(int argc, char** argv) {
    using namespace hotrow;
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
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
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
}
