// SPDX-License-Identifier: Apache-2.0
// `Both` of given policies. Knows nothing of the test framework, which would cost nvcc seconds a file.
#pragma once

#include "cuda/batch_on_both.hpp"
#include "cuda/both.hpp"
#include "cuda/levels.hpp"

#include <hotrow/cuda.cuh>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace hotrow::test {

// What need not know the policies is not compiled once for each.

template <class T>
Bytes bytes_of(std::span<T> values) {
    const auto bytes = std::as_bytes(values);
    return {bytes.begin(), bytes.end()};
}

inline void append(Bytes& to, const Bytes& bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

template <class T>
void add(std::vector<NamedBytes>& all, const char* name, const T* on_host, const T* on_device, std::size_t count) {
    if (count > 0) all.push_back({name, {bytes_of(std::span(on_host, count)), device_bytes(on_device, count)}});
}

inline void clear(NamedBytes& named, std::size_t first, std::size_t count) {
    for (Bytes* bytes : {&named.bytes.host, &named.bytes.device}) std::memset(bytes->data() + first, 0, count);
}

template <class T>
std::vector<T> rounded(const std::vector<float>& values) {
    std::vector<T> all;
    all.reserve(values.size());
    for (const float value : values) all.push_back(ScalarCast<T>::from_float(value));
    return all;
}

inline Combination combination_of(int dim, int ways, const Levels& levels, std::unique_ptr<Both> (*make)(const BothOptions&)) {
    std::string name = "dim " + std::to_string(dim) + ", " + std::to_string(ways) + " ways";
    for (const auto& [factor, level] : levels) name += ", " + factor + " " + level;
    return {name, dim, ways, levels, make};
}

template <int Dim, class Format, class CacheType, class Optimizer, class RowId, class I, class Output, class Gradient>
class BothOf final : public Both {
public:
    explicit BothOf(const BothOptions& options) : host_(of_embedding(options)), device_(of_embedding(options), stream()) {}

    int dim() const override { return Dim; }
    std::int64_t lines() const override { return host_.lines(); }
    bool announces() const override { return looks_ahead<typename CacheType::Eviction_t>; }

    OnEach<Bytes> forward(const NaiveBatch& naive) override {
        batch_ = std::make_unique<BatchOnBoth<I>>(naive);
        const Aligned<Output> output(batch_->output_rows * Dim);
        const DeviceArray<Output> device_output(output.span().size());
        host_plan_ = host_.forward(batch_->host, output.span());
        device_plan_ = device_.forward(batch_->device, device_output.span(), stream());
        own_stream_.wait();
        return {bytes_of(output.span()), device_bytes(device_output.data(), output.span().size())};
    }
    void backward(const std::vector<float>& gradient) override {
        const std::vector<Gradient> values = rounded<Gradient>(gradient);
        const Aligned<Gradient> on_host(values);
        const DeviceArray<Gradient> on_device(values);
        host_.backward(host_plan_, std::span<const Gradient>(on_host.span()));
        device_.backward(device_plan_, std::span<const Gradient>(on_device.span()), stream());
        own_stream_.wait();
    }
    OnEach<Bytes> lookup(const NaiveBatch& naive) override {
        const BatchOnBoth<I> batch(naive);
        const Aligned<Output> output(batch.output_rows * Dim);
        const DeviceArray<Output> device_output(output.span().size());
        host_.lookup(batch.host, output.span());
        device_.lookup(batch.device, device_output.span(), stream());
        own_stream_.wait();
        return {bytes_of(output.span()), device_bytes(device_output.data(), output.span().size())};
    }
    void announce([[maybe_unused]] const NaiveBatch& naive) override {
        if constexpr (looks_ahead<typename CacheType::Eviction_t>) {
            const BatchOnBoth<I> batch(naive);
            host_.announce(batch.host);
            device_.announce(batch.device, stream());
            own_stream_.wait();
        }
    }
    void flush() override {
        host_.flush();
        device_.flush(stream());
    }
    void write_rows(std::int64_t first, const std::vector<float>& values) override {
        host_.write_rows(0, first, values);
        device_.write_rows(0, first, values, stream());
    }
    OnEach<Bytes> read_rows() override {
        OnEach<Bytes> all;
        for (int t = 0; t < static_cast<int>(host_.options().table_rows.size()); ++t) {
            std::vector<float> values(static_cast<std::size_t>(host_.options().table_rows[static_cast<std::size_t>(t)]) * Dim);
            host_.read_rows(t, 0, values);
            append(all.host, bytes_of(std::span<float>(values)));
            device_.read_rows(t, 0, values, stream());
            append(all.device, bytes_of(std::span<float>(values)));
        }
        return all;
    }
    void set_learning_rate(float rate) override {
        Optimizer optimizer = host_.options().optimizer;
        optimizer.learning_rate = rate;
        host_.set_optimizer(optimizer);
        device_.set_optimizer(optimizer, stream());
    }
    OnEach<std::int64_t> pin_rows(const std::vector<std::int64_t>& rows) override { return {host_.pin_rows(0, rows), device_.pin_rows(0, rows, stream())}; }
    void unpin_rows(const std::vector<std::int64_t>& rows) override {
        host_.unpin_rows(0, rows);
        device_.unpin_rows(0, rows, stream());
    }

    std::vector<NamedBytes> kept() override {
        own_stream_.wait();
        const View host = host_.view(), device = device_.view();
        const std::size_t rows = static_cast<std::size_t>(host.geometry.rows), slots = static_cast<std::size_t>(lines());
        std::vector<NamedBytes> all;
        add(all, "tags", host.tags, device.tags, slots);
        if constexpr (View::has_score) add(all, "scores", host.scores, device.scores, slots);
        if constexpr (View::ghosts_per_set > 0) add(all, "ghosts", host.ghosts, device.ghosts, slots / View::ways * View::ghosts_per_set);
        add(all, "flags", host.flags, device.flags, slots);
        add(all, "stored rows", host.stored, device.stored, rows * View::Layout::stride);
        if constexpr (!std::is_empty_v<typename View::RowState>) add(all, "states of rows", host.row_states, device.row_states, rows);
        if constexpr (View::keeps_elements) add(all, "states of elements", host.element_states, device.element_states, rows * View::element_bytes);
        add(all, "step", &host.state->step, &device.state->step, 1);
        add(all, "lookups", &host.state->lookups, &device.state->lookups, 1);
        add(all, "optimizer", &host.state->optimizer, &device.state->optimizer, 1);
        add(all, "lines", host.lines, device.lines, slots * View::line_stride);
        constexpr std::size_t line_bytes = View::line_stride * sizeof(float);
        for (std::size_t slot = 0; slot < slots; ++slot) {
            if (host.tags[slot] == View::no_row) clear(all.back(), slot * line_bytes, line_bytes);
        }
        return all;
    }
    OnEach<std::vector<Statistics>> statistics() override {
        OnEach<std::vector<Statistics>> all{host_.table_statistics(), device_.table_statistics(stream())};
        all.host.insert(all.host.begin(), host_.statistics());
        all.device.insert(all.device.begin(), device_.statistics(stream()));
        return all;
    }
    void check_device() override { device_.check(stream()); }

private:
    using HostEmbedding = CachedEmbedding<Dim, Format, CacheType, Optimizer, Host, RowId>;
    using DeviceEmbedding = CachedEmbedding<Dim, Format, CacheType, Optimizer, Cuda, RowId>;
    using View = typename HostEmbedding::View;

    static typename HostEmbedding::Options of_embedding(const BothOptions& o) {
        const std::int64_t sets = o.lines == 0 ? 0 : (o.lines + CacheType::ways - 1) / CacheType::ways;
        return {.table_rows = o.table_rows, .cache_sets = sets, .seed = o.seed, .max_lookups = o.max_lookups, .bounds = o.bounds, .threads = 1 + Dim % 2};
    }
    cudaStream_t stream() const { return own_stream_; }

    TestStream own_stream_;
    HostEmbedding host_;
    DeviceEmbedding device_;
    std::unique_ptr<BatchOnBoth<I>> batch_;
    Plan<I> host_plan_{}, device_plan_{};
};

/// The part of a combination that code over rows sees, and the part that walks of sets see: a file that pairs few of each in many ways
/// compiles in little more than the time of the parts.
template <int DimOfRows, class FormatType, class OptimizerType, class RowIdType, class IndexType, class OutputType, class GradientType>
struct RowsPart {
    template <class CacheType>
    static Combination with() {
        using Made = BothOf<DimOfRows, FormatType, CacheType, OptimizerType, RowIdType, IndexType, OutputType, GradientType>;
        return combination_of(DimOfRows, CacheType::ways,
                              levels_of<DimOfRows, FormatType, CacheType, OptimizerType, RowIdType, IndexType, OutputType, GradientType>(),
                              [](const BothOptions& options) { return std::unique_ptr<Both>(new Made(options)); });  // make_unique would be slow to compile
    }
};

}  // namespace hotrow::test
