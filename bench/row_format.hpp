// SPDX-License-Identifier: Apache-2.0
// Encoding and decoding of every row format, over a table far larger than any cache, on all cores of a backend.
//
// `GB/s` counts bytes of stored rows.
// * decode: the values are added up in registers, nothing is written. Each pass is followed by one that only reads the
//   same bytes, so that both meet the same machine; `share_of_read` is the ratio of the two speeds;
// * encode: from rows that stay in cache. Each pass is followed by one of the same format with NearestEven; `times_nearest` is
//   the ratio of the two times.
#pragma once

#include <benchmark/benchmark.h>
#include <hotrow/memory/buffer.hpp>
#include <hotrow/storage/row_format.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace hotrow::bench {

/// Reads 256 bytes.
struct ReadBytes {
    const std::uint32_t* from;
    std::uint32_t* sink;

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType& tile, std::uint64_t i) const {
        std::uint32_t all = 0;
        for_each_element<64>(tile, [&](int, int element) { all |= from[i * 64 + static_cast<std::uint64_t>(element)]; });
        if (all == 0x12345678u) *sink = all;  // never, but no compiler knows
    }
};

/// Copies 256 bytes.
struct CopyBytes {
    const std::uint32_t* from;
    std::uint32_t* to;

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType& tile, std::uint64_t i) const {
        for_each_element<64>(tile, [&](int, int element) {
            const std::uint64_t at = i * 64 + static_cast<std::uint64_t>(element);
            to[at] = from[at];
        });
    }
};

/// Adds up `Rows` rows. Sums of floats: of integers GCC takes two rows at once, in an order of addresses that the hardware's prefetcher does
/// not follow (rows of 1 KiB were read at half the speed).
template <class Format, int Dim, int Rows>
struct DecodeRows {
    const std::byte* stored;
    std::uint32_t* sink;

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType& tile, std::uint64_t i) const {
        constexpr int local = RowShape<Dim, TileType::lanes>::local;
        float sums[local] = {};
        for (int r = 0; r < Rows; ++r) {
            const std::byte* from = stored + (i * Rows + static_cast<std::uint64_t>(r)) * static_cast<std::uint64_t>(Format::template Layout<Dim>::stride);
            Format::template visit<Dim>(tile, from, [&](auto width, int first, const float* values) HOTROW_INLINE_LAMBDA {
                HOTROW_UNROLL
                for (int j = 0; j < decltype(width)::value; ++j) sums[first + j] += values[j];
            });
        }
        float sum = 0.0f;
        for (int j = 0; j < local; ++j) sum += sums[j];
        if (sum == -12345.678f) *sink = 1;  // never, but no compiler knows
    }
};

constexpr std::uint64_t source_rows = 16;

template <class Format, int Dim>
struct EncodeRows {
    const float* source;  ///< [source_rows][Dim]: in cache
    std::byte* stored;
    std::uint64_t step;

    template <Tile TileType>
    HOTROW_HD void operator()(const TileType& tile, std::uint64_t row) const {
        constexpr int local = RowShape<Dim, TileType::lanes>::local;
        const float* from = source + row % source_rows * static_cast<std::uint64_t>(Dim);
        float values[local];
        for_each_stretch<Dim>(tile, [&](auto width, int i, int element) { detail::load_scalars<decltype(width)::value>(from + element, values + i); });
        std::byte* to = stored + row * static_cast<std::uint64_t>(Format::template Layout<Dim>::stride);
        Format::template encode<Dim>(tile, values, to, {1, step, row});
    }
};

/// The memory that all benchmarks of a backend share.
template <class Backend>
struct Memory {
    static constexpr std::int64_t bytes = std::int64_t{1} << 28;

    typename Backend::Stream stream;
    Backend backend;
    detail::Buffer<std::byte, Backend> table{backend, bytes};
    detail::Buffer<float, Backend> source{backend, static_cast<std::int64_t>(source_rows) * 256};
    detail::Buffer<std::uint32_t, Backend> sink{backend, 1};

