// SPDX-License-Identifier: Apache-2.0
// Host memory from a resource of the user's.
#include "support/catch.hpp"
#include "support/table_file.hpp"

#include <hotrow/execution/resource.hpp>
#include <hotrow/hotrow.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory_resource>
#include <new>
#include <span>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

using namespace hotrow;

namespace {

constexpr int dim = 8;
template <class Backend, class Place = BackendMemory>
using Table = CachedEmbedding<dim, RowFormat<Int8, RowAffine<Fp16>>, Cache<SetAssociative<4>, Lru>, RowwiseAdagrad, Backend, std::uint32_t, Place>;
const std::vector<std::int32_t> indices{3, 5, 5, 9, 21, 2, 7, 3}, offsets{0, 2, 4, 6, 8};
const Batch<std::int32_t> batch{.indices = indices, .offsets = offsets, .weights = {}, .batch_size = 4};

/// Counts what is out, and fails when it is told to.
struct Ledger : std::pmr::memory_resource {
    std::map<void*, std::pair<std::size_t, std::size_t>> out;
    std::size_t bytes = 0, blocks = 0;
    std::size_t fails_at = ~std::size_t{0};

    void* do_allocate(std::size_t size, std::size_t alignment) override {
        if (++blocks >= fails_at) throw std::bad_alloc();
        void* const block = ::operator new(size, std::align_val_t{alignment});
        out[block] = {size, alignment};
        bytes += size;
        return block;
    }
    void do_deallocate(void* block, std::size_t size, std::size_t alignment) override {
        if (out.at(block) != std::pair{size, alignment}) throw std::logic_error("another size was given back");
        out.erase(block);
        bytes -= size;
        ::operator delete(block, std::align_val_t{alignment});
    }
    bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override { return this == &other; }
};

/// The concept of CCCL 3.0, and that of later ones.
struct PlainResource {
    Ledger* ledger;
    void* allocate(std::size_t bytes, std::size_t alignment) { return ledger->allocate(bytes, alignment); }
    void deallocate(void* block, std::size_t bytes, std::size_t alignment) { ledger->deallocate(block, bytes, alignment); }
};
struct SyncResource {
    Ledger* ledger;
    void* allocate_sync(std::size_t bytes, std::size_t alignment) { return ledger->allocate(bytes, alignment); }
    void deallocate_sync(void* block, std::size_t bytes, std::size_t alignment) { ledger->deallocate(block, bytes, alignment); }
};

template <class Resource>
Resource resource_of(Ledger& ledger) {
    if constexpr (std::is_pointer_v<Resource>) {
        return &ledger;
    } else {
        return {&ledger};
    }
}

template <class Embedding>
std::vector<float> trained(Embedding& embedding) {
    std::vector<float> output(4 * dim), rows(30 * dim);
    for (int step = 0; step < 3; ++step) {
        const auto plan = embedding.forward(batch, std::span(output));
        embedding.backward(plan, std::span<const float>(output));
    }
    embedding.read_rows(0, 0, rows);
    return rows;
}

}  // namespace

TEMPLATE_TEST_CASE("All memory comes from a resource and goes back to it", "[interop]", std::pmr::memory_resource*, PlainResource, SyncResource) {
    using Resource = TestType;
    using Backend = HostWith<Resource>;
    Ledger ledger;
    const typename Table<Backend>::Options options{.table_rows = {30}, .cache_sets = 2, .seed = 1, .max_lookups = 64, .threads = 1};
    {
        Table<Host> plain(options);
        Table<Backend> embedding(options, Backend(resource_of<Resource>(ledger), options.threads));
        REQUIRE(static_cast<std::int64_t>(ledger.bytes) == Table<Backend>::footprint(options).total());
        REQUIRE(static_cast<std::int64_t>(ledger.bytes) == embedding.footprint().total());
        const std::size_t blocks = ledger.blocks;
        Table<Backend> moved = std::move(embedding);
        std::vector<float> output(4 * dim);
        const auto plan = moved.forward(batch, std::span(output));
        moved.backward(plan, std::span<const float>(output));
        REQUIRE(ledger.blocks == blocks);  // a warm step allocates nothing
        const auto same = plain.forward(batch, std::span(output));
        plain.backward(same, std::span<const float>(output));
        REQUIRE((trained(moved) == trained(plain)));
    }
    REQUIRE(ledger.out.empty());
    // Wherever the resource fails, what it had given comes back.
    ledger.blocks = 0;
    { const Table<Backend> counted(options, Backend(resource_of<Resource>(ledger), 1)); }
    const std::size_t blocks = ledger.blocks;
    for (std::size_t at = 1; at <= blocks; ++at) {
        ledger.blocks = 0;
        ledger.fails_at = at;
        REQUIRE_THROWS_AS(Table<Backend>(options, Backend(resource_of<Resource>(ledger), 1)), std::bad_alloc);
        REQUIRE(ledger.out.empty());
    }
}

TEST_CASE("Records of placements apart come from the resource too, but for those of a file", "[interop]") {
    using Backend = HostWith<std::pmr::memory_resource*>;
    Ledger ledger;
    {
        using Apart = Table<Backend, HostMemory>;
        const Apart::Options options{.table_rows = {30}, .cache_sets = 2, .seed = 1, .max_lookups = 64, .threads = 1};
        Apart embedding(options, Backend(&ledger, 1));
        REQUIRE(static_cast<std::int64_t>(ledger.bytes) == embedding.footprint().total());
        Table<Host, HostMemory> plain(options);
        REQUIRE((trained(embedding) == trained(plain)));
    }
    REQUIRE(ledger.out.empty());
    const hotrow::test::TableFile file;
    {
        using Filed = Table<Backend, MappedFile>;
        const Filed::Options options{.table_rows = {30}, .cache_sets = 2, .seed = 1, .max_lookups = 64, .threads = 1, .placement = {.path = file.path()}};
        Filed embedding(options, Backend(&ledger, 1));
        REQUIRE(static_cast<std::int64_t>(ledger.bytes) < embedding.footprint().total());
        (void)trained(embedding);
    }
    REQUIRE(ledger.out.empty());
}
