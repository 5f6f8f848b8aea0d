// SPDX-License-Identifier: Apache-2.0
// Encoding and decoding of every row format on all cores of the host; see row_format.hpp.
//
//     build/bench/bench/bench_row_format --benchmark_min_time=0.3
#include "row_format.hpp"

#include <hotrow/execution/host.hpp>

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    hotrow::bench::Memory<hotrow::Host> memory{{}};
    hotrow::bench::run_all(memory);
}
