// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

namespace hotrow::detail {

/// A fork-join team of threads, the caller being one of them. Work is cut in fixed parts, one a thread; since no result
/// depends on the cut, any number of threads gives the same bits.
class Team {
public:
    explicit Team(int threads) {
        for (int i = 1; i < threads; ++i) workers_.emplace_back([this, i] { serve(i); });
    }
    Team(const Team&) = delete;
    Team& operator=(const Team&) = delete;
    ~Team() {
        {
            const std::lock_guard lock(mutex_);
            stop_ = true;
            ++generation_;
        }
        wake_.notify_all();
        for (std::thread& worker : workers_) worker.join();
    }

    int size() const { return static_cast<int>(workers_.size()) + 1; }

    /// Calls `work(thread)` on every thread and waits. `work` must not throw.
    template <class F>
    void run(F&& work) {
        if (workers_.empty()) {
            work(0);
            return;
        }
        {
            const std::lock_guard lock(mutex_);
            call_ = [](void* context, int thread) { (*static_cast<std::remove_reference_t<F>*>(context))(thread); };
            context_ = const_cast<void*>(static_cast<const void*>(&work));
            pending_.store(static_cast<int>(workers_.size()), std::memory_order_relaxed);
            generation_.store(generation_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
        }
        wake_.notify_all();
        work(0);
        for (int spin = 0; pending_.load(std::memory_order_acquire) != 0; ++spin) {
            if (spin > spins) std::this_thread::yield();
        }
    }

private:
    static constexpr int spins = 4000;  // about as long as the gap between two kernels of a step

    void serve(int thread) {
        std::uint64_t seen = 0;
        for (;;) {
            for (int spin = 0; spin < spins && generation_.load(std::memory_order_acquire) == seen; ++spin) pause();
            if (generation_.load(std::memory_order_acquire) == seen) {
                std::unique_lock lock(mutex_);
                wake_.wait(lock, [&] { return generation_.load(std::memory_order_relaxed) != seen; });
            }
            ++seen;
            if (stop_) return;
            call_(context_, thread);
            pending_.fetch_sub(1, std::memory_order_release);
        }
    }

    static void pause() {
#if defined(__x86_64__) || defined(__i386__)
        __builtin_ia32_pause();
#endif
    }

    std::mutex mutex_;
    std::condition_variable wake_;
    std::atomic<std::uint64_t> generation_{0};
    std::atomic<int> pending_{0};
    bool stop_ = false;
    void (*call_)(void*, int) = nullptr;
    void* context_ = nullptr;
    std::vector<std::thread> workers_;  // last: the threads see the members above
};

}  // namespace hotrow::detail
