// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../error.hpp"
#include "../memory/buffer.hpp"
#include "../statistics.hpp"
#include "radix_sort.hpp"
#include "side_thread.hpp"
#include "team.hpp"
#include "tile.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <thread>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace hotrow {

/// The CPU: a tile is one thread, and a team of threads shares each loop over tiles. Every call returns when its work is done, but for rows that
/// move ahead of their batch from a placement that is apart: a thread of the embedding's own moves them.
/// One embedding serves one calling thread at a time.
class Host {
public:
    /// Work is in order; there is nothing to choose.
    struct Stream {};
    static constexpr bool is_host = true;
    static constexpr const char* name = "host";

    /// `threads` = 0 takes all cores.
    explicit Host(int threads = 0) : team_(std::make_unique<detail::Team>(count(threads))) {}

    int threads() const { return team_->size(); }

    /// Lanes that run together, and those that a row gets; kernels are instantiated for them.
    static constexpr int warp = 1;
    template <int Dim>
    static constexpr int lanes_of_row = 1;
    template <int Ways>
    static constexpr int lanes_of_set = 1;
    /// Neighbouring lookups or bags that one call serves.
    static constexpr std::uint32_t block = 256;
    /// Lookups whose keys one call makes, and how far they are apart.
    static constexpr std::uint32_t keys_a_call = block, keys_apart = 1;

    // Memory

    static constexpr std::size_t alignment = 64;

    /// Uninitialised; large blocks on huge pages, which random row reads like.
    void* allocate(std::size_t bytes) {
        constexpr std::size_t huge = std::size_t{2} << 20;
        const std::size_t align = bytes >= huge ? huge : alignment;
        void* block = ::operator new(bytes, std::align_val_t{align});
#if defined(__linux__)
        if (bytes >= huge) ::madvise(block, bytes, MADV_HUGEPAGE);
#endif
        return block;
    }
    void deallocate(void* block, std::size_t bytes) noexcept {
        constexpr std::size_t huge = std::size_t{2} << 20;
        ::operator delete(block, std::align_val_t{bytes >= huge ? huge : alignment});
    }
    /// All memory is the host's.
    void* allocate_apart(std::size_t bytes, detail::MemoryKind) { return allocate(bytes); }
    void deallocate_apart(void* block, std::size_t bytes, detail::MemoryKind) noexcept { deallocate(block, bytes); }
    static void to_host(void* to, const void* from, std::size_t bytes, Stream) { std::memcpy(to, from, bytes); }
    static void from_host(void* to, const void* from, std::size_t bytes, Stream) { std::memcpy(to, from, bytes); }
    static void synchronise(Stream) {}

    // Kernels

    /// body(tile, i) for i in [0, n), where n is the calls that `count` items take.
    template <int Lanes, class Body>
    void for_each(Stream, std::uint64_t count, const Body& body) {
        constexpr std::uint32_t items = detail::items_a_call<Body, 1>;
        in_parts((count + (items - 1u)) / items, [&](std::uint64_t begin, std::uint64_t end, std::uint32_t) {
            for (std::uint64_t i = begin; i < end; ++i) body(SingleLane{}, i);
        });
    }

    /// The same for `*count` items, where at most `limit` are expected.
    template <int Lanes, class Body>
    void for_each_run(Stream stream, std::uint64_t, const std::uint32_t* count, const Body& body) {
        for_each<Lanes>(stream, *count, body);
    }

    /// body(tile, i, counts), with counters that no other thread changes meanwhile.
    template <int Lanes, class Body>
    void for_each_run_counting(Stream, std::uint64_t, const std::uint32_t* count, const Body& body, const detail::CountReplicas& replicas) {
        static_assert(detail::items_a_call<Body, 1> == 1);
        in_parts(*count, [&](std::uint64_t begin, std::uint64_t end, std::uint32_t thread) {
            const detail::Counts counts = replicas.replica(thread);
            for (std::uint64_t i = begin; i < end; ++i) body(SingleLane{}, i, counts);
        });
    }
    /// Replicas of the counters: one a thread.
    std::uint32_t count_replicas() const { return static_cast<std::uint32_t>(threads()); }