    explicit Memory(typename Backend::Stream on) : stream(on) {
        float values[source_rows * 256];
        std::uint32_t state = 1;
        for (float& value : values) {  // near to Gaussian: a sum of four uniform numbers
            value = 0.0f;
            for (int i = 0; i < 4; ++i) {
                state = state * 1664525u + 1013904223u;
                value += static_cast<float>(state >> 8) * 0x1p-24f - 0.5f;
            }
        }
        Backend::from_host(source.data(), values, sizeof(values), stream);
        Backend::synchronise(stream);
    }

    template <int Lanes, class Body>
    double seconds(std::uint64_t count, const Body& body) {
        const auto begin = std::chrono::steady_clock::now();
        backend.template for_each<Lanes>(stream, count, body);
        Backend::synchronise(stream);
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    }
    double seconds_to_read() {
        const auto* words = reinterpret_cast<const std::uint32_t*>(table.data());
        return seconds<Backend::template lanes_of_row<64>>(bytes / 256, ReadBytes{words, sink.data()});
    }
    double seconds_to_copy() {
        auto* words = reinterpret_cast<std::uint32_t*>(table.data());
        return seconds<Backend::template lanes_of_row<64>>(bytes / 512, CopyBytes{words, words + bytes / 8});
    }
};

template <class Format, int Dim>
constexpr auto rows_of_table = static_cast<std::uint64_t>((std::int64_t{1} << 28) / Format::template Layout<Dim>::stride);

template <class Format, int Dim, class Backend>
double encode_pass(Memory<Backend>& memory, std::uint64_t step) {
    const EncodeRows<Format, Dim> body{memory.source.data(), memory.table.data(), step};
    return memory.template seconds<Backend::template lanes_of_row<Dim>>(rows_of_table<Format, Dim>, body);
}

inline void count_bytes(benchmark::State& state, double bytes, double seconds) { state.counters["GB/s"] = bytes * 1e-9 / seconds; }

template <class Format, int Dim, class Backend>
void decode(benchmark::State& state, Memory<Backend>* memory) {
    constexpr int at_once = Backend::is_host ? 64 : 1;  // so that the registers are put together once for many rows
    constexpr auto calls = rows_of_table<Format, Dim> / at_once;
    constexpr double bytes = static_cast<double>(calls) * at_once * Format::template Layout<Dim>::stride;
    encode_pass<Format, Dim>(*memory, 1);
    double decoding = 0, reading = 0, passes = 0;
    for (auto _ : state) {
        const DecodeRows<Format, Dim, at_once> body{memory->table.data(), memory->sink.data()};
        const double time = memory->template seconds<Backend::template lanes_of_row<Dim>>(calls, body);
        state.SetIterationTime(time);
        decoding += time;
        reading += memory->seconds_to_read();
        passes += 1;
    }
    count_bytes(state, passes * bytes, decoding);
    state.counters["share_of_read"] = bytes / decoding / (static_cast<double>(Memory<Backend>::bytes) / reading);
}

template <class Format, class Nearest, int Dim, class Backend>
void encode(benchmark::State& state, Memory<Backend>* memory) {
    constexpr double bytes = static_cast<double>(rows_of_table<Format, Dim>) * Format::template Layout<Dim>::stride;
    encode_pass<Nearest, Dim>(*memory, 1);  // a learned step must find a row
    double encoding = 0, nearest = 0, passes = 0;
    std::uint64_t step = 1;
    for (auto _ : state) {
        const double time = encode_pass<Format, Dim>(*memory, ++step);
        state.SetIterationTime(time);
        encoding += time;
        nearest += encode_pass<Nearest, Dim>(*memory, step);
        passes += 1;
    }
    count_bytes(state, passes * bytes, encoding);
    state.counters["times_nearest"] = encoding / nearest;
    state.counters["rows/s"] = passes * static_cast<double>(rows_of_table<Format, Dim>) / encoding;
}

template <class Body>
void add(const std::string& name, Body&& body) {
    benchmark::RegisterBenchmark(name.c_str(), body)->UseManualTime()->Unit(benchmark::kMillisecond);
}

