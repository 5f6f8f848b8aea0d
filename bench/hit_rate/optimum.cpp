// SPDX-License-Identifier: Apache-2.0
#include "optimum.hpp"

#include "reference.hpp"

#include <functional>
#include <limits>
#include <queue>
#include <utility>
#include <vector>

namespace hit_rate {
namespace {

/// A directed graph without cycles, whose arcs go from lower to higher nodes, and the cheapest flow through it from the
/// first to the last node.
class FlowNetwork {
public:
    int add_node() {
        arcs_of_.emplace_back();
        return static_cast<int>(arcs_of_.size()) - 1;
    }
    void add_arc(int from, int to, int capacity, std::int64_t cost) {
        push_half(from, to, capacity, cost);
        push_half(to, from, 0, -cost);
    }

    /// The least cost of up to `units` units; at most 0.
    std::int64_t least_cost(int units) {
        start();
        std::int64_t total = 0;
        for (int unit = 0; unit < units; ++unit) {
            shorten();
            const std::int64_t cost = potential_.back() - potential_.front();
            if (cost >= 0) break;
            total += cost;
            send_one();
        }
        return total;
    }

private:
    static constexpr std::int64_t unreachable = std::numeric_limits<std::int64_t>::max() / 4;

    struct Arc {
        int to;
        int capacity;
        std::int64_t cost;
    };

    // Arc 2 i and its reverse 2 i + 1 stand side by side.
    void push_half(int from, int to, int capacity, std::int64_t cost) {
        arcs_of_[static_cast<std::size_t>(from)].push_back(arcs_.size());
        arcs_.push_back({to, capacity, cost});
    }

    /// Potentials that leave no arc a negative reduced cost: distances from the first node, in topological order.
    void start() {
        potential_.assign(arcs_of_.size(), unreachable);
        potential_.front() = 0;
        for (std::size_t node = 0; node < arcs_of_.size(); ++node) {
            if (potential_[node] == unreachable) continue;
            for (const std::size_t a : arcs_of_[node]) {
                std::int64_t& there = potential_[static_cast<std::size_t>(arcs_[a].to)];
                if (arcs_[a].capacity > 0) there = std::min(there, potential_[node] + arcs_[a].cost);
            }
        }
    }

    /// Dijkstra on reduced costs from the first node to the last; brings the potentials up to date.
    void shorten() {
        using Reached = std::pair<std::int64_t, int>;
        std::priority_queue<Reached, std::vector<Reached>, std::greater<>> queue;
        distance_.assign(arcs_of_.size(), unreachable);
        arc_to_.resize(arcs_of_.size());
        distance_.front() = 0;
        queue.push({0, 0});
        const int last = static_cast<int>(arcs_of_.size()) - 1;
        while (!queue.empty()) {
            const auto [distance, at] = queue.top();
            queue.pop();
            const auto node = static_cast<std::size_t>(at);
            if (distance > distance_[node]) continue;
            if (at == last) break;
            for (const std::size_t a : arcs_of_[node]) {
                const Arc& arc = arcs_[a];
                const auto to = static_cast<std::size_t>(arc.to);
                if (arc.capacity == 0 || potential_[to] == unreachable) continue;
                const std::int64_t there = distance + arc.cost + potential_[node] - potential_[to];
                if (there >= distance_[to]) continue;
                distance_[to] = there;
                arc_to_[to] = a;
                queue.push({there, arc.to});
            }
        }
        // Nodes beyond the last one's distance move by that distance, which keeps all reduced costs at or above 0.
        for (std::size_t node = 0; node < potential_.size(); ++node) {
            if (potential_[node] != unreachable) potential_[node] += std::min(distance_[node], distance_.back());
        }
    }

    void send_one() {
        for (std::size_t node = arcs_of_.size() - 1; node != 0;) {
            const std::size_t arc = arc_to_[node];
            --arcs_[arc].capacity;
            ++arcs_[arc ^ 1].capacity;
            node = static_cast<std::size_t>(arcs_[arc ^ 1].to);
        }
    }

    std::vector<Arc> arcs_;
    std::vector<std::vector<std::size_t>> arcs_of_;
    std::vector<std::int64_t> potential_, distance_;
    std::vector<std::size_t> arc_to_;  ///< by which a node was reached
};

/// Units of flow are ways. One node before each batch of the set, one after the last, and one for each run that has an
/// earlier or a later run of its row. A way goes past a batch, or is given to a run, stays with the row through its
/// next uses, and is free again after the batch of the last; but a line that the very next batch uses cannot be given
/// away before, and hits.
std::uint64_t most_hits_of_set(std::span<const Run> runs, int ways) {
    const std::vector<std::size_t> next = next_uses(runs);
    std::vector<bool> follows(runs.size());
    for (const std::size_t later : next) {
        if (later != never) follows[later] = true;
    }
    FlowNetwork network;
    std::vector<int> node(runs.size(), -1), batch_of(runs.size());
    std::vector<int> before;  // the node before each batch
    for (std::size_t i = 0; i < runs.size(); ++i) {
        if (i == 0 || runs[i].batch != runs[i - 1].batch) before.push_back(network.add_node());
        batch_of[i] = static_cast<int>(before.size()) - 1;
        if (next[i] != never || follows[i]) node[i] = network.add_node();
    }
    before.push_back(network.add_node());
    for (std::size_t b = 0; b + 1 < before.size(); ++b) network.add_arc(before[b], before[b + 1], ways, 0);
    for (std::size_t i = 0; i < runs.size(); ++i) {
        const auto batch = static_cast<std::size_t>(batch_of[i]);
        if (next[i] != never) {
            network.add_arc(before[batch], node[i], 1, 0);
            network.add_arc(node[i], node[next[i]], 1, -static_cast<std::int64_t>(runs[next[i]].lookups));
        }
        const bool stays = next[i] != never && batch_of[next[i]] == batch_of[i] + 1;
        if (follows[i] && !stays) network.add_arc(node[i], before[batch + 1], 1, 0);
    }
    return static_cast<std::uint64_t>(-network.least_cost(ways));
}

}  // namespace

std::uint64_t most_hits(const SetRuns& runs, int ways) {
    std::uint64_t hits = 0;
    for (std::size_t set = 0; set < runs.sets(); ++set) {
        if (!runs.of_set(set).empty()) hits += most_hits_of_set(runs.of_set(set), ways);
    }
    return hits;
}

std::uint64_t belady_hits(const SetRuns& runs, int ways) { return reference_hits(Reference::belady, runs, ways); }

double best_hit_rate(const Trace& trace, std::size_t sets, int ways, std::size_t batch_samples) {
    const SetRuns runs = cut(trace, sets, batch_samples);
    const std::uint64_t hits = batch_samples <= 1 ? belady_hits(runs, ways) : most_hits(runs, ways);
    return static_cast<double>(hits) / static_cast<double>(runs.lookups);
}

}  // namespace hit_rate
