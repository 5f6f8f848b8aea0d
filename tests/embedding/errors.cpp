// SPDX-License-Identifier: Apache-2.0
// Bad input: a typed error that names the value and the limit, and an embedding that is as it was.
#include "support/catch.hpp"
#include "support/subject.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

using namespace hotrow;
using hotrow::test::CountingHost;

namespace {

using Format = RowFormat<Int8, RowAffine<Fp16>, Stochastic<>>;
using Embedding = CachedEmbedding<4, Format, Cache<SetAssociative<4>, Lfu>, RowwiseAdagrad, CountingHost>;
using Wide = CachedEmbedding<4, Format, Cache<SetAssociative<32>, Lfu>, RowwiseAdagrad, CountingHost, std::uint64_t>;
using Options = Embedding::Options;

constexpr std::int64_t int64_max = std::numeric_limits<std::int64_t>::max();

/// The error's message, which must hold all `parts`.
template <class E, class F>
void require_error(F&& call, const std::vector<std::string>& parts) {
    try {
        call();
    } catch (const E& error) {
        for (const std::string& part : parts) {
            INFO("message: " << error.what());
            INFO("expected: " << part);
            REQUIRE(std::string(error.what()).find(part) != std::string::npos);
        }
        REQUIRE(std::string(error.what()).starts_with("hotrow: "));
        return;
    }
    FAIL("no error; expected one with \"" << parts[0] << "\"");
}

/// Two tables, of 10 and 3 rows, with some rows cached and dirty.
class Trained {
public:
    Trained(Bounds bounds = Bounds::report) : embedding({.table_rows = {10, 3}, .cache_sets = 1, .seed = 5, .bounds = bounds, .threads = 1}) {
        const std::vector<std::int32_t> indices{1, 2, 3, 1, 0}, offsets{0, 2, 4, 5, 5};
        std::vector<float> rows(4 * 4, 0.5f);
        const auto plan = embedding.plan(Batch<std::int32_t>{.indices = indices, .offsets = offsets, .batch_size = 2});
        embedding.backward(plan, std::span<const float>(rows));
        before_ = copy();
    }
    void require_unchanged() { REQUIRE(copy() == before_); }
    void remember() { before_ = copy(); }