    // Beside the caller's thread

    /// What was given to the side thread so far.
    using Aside = detail::SideThread::Ticket;
    /// As `for_each_run` with each of `bodies` in turn, but by a thread that goes on while the caller does other things. What the bodies and `count` point to
    /// must stay as it is until `wait_aside`.
    template <int Lanes, class... Bodies>
    Aside for_each_run_aside(Stream, std::uint64_t, const std::uint32_t* count, const Bodies&... bodies) {
        static_assert(((detail::items_a_call<Bodies, 1> == 1) && ...));
        return side_->post([count, bodies...] {
            const auto for_all = [runs = *count](const auto& body) {
                for (std::uint64_t i = 0; i < runs; ++i) body(SingleLane{}, i);
            };
            (for_all(bodies), ...);
        });
    }
    void wait_aside(Aside until) const { side_->wait(until); }
    void wait_aside() const { side_->wait_for_all(); }

    // Order between streams

    /// Every call returns when its work is done: nothing to mark, nothing to wait for.
    struct Mark {
        void set(Stream) {}
        void wait(Stream) const {}
    };

    // Device-wide steps

    template <class Key>
    std::size_t sort_scratch_bytes(std::uint32_t, int) const {
        return detail::RadixSort::scratch_bytes(threads());
    }

    /// Sorts (key, position) pairs stably by the low `bits` bits; each array and its scratch twin may change places.
    template <class Key>
    void sort(Stream, Key*& keys, Key*& other_keys, std::uint32_t*& positions, std::uint32_t*& other_positions, std::uint32_t n, int bits, void* scratch,
              std::size_t) {
        detail::RadixSort::sort(*team_, keys, other_keys, positions, other_positions, n, bits, static_cast<std::uint32_t*>(scratch));
    }

    template <class Key>
    std::size_t run_scratch_bytes(std::uint32_t) const {
        return 0;
    }

    /// Numbers the runs of equal keys: `run_of[i]`, `run_begin[run]`, one past the end at `run_begin[*run_count]`.
    template <class Key>
    void find_runs(Stream, const Key* keys, std::uint32_t n, std::uint32_t* run_of, std::uint32_t* run_begin, std::uint32_t* run_count, void*, std::size_t) {
        run_begin[0] = 0;
        std::uint32_t run = 0;
        if (n > 0) {
            run_of[0] = 0;
            run_begin[1] = 1;
        }
        for (std::uint32_t i = 1; i < n; ++i) {  // without branches, which nobody could predict
            run += keys[i] != keys[i - 1] ? 1u : 0u;
            run_of[i] = run;
            run_begin[run + 1u] = i + 1u;  // right when the run ends here
        }
        *run_count = n > 0 ? run + 1u : 0u;
        run_begin[*run_count] = n;
    }

private:
    static int count(int threads) {
        if (threads < 0 || threads > static_cast<int>(detail::RadixSort::max_threads)) {
            throw OptionError("hotrow: threads is " + std::to_string(threads) + "; give 0 (all cores) to 64");
        }
        if (threads > 0) return threads;
        const unsigned cores = std::thread::hardware_concurrency();
        return static_cast<int>(std::clamp(cores, 1u, static_cast<unsigned>(detail::RadixSort::max_threads)));
    }

    template <class F>
    void in_parts(std::uint64_t count, F&& work) {
        constexpr std::uint64_t worthwhile = 64;  // below that, waking threads costs more
        const std::uint64_t threads = count < worthwhile ? 1u : static_cast<std::uint64_t>(team_->size());
        if (threads == 1u) {
            if (count > 0) work(std::uint64_t{0}, count, 0u);
            return;
        }
        team_->run([&](int thread) {
            const std::uint64_t t = static_cast<std::uint64_t>(thread);
            work(count * t / threads, count * (t + 1u) / threads, static_cast<std::uint32_t>(thread));
        });
    }

    std::unique_ptr<detail::Team> team_;
    std::unique_ptr<detail::SideThread> side_ = std::make_unique<detail::SideThread>();
};

}  // namespace hotrow
