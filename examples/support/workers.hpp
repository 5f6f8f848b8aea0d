// SPDX-License-Identifier: Apache-2.0
// A few threads that stay, for work that comes in small portions.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

namespace examples {

class Workers {
public:
    explicit Workers(int threads) {
        int const cores = static_cast<int>(std::thread::hardware_concurrency());
        int const wanted = threads > 0 ? threads : (cores > 0 ? cores : 1);
        for (int i = 1; i < wanted; ++i) {  // the caller is one of them
            threads_.emplace_back([this] { serve(); });
        }
    }
    Workers(Workers const&) = delete;
    Workers& operator=(Workers const&) = delete;
    ~Workers() {
        stop_ = true;
        round_.fetch_add(1);
        round_.notify_all();
    }

    // Calls work(0) ... work(count - 1), each once, in no order; returns when all are done. What the work
    // yields must depend on its number alone: then results do not depend on how many threads there are.
    // The work must not throw.
    void for_each(int count, std::function<void(int)> const& work) {
        if (threads_.empty() || count <= 1) {
            for (int i = 0; i < count; ++i) work(i);
            return;
        }
        work_ = &work;
        count_ = count;
        next_.store(0, std::memory_order_relaxed);
        busy_.store(static_cast<int>(threads_.size()), std::memory_order_relaxed);
        round_.fetch_add(1, std::memory_order_release);
        round_.notify_all();
        take();
        for (int busy; (busy = busy_.load(std::memory_order_acquire)) != 0;) wait_while(busy_, busy);
    }

private:
    // Steps follow one another within microseconds: look a while before going to sleep.
    template <class Value>
    static void wait_while(std::atomic<Value>& variable, Value value) {
        for (int i = 0; i < 2000; ++i) {
            if (variable.load(std::memory_order_acquire) != value) return;
        }
        variable.wait(value, std::memory_order_acquire);
    }

    void take() {
        for (int i; (i = next_.fetch_add(1, std::memory_order_relaxed)) < count_;) (*work_)(i);
    }

    void serve() {
        for (std::uint32_t seen = 0;;) {
            wait_while(round_, seen);
            ++seen;  // for_each waits for all, so no round is missed
            if (stop_) return;
            take();
            if (busy_.fetch_sub(1, std::memory_order_acq_rel) == 1) busy_.notify_one();
        }
    }

    std::atomic<std::uint32_t> round_{0};
    std::atomic<int> next_{0}, busy_{0};
    std::atomic<bool> stop_{false};
    std::function<void(int)> const* work_ = nullptr;
    int count_ = 0;
    std::vector<std::jthread> threads_;  // last, so that they end first
};

}  // namespace examples
