// SPDX-License-Identifier: Apache-2.0
// Parameters outside their range, and parts that do not go together: one use for each message.
#include <hotrow/hotrow.hpp>

using namespace hotrow;

constexpr auto no_half_life = sizeof(LfuAged<0>);
constexpr auto too_few_ghosts = sizeof(Ghosts<0>);
constexpr auto too_many_ghosts = sizeof(Ghosts<129>);
constexpr auto ghosts_of_ghosts = sizeof(Cache<DirectMapped, Lru, float, Always, float>);
constexpr auto forgetful = sizeof(Cache<DirectMapped, Fifo, float, Always, Ghosts<4>>);
constexpr auto no_admission = sizeof(Cache<DirectMapped, Lru, float, Lru>);

constexpr int no_elements = RowFormat<Fp32, Cast>::Layout<0>::stride;
constexpr auto no_generator = sizeof(Stochastic<NearestEven>);
constexpr auto shared_scale = sizeof(RowwiseAdagradOf<RowFormat<Int8, RowAffine<>>>::RowState);

struct WithAddress : Sgd {
    WithAddress(const WithAddress& other) : Sgd(other), self(this) {}
    const WithAddress* self;
};
using Plain = Cache<DirectMapped, Lru>;
constexpr auto not_copyable = sizeof(CachedEmbedding<4, RowFormat<Fp32, Cast>, Plain, WithAddress, Host>);
constexpr auto no_placement = sizeof(CachedEmbedding<4, RowFormat<Fp32, Cast>, Plain, Sgd, Host, std::uint32_t, Host>);
