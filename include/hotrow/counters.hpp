// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kernels/bookkeeping.hpp"
#include "memory/buffer.hpp"
#include "statistics.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace hotrow::detail {

/// What kernels count, in the backend's memory: replicas that different threads add to, and their sums.
template <class Backend>
class Counters {
public:
    using Stream = typename Backend::Stream;

    Counters() = default;
    Counters(Backend& backend, std::size_t tables)
        : tables_(static_cast<std::uint32_t>(tables)), replicas_(backend.count_replicas()), values_(backend, size(backend, tables)) {}

    /// Numbers that are kept.
    template <class B>
    static std::int64_t size(const B& backend, std::size_t tables) {
        return static_cast<std::int64_t>(backend.count_replicas()) * CountReplicas::stride_of(static_cast<std::uint32_t>(tables));
    }
    std::int64_t bytes() const { return static_cast<std::int64_t>(values_.bytes()); }

    CountReplicas replicas() const { return {values_.data(), CountReplicas::stride_of(tables_), replicas_}; }

    /// Everything is 0 from here on in the stream.
    void reset(Backend& backend, Stream stream) { backend.template for_each<1>(stream, values_.bytes() / sizeof(std::uint64_t), ResetCounts{values_.data()}); }

    /// What was counted, steps excepted: each table's, and last what belongs to none. Waits for the stream.
    std::vector<Statistics> fetched(Stream stream) const {
        const std::vector<std::uint64_t> values = on_host(stream);
        std::vector<Statistics> all(tables_ + 1u);
        for (std::uint32_t t = 0; t <= tables_; ++t) add(all[t], values, t);
        return all;
    }
    /// The sum of `fetched`.
    Statistics total(Stream stream) const {
        const std::vector<std::uint64_t> values = on_host(stream);
        Statistics total;
        for (std::uint32_t t = 0; t <= tables_; ++t) add(total, values, t);
        return total;
    }

private:
    std::vector<std::uint64_t> on_host(Stream stream) const {
        std::vector<std::uint64_t> values(values_.bytes() / sizeof(std::uint64_t));
        Backend::to_host(values.data(), values_.data(), values_.bytes(), stream);
        return values;
    }
    /// Adds what all replicas counted for one table.
    void add(Statistics& s, const std::vector<std::uint64_t>& values, std::uint32_t table) const {
        const auto sum = [&](Counter counter) {
            std::uint64_t total = 0;
            const std::size_t stride = CountReplicas::stride_of(tables_);
            for (std::size_t at = Counts::place(table, counter); at < values.size(); at += stride) total += values[at];
            return total;
        };
        s.lookups += sum(lookups);
        s.unique_rows += sum(unique_rows);
        s.hits += sum(hits);
        s.misses += sum(misses);
        s.conflict_misses += sum(conflict_misses);
        s.admissions += sum(admissions);
        s.evictions += sum(evictions);
        s.write_backs += sum(write_backs);
        s.clean_evictions += sum(clean_evictions);
        s.rejected_updates += sum(rejected_updates);
        s.bad_indices += sum(bad_indices);
        s.bytes_read += sum(bytes_read);
        s.bytes_written += sum(bytes_written);
    }

    std::uint32_t tables_ = 0;
    std::uint32_t replicas_ = 0;
    Buffer<std::uint64_t, Backend> values_;
};

}  // namespace hotrow::detail