template <class Precision, class Quantizer, int Dim, class Backend>
void add_format(const std::string& quantizer, Memory<Backend>* memory) {
    using Nearest = RowFormat<Precision, Quantizer, NearestEven>;
    using Random = RowFormat<Precision, Quantizer, Stochastic<>>;
    const std::string format = std::string("/") + Precision::name + "/" + quantizer + "/dim:" + std::to_string(Dim);
    add("decode" + format, [memory](benchmark::State& state) { decode<Nearest, Dim>(state, memory); });
    add("encode_nearest" + format, [memory](benchmark::State& state) { encode<Nearest, Nearest, Dim>(state, memory); });
    if constexpr (Precision::bits < 32) {
        add("encode_stochastic" + format, [memory](benchmark::State& state) { encode<Random, Nearest, Dim>(state, memory); });
    }
}

template <int Dim, class Backend>
void add_formats(Memory<Backend>* memory) {
    add_format<Fp32, Cast, Dim>("Cast", memory);
    add_format<Fp16, Cast, Dim>("Cast", memory);
    add_format<Bf16, Cast, Dim>("Cast", memory);
    add_format<Fp8E4M3, RowScaled<Fp16>, Dim>("RowScaled<Fp16>", memory);
    add_format<Fp8E5M2, RowScaled<Fp16>, Dim>("RowScaled<Fp16>", memory);
    add_format<Int8, RowAffine<Fp32>, Dim>("RowAffine<Fp32>", memory);
    add_format<Int8, RowSymmetric<Fp16>, Dim>("RowSymmetric<Fp16>", memory);
    add_format<Int8, BlockAffine<32, Fp16>, Dim>("BlockAffine<32,Fp16>", memory);
    add_format<Int8, RowLearned<Fp16>, Dim>("RowLearned<Fp16>", memory);
    add_format<Int4, RowAffine<Fp16>, Dim>("RowAffine<Fp16>", memory);
    add_format<Int4, RowSymmetric<Fp16>, Dim>("RowSymmetric<Fp16>", memory);
    add_format<Int4, BlockAffine<32, Fp16>, Dim>("BlockAffine<32,Fp16>", memory);
    add_format<Int4, BlockSymmetric<32, Fp16>, Dim>("BlockSymmetric<32,Fp16>", memory);
    add_format<Int4, RowClipped<Fp16>, Dim>("RowClipped<Fp16>", memory);
    add_format<Int4, RowLearned<Fp16>, Dim>("RowLearned<Fp16>", memory);
    add_format<Int2, RowAffine<Fp16>, Dim>("RowAffine<Fp16>", memory);
    add_format<Int2, RowSymmetric<Fp16>, Dim>("RowSymmetric<Fp16>", memory);
    add_format<Int2, RowClipped<Fp16>, Dim>("RowClipped<Fp16>", memory);
    add_format<Int2, RowLearned<Fp16>, Dim>("RowLearned<Fp16>", memory);
}

/// Registers everything; the caller has initialised Google Benchmark.
template <class Backend>
void run_all(Memory<Backend>& memory) {
    constexpr double bytes = static_cast<double>(Memory<Backend>::bytes);
    memory.seconds_to_copy();  // touches every page
    const auto add_passes = [&](const char* name, double (Memory<Backend>::*seconds)()) {
        add(name, [&memory, seconds](benchmark::State& state) {
            double time = 0, passes = 0;
            for (auto _ : state) {
                const double pass = (memory.*seconds)();
                state.SetIterationTime(pass);
                time += pass;
                passes += 1;
            }
            count_bytes(state, passes * bytes, time);
        });
    };
    add_passes("read", &Memory<Backend>::seconds_to_read);
    add_passes("copy", &Memory<Backend>::seconds_to_copy);  // bytes read and bytes written, as memcpy's speed is commonly given
    add_formats<64>(&memory);
    add_formats<128>(&memory);
    add_formats<256>(&memory);
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
}

}  // namespace hotrow::bench