    Embedding embedding;
    alignas(16) float output[64] = {};
    std::span<float> rows(std::size_t count) { return {output, count * 4}; }

private:
    /// Everything: bytes of all rows and of the cache, values, counts.
    std::vector<double> copy() {
        std::vector<float> values(13 * 4);
        embedding.read_rows(0, 0, std::span(values).first(40));
        embedding.read_rows(1, 0, std::span(values).subspan(40));
        std::vector<double> all(values.begin(), values.end());
        const auto view = embedding.view();
        for (std::int64_t i = 0; i < embedding.footprint().stored_rows; ++i) all.push_back(static_cast<double>(view.stored[i]));
        for (int slot = 0; slot < 4; ++slot) { all.insert(all.end(), {double(view.tags[slot]), double(view.scores[slot]), double(view.flags[slot])}); }
        for (int row = 0; row < 13; ++row) all.push_back(static_cast<double>(view.row_states[row].sum));
        const Statistics s = embedding.statistics();
        for (const std::uint64_t n : {s.steps, s.lookups, s.unique_rows, s.hits, s.misses, s.conflict_misses, s.admissions, s.evictions, s.write_backs,
                                      s.clean_evictions, s.rejected_updates, s.bad_indices, view.state->step}) {
            all.push_back(static_cast<double>(n));
        }
        return all;
    }
    std::vector<double> before_;
};

/// Plan, forward and lookup all refuse the batch, and nothing changes.
template <class E, class I>
void require_refused(const std::vector<I>& indices, const std::vector<I>& offsets, std::int32_t batch_size, const std::vector<std::string>& parts,
                     const std::vector<float>& weights = {}) {
    Trained trained;
    const Batch<I> batch{.indices = indices, .offsets = offsets, .weights = weights, .batch_size = batch_size};
    const std::size_t rows = batch_size < 0 ? 0 : 2 * static_cast<std::size_t>(batch_size);
    require_error<E>([&] { (void)trained.embedding.plan(batch); }, parts);
    trained.require_unchanged();
    require_error<E>([&] { (void)trained.embedding.forward(batch, trained.rows(rows)); }, parts);
    trained.require_unchanged();
    require_error<E>([&] { trained.embedding.lookup(batch, trained.rows(rows)); }, parts);
    trained.require_unchanged();
    // It goes on as if nothing had been.
    const std::vector<I> good{0}, bags{0, 1, 1, 1, 1};
    trained.embedding.release(trained.embedding.plan(Batch<I>{.indices = good, .offsets = bags, .batch_size = 2}));
}

using V32 = std::vector<std::int32_t>;
using V64 = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("options that cannot be honoured", "[embedding][errors]") {
    const std::int64_t before = CountingHost::live_bytes;
    const auto refused = [](const Options& options, const std::vector<std::string>& parts) {
        require_error<OptionError>([&] { Embedding{options}; }, parts);
        require_error<OptionError>([&] { (void)Embedding::footprint(options); }, parts);
    };
    refused({}, {"table_rows is empty"});
    refused({.table_rows = {5, 0}}, {"table_rows[1] is 0", "at least 1"});
    refused({.table_rows = {-7}}, {"table_rows[0] is -7"});
    refused({.table_rows = {5}, .cache_fraction = -0.1}, {"cache_fraction is -0.1"});
    refused({.table_rows = {5}, .cache_fraction = 1.5}, {"cache_fraction is 1.5"});
    refused({.table_rows = {5}, .cache_fraction = NAN}, {"cache_fraction is"});
    refused({.table_rows = {5}, .cache_sets = -1}, {"cache_sets is -1"});
    refused({.table_rows = {5}, .initial_range = -1.0f}, {"initial_range is -1"});
    refused({.table_rows = {5}, .initial_range = NAN}, {"initial_range is"});
    refused({.table_rows = {5}, .initial_range = INFINITY}, {"initial_range is inf"});
    refused({.table_rows = {5}, .in_flight = 0}, {"in_flight is 0", "1 to 8"});
    refused({.table_rows = {5}, .in_flight = 9}, {"in_flight is 9"});
    refused({.table_rows = {5}, .threads = -1}, {"threads is -1", "64"});
    refused({.table_rows = {5}, .threads = 65}, {"threads is 65"});
    REQUIRE(CountingHost::live_bytes == before);
}

TEST_CASE("too many rows for the row id", "[embedding][errors]") {
    const auto refused = [](const Options& options, const std::vector<std::string>& parts) {
        require_error<OptionError>([&] { (void)Embedding::footprint(options); }, parts);
    };
    refused({.table_rows = {std::int64_t{1} << 32}, .cache_sets = 0}, {"rows are 4294967296", "4294967293", "std::uint64_t"});
    refused({.table_rows = {(std::int64_t{1} << 32) - 10}, .cache_sets = 2}, {"rows and lines are 4294967294", "4294967293"});
    REQUIRE(Embedding::footprint({.table_rows = {(std::int64_t{1} << 32) - 11}, .cache_sets = 2}).stored_rows == 8 * ((std::int64_t{1} << 32) - 11));
    REQUIRE(Wide::footprint({.table_rows = {std::int64_t{1} << 33}, .cache_sets = 0}).stored_rows == std::int64_t{1} << 36);
}

TEST_CASE("counts that overflow are refused, not wrapped", "[embedding][errors]") {
    const auto refused = [](auto embedding, const auto& options, const std::vector<std::string>& parts) {
        using E = typename decltype(embedding)::type;
        require_error<OptionError>([&] { (void)E::footprint(options); }, parts);
        require_error<OptionError>([&] { E{options}; }, parts);
    };
    constexpr std::type_identity<Embedding> narrow;
    constexpr std::type_identity<Wide> wide;
    // Twice 2^63 - 1 and 12 more is 10 in 64 bits.
    refused(narrow, Options{.table_rows = {int64_max, int64_max, 12}, .cache_sets = 1}, {"rows are 9223372036854775807", "4294967293"});
    refused(wide, Wide::Options{.table_rows = {int64_max, int64_max, 12}, .cache_sets = 1}, {"rows are", "281474976710656"});
    // 2^59 sets of 32 ways are no line in 64 bits, nor are 2^62 sets of 4.
    refused(wide, Wide::Options{.table_rows = {10}, .cache_sets = std::int64_t{1} << 59}, {"sets of the cache are 576460752303423488", "4294967296"});
    refused(narrow, Options{.table_rows = {10}, .cache_sets = std::int64_t{1} << 62}, {"sets of the cache are"});
    // Bytes beyond 2^63.
    refused(wide, Wide::Options{.table_rows = {int64_max - 10}, .cache_sets = 0}, {"rows are 9223372036854775797"});
}

TEST_CASE("batches of the wrong shape", "[embedding][errors]") {
    require_refused<ShapeError>(V32{}, V32{0, 0, 0}, 2, {"3 offsets", "batch_size + 1 = 5"});
    require_refused<ShapeError>(V32{}, V32{}, 0, {"0 offsets", "= 1"});
    require_refused<ShapeError>(V32{}, V32{0}, -1, {"batch_size is -1"});
    require_refused<ShapeError>(V32{1, 2}, V32{0, 1, 1, 2, 2}, 2, {"1 weights", "2 indices"}, {1.0f});
    require_refused<ShapeError>(V32{1}, V32{0}, 0, {"1 indices", "batch_size 0", "give none, or the batch_size"});
    require_refused<ShapeError>(V32{}, V32{0}, std::numeric_limits<std::int32_t>::max(), {"tables * batch_size is 4294967294", "2147482623", "split"});
}

TEMPLATE_TEST_CASE("offsets that are none", "[embedding][errors]", std::int32_t, std::int64_t) {
    using V = std::vector<TestType>;
    require_refused<ShapeError, TestType>(V{1, 1, 1}, V{1, 1, 2, 3, 3}, 2, {"offsets of bag 0", "start at 0"});
    require_refused<ShapeError, TestType>(V{1, 1, 1}, V{0, 2, 1, 3, 3}, 2, {"offsets of bag 1", "decrease"});
    require_refused<ShapeError, TestType>(V{1, 1, 1}, V{0, 1, 2, 2, 2}, 2, {"offsets of bag 3", "end at the number"});
    require_refused<ShapeError, TestType>(V{1, 1, 1}, V{0, 1, 2, 3, 9}, 2, {"offsets of bag 3"});
    require_refused<ShapeError, TestType>(V{1, 1, 1}, V{0, 1, -5, 3, 3}, 2, {"offsets of bag 1"});
    require_refused<ShapeError, TestType>(V{1, 1, 1}, V{0, std::numeric_limits<TestType>::max(), 2, 3, 3}, 2, {"offsets of bag 1"});
    require_refused<ShapeError, TestType>(V{1, 1, 1}, V{std::numeric_limits<TestType>::min(), 1, 2, 3, 3}, 2, {"offsets of bag 0"});
    // No lookups at all, but offsets that speak of some.
    require_refused<ShapeError, TestType>(V{}, V{0, 0, 1, 1, 1}, 2, {"offsets of bag 3"});
    require_refused<ShapeError, TestType>(V{}, V{0, 1, 0, 0, 0}, 2, {"offsets of bag 1"});
}

TEST_CASE("indices outside their table", "[embedding][errors]") {
    require_refused<IndexError>(V32{1, -1}, V32{0, 1, 2, 2, 2}, 2, {"index -1 of lookup 1", "table 0", "10 rows"});
    require_refused<IndexError>(V32{10}, V32{0, 1, 1, 1, 1}, 2, {"index 10 of lookup 0", "table 0", "10 rows"});
    require_refused<IndexError>(V32{0, 3}, V32{0, 1, 1, 2, 2}, 2, {"index 3 of lookup 1", "table 1", "3 rows"});
    require_refused<IndexError>(V32{0, std::numeric_limits<std::int32_t>::min()}, V32{0, 1, 1, 2, 2}, 2, {"index -2147483648"});
    require_refused<IndexError>(V32{std::numeric_limits<std::int32_t>::max()}, V32{0, 1, 1, 1, 1}, 2, {"index 2147483647"});
    require_refused<IndexError>(V64{(std::int64_t{1} << 32) + 1}, V64{0, 1, 1, 1, 1}, 2, {"index 4294967297", "10 rows"});
    require_refused<IndexError>(V64{int64_max}, V64{0, 1, 1, 1, 1}, 2, {"index 9223372036854775807"});
    require_refused<IndexError>(V64{0, -int64_max - 1}, V64{0, 0, 0, 1, 2}, 2, {"index -9223372036854775808 of lookup 1", "table 1"});
    // Of several the first is named.
    require_refused<IndexError>(V32{1, 11, 1, 12}, V32{0, 1, 2, 2, 4}, 2, {"index 11 of lookup 1"});
}

TEST_CASE("Bounds::skip counts bad indices and leaves them out", "[embedding][errors]") {
    Trained trained(Bounds::skip);
    Embedding& embedding = trained.embedding;
    std::vector<float> row(4);
    embedding.read_rows(0, 5, row);
    const V64 indices{5, -1, 10, int64_max, 5}, offsets{0, 3, 3, 4, 5};
    const Statistics before = embedding.statistics();
    const Batch<std::int64_t> batch{.indices = indices, .offsets = offsets, .batch_size = 2, .pooling = Pooling::none};
    const auto plan = embedding.forward(batch, trained.rows(5));
    for (std::size_t i = 0; i < 5; ++i) {
        for (std::size_t e = 0; e < 4; ++e) REQUIRE(trained.output[4 * i + e] == (i == 0 ? row[e] : 0.0f));
    }
    Statistics after = embedding.statistics();
    REQUIRE(after.bad_indices == 4);  // the last one is outside table 1
    REQUIRE(after.lookups - before.lookups == 1);
    REQUIRE(after.unique_rows - before.unique_rows == 1);
    std::vector<float> others_before(9 * 4), others_after(9 * 4);
    const auto read_others = [&](std::vector<float>& values) {
        embedding.read_rows(0, 0, std::span(values).first(20));
        embedding.read_rows(0, 6, std::span(values).subspan(20));
    };
    read_others(others_before);
    embedding.backward(plan, std::span<const float>(trained.rows(5)));
    read_others(others_after);
    REQUIRE(others_before == others_after);
    embedding.lookup(batch, trained.rows(5));
    REQUIRE(embedding.statistics().bad_indices == 4);  // evaluation counts nothing
    embedding.check();                                 // and nothing is reported
}

TEST_CASE("outputs and gradients of the wrong shape", "[embedding][errors]") {
    Trained trained;
    Embedding& embedding = trained.embedding;
    const V32 indices{4, 5, 6}, offsets{0, 1, 2, 3, 3}, in_table_1{4, 5, 2};
    Batch<std::int32_t> batch{.indices = in_table_1, .offsets = offsets, .batch_size = 2};
    const auto too_small = [&] { (void)embedding.forward(batch, trained.rows(3)); };
    require_error<ShapeError>(too_small, {"output has 12 elements", "4 rows of 4"});
    trained.require_unchanged();
    const auto shifted = [&] { return std::span<float>(trained.output + 1, 16); };
    require_error<ShapeError>([&] { (void)embedding.forward(batch, shifted()); }, {"output must be aligned to 16 bytes", "it lies 4 beyond"});
    trained.require_unchanged();
    require_error<ShapeError>([&] { embedding.lookup(batch, trained.rows(5)); }, {"output has 20 elements", "4 rows of 4"});
    require_error<ShapeError>([&] { embedding.lookup(batch, shifted()); }, {"aligned to 16"});
    trained.require_unchanged();
    batch.pooling = Pooling::none;
    require_error<ShapeError>([&] { embedding.lookup(batch, trained.rows(4)); }, {"output has 16 elements", "3 rows of 4"});
    std::vector<Float16> halves(13);
    Float16* const aligned = halves.data() + (reinterpret_cast<std::uintptr_t>(halves.data()) % 8 == 0 ? 1 : 0);
    require_error<ShapeError>([&] { embedding.lookup(batch, std::span(aligned, 12)); }, {"aligned to 8 bytes"});
    trained.require_unchanged();

    const auto plan = embedding.plan(batch);
    trained.remember();
    require_error<ShapeError>([&] { embedding.forward(plan, trained.rows(4)); }, {"16 elements", "3 rows"});
    require_error<ShapeError>([&] { embedding.backward(plan, trained.rows(4)); }, {"output gradient has 16 elements", "3 rows of 4"});
    require_error<ShapeError>([&] { embedding.backward(plan, std::span<float>(trained.output + 1, 12)); }, {"output gradient must be aligned to 16"});
    trained.require_unchanged();
    embedding.backward(plan, trained.rows(3));  // the plan was still good
}

TEST_CASE("calls in a wrong order", "[embedding][errors]") {
    Trained trained, other;
    Embedding& embedding = trained.embedding;
    const V32 indices{4}, offsets{0, 1, 1, 1, 1};
    const Batch<std::int32_t> batch{.indices = indices, .offsets = offsets, .batch_size = 2};
    const auto first = embedding.plan(batch);
    trained.remember();

    require_error<PlanError>([&] { (void)embedding.plan(batch); }, {"1 plans are in flight", "Options::in_flight is 1", "up to 8"});
    require_error<PlanError>([&] { (void)embedding.forward(batch, trained.rows(4)); }, {"1 plans are in flight"});
    require_error<PlanError>([&] { embedding.reserve(1000); }, {"reserve(1000)", "plan 2 is in flight"});
    require_error<PlanError>([&] { other.embedding.forward(first, trained.rows(4)); }, {"forward was given plan 2 of another embedding"});
    require_error<PlanError>([&] { other.embedding.backward(first, trained.rows(4)); }, {"of another embedding"});
    require_error<PlanError>([&] { other.embedding.release(first); }, {"release was given plan 2 of another embedding"});
    require_error<PlanError>([&] { embedding.release(Plan<std::int32_t>{}); }, {"of another embedding"});
    trained.require_unchanged();
    other.require_unchanged();

    embedding.backward(first, trained.rows(4));
    trained.remember();
    require_error<PlanError>([&] { embedding.forward(first, trained.rows(4)); }, {"forward was given plan 2, which has ended"});
    require_error<PlanError>([&] { embedding.backward(first, trained.rows(4)); }, {"backward was given plan 2, which has ended"});
    require_error<PlanError>([&] { embedding.release(first); }, {"release was given plan 2, which has ended"});
    trained.require_unchanged();

    const auto second = embedding.plan(batch);
    trained.remember();
    require_error<PlanError>([&] { embedding.backward(first, trained.rows(4)); }, {"plan 2, which has ended"});
    trained.require_unchanged();
    embedding.release(second);
    require_error<PlanError>([&] { embedding.backward(second, trained.rows(4)); }, {"plan 3, which has ended"});

    // A plan that another embedding has in flight under the same number is still not ours.
    const auto of_other = other.embedding.plan(batch);
    const auto ours = embedding.plan(batch);
    require_error<PlanError>([&] { embedding.backward(of_other, trained.rows(4)); }, {"of another embedding"});
    embedding.release(ours);
}

TEST_CASE("ranges of rows that do not exist", "[embedding][errors]") {
    Trained trained;
    Embedding& embedding = trained.embedding;
    std::vector<float> values(8, 1.0f);
    const auto refused = [&](auto error, int table, std::int64_t first, std::size_t size, const std::vector<std::string>& parts) {
        using E = decltype(error);
        require_error<E>([&] { embedding.read_rows(table, first, std::span(values).first(size)); }, parts);
        require_error<E>([&] { embedding.write_rows(table, first, std::span(values).first(size)); }, parts);
        trained.require_unchanged();
    };
    refused(IndexError(""), -1, 0, 4, {"table -1", "there are 2", "give 0 to 1"});
    refused(IndexError(""), 2, 0, 4, {"table 2", "there are 2"});
    refused(IndexError(""), 0, -1, 4, {"1 rows from row -1", "table 0 has 10"});
    refused(IndexError(""), 0, 9, 8, {"2 rows from row 9", "table 0 has 10", "within it"});
    refused(IndexError(""), 1, 4, 0, {"0 rows from row 4", "table 1 has 3"});
    refused(IndexError(""), 1, int64_max, 4, {"row 9223372036854775807", "table 1 has 3"});
    refused(ShapeError(""), 0, 0, 7, {"7 values", "rows of 4", "give a multiple"});
    const std::vector<std::int64_t> beyond{2, 10};
    require_error<IndexError>([&] { (void)embedding.pin_rows(0, beyond); }, {"row 10 was given", "table 0 has 10 rows", "give 0 to 9"});
    require_error<IndexError>([&] { embedding.unpin_rows(1, beyond); }, {"row 10 was given", "table 1 has 3 rows", "give 0 to 2"});
    trained.require_unchanged();
    embedding.read_rows(0, 10, std::span<float>());  // no rows at the end are fine
}

TEST_CASE("rows must be finite", "[embedding][errors]") {
    Trained trained;
    for (const float bad : {NAN, INFINITY, -INFINITY}) {
        std::vector<float> values(3 * 4, 1.0f);
        values[6] = bad;
        require_error<NonFiniteError>([&] { trained.embedding.write_rows(0, 1, values); }, {"value 2 of row 2 is", "finite"});
        trained.require_unchanged();
    }
}

TEST_CASE("sizes beyond the limit", "[embedding][errors]") {
    Trained trained;
    // Spans of that size that nobody looks into.
    const std::size_t size = std::size_t{1} << 31;
    const std::span<const std::int32_t> indices(static_cast<const std::int32_t*>(nullptr), size);
    const V32 offsets{0, 0, 0, 0, 0};
    require_error<ShapeError>([&] { (void)trained.embedding.plan(Batch<std::int32_t>{.indices = indices, .offsets = offsets, .batch_size = 2}); },
                              {"number of lookups is 2147483648", "limit is 2147482623"});
    require_error<ShapeError>([&] { (void)Embedding::footprint({.table_rows = {4}, .max_lookups = std::int64_t{1} << 31}); },
                              {"max_lookups is 2147483648", "2147482623"});
    require_error<ShapeError>([&] { (void)Embedding::footprint({.table_rows = {4}, .max_lookups = -1}); }, {"max_lookups is -1"});
    trained.require_unchanged();
}

TEST_CASE("updates that are not finite are rejected and counted", "[embedding][errors]") {
    Trained trained;
    Embedding& embedding = trained.embedding;
    const V32 indices{1, 7, 2, 2}, offsets{0, 1, 2, 4, 4};
    for (const float bad : {NAN, INFINITY, 3e38f}) {
        std::vector<float> good(4), rejected(4), good_after(4), rejected_after(4);
        embedding.read_rows(0, 7, rejected);
        const std::uint64_t count = embedding.statistics().rejected_updates;
        const auto plan = embedding.plan(Batch<std::int32_t>{.indices = indices, .offsets = offsets, .batch_size = 2});
        embedding.read_rows(0, 1, good);
        const float sum = embedding.view().row_states[7].sum;
        std::fill(std::begin(trained.output), std::end(trained.output), 0.25f);
        trained.output[4 + 3] = bad;  // for row 7 of table 0
        embedding.backward(plan, trained.rows(4));
        embedding.read_rows(0, 1, good_after);
        embedding.read_rows(0, 7, rejected_after);
        REQUIRE(embedding.statistics().rejected_updates == count + 1);
        REQUIRE(embedding.view().row_states[7].sum == sum);
        REQUIRE(rejected_after == rejected);
        for (std::size_t e = 0; e < 4; ++e) REQUIRE(good_after[e] < good[e]);
    }
}
