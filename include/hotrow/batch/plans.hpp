// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../error.hpp"
#include "../memory/buffer.hpp"
#include "plan.hpp"
#include "workspace.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace hotrow::detail {

/// The plans that an embedding has in flight: room for each, and the order of their work.
///
/// *Order between streams*: with room for one plan that is the caller's business, as for any CUDA call. With more, plans run ahead on a stream of their own: a plan
/// waits for the plan before it, for the uses of ended plans, and for whatever changed rows (an *access*); a use waits for its plan.
template <class RowId, class Backend>
class Plans {
public:
    using Stream = typename Backend::Stream;

    /// Room for one plan.
    struct Place {
        std::uint64_t sequence = 0;  ///< of the plan that it holds; 0: free
        Workspace<RowId, Backend> workspace;
        Buffer<std::byte, Backend> block;
        std::int64_t reserved = -1;  ///< lookups; an empty batch needs a little too
        typename Backend::Aside moved{};
        typename Backend::Mark planned;
        typename Backend::Mark used;
    };

    /// `key_bits`: of mixed row ids; `dim`: elements of a row.
    Plans(int places, int key_bits, int dim) : places_(static_cast<std::size_t>(places)), key_bits_(key_bits), dim_(dim) {}

    Place& operator[](std::uint32_t place) { return places_[place]; }
    const PlanView<RowId>& view(std::uint32_t place) const { return places_[place].workspace.plan; }

    /// A place for one plan more. Throws `PlanError` if there is none.
    std::uint32_t free_place() const {
        for (std::uint32_t place = 0; place < places_.size(); ++place) {
            if (places_[place].sequence == 0) return place;
        }
        throw PlanError("hotrow: " + std::to_string(places_.size()) + " plans are in flight, and Options::in_flight is " + std::to_string(places_.size()) +
                        "; end one with backward, finish or release first, or allow up to " + std::to_string(max_in_flight));
    }
    /// Makes room for `lookups` lookups in one place, or in all of them. What was in flight there must have ended.
    void reserve(Backend& backend, std::uint32_t index, std::int64_t lookups) {
        Place& place = places_[index];
        if (lookups <= place.reserved) return;
        using Space = Workspace<RowId, Backend>;
        const std::size_t bytes = Space(backend, lookups, key_bits_, dim_, nullptr).bytes;
        Buffer<std::byte, Backend> block(backend, static_cast<std::int64_t>(bytes));
        place.workspace = Space(backend, lookups, key_bits_, dim_, block.data());
        place.block = std::move(block);
        place.reserved = lookups;
    }
    void reserve(Backend& backend, std::int64_t lookups) {
        for (std::uint32_t place = 0; place < places_.size(); ++place) reserve(backend, place, lookups);
    }
    std::int64_t workspace_bytes() const {
        std::int64_t bytes = 0;
        for (const Place& place : places_) bytes += static_cast<std::int64_t>(place.block.bytes());
        return bytes;
    }

    /// From now on `place` holds the latest plan, whose number is returned.
    std::uint64_t begin(std::uint32_t place, Stream stream) {
        places_[place].sequence = ++sequence_;
        latest_ = place;
        if (orders_streams()) places_[place].planned.set(stream);
        return sequence_;
    }
    /// What `stream` has been given so far uses the plan; more may follow.
    void mark_use(std::uint32_t place, Stream stream) {
        if (orders_streams()) places_[place].used.set(stream);
    }
    /// The plan ends with what `stream` has been given so far.
    void end(std::uint32_t place, Stream stream) {
        mark_use(place, stream);
        mark_access(stream);
        places_[place].sequence = 0;
    }
    /// The plan ends, and nothing has used it since it was last marked.
    void release(std::uint32_t place) { places_[place].sequence = 0; }
    /// What `stream` has been given so far read or changed rows outside of a plan.
    void mark_access(Stream stream) {
        if (orders_streams()) access_.set(stream);
    }

    void order_plan(Stream stream) const {
        if (!orders_streams()) return;
        places_[latest_].planned.wait(stream);
        access_.wait(stream);
        for (const Place& place : places_) {
            if (place.sequence == 0) place.used.wait(stream);
        }
    }
    void order_use(const Backend& backend, std::uint32_t place, Stream stream) const {
        backend.wait_aside(places_[place].moved);
        if (!orders_streams()) return;
        places_[place].planned.wait(stream);
        access_.wait(stream);
    }
    void order_access(const Backend& backend, Stream stream) const {
        backend.wait_aside();
        if (!orders_streams()) return;
        places_[latest_].planned.wait(stream);
        access_.wait(stream);
    }

    /// Those in flight, as the walk of another plan sees them.
    PlansInFlight<RowId> in_flight() const {
        PlansInFlight<RowId> plans;
        for (const Place& place : places_) {
            if (place.sequence != 0) plans.plans[plans.count++] = place.workspace.plan;
        }
        return plans;
    }
    /// Lookups of all plans whose rows may still be written.
    std::uint64_t lookups() const {
        std::uint64_t lookups = 0;
        for (const Place& place : places_) lookups += place.workspace.plan.lookups;
        return lookups;
    }

    /// Throws `PlanError` if there is one.
    void require_none(const std::string& call) const {
        for (const Place& place : places_) {
            if (place.sequence != 0) {
                throw PlanError("hotrow: " + call + " while plan " + std::to_string(place.sequence) +
                                " is in flight; end it with backward, finish or release first");
            }
        }
    }
    /// Throws `PlanError` unless the plan is one of `owner`'s and in flight.
    template <Index I>
    void require_current(const Plan<I>& plan, const void* owner, const char* call) const {
        const bool ours = plan.owner == owner;
        if (ours && plan.place < places_.size() && plan.sequence != 0 && places_[plan.place].sequence == plan.sequence) return;
        throw PlanError("hotrow: " + std::string(call) + " was given plan " + std::to_string(plan.sequence) +
                        (ours ? ", which has ended; plan the batch again" : " of another embedding; give it to the one that made it"));
    }

private:
    bool orders_streams() const { return places_.size() > 1; }

    std::vector<Place> places_;
    int key_bits_, dim_;
    typename Backend::Mark access_;  ///< the last call that read or changed rows outside of a plan
    std::uint32_t latest_ = 0;       ///< place of the last plan
    std::uint64_t sequence_ = 0;
};

}  // namespace hotrow::detail
