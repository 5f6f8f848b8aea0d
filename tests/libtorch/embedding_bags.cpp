// SPDX-License-Identifier: Apache-2.0
// The example's module beside torch::nn::EmbeddingBag: FP32 rows and plain SGD on both, so outputs, rows and the network above them must agree.
#include "embedding_bags.hpp"

#undef CHECK  // glog's, which libtorch brings
#include "support/catch.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace {

constexpr int dim = 12;
constexpr std::int64_t rows[] = {50, 7};
constexpr std::int32_t batch_size = 6;
constexpr double rate = 0.125;

using Embedding =
    hotrow::CachedEmbedding<dim, hotrow::RowFormat<hotrow::Fp32, hotrow::Cast>, hotrow::Cache<hotrow::SetAssociative<4>>, hotrow::Sgd, hotrow::Host>;

libtorch::EmbeddingBags<Embedding> bags_of_hotrow() {
    return libtorch::EmbeddingBags<Embedding>(
        {.table_rows = {rows[0], rows[1]}, .cache_fraction = 0.2, .optimizer = {.learning_rate = static_cast<float>(rate)}, .threads = 1});
}

torch::Tensor rows_of(Embedding& embedding, int table) {
    auto values = torch::empty({rows[table], dim});
    embedding.read_rows(table, 0, {values.data_ptr<float>(), static_cast<std::size_t>(values.numel())});
    return values;
}

/// Bags of 0 to 4 lookups, with repetitions.
struct Lookups {
    torch::Tensor indices, offsets;

    /// The part of one table, as EmbeddingBag takes it.
    torch::Tensor indices_of(int table) const { return indices.slice(0, first(table), first(table + 1)); }
    torch::Tensor offsets_of(int table) const { return offsets.slice(0, table * batch_size, (table + 1) * batch_size) - first(table); }
    std::int64_t first(int table) const { return offsets[table * batch_size].item<std::int64_t>(); }
};

Lookups lookups_of_step(int step) {
    std::vector<std::int64_t> indices, offsets{0};
    for (int bag = 0; bag < 2 * batch_size; ++bag) {
        for (int i = 0; i < (bag + step) % 5; ++i) indices.push_back((i * i + 3 * bag + step) % (bag < batch_size ? rows[0] : rows[1]));
        offsets.push_back(static_cast<std::int64_t>(indices.size()));
    }
    return {torch::tensor(indices, torch::kInt64), torch::tensor(offsets, torch::kInt64)};
}

torch::nn::Sequential network() {
    torch::manual_seed(3);
    return torch::nn::Sequential(torch::nn::Linear(2 * dim, 8), torch::nn::Tanh(), torch::nn::Linear(8, 1));
}

torch::Tensor loss_of(torch::nn::Sequential& network, torch::Tensor const& pooled) {
    return network->forward(pooled.transpose(0, 1).reshape({batch_size, 2 * dim})).square().sum();
}

}  // namespace

TEST_CASE("training is that of EmbeddingBag with plain SGD", "[libtorch]") {
    auto bags = bags_of_hotrow();
    std::vector<torch::nn::EmbeddingBag> reference;
    for (int table = 0; table < 2; ++table) {
        reference.push_back(torch::nn::EmbeddingBag::from_pretrained(rows_of(bags.embedding(), table).clone(),
                                                                     torch::nn::EmbeddingBagFromPretrainedOptions().freeze(false).mode(torch::kSum)));
    }
    auto ours = network(), theirs = network();
    torch::optim::SGD our_optimizer(ours->parameters(), rate), their_optimizer(theirs->parameters(), rate);
    their_optimizer.add_param_group(reference[0]->parameters());
    their_optimizer.add_param_group(reference[1]->parameters());

    auto const first_rows = rows_of(bags.embedding(), 0);
    for (int step = 0; step < 8; ++step) {
        Lookups const lookups = lookups_of_step(step);
        auto const pooled = bags.forward(lookups.indices, lookups.offsets);
        auto const expected = torch::stack(
            {reference[0]->forward(lookups.indices_of(0), lookups.offsets_of(0)), reference[1]->forward(lookups.indices_of(1), lookups.offsets_of(1))});
        INFO("step " << step);
        REQUIRE(torch::allclose(pooled, expected, 1e-5, 1e-6));
        our_optimizer.zero_grad();
        their_optimizer.zero_grad();
        loss_of(ours, pooled).backward();
        loss_of(theirs, expected).backward();
        our_optimizer.step();
        their_optimizer.step();
        for (int table = 0; table < 2; ++table)
            REQUIRE(torch::allclose(rows_of(bags.embedding(), table), reference[static_cast<std::size_t>(table)]->weight, 1e-5, 1e-6));
        for (std::size_t p = 0; p < ours->parameters().size(); ++p) REQUIRE(torch::allclose(ours->parameters()[p], theirs->parameters()[p], 1e-5, 1e-6));
    }
    REQUIRE((rows_of(bags.embedding(), 0) - first_rows).abs().max().item<double>() > 1e-3);  // something was learned
    REQUIRE(bags.embedding().statistics().steps == 8);
}

TEST_CASE("without gradients nothing is planned; a graph that is thrown away releases its plan", "[libtorch]") {
    auto bags = bags_of_hotrow();
    Lookups const lookups = lookups_of_step(1);
    torch::Tensor looked_up;
    {
        torch::NoGradGuard const guard;
        looked_up = bags.forward(lookups.indices, lookups.offsets);
    }
    REQUIRE(bags.embedding().statistics().steps == 0);
    for (int i = 0; i < 3; ++i) {  // in_flight is 1: a plan that was kept would be refused
        auto const pooled = bags.forward(lookups.indices, lookups.offsets);
        REQUIRE(pooled.requires_grad());
        REQUIRE(torch::equal(pooled.detach(), looked_up));
    }
    REQUIRE(bags.embedding().statistics().steps == 3);
    auto const kept = bags.forward(lookups.indices, lookups.offsets);
    REQUIRE_THROWS_AS(bags.forward(lookups.indices, lookups.offsets), hotrow::PlanError);
}
