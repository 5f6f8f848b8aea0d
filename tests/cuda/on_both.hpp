// SPDX-License-Identifier: Apache-2.0
// The same embedding on the host and on a device, fed the same, to be compared byte by byte.
#pragma once

#include "support/catch.hpp"
#include "support/device_memory.hpp"
#include "support/random_batch.hpp"

#include <hotrow/cuda.cuh>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace hotrow::test {

/// A batch in an index type, in the memory of both.
template <class I>
struct BatchOnBoth {
    std::vector<I> indices, offsets;
    std::vector<float> weights;
    DeviceArray<I> device_indices, device_offsets;
    DeviceArray<float> device_weights;
    Batch<I> host, device;
    std::size_t output_rows;

    explicit BatchOnBoth(const NaiveBatch& b)
        : indices(b.indices.begin(), b.indices.end()), offsets(b.offsets.begin(), b.offsets.end()), weights(b.weights), device_indices(indices),
          device_offsets(offsets), device_weights(weights), output_rows(b.output_rows()) {
        host = {indices, offsets, weights, b.batch_size, static_cast<Pooling>(b.pooling)};
        device = {device_indices.span(), device_offsets.span(), device_weights.span(), b.batch_size, host.pooling};
    }
};

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
    REQUIRE((copied(host.stored, rows * View::Layout::stride) == device_bytes(device.stored, rows * View::Layout::stride)));
    if constexpr (!std::is_empty_v<typename View::RowState>) {
        REQUIRE((copied(host.row_states, rows) == device_bytes(device.row_states, rows)));
    }
    std::vector<std::byte> host_lines = copied(host.lines, slots * View::line_stride);
    std::vector<std::byte> device_lines = device_bytes(device.lines, slots * View::line_stride);
    constexpr std::size_t line_bytes = View::line_stride * sizeof(float);
    for (std::size_t slot = 0; slot < slots; ++slot) {
        if (host.tags[slot] != View::no_row) continue;
        for (auto* all : {&host_lines, &device_lines}) std::memset(all->data() + slot * line_bytes, 0, line_bytes);
    }
    REQUIRE((host_lines == device_lines));
    REQUIRE((copied(&host.state->step, 1) == device_bytes(&device.state->step, 1)));
    REQUIRE((copied(&host.state->lookups, 1) == device_bytes(&device.state->lookups, 1)));
    REQUIRE((copied(&host.state->optimizer, 1) == device_bytes(&device.state->optimizer, 1)));
}

inline std::vector<std::uint64_t> numbers(const Statistics& s) {
    return {s.steps,     s.lookups,     s.unique_rows,     s.hits,             s.misses,     s.conflict_misses, s.admissions,
            s.evictions, s.write_backs, s.clean_evictions, s.rejected_updates, s.bad_indices};
}

template <int Dim, class Format, class CacheType, class Optimizer, class RowId = std::uint32_t>
class OnBoth {
public:
    using HostEmbedding = CachedEmbedding<Dim, Format, CacheType, Optimizer, Host, RowId>;
    using DeviceEmbedding = CachedEmbedding<Dim, Format, CacheType, Optimizer, Cuda, RowId>;
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

    /// Host memory with the alignment that outputs need.
    template <class T>
    class Aligned {
    public:
        explicit Aligned(std::size_t size) : memory_(size + 16 / sizeof(T)), size_(size) {}
        explicit Aligned(const std::vector<T>& values) : Aligned(values.size()) { std::copy(values.begin(), values.end(), span().begin()); }
        std::span<T> span() const {
            void* at = const_cast<T*>(memory_.data());
            const std::size_t misaligned = reinterpret_cast<std::uintptr_t>(at) % 16;
            return {static_cast<T*>(at) + (misaligned == 0 ? 0 : (16 - misaligned) / sizeof(T)), size_};
        }
        std::vector<T> copy() const { return {span().begin(), span().end()}; }

    private:
        std::vector<T> memory_;
        std::size_t size_;
    };

    TestStream own_stream;
    cudaStream_t stream = own_stream;
    HostEmbedding host;
    DeviceEmbedding device;
};

/// Trains on both for `steps` steps with all poolings, with and without weights, with rejected updates, flushes, written rows and
/// changed hyperparameters in between, and compares as it goes.
template <class I, class Output, class Gradient, class Pair>
void train_on_both(Pair& both, int steps, std::uint64_t seed) {
    constexpr int dim = Pair::HostEmbedding::dim;
    RandomNumbers random(seed);
    const std::vector<std::int64_t> table_rows = both.host.options().table_rows;
    constexpr bool announces = looks_ahead<typename Pair::HostEmbedding::View::Cache::Eviction>;
    std::deque<std::unique_ptr<BatchOnBoth<I>>> coming;
    for (int i = 0; i < steps; ++i) {
        INFO("step " << i << ", seed " << seed);
        while (coming.size() < (announces ? 5u : 1u)) {
            BatchShape shape = random_shape(random);
            shape.giant = 200;
            coming.push_back(std::make_unique<BatchOnBoth<I>>(random_batch(random, table_rows, shape)));
            if constexpr (announces) {
                both.host.announce(coming.back()->host);
                both.device.announce(coming.back()->device, both.stream);
            }
        }
        const std::unique_ptr<BatchOnBoth<I>> front = std::move(coming.front());
        const BatchOnBoth<I>& batch = *front;
        coming.pop_front();
        both.template step<I, Output, Gradient>(batch, random, random.one_in(10));
        switch (random.below(30)) {
        case 0:
            both.host.flush();
            both.device.flush(both.stream);
            break;
        case 1: both.template lookup<I, Output>(batch); break;
        case 2: {
            std::vector<float> rows(static_cast<std::size_t>(5 * dim));
            for (float& value : rows) value = random.fine();
            const std::int64_t first = static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(table_rows[0]) - 4));
            both.host.write_rows(0, first, rows);
            both.device.write_rows(0, first, rows, both.stream);
            break;
        }
        case 3: {
            auto optimizer = both.host.options().optimizer;
            optimizer.learning_rate = 0.01f * static_cast<float>(1 + random.below(20));
            both.host.set_optimizer(optimizer);
            both.device.set_optimizer(optimizer, both.stream);
            break;
        }
        case 4: {
            std::vector<std::int64_t> rows(random.below(6));
            for (std::int64_t& row : rows) row = random.skewed(table_rows[0]);
            REQUIRE(both.host.pin_rows(0, rows) == both.device.pin_rows(0, rows, both.stream));
            break;
        }
        case 5: {
            std::vector<std::int64_t> rows(static_cast<std::size_t>(table_rows[0]));
            std::iota(rows.begin(), rows.end(), 0);
            both.host.unpin_rows(0, rows);
            both.device.unpin_rows(0, rows, both.stream);
            break;
        }
        default: break;
        }
        if (i % 50 == 0) both.require_same("in training");
    }
    both.require_same("after training");
    const Statistics s = both.host.statistics();
    const bool cached = both.host.lines() > 0;
    REQUIRE((s.hits > 0) == cached);
    REQUIRE((s.write_backs > 0) == cached);
    std::vector<float> host_rows(static_cast<std::size_t>(table_rows[0] * dim)), device_rows(host_rows);
    both.host.read_rows(0, 0, host_rows);
    both.device.read_rows(0, 0, device_rows, both.stream);
    REQUIRE(same_bytes(host_rows, device_rows));
    both.device.check(both.stream);  // nothing was reported
}

}  // namespace hotrow::test
