// SPDX-License-Identifier: Apache-2.0
// Tensors in and out by DLPack: the same memory, and refusals of what does not fit.
#include "support/catch.hpp"

#include <hotrow/hotrow.hpp>
#include <hotrow/interop/dlpack.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

using namespace hotrow;

namespace {

constexpr DLDevice cpu{kDLCPU, 0};
using Embedding = CachedEmbedding<6, RowFormat<Fp32, Cast>, Cache<SetAssociative<4>, Lru>, Sgd, Host>;

/// As another library would make it.
template <class T>
struct Tensor {
    std::vector<T> values;
    std::vector<std::int64_t> shape;
    DLTensor view(std::uint64_t byte_offset = 0) {
        return {values.data(), cpu, static_cast<int>(shape.size()), dlpack::data_type<T>(), shape.data(), nullptr, byte_offset};
    }
};

template <class F>
std::string refusal(F&& call) {
    try {
        call();
    } catch (const ShapeError& error) { return error.what(); }
    return "it was taken";
}
bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("A batch of tensors is looked up where the tensors lie", "[interop]") {
    Embedding embedding({.table_rows = {50}, .cache_fraction = 0.2, .seed = 1, .threads = 1});
    Tensor<std::int64_t> indices{{-1, 3, 7, 7}, {3}}, offsets{{0, 1, 3}, {3}};
    Tensor<float> weights{{1.0f, 0.5f, 2.0f}, {3}}, output{std::vector<float>(12), {2, 6}};
    const DLTensor weight_view = weights.view();
    const auto batch = dlpack::batch_of<std::int64_t>(indices.view(sizeof(std::int64_t)), offsets.view(), &weight_view, cpu, 2);
    REQUIRE(batch.indices.data() == indices.values.data() + 1);
    const auto plan = embedding.forward(batch, dlpack::span_of<float>(output.view(), cpu));
    embedding.backward(plan, dlpack::span_of<const float>(output.view(), cpu));
    std::vector<float> row(6);
    const std::vector<float> direct = output.values;
    embedding.lookup(
        Batch<std::int64_t>{.indices = std::span(indices.values).subspan(1), .offsets = offsets.values, .weights = weights.values, .batch_size = 2},
        dlpack::span_of<float>(output.view(), cpu));
    REQUIRE_FALSE((output.values == direct));  // trained in between
}

template <class E>
concept OffersStoredRows = requires(const E& embedding) { dlpack::stored_rows_of(embedding, cpu); };

TEST_CASE("Lines and FP32 rows are tensors of the embedding's memory", "[interop]") {
    auto embedding = std::make_shared<Embedding>(Embedding::Options{.table_rows = {50}, .cache_fraction = 0.2, .seed = 1, .threads = 1});
    using InFile = CachedEmbedding<6, RowFormat<Fp32, Cast>, Cache<SetAssociative<4>, Lru>, RowwiseAdagrad, Host, std::uint32_t, MappedFile>;
    STATIC_REQUIRE(OffersStoredRows<Embedding>);
    STATIC_REQUIRE_FALSE(OffersStoredRows<InFile>);  // where rows that nobody wrote have no bytes yet
    const std::weak_ptr<Embedding> watch = embedding;
    std::vector<float> expected(50 * 6);
    embedding->read_rows(0, 0, expected);
    DLManagedTensor* const rows = dlpack::stored_rows_of(*embedding, cpu, embedding);
    DLManagedTensor* const lines = dlpack::lines_of(*embedding, cpu, embedding);
    REQUIRE(rows->dl_tensor.data == static_cast<void*>(embedding->view().stored));
    REQUIRE(rows->dl_tensor.ndim == 2);
    REQUIRE(rows->dl_tensor.shape[0] == 50);
    REQUIRE(rows->dl_tensor.shape[1] == 6);
    REQUIRE(rows->dl_tensor.strides[1] == 1);
    for (std::int64_t r = 0; r < 50; ++r) {
        for (std::int64_t e = 0; e < 6; ++e) {
            const float value = static_cast<const float*>(rows->dl_tensor.data)[r * rows->dl_tensor.strides[0] + e];
            if (value != expected[static_cast<std::size_t>(r * 6 + e)]) FAIL("element " << e << " of row " << r);
        }
    }
    REQUIRE(lines->dl_tensor.shape[0] == embedding->lines());
    REQUIRE(lines->dl_tensor.strides[0] == Embedding::View::line_stride);
    embedding.reset();
    rows->deleter(rows);
    REQUIRE_FALSE(watch.expired());  // the other tensor still holds it
    lines->deleter(lines);
    REQUIRE(watch.expired());
}

TEST_CASE("Tensors that do not fit are refused by what they are and what they should be", "[interop]") {
    Tensor<std::int32_t> narrow{{1, 2, 3, 4}, {4}};
    REQUIRE(contains(refusal([&] { (void)dlpack::span_of<const std::int64_t>(narrow.view(), cpu, "the tensor of indices"); }),
                     "the tensor of indices is of int32; give int64"));
    REQUIRE(contains(refusal([&] { (void)dlpack::span_of<const std::int32_t>(narrow.view(), {kDLCUDA, 1}); }), "is on cpu:0; move it to cuda:1"));
    Tensor<float> matrix{std::vector<float>(12), {3, 4}};
    DLTensor view = matrix.view();
    std::int64_t transposed[] = {1, 3};
    view.strides = transposed;
    REQUIRE(contains(refusal([&] { (void)dlpack::span_of<float>(view, cpu); }), "make it contiguous"));
    std::int64_t whole[] = {4, 1};
    view.strides = whole;
    REQUIRE(dlpack::span_of<float>(view, cpu).size() == 12);
    view.byte_offset = 2;
    REQUIRE(contains(refusal([&] { (void)dlpack::span_of<float>(view, cpu); }), "not aligned to its 4 bytes"));
    view = matrix.view();
    view.data = nullptr;
    REQUIRE(contains(refusal([&] { (void)dlpack::span_of<float>(view, cpu); }), "has 12 elements and no memory"));
    std::int64_t huge[] = {std::int64_t{1} << 33, std::int64_t{1} << 33};
    view = matrix.view();
    view.shape = huge;
    REQUIRE(contains(refusal([&] { (void)dlpack::span_of<float>(view, cpu); }), "more elements than memory can"));
    std::int64_t empty[] = {3, 0}, ones[] = {1, 1};  // as PyTorch describes it
    view.shape = empty;
    view.strides = ones;
    REQUIRE(dlpack::span_of<float>(view, cpu).empty());
    Tensor<BFloat16> brain{std::vector<BFloat16>(2), {2}};
    REQUIRE(dlpack::span_of<BFloat16>(brain.view(), cpu).size() == 2);
    REQUIRE(contains(refusal([&] { (void)dlpack::span_of<Float16>(brain.view(), cpu); }), "is of bfloat16; give float16"));
}
