// SPDX-License-Identifier: Apache-2.0
// Shows on stderr how far the training is: a bar on a terminal, a few plain lines elsewhere.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>

namespace examples {

class Progress {
public:
    // `unit` is what is counted: of `total` in all, and in a second.
    Progress(std::string label, std::int64_t total, bool quiet, std::string unit = "samples")
        : label_(std::move(label)), unit_(std::move(unit)), total_(total), quiet_(quiet), terminal_(isatty(STDERR_FILENO) != 0) {}
    Progress(Progress const&) = delete;
    Progress& operator=(Progress const&) = delete;
    ~Progress() {
        if (drawn_ && terminal_) std::fputc('\n', stderr);
    }

    // Is it time for a new picture? Asked each step, so that figures are gathered only then.
    bool due(std::int64_t done) const {
        if (quiet_) return false;
        if (done >= total_) return true;
        if (!terminal_) return done >= next_line_;
        return std::chrono::steady_clock::now() - last_ >= std::chrono::milliseconds(100);
    }

    void show(std::int64_t done, double loss, double hit_rate) {
        last_ = std::chrono::steady_clock::now();
        double const seconds = std::chrono::duration<double>(last_ - begin_).count();
        double const rate = seconds > 0 ? static_cast<double>(done) / seconds : 0.0;
        double const share = total_ > 0 ? static_cast<double>(done) / static_cast<double>(total_) : 1.0;
        char figures[160];
        std::snprintf(figures, sizeof figures, "%3.0f %%  loss %.4f  %.0f %s/s  hit rate %.1f %%", 100 * share, loss, rate, unit_.c_str(), 100 * hit_rate);
        if (terminal_) {
            std::fprintf(stderr, "\r%s %s %s\x1b[K", label_.c_str(), bar(share).c_str(), figures);
        } else {
            std::fprintf(stderr, "%s: %s\n", label_.c_str(), figures);
            next_line_ = std::max(next_line_ + total_ / 4, done + 1);
        }
        std::fflush(stderr);
        drawn_ = true;
    }

private:
    static std::string bar(double share) {
        constexpr int width = 24;
        auto const full = std::clamp(static_cast<int>(share * width), 0, width);
        return "[" + std::string(full, '#') + std::string(width - full, '.') + "]";
    }

    std::string label_, unit_;
    std::int64_t total_;
    bool quiet_, terminal_;
    bool drawn_ = false;
    std::int64_t next_line_ = total_ / 4;
    std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point last_{};
};

}  // namespace examples
