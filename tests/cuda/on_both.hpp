// SPDX-License-Identifier: Apache-2.0
// The same embedding on the host and on a device, fed the same, to be compared byte by byte.
#pragma once

#include "support/catch.hpp"

#include "cuda/batch_on_both.hpp"
#include "support/device_memory.hpp"
#include "support/random_batch.hpp"

#include <hotrow/cuda.cuh>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace hotrow::test {

template <class T>
bool same_bytes(const std::vector<T>& a, const std::vector<T>& b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

/// Whether every byte that an embedding keeps is the same on both: stored rows, lines in use with their padding, tags, scores,
/// flags, ghosts, optimizer state, step and hyperparameters. Reports through Catch2.
template <class View>
void require_same_memory(const View& host, const View& device, std::int64_t lines) {
    const auto copied = [](const auto* from, std::size_t count) {
        const auto* bytes = reinterpret_cast<const std::byte*>(from);
        return std::vector<std::byte>(bytes, bytes + count * sizeof(*from));
    };
    const std::size_t rows = static_cast<std::size_t>(host.geometry.rows);
    const std::size_t slots = static_cast<std::size_t>(lines);
    REQUIRE((copied(host.tags, slots) == device_bytes(device.tags, slots)));
    if constexpr (View::has_score) REQUIRE((copied(host.scores, slots) == device_bytes(device.scores, slots)));
    if constexpr (View::ghosts_per_set > 0) {
        const std::size_t ghosts = slots / View::ways * View::ghosts_per_set;
        REQUIRE((copied(host.ghosts, ghosts) == device_bytes(device.ghosts, ghosts)));
    }
    REQUIRE((copied(host.flags, slots) == device_bytes(device.flags, slots)));
    /// What empty lines hold does not matter.
    const auto require_same_lines = [&]<class T>(const T* on_host, const T* on_device, std::size_t values_a_line) {
        std::vector<std::byte> host_lines = copied(on_host, slots * values_a_line);
        std::vector<std::byte> device_lines = device_bytes(on_device, slots * values_a_line);
        const std::size_t line_bytes = values_a_line * sizeof(T);
        for (std::size_t slot = 0; slot < slots; ++slot) {
            if (host.tags[slot] != View::no_row) continue;
            for (auto* all : {&host_lines, &device_lines}) std::memset(all->data() + slot * line_bytes, 0, line_bytes);
        }
        REQUIRE((host_lines == device_lines));
    };
    require_same_lines(host.lines, device.lines, View::line_stride);
    if constexpr (View::Records::are_joint) {  // in memory of the host
        REQUIRE((copied(host.stored, rows * View::stored_stride) == copied(device.stored, rows * View::stored_stride)));
        if constexpr (View::keeps_row_states) require_same_lines(host.line_row_states, device.line_row_states, 1);
        if constexpr (View::keeps_elements) require_same_lines(host.line_element_states, device.line_element_states, View::element_bytes);
    } else {
        REQUIRE((copied(host.stored, rows * View::Layout::stride) == device_bytes(device.stored, rows * View::Layout::stride)));
        if constexpr (View::keeps_row_states) REQUIRE((copied(host.row_states, rows) == device_bytes(device.row_states, rows)));
        if constexpr (View::keeps_elements) {
            REQUIRE((copied(host.element_states, rows * View::element_bytes) == device_bytes(device.element_states, rows * View::element_bytes)));
        }
    }
    REQUIRE((copied(&host.state->step, 1) == device_bytes(&device.state->step, 1)));
    REQUIRE((copied(&host.state->lookups, 1) == device_bytes(&device.state->lookups, 1)));
    REQUIRE((copied(&host.state->optimizer, 1) == device_bytes(&device.state->optimizer, 1)));
}

inline std::vector<std::uint64_t> numbers(const Statistics& s) {
    return {s.steps,       s.lookups,         s.unique_rows,      s.hits,        s.misses,     s.conflict_misses, s.admissions, s.evictions,
            s.write_backs, s.clean_evictions, s.rejected_updates, s.bad_indices, s.bytes_read, s.bytes_written};
}

template <int Dim, class Format, class CacheType, class Optimizer, class RowId = std::uint32_t, class Placement = BackendMemory>
class OnBoth {
public:
    using HostEmbedding = CachedEmbedding<Dim, Format, CacheType, Optimizer, Host, RowId, Placement>;
    using DeviceEmbedding = CachedEmbedding<Dim, Format, CacheType, Optimizer, Cuda, RowId, Placement>;
    using Options = typename HostEmbedding::Options;

    explicit OnBoth(const Options& options) : host(options), device(options, stream) {}

    void require_same(const char* when) {
        INFO(when);
        own_stream.wait();
        require_same_memory(host.view(), device.view(), host.lines());
        REQUIRE(numbers(host.statistics()) == numbers(device.statistics(stream)));
        const std::vector<Statistics> host_tables = host.table_statistics(), device_tables = device.table_statistics(stream);
        for (std::size_t t = 0; t < host_tables.size(); ++t) REQUIRE(numbers(host_tables[t]) == numbers(device_tables[t]));
    }

    /// A whole step; the gradients are functions of the position, and sometimes none.
    template <class I, class Output, class Gradient>
    void step(const BatchOnBoth<I>& batch, RandomNumbers& random, bool with_bad_gradient = false) {
        DeviceArray<Output> device_output(batch.output_rows * Dim);
        Aligned<Output> output(batch.output_rows * Dim);
        const auto host_plan = host.forward(batch.host, output.span());
        const auto device_plan = device.forward(batch.device, device_output.span(), stream);
        own_stream.wait();
        REQUIRE(same_bytes(output.copy(), device_output.get()));

        std::vector<Gradient> values(batch.output_rows * Dim);
        for (Gradient& value : values) value = ScalarCast<Gradient>::from_float(random.coarse());
        if (with_bad_gradient && !values.empty()) values[random.below(values.size())] = ScalarCast<Gradient>::from_float(NAN);
        const Aligned<Gradient> gradient(values);
        const DeviceArray<Gradient> device_gradient(values);
        host.backward(host_plan, std::span<const Gradient>(gradient.span()));
        device.backward(device_plan, std::span<const Gradient>(device_gradient.span()), stream);
        own_stream.wait();
    }

    /// Reads without a plan.
    template <class I, class Output>
    void lookup(const BatchOnBoth<I>& batch) {
        DeviceArray<Output> device_output(batch.output_rows * Dim);
        Aligned<Output> output(batch.output_rows * Dim);
        host.lookup(batch.host, output.span());
        device.lookup(batch.device, device_output.span(), stream);
        own_stream.wait();
        REQUIRE(same_bytes(output.copy(), device_output.get()));
    }

    TestStream own_stream;
    cudaStream_t stream = own_stream;
    HostEmbedding host;
    DeviceEmbedding device;
};

}  // namespace hotrow::test
