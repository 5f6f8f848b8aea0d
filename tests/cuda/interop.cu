// SPDX-License-Identifier: Apache-2.0
// Streams and spans of CCCL, and device memory from a resource of the user's.
#include "support/catch.hpp"

#include "support/device_memory.hpp"

#include <hotrow/cuda.cuh>
#include <hotrow/execution/resource.cuh>

#include <cuda/std/span>
#include <cuda/stream_ref>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <new>
#include <span>
#include <vector>

using namespace hotrow;
using namespace hotrow::test;

namespace {

constexpr int dim = 8;
template <class Backend>
using Table = CachedEmbedding<dim, RowFormat<Int8, RowAffine<Fp16>>, Cache<SetAssociative<4>, Lru>, RowwiseAdagrad, Backend>;
const std::vector<std::int32_t> indices{3, 5, 5, 9, 21, 2, 7, 3}, offsets{0, 2, 4, 6, 8};

/// Counts what is out, and fails when it is told to.
struct Ledger {
    std::map<void*, std::size_t> out;
    std::size_t bytes = 0, blocks = 0;
    std::size_t fails_at = ~std::size_t{0};
    cudaStream_t stream = nullptr;

    void* take(std::size_t size, std::size_t alignment, cudaStream_t on) {
        if (++blocks >= fails_at) throw std::bad_alloc();
        REQUIRE(on == stream);
        REQUIRE(alignment <= 256);
        void* block = nullptr;
        require_success(cudaMalloc(&block, size));
        out[block] = size;
        bytes += size;
        return block;
    }
    void give(void* block, std::size_t size) {
        if (out.at(block) != size) throw std::logic_error("another size was given back");
        out.erase(block);
        bytes -= size;
        (void)cudaFree(block);
    }
};

/// The concept of CCCL 3.0, and that of later ones.
struct AsyncResource {
    Ledger* ledger;
    void* allocate_async(std::size_t bytes, std::size_t alignment, cuda::stream_ref stream) { return ledger->take(bytes, alignment, stream.get()); }
    void deallocate_async(void* block, std::size_t bytes, std::size_t, cuda::stream_ref) { ledger->give(block, bytes); }
};
struct StreamResource {
    Ledger* ledger;
    void* allocate(cuda::stream_ref stream, std::size_t bytes, std::size_t alignment) { return ledger->take(bytes, alignment, stream.get()); }
    void deallocate(cuda::stream_ref, void* block, std::size_t bytes, std::size_t) { ledger->give(block, bytes); }
};

template <class Resource>
void check_resource() {
    TestStream stream;
    Ledger ledger;
    ledger.stream = stream;
    using Embedding = Table<CudaWith<Resource>>;
    const typename Embedding::Options options{.table_rows = {30}, .cache_sets = 2, .seed = 1, .max_lookups = 64};
    {
        Embedding embedding(options, CudaWith<Resource>(Resource{&ledger}, stream), cudaStream_t(stream));
        REQUIRE(static_cast<std::int64_t>(ledger.bytes) == Embedding::footprint(options).total());
        REQUIRE(static_cast<std::int64_t>(ledger.bytes) == embedding.footprint().total());
        const std::size_t blocks = ledger.blocks;
        const DeviceArray<std::int32_t> device_indices(indices), device_offsets(offsets);
        DeviceArray<float> output(4 * dim);
        const auto plan =
            embedding.forward(Batch<std::int32_t>{.indices = device_indices.span(), .offsets = device_offsets.span(), .weights = {}, .batch_size = 4},
                              output.span(), cudaStream_t(stream));
        embedding.backward(plan, std::span<const float>(output.span()), cudaStream_t(stream));
        stream.wait();
        REQUIRE(ledger.blocks == blocks);
        Embedding moved = std::move(embedding);
        REQUIRE(moved.statistics(cudaStream_t(stream)).steps == 1);
    }
    REQUIRE(ledger.out.empty());
    // Wherever the resource fails, what it had given comes back.
    const std::size_t blocks = ledger.blocks;
    for (std::size_t at = 1; at <= blocks; ++at) {
        ledger.blocks = 0;
        ledger.fails_at = at;
        REQUIRE_THROWS_AS(Embedding(options, CudaWith<Resource>(Resource{&ledger}, stream), cudaStream_t(stream)), std::bad_alloc);
        REQUIRE(ledger.out.empty());
    }
}

}  // namespace

TEST_CASE("All device memory comes from a resource and goes back to it", "[cuda]") {
    check_resource<AsyncResource>();
    check_resource<StreamResource>();
}

TEST_CASE("Streams and spans of CCCL do what their elders do", "[cuda]") {
    TestStream own;
    const cuda::stream_ref stream{cudaStream_t(own)};
    const Table<Cuda>::Options options{.table_rows = {30}, .cache_sets = 2, .seed = 1};
    Table<Cuda> embedding(options, stream), twin(options, cudaStream_t(own));
    const DeviceArray<std::int32_t> device_indices(indices), device_offsets(offsets);
    DeviceArray<float> output(4 * dim), twin_output(4 * dim);
    const cuda::std::span<const std::int32_t> some_indices(device_indices.data(), indices.size()), some_offsets(device_offsets.data(), offsets.size());
    const Batch<std::int32_t> batch{.indices = some_indices, .offsets = some_offsets, .weights = {}, .batch_size = 4};
    const Batch<std::int32_t> same{.indices = device_indices.span(), .offsets = device_offsets.span(), .weights = {}, .batch_size = 4};

    const cuda::std::span<float> values(output.data(), 4 * dim);
    const auto plan = embedding.forward(batch, values, stream);
    embedding.forward(plan, values, stream);
    embedding.backward(plan, cuda::std::span<const float>(values), stream);
    embedding.lookup(batch, values, stream);
    const auto twin_plan = twin.forward(same, twin_output.span(), cudaStream_t(own));
    twin.backward(twin_plan, std::span<const float>(twin_output.span()), cudaStream_t(own));
    twin.lookup(same, twin_output.span(), cudaStream_t(own));
    own.wait();
    REQUIRE((output.get() == twin_output.get()));
}
