// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <new>
#include <thread>
#include <type_traits>

namespace hotrow::detail {

/// A thread that does what it is given, in order, beside the caller's: the host's counterpart of a second stream. It begins with the first task, and
/// afterwards nothing is allocated. One caller at a time.
class SideThread {
public:
    /// A task, to be waited for; 0 is done.
    using Ticket = std::uint64_t;

    SideThread() = default;
    SideThread(const SideThread&) = delete;
    SideThread& operator=(const SideThread&) = delete;
    /// Finishes what it was given.
    ~SideThread() {
        if (!thread_.joinable()) return;
        {
            const std::lock_guard lock(mutex_);
            ends_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }

    /// `task()` must not throw. Waits while `most_waiting` tasks wait.
    template <class Task>
    Ticket post(const Task& task) {
        static_assert(sizeof(Task) <= sizeof(Slot::bytes) && alignof(Task) <= alignof(std::max_align_t));
        static_assert(std::is_trivially_copyable_v<Task>, "a task is bytes in a slot");
        if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return posted_ - done_ < most_waiting; });
        Slot& slot = slots_[posted_ % most_waiting];
        new (slot.bytes) Task(task);
        slot.run = [](const std::byte* bytes) { (*std::launder(reinterpret_cast<const Task*>(bytes)))(); };
        const Ticket ticket = ++posted_;
        lock.unlock();
        changed_.notify_all();
        return ticket;
    }

    void wait(Ticket ticket) {
        if (ticket == 0) return;
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return done_ >= ticket; });
    }
    void wait_for_all() { wait(posted_); }

    static constexpr std::uint64_t most_waiting = 16;

private:
    struct Slot {
        alignas(std::max_align_t) std::byte bytes[1024];
        void (*run)(const std::byte*);
    };

    void work() {
        std::unique_lock lock(mutex_);
        for (;;) {
            changed_.wait(lock, [this] { return ends_ || done_ != posted_; });
            if (done_ == posted_) return;
            const Slot& slot = slots_[done_ % most_waiting];
            lock.unlock();
            slot.run(slot.bytes);
            lock.lock();
            ++done_;
            changed_.notify_all();
        }
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::uint64_t posted_ = 0, done_ = 0;
    bool ends_ = false;
    Slot slots_[most_waiting];
    std::thread thread_;
};

}  // namespace hotrow::detail
