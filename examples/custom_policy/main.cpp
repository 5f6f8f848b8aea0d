// SPDX-License-Identifier: Apache-2.0
// A quantizer, an eviction policy and an optimizer of one's own. What a policy must have stands beside its concept:
// storage/quantizer.hpp, cache/eviction.hpp, optimizer/optimizer.hpp; what is missing, the compiler names.
#include <hotrow/hotrow.hpp>

#include <cmath>
#include <cstddef>
#include <cstdio>
#include <numeric>
#include <random>
#include <span>
#include <vector>

using namespace hotrow;
/// Steps are powers of two, so that decoding is exact; a row costs one byte beside its codes, the step's exponent.
struct PowerOfTwoSteps {
    template <class P>
    static constexpr bool accepts = P::is_integer && P::bits > 2;
    template <class P>
    static constexpr int zero_code = (P::levels + 1) / 2;
    template <int Dim>
    static constexpr int qparam_bytes = 1;
    static constexpr int qparam_alignment = 1;

    template <class P, class Rounding, int Dim, Tile T>
    HOTROW_HD static void encode(const T& tile, const float* values, std::byte* codes, std::byte* qparams, const RandomKey& key) {
        constexpr float zero = zero_code<P>;
        float largest = 0.0f;
        for_each_element<Dim>(tile, [&](int i, int) { largest = std::fmax(largest, std::fabs(values[i])); });
        const float least_step = arithmetic::quotient(highest(tile, largest), zero - 1.0f);
        const std::uint32_t exponent = (arithmetic::bits_of(least_step > 1e-37f ? least_step : 1e-37f) + 0x7fffffu) >> 23;  // rounded up
        const float inverse = arithmetic::float_of((254u - exponent) << 23);
        if (tile.rank() == 0) *qparams = static_cast<std::byte>(exponent);
        for_each_stretch<Dim>(tile, [&](auto width, int i, int element) {
            constexpr int n = decltype(width)::value;
            std::int32_t quantized[n];
            std::uint32_t words[n];
            Rounding::random_words(Rounding::prepare(key), element, words);
            for (int j = 0; j < n; ++j) {
                const float value = element + j < Dim ? values[i + j] : 0.0f;  // the last pack may be padded
                quantized[j] = Rounding::to_integer(arithmetic::fma(value, inverse, zero), words[j]);
            }
            P::pack(quantized, codes + element * P::bits / 8);
        });
    }

    template <class P, int Dim, Tile T>
    HOTROW_HD static void decode(const T& tile, const std::byte* codes, const std::byte* qparams, float* values) {
        const float step = arithmetic::float_of(static_cast<std::uint32_t>(*qparams) << 23);
        for_each_stretch<Dim>(tile, [&](auto width, int i, int element) {
            constexpr int n = decltype(width)::value;
            float unpacked[n];
            P::unpack(codes + element * P::bits / 8, unpacked);
            for (int j = 0; j < n; ++j) values[i + j] = arithmetic::product(unpacked[j] - zero_code<P>, step);
        });
    }
};

/// A line that was not hit since its admission goes first; each hit earns one more batch, up to three.
struct ThreeChances {
    using Score = std::uint8_t;
    static constexpr const char* name = "three_chances";
    HOTROW_HD static Score admitted(const CacheClock&, std::uint32_t) { return 0; }
    HOTROW_HD static Score hit(Score score, const CacheClock&, std::uint32_t) { return static_cast<Score>(score < 3 ? score + 1 : 3); }
    HOTROW_HD static std::uint32_t priority(Score score, std::uint64_t, const CacheClock&) { return score; }
};

/// The gradient's direction at a length of its own: w <- w - rate * g / |g|.
struct NormalizedDescent {
    using RowState = NoState;
    static constexpr const char* name = "normalized_descent";
    float rate = 0.05f;
    HOTROW_HD RowState initial_state() const { return {}; }
    template <int Dim, Tile T>
    HOTROW_HD bool update(const T& tile, float* row, const float* gradient, RowState&) const {
        const float norm = arithmetic::square_root(reduction::row_sum_of_squares<Dim>(tile, gradient)) + 1e-6f;
        const float factor = arithmetic::quotient(-rate, norm);
        for_each_element<Dim>(tile, [&](int i, int) { row[i] = arithmetic::fma(factor, gradient[i], row[i]); });
        return arithmetic::is_finite(norm);
    }
};

using Format = RowFormat<Int8, PowerOfTwoSteps, Stochastic<>>;
using Embedding = CachedEmbedding<16, Format, Cache<SetAssociative<8>, ThreeChances>, NormalizedDescent, Host>;

int main() {
    Embedding embedding({.table_rows = {5'000}, .cache_fraction = 0.1, .seed = 7});
    std::mt19937 random(1);
    std::geometric_distribution<std::int32_t> popular(0.002);
    std::vector<std::int32_t> indices(512), offsets{0, 512};
    std::vector<float> rows(std::size_t{512} * 16), gradient(rows.size()), losses;
    for (int step = 0; step < 500; ++step) {
        for (auto& index : indices) index = popular(random) % 5'000;
        const Batch<std::int32_t> batch{.indices = indices, .offsets = offsets, .batch_size = 1, .pooling = Pooling::none};
        const auto plan = embedding.forward(batch, std::span(rows));
        for (std::size_t i = 0; i < rows.size(); ++i) gradient[i] = rows[i] - 0.5f;
        losses.push_back(std::inner_product(gradient.begin(), gradient.end(), gradient.begin(), 0.0f) / static_cast<float>(rows.size()));
        embedding.backward(plan, std::span<const float>(gradient));
    }
    std::printf("squared error %.4f at first, %.4f at last\n", static_cast<double>(losses.front()), static_cast<double>(losses.back()));
    return losses.back() < 0.1f * losses.front() ? 0 : 1;
}
